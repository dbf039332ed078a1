"""What people think of a pull request: reviews, comments on lines, who is asked, and labels."""

from collections.abc import Callable
from typing import Any

from werkzeug.wrappers import Response

from shared.local.simulators._server import json_response
from shared.local.simulators.github import hooks, shapes
from shared.local.simulators.github.calls import Call, Refused, invalid, not_found, text_field
from shared.local.simulators.github.pull_shapes import one, shape

Json = dict[str, Any]
_STATES = {"APPROVE": "APPROVED", "REQUEST_CHANGES": "CHANGES_REQUESTED", "COMMENT": "COMMENTED"}


def create(call: Call) -> Response:
    """Review a pull request, with a verdict and comments on lines; nobody approves their own."""
    repo, pull = call.talkable("pull_requests"), one(call)
    body = call.body("commit_id body event comments")
    event = str(body.get("event") or "PENDING")
    if event not in _STATES:
        raise Refused(422, "Unprocessable Entity", ["A review that is not sent is not simulated"])
    if pull["user"] == call.caller.login and event != "COMMENT":
        verb = "approve" if event == "APPROVE" else "request changes on"
        raise Refused(422, f"Unprocessable Entity: Can not {verb} your own pull request")
    text = text_field(body, "body", "PullRequestReview")
    if event != "APPROVE" and not text and not body.get("comments"):
        raise Refused(422, "Unprocessable Entity: A body is needed")
    commit = body.get("commit_id") or pull["head_sha"]
    now = call.sim.stamp()
    record = {"id": call.sim.next_id(), "number": pull["number"], "user": call.caller.login, "body": text}
    record |= {"state": _STATES[event], "submitted_at": now, "commit_id": commit}
    repo.setdefault("reviews", []).append(record)
    for each in body.get("comments") or []:
        comment = {
            "id": call.sim.next_id(),
            "number": pull["number"],
            "user": call.caller.login,
            "review": record["id"],
        }
        comment |= {"path": each["path"], "line": each.get("line", 1), "body": each["body"], "commit_id": commit}
        repo.setdefault("line_comments", []).append(comment | {"created_at": now})
    about = {"repo": f"{repo['owner']}/{repo['name']}", "number": pull["number"], "state": record["state"]}
    call.sim.effect("review.create", **about, by=call.caller.login)
    hooks.announce_review(call.sim, repo, pull, record)
    return json_response(shapes.review(call, repo, record))


def list_reviews(call: Call) -> Response:
    """List reviews, oldest first."""
    repo, pull = call.readable("pull_requests"), one(call)
    mine = [each for each in repo.get("reviews", []) if each["number"] == pull["number"]]
    return call.page_of([shapes.review(call, repo, each) for each in mine])


def list_line_comments(call: Call) -> Response:
    """List comments on lines, oldest first."""
    repo, pull = call.readable("pull_requests"), one(call)
    mine = [each for each in repo.get("line_comments", []) if each["number"] == pull["number"]]
    return call.page_of([shapes.line_comment(call, repo, each) for each in mine])


def request_reviewers(call: Call) -> Response:
    """Ask people for a review: only such as may write, and never the author."""
    repo, pull = call.writable("pull_requests"), one(call)
    asked = call.body("reviewers team_reviewers").get("reviewers") or []
    for login in asked:
        if login.lower() == pull["user"].lower():
            raise Refused(422, "Review cannot be requested from pull request author.")
        if not any(
            known["login"].lower() == login.lower() and repo["owner"].lower() in known["owners"]
            for known in call.sim.state["tokens"].values()
        ):
            raise Refused(
                422,
                "Reviews may only be requested from collaborators. One or more of the users or teams you specified "
                f"is not a collaborator of the {repo['owner']}/{repo['name']} repository.",
            )
    reviewers = pull.setdefault("reviewers", [])
    reviewers += [login for login in asked if login not in reviewers]
    call.sim.effect("reviewers.request", repo=f"{repo['owner']}/{repo['name']}", number=pull["number"], who=asked)
    return json_response(shape(call, repo, pull, whole=False), 201)


def add_labels(call: Call) -> Response:
    """Add labels; what a repository does not have is made."""
    repo = call.writable("issues")
    pull = next((each for each in repo["pulls"] if each["number"] == call.parameters["number"]), None)
    if pull is None:
        raise not_found()
    names = call.body("labels", "labels")["labels"]
    if not isinstance(names, list) or not all(isinstance(name, str) and 0 < len(name) <= 50 for name in names):
        raise invalid("Label", "name", "invalid")
    labels = pull.setdefault("labels", [])
    labels += [name for name in names if name not in labels]
    call.sim.effect("labels.add", repo=f"{repo['owner']}/{repo['name']}", number=pull["number"], labels=names)
    return json_response([shapes.label(call, repo, name) for name in labels])


_PULL = "/repos/<owner>/<repo>/pulls/<int:number>"
ROUTES: list[tuple[str, str, Callable[[Call], Response]]] = [
    ("POST", f"{_PULL}/reviews", create),
    ("GET", f"{_PULL}/reviews", list_reviews),
    ("GET", f"{_PULL}/comments", list_line_comments),
    ("POST", f"{_PULL}/requested_reviewers", request_reviewers),
    ("POST", "/repos/<owner>/<repo>/issues/<int:number>/labels", add_labels),
]
