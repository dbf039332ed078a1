"""Clones and fetches over HTTP, by git's own `http-backend`; pushes are refused."""

import base64
import binascii
import re
import subprocess
from typing import TYPE_CHECKING

from werkzeug.wrappers import Request, Response

from shared.sim.github.repository import ENVIRONMENT

if TYPE_CHECKING:
    from shared.sim.github.simulator import GitHubSimulator

_PATH = re.compile(
    r"/(?P<owner>[\w.-]+)/(?P<repo>[\w.-]+?)(\.git)?/(?P<call>info/refs|git-upload-pack|git-receive-pack)"
)


def answer(sim: "GitHubSimulator", request: Request) -> Response | None:
    """Serve the smart protocol, or None when the request is not of it."""
    match = _PATH.fullmatch(request.path)
    if match is None:
        return None
    if match["call"] == "git-receive-pack" or request.args.get("service") == "git-receive-pack":
        return Response("Pushing is not possible here; use the API.\n", 403, content_type="text/plain")
    with sim.lock:
        repo = sim.state["repos"].get(f"{match['owner']}/{match['repo']}".lower())
        allowed = repo is not None and (not repo["private"] or _reads(sim, request, repo["owner"], repo["name"]))
        folder = sim.bare(repo).path if repo is not None and allowed else None
    if folder is None:
        challenge = {"WWW-Authenticate": 'Basic realm="GitHub"'}
        return Response("Repository not found.\n", 401, headers=challenge, content_type="text/plain")
    return _run(request, str(folder.parent), f"/{folder.name}/{match['call']}")


def _reads(sim: "GitHubSimulator", request: Request, owner: str, name: str) -> bool:
    """Say whether the password of the request is a token that reaches a private repository."""
    scheme, _, words = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return False
    try:
        token = base64.b64decode(words).decode().partition(":")[2]
    except (binascii.Error, ValueError):
        return False
    known = sim.state["tokens"].get(token)
    if known is None or (known["expires_at"] and known["expires_at"] <= sim.stamp()):
        return False
    return owner.lower() in known["owners"] and (known["only"] is None or name.lower() in known["only"])


def _run(request: Request, root: str, path: str) -> Response:
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
