"""The git data calls about refs: found, made, moved, deleted."""

import re
from collections.abc import Callable
from typing import Any

from werkzeug.wrappers import Response

from shared.local.simulators._server import json_response
from shared.local.simulators.github import shapes
from shared.local.simulators.github.calls import Call, Refused, not_found, text_field
from shared.local.simulators.github.git.commits import (
    SHA,
    not_empty,
)

Json = dict[str, Any]
_REF = re.compile(
    r"refs/(?!.*(\.\.|//|@\{|\\|\.lock(/|$)|/\.))[^\x00-\x20\x7f~^:?*\[]+/[^\x00-\x20\x7f~^:?*\[]*[^\x00-\x20\x7f~^:?*\[./]"
)


def get_ref(call: Call) -> Response:
    """Read exactly this ref."""
    repo = call.repo
    not_empty(repo)
    name = f"refs/{call.parameters['ref']}"
    if name not in repo["refs"]:
        raise not_found()
    return json_response(shapes.ref(call, repo, name))


def matching_refs(call: Call) -> Response:
    """List refs that begin like this."""
    repo = call.repo
    start = f"refs/{call.parameters.get('ref', '')}"
    return call.page_of([shapes.ref(call, repo, name) for name in sorted(repo["refs"]) if name.startswith(start)])


def create_ref(call: Call) -> Response:
    """Make a new branch or tag."""
    repo = call.writable()
    body = call.body("ref sha", "ref sha")
    not_empty(repo)
    name, sha = text_field(body, "ref", "Reference"), text_field(body, "sha", "Reference")
    if not _REF.fullmatch(name) or name.startswith("refs/pull/"):
        raise Refused(422, f"{name} is not a valid ref name.")
    _must_be_commit(call, sha)
    if name in repo["refs"]:
        raise Refused(422, "Reference already exists")
    if any(other.startswith(f"{name}/") or name.startswith(f"{other}/") for other in repo["refs"]):
        raise Refused(422, "Reference update failed")
    call.sim.move_ref(repo, name, sha, call.caller.login)
    return json_response(shapes.ref(call, repo, name), 201)


def _must_be_commit(call: Call, sha: str) -> None:
    if not SHA.fullmatch(sha):
        raise Refused(422, "The sha parameter must be exactly 40 characters and contain only [0-9a-f].")
    if call.git.kind(sha) != "commit":
        raise Refused(422, "Object does not exist")


def update_ref(call: Call) -> Response:
    """Move a ref; only forward unless forced."""
    repo = call.writable()
    body = call.body("sha force", "sha")
    name, sha = f"refs/{call.parameters['ref']}", text_field(body, "sha", "Reference")
    if name not in repo["refs"]:
        raise Refused(422, "Reference does not exist")
    _must_be_commit(call, sha)
    if body.get("force") is not True and not call.git.is_ancestor(repo["refs"][name], sha):
        raise Refused(422, "Update is not a fast forward")
    call.sim.move_ref(repo, name, sha, call.caller.login)
    return json_response(shapes.ref(call, repo, name))


def delete_ref(call: Call) -> Response:
    """Delete a branch or tag."""
    repo = call.writable()
    name = f"refs/{call.parameters['ref']}"
    if name not in repo["refs"]:
        raise Refused(422, "Reference does not exist")
    if name == f"refs/heads/{repo['default_branch']}":
        raise Refused(422, "Cannot delete the default branch")
    call.sim.move_ref(repo, name, None, call.caller.login)
    return Response(status=204)


ROUTES: list[tuple[str, str, Callable[[Call], Response]]] = [
    ("GET", "/repos/<owner>/<repo>/git/ref/<path:ref>", get_ref),
    ("GET", "/repos/<owner>/<repo>/git/matching-refs/<path:ref>", matching_refs),
    ("POST", "/repos/<owner>/<repo>/git/refs", create_ref),
    ("PATCH", "/repos/<owner>/<repo>/git/refs/<path:ref>", update_ref),
    ("DELETE", "/repos/<owner>/<repo>/git/refs/<path:ref>", delete_ref),
]
