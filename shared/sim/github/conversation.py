"""What is said about the work: comments of pull requests, statuses and check runs of commits."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Response

from shared.sim._server import json_response
from shared.sim.github import shapes
from shared.sim.github.calls import Call, Refused, invalid, not_found, text_field
from shared.sim.github.git_data import commit_of

if TYPE_CHECKING:
    from shared.sim.github.simulator import GitHubSimulator

Json = dict[str, Any]
MAX_BODY = 65_536
MAX_DESCRIPTION = 140
_STATES = ("error", "failure", "pending", "success")
_CONCLUSIONS = (
    "action_required",
    "cancelled",
    "failure",
    "neutral",
    "skipped",
    "stale",
    "success",
    "timed_out",
    "startup_failure",
)


def create_comment(call: Call) -> Response:
    """Say something in the conversation of a pull request."""
    repo, number = call.writable(), call.parameters["number"]
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
    return json_response(shapes.comment(call, repo, record), 201)


def list_comments(call: Call) -> Response:
    """List the conversation, oldest first."""
    repo, number = call.repo, call.parameters["number"]
    if all(pull["number"] != number for pull in repo["pulls"]):
        raise not_found()
    return call.page_of([shapes.comment(call, repo, c) for c in repo["comments"] if c["number"] == number])


def update_comment(call: Call) -> Response:
    """Change the text of a comment."""
    repo = call.writable()
    body = call.body("body", "body")
    for record in repo["comments"]:
        if record["id"] == call.parameters["comment"]:
            record["body"], record["updated_at"] = text_field(body, "body", "IssueComment"), call.sim.stamp()
            call.sim.effect("comment.update", repo=f"{repo['owner']}/{repo['name']}", id=record["id"])
            return json_response(shapes.comment(call, repo, record))
    raise not_found()


def create_status(call: Call) -> Response:
    """Report the state of one thing that looks at a commit."""
    repo = call.writable()
    body = call.body("state target_url description context", "state")
    sha = commit_of(call, call.parameters["sha"])
    if body["state"] not in _STATES:
        raise Refused(
            422,
            "Validation Failed",
            [
                {
                    "resource": "Status",
                    "code": "custom",
                    "field": "state",
                    "message": "state is not included in the list",
                }
            ],
        )
    description = text_field(body, "description", "Status") or None
    if description is not None and len(description) > MAX_DESCRIPTION:
        raise invalid("Status", "description", "custom", "description is too long (maximum is 140 characters)")
    record = {
        "id": call.sim.next_id(),
        "sha": sha,
        "state": body["state"],
        "description": description,
        "target_url": body.get("target_url"),
        "context": text_field(body, "context", "Status", "default"),
        "creator": call.caller.login,
        "created_at": call.sim.stamp(),
    }
    repo["statuses"].append(record)
    call.sim.effect(
        "status.create",
        repo=f"{repo['owner']}/{repo['name']}",
        sha=sha,
        state=record["state"],
        context=record["context"],
        id=record["id"],
    )
    return json_response(shapes.status(call, repo, record), 201)


def list_statuses(call: Call) -> Response:
    """List every status of a commit, newest first."""
    repo, sha = call.repo, commit_of(call, call.parameters["ref"])
    return call.page_of([shapes.status(call, repo, s) for s in reversed(repo["statuses"]) if s["sha"] == sha])


def combined_status(call: Call) -> Response:
    """Sum up the newest status of each context; without any it is pending."""
    repo, sha = call.repo, commit_of(call, call.parameters["ref"])
    newest = {record["context"]: record for record in repo["statuses"] if record["sha"] == sha}
    states = {record["state"] for record in newest.values()}
    failed = states & {"error", "failure"}
    state = "failure" if failed else "success" if states == {"success"} else "pending"
    url = f"{shapes.api_url(call, repo)}/commits/{sha}"
    listed, headers = call.page([shapes.status(call, repo, record) for record in newest.values()])
    answer = {
        "state": state,
        "sha": sha,
        "total_count": len(newest),
        "statuses": listed,
        "repository": shapes.repository(call, repo),
        "commit_url": url,
        "url": f"{url}/status",
    }
    return json_response(answer, 200, headers)


def create_check_run(call: Call) -> Response:
    """Report a check run; only an app may."""
    repo = call.writable()
    if call.caller.kind != "Bot":
        raise Refused(403, "You must authenticate via a GitHub App.")
    body = call.body(
        "name head_sha details_url external_id status started_at conclusion completed_at output actions",
        "name head_sha",
    )
    return json_response(shapes.check_run(call, repo, _add_check(call.sim, repo, body)), 201)


def _add_check(sim: "GitHubSimulator", repo: Json, body: Json) -> Json:
    conclusion = body.get("conclusion")
    status = "completed" if conclusion else body.get("status", "queued")
    if conclusion is not None and conclusion not in _CONCLUSIONS:
        raise invalid("CheckRun", "conclusion", "invalid")
    if status not in ("queued", "in_progress", "completed", "waiting", "requested", "pending") or (
        status == "completed" and conclusion is None
    ):
        raise invalid("CheckRun", "status", "invalid")
    if sim.bare(repo).kind(str(body["head_sha"])) != "commit":
        raise Refused(422, f"No commit found for SHA: {body['head_sha']}")
    record = {
        "id": sim.next_id(),
        "name": body["name"],
        "head_sha": body["head_sha"],
        "status": status,
        "conclusion": conclusion,
        "started_at": body.get("started_at") or sim.stamp(),
        "completed_at": (body.get("completed_at") or sim.stamp()) if status == "completed" else None,
        "external_id": body.get("external_id", ""),
        "details_url": body.get("details_url"),
        "output": body.get("output") or {},
    }
    repo["check_runs"].append(record)
    sim.effect(
        "check.create",
        repo=f"{repo['owner']}/{repo['name']}",
        id=record["id"],
        name=record["name"],
        sha=record["head_sha"],
        conclusion=conclusion,
    )
    return record


def report_check(sim: "GitHubSimulator", order: Json) -> Response:
    """Take a check run from the control endpoint: `repo` is `owner/name`, the rest as in the API."""
    repo = sim.state["repos"].get(str(order.get("repo", "")).lower())
    if repo is None:
        return json_response({"error": "no such repository"}, 404)
    try:
        return json_response(_add_check(sim, repo, {key: order[key] for key in order if key != "repo"}), 201)
    except Refused as refused:
        return json_response(refused.body, refused.status)


def list_check_runs(call: Call) -> Response:
    """List the check runs of a commit; unless all are asked for, the latest of each name."""
    repo, args = call.repo, call.request.args
    sha = commit_of(call, call.parameters["ref"])
    found = [run for run in repo["check_runs"] if run["head_sha"] == sha]
    if args.get("filter", "latest") == "latest":
        found = list({run["name"]: run for run in found}.values())
    for field, key in (("check_name", "name"), ("status", "status")):
        if field in args:
            found = [run for run in found if run[key] == args[field]]
    listed, headers = call.page([shapes.check_run(call, repo, run) for run in found])
    return json_response({"total_count": len(found), "check_runs": listed}, 200, headers)


_REPO = "/repos/<owner>/<repo>"
ROUTES: list[tuple[str, str, Callable[[Call], Response]]] = [
    ("POST", f"{_REPO}/issues/<int:number>/comments", create_comment),
    ("GET", f"{_REPO}/issues/<int:number>/comments", list_comments),
    ("PATCH", f"{_REPO}/issues/comments/<int:comment>", update_comment),
    ("POST", f"{_REPO}/statuses/<sha>", create_status),
    ("GET", f"{_REPO}/commits/<path:ref>/statuses", list_statuses),
    ("GET", f"{_REPO}/commits/<path:ref>/status", combined_status),
    ("POST", f"{_REPO}/check-runs", create_check_run),
    ("GET", f"{_REPO}/commits/<path:ref>/check-runs", list_check_runs),
]
