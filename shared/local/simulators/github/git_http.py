"""Clones and fetches over HTTP, by git's own `http-backend`; pushes are refused."""

import base64
import binascii
import re
from typing import TYPE_CHECKING

from werkzeug.wrappers import Request, Response

from shared.local.simulators._git_http import smart_http

if TYPE_CHECKING:
    from shared.local.simulators.github.simulator import GitHubSimulator

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
    return smart_http(request, str(folder.parent), f"/{folder.name}/{match['call']}")


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
