"""Clones and fetches over HTTP; pushes are refused."""

import base64
import binascii
import re
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from shared.local.simulators._git_http import smart_http

if TYPE_CHECKING:
    from shared.local.simulators.gitlab.simulator import GitLabSimulator

_PATH = re.compile(r"/(?P<full>[\w./-]+?)(\.git)?/(?P<call>info/refs|git-upload-pack|git-receive-pack)")


def answer(sim: "GitLabSimulator", request: Request) -> Response | None:
    """Serve the smart protocol, or None when the request is not of it."""
    match = _PATH.fullmatch(request.path)
    if match is None:
        return None
    if match["call"] == "git-receive-pack" or request.args.get("service") == "git-receive-pack":
        return Response("Pushing is not possible here; use the API.\n", 403, content_type="text/plain")
    with sim.lock:
        project = sim.project_named(match["full"])
        allowed = project is not None and (project["visibility"] == "public" or _reads(sim, request, project))
        folder = sim.bare(project).path if project is not None and allowed else None
    if folder is None:
        challenge = {"WWW-Authenticate": 'Basic realm="GitLab"'}
        return Response("HTTP Basic: Access denied\n", 401, headers=challenge, content_type="text/plain")
    return smart_http(request, str(folder.parent), f"/{folder.name}/{match['call']}")


def _reads(sim: "GitLabSimulator", request: Request, project: dict[str, Any]) -> bool:
    """Say whether the password of the request is a token that reaches the project."""
    from shared.local.simulators.gitlab.calls import Caller

    scheme, _, words = request.headers.get("Authorization", "").partition(" ")
    try:
        token = base64.b64decode(words).decode().partition(":")[2] if scheme.lower() == "basic" else ""
    except (binascii.Error, ValueError):
        return False
    known = sim.state["tokens"].get(token)
    return known is not None and sim.access(project, Caller(known["username"], 0)) > 0
