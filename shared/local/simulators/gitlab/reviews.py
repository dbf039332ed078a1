"""What people say about a merge request: notes, approvals, and the wish for changes."""

from collections.abc import Callable
from typing import Any

from werkzeug.wrappers import Response

from shared.local.simulators._server import json_response
from shared.local.simulators.gitlab import hooks
from shared.local.simulators.gitlab.calls import Call, Refused
from shared.local.simulators.gitlab.merge_request_shapes import one
from shared.local.simulators.gitlab.projects import user_shape

Json = dict[str, Any]
_SYSTEM = {"approve": "approved this merge request", "unapprove": "unapproved this merge request"}


def _shape(call: Call, request: Json, note: Json) -> Json:
    shown = {key: note[key] for key in ("id", "body", "system", "type", "created_at", "updated_at")}
    place: Json = {}
    if note["position"]:
        place = {"position": note["position"]}
    resolvable = note["type"] == "DiffNote"
    return {
        **shown,
        **place,
        "author": user_shape(call, note["author"]),
        "noteable_id": request["id"],
        "noteable_iid": request["iid"],
        "noteable_type": "MergeRequest",
        "resolvable": resolvable,
        "resolved": note["resolved"] if resolvable else False,
        "internal": False,
    }


def _add(call: Call, request: Json, body: str, *, system: bool = False, position: Json | None = None) -> Json:
    now = call.sim.stamp()
    note: Json = {"id": call.sim.next_id(), "body": body, "system": system, "author": call.caller.username}
    note |= {"type": "DiffNote" if position else None, "position": position, "resolved": False}
    note |= {"created_at": now, "updated_at": now}
    request["notes"].append(note)
    return note


def list_notes(call: Call) -> Response:
    """List notes, GitLab's own among them; newest first unless asked otherwise."""
    request = one(call)
    oldest_first = call.request.args.get("sort", "desc") == "asc"
    notes = request["notes"] if oldest_first else request["notes"][::-1]
    return call.page_of([_shape(call, request, note) for note in notes])


def create_note(call: Call) -> Response:
    """Say something in the conversation."""
    project, request = call.project, one(call)
    if call.sim.access(project, call.caller) == 0 and project["visibility"] == "private":
        raise Refused(403, "403 Forbidden")
    body = call.body("body", "body")
    if not isinstance(body["body"], str) or not body["body"].strip():
        raise Refused(400, {"note": ["can't be blank"]})
    note = _add(call, request, body["body"])
    call.sim.effect("note.create", repo=project["full"], number=request["iid"], body=note["body"])
    hooks.announce_note(call.sim, project, request, note, call.caller.username)
    return json_response(_shape(call, request, note), 201)


def create_discussion(call: Call) -> Response:
    """Begin a discussion, about one place of the diff where a position is given."""
    project, request = call.project, one(call)
    body = call.body("body position", "body")
    note = _add(call, request, str(body["body"]), position=body.get("position"))
    hooks.announce_note(call.sim, project, request, note, call.caller.username)
    call.sim.touch()
    return json_response({"id": f"{note['id']:040x}", "notes": [_shape(call, request, note)]}, 201)


def approvals(call: Call) -> Response:
    """Say who has approved."""
    request = one(call)
    people = [{"user": user_shape(call, name)} for name in request["approved_by"]]
    return json_response({"id": request["id"], "iid": request["iid"], "approved": bool(people), "approved_by": people})


def _verdict(call: Call, action: str) -> Response:
    project, request = call.writable(), one(call)
    asked = call.body("sha")
    if asked.get("sha") not in (None, request["head_sha"]):
        raise Refused(409, f"SHA does not match HEAD of source branch: {request['head_sha']}")
    approves, me = action == "approve", call.caller.username
    if approves == (me in request["approved_by"]):
        raise Refused(401 if approves else 404, "401 Unauthorized" if approves else "404 Not Found")
    if approves:
        request["approved_by"].append(me)
    else:
        request["approved_by"].remove(me)
    _add(call, request, _SYSTEM[action], system=True)
    call.sim.touch()
    hooks.announce_merge_request(call.sim, project, request, "approved" if approves else "unapproved", me)
    return json_response({"id": request["id"], "approved": bool(request["approved_by"])}, 201)


def approve(call: Call) -> Response:
    """Approve, at the head named where one is."""
    return _verdict(call, "approve")


def unapprove(call: Call) -> Response:
    """Take an approval back."""
    return _verdict(call, "unapprove")


def request_changes(call: Call) -> Response:
    """Ask for changes, as the button of a review does; GitLab has no webhook for it, but a note of its own."""
    request = one(call)
    _add(call, request, "requested changes", system=True)
    call.sim.touch()
    return json_response({"ok": True}, 201)


_M = "/projects/<project>/merge_requests/<iid>"
ROUTES: list[tuple[str, str, Callable[[Call], Response]]] = [
    ("GET", f"{_M}/notes", list_notes),
    ("POST", f"{_M}/notes", create_note),
    ("POST", f"{_M}/discussions", create_discussion),
    ("GET", f"{_M}/approvals", approvals),
    ("POST", f"{_M}/approve", approve),
    ("POST", f"{_M}/unapprove", unapprove),
    ("POST", f"{_M}/_request_changes", request_changes),
]
