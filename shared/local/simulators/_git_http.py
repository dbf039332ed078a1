"""Git's smart protocol over HTTP, by git's own `http-backend`: what all simulated forges serve clones with."""

import subprocess

from werkzeug.wrappers import Request, Response

from shared.local.simulators._git import ENVIRONMENT


def smart_http(request: Request, root: str, path: str) -> Response:
    """Answer one request of the protocol; `path` is the repository's folder below `root` and the call."""
    body = request.get_data()
    environment = ENVIRONMENT | {
        "GIT_PROJECT_ROOT": root,
        "GIT_HTTP_EXPORT_ALL": "1",
        "PATH_INFO": path,
        "REQUEST_METHOD": request.method,
        "QUERY_STRING": request.query_string.decode("latin-1"),
        "CONTENT_TYPE": request.headers.get("Content-Type", ""),
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_CONTENT_ENCODING": request.headers.get("Content-Encoding", ""),
        "GIT_PROTOCOL": request.headers.get("Git-Protocol", ""),
        "REMOTE_ADDR": "127.0.0.1",
    }
    done = subprocess.run(["git", "http-backend"], input=body, capture_output=True, env=environment, check=False)
    head, _, content = done.stdout.partition(b"\r\n\r\n")
    response = Response(content, status=200 if done.returncode == 0 and head else 500)
    for line in head.decode("latin-1").splitlines():
        key, _, value = line.partition(": ")
        if key.lower() == "status":
            response.status = value
        else:
            response.headers[key] = value
    return response
