"""What is said in the conversation of a pull request."""

from collections.abc import Callable
from typing import Any

from werkzeug.wrappers import Response

from shared.local.simulators._server import json_response
from shared.local.simulators.github import hooks, shapes
from shared.local.simulators.github.calls import Call, Refused, invalid, not_found, text_field

Json = dict[str, Any]
MAX_BODY = 65_536


def create_comment(call: Call) -> Response:
    """Say something in the conversation of a pull request."""
    repo, number = call.talkable("issues"), call.parameters["number"]
    if all(pull["number"] != number for pull in repo["pulls"]):
        raise not_found()
    body = call.body("body", "body")
    text = text_field(body, "body", "IssueComment")
    if not text.strip():
        raise Refused(
            422, "Validation Failed", [{"resource": "IssueComment", "code": "missing_field", "field": "body"}]
        )
    if len(text) > MAX_BODY:
        raise invalid("IssueComment", "body", "unprocessable", "body is too long (maximum is 65536 characters)")
    now = call.sim.stamp()
    record = {
        "id": call.sim.next_id(),
        "number": number,
        "user": call.caller.login,
        "body": text,
        "created_at": now,
        "updated_at": now,
    }
    repo["comments"].append(record)
    call.sim.effect(
        "comment.create",
        repo=f"{repo['owner']}/{repo['name']}",
        number=number,
        id=record["id"],
        body=text[:200],
        by=call.caller.login,
    )
    hooks.announce_comment(call, repo, record)
    return json_response(shapes.comment(call, repo, record), 201)


def list_comments(call: Call) -> Response:
    """List the conversation, oldest first."""
    repo, number = call.repo, call.parameters["number"]
    if all(pull["number"] != number for pull in repo["pulls"]):
        raise not_found()
    return call.page_of([shapes.comment(call, repo, c) for c in repo["comments"] if c["number"] == number])


def update_comment(call: Call) -> Response:
    """Change the text of a comment."""
    repo = call.writable("issues")
    body = call.body("body", "body")
    for record in repo["comments"]:
        if record["id"] == call.parameters["comment"]:
            record["body"], record["updated_at"] = text_field(body, "body", "IssueComment"), call.sim.stamp()
            call.sim.effect("comment.update", repo=f"{repo['owner']}/{repo['name']}", id=record["id"])
            return json_response(shapes.comment(call, repo, record))
    raise not_found()


_REPO = "/repos/<owner>/<repo>"
ROUTES: list[tuple[str, str, Callable[[Call], Response]]] = [
    ("POST", f"{_REPO}/issues/<int:number>/comments", create_comment),
    ("GET", f"{_REPO}/issues/<int:number>/comments", list_comments),
    ("PATCH", f"{_REPO}/issues/comments/<int:comment>", update_comment),
]
