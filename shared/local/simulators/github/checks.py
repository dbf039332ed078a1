"""What is said about a commit: statuses, check runs and suites; and a CI that runs by itself on every push.

`POST /_check` reports one run as an app would. `POST /_ci` lets a repository have checks of its own: each push to a
branch begins them, and after `seconds` of the simulator's clock they end with their conclusion, or with `failure` when
the text `red_when` stands in any file of the commit.
"""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from shared.local.simulators._server import json_response
from shared.local.simulators.github import hooks, repository_shapes, shapes
from shared.local.simulators.github.calls import Call, Refused, invalid, not_found, text_field
from shared.local.simulators.github.git.commits import commit_of

if TYPE_CHECKING:
    from shared.local.simulators.github.simulator import GitHubSimulator

Json = dict[str, Any]
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
_LOG = re.compile(r"/_job-logs/([\w.-]+/[\w.-]+)/(\d+)")
_RUNNING = ("queued", "in_progress", "waiting", "requested", "pending")


def create_status(call: Call) -> Response:
    """Report the state of one thing that looks at a commit."""
    repo = call.writable("statuses")
    body = call.body("state target_url description context", "state")
    sha = commit_of(call, call.parameters["sha"])
    if body["state"] not in _STATES:
        wrong = {
            "resource": "Status",
            "code": "custom",
            "field": "state",
            "message": "state is not included in the list",
        }
        raise Refused(422, "Validation Failed", [wrong])
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
    about = {"repo": f"{repo['owner']}/{repo['name']}", "sha": sha, "state": record["state"]}
    call.sim.effect("status.create", **about, context=record["context"], id=record["id"])
    hooks.announce_status(call, repo, record)
    return json_response(shapes.status(call, repo, record), 201)


def list_statuses(call: Call) -> Response:
    """List every status of a commit, newest first."""
    repo, sha = call.readable("statuses"), commit_of(call, call.parameters["ref"])
    return call.page_of([shapes.status(call, repo, s) for s in reversed(repo["statuses"]) if s["sha"] == sha])


def combine_status(call: Call) -> Response:
    """Sum up the newest status of each context; without any it is pending."""
    repo, sha = call.readable("statuses"), commit_of(call, call.parameters["ref"])
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
        "repository": repository_shapes.repository(call, repo),
        "commit_url": url,
        "url": f"{url}/status",
    }
    return json_response(answer, 200, headers)


def create_check_run(call: Call) -> Response:
    """Report a check run; only an app may."""
    repo = call.writable("checks")
    if call.caller.kind != "Bot":
        raise Refused(403, "You must authenticate via a GitHub App.")
    body = call.body(
        "name head_sha details_url external_id status started_at conclusion completed_at output actions",
        "name head_sha",
    )
    return json_response(shapes.check_run(call, repo, _add(call.sim, repo, body)), 201)


def _add(sim: "GitHubSimulator", repo: Json, body: Json) -> Json:
    conclusion = body.get("conclusion")
    status = "completed" if conclusion else body.get("status", "queued")
    if conclusion is not None and conclusion not in _CONCLUSIONS:
        raise invalid("CheckRun", "conclusion", "invalid")
    if status not in (*_RUNNING, "completed") or (status == "completed" and conclusion is None):
        raise invalid("CheckRun", "status", "invalid")
    if sim.bare(repo).kind(str(body["head_sha"])) != "commit":
        raise Refused(422, f"No commit found for SHA: {body['head_sha']}")
    output = dict(body.get("output") or {})
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
        "annotations": output.pop("annotations", []),
        "output": output,
        "suite_only": bool(body.get("suite_only")),
        "log": body.get("log"),  # an Actions job has one
    }
    repo["check_runs"].append(record)
    about = {"repo": f"{repo['owner']}/{repo['name']}", "id": record["id"], "name": record["name"]}
    sim.effect("check.create", **about, sha=record["head_sha"], conclusion=conclusion)
    hooks.announce_check_run(sim, repo, record)
    return record


def report_check(sim: "GitHubSimulator", order: Json) -> Response:
    """Take a check run from the control endpoint: `repo` is `owner/name`, the rest as in the API.

    With `suite_only` there is a suite, but no run in it: how GitHub keeps what waits for a person's permission.
    """
    repo = sim.state["repos"].get(str(order.get("repo", "")).lower())
    if repo is None:
        return json_response({"error": "no such repository"}, 404)
    try:
        return json_response(_add(sim, repo, {key: order[key] for key in order if key != "repo"}), 201)
    except Refused as refused:
        return json_response(refused.body, refused.status)


def _of_commit(call: Call) -> tuple[Json, list[Json]]:
    repo = call.readable("checks")
    sha = commit_of(call, call.parameters["ref"])
    return repo, [run for run in repo["check_runs"] if run["head_sha"] == sha]


def list_check_runs(call: Call) -> Response:
    """List the check runs of a commit; unless all are asked for, the latest of each name."""
    args = call.request.args
    repo, all_runs = _of_commit(call)
    found = [run for run in all_runs if not run.get("suite_only")]
    if args.get("filter", "latest") == "latest":
        found = list({run["name"]: run for run in found}.values())
    for field, key in (("check_name", "name"), ("status", "status")):
        if field in args:
            found = [run for run in found if run[key] == args[field]]
    listed, headers = call.page([shapes.check_run(call, repo, run) for run in found])
    return json_response({"total_count": len(found), "check_runs": listed}, 200, headers)


def list_check_suites(call: Call) -> Response:
    """List the suites of a commit: one for each run, which is what an app with a single check has."""
    repo, found = _of_commit(call)
    listed, headers = call.page([shapes.check_suite(call, repo, run) for run in found])
    return json_response({"total_count": len(found), "check_suites": listed}, 200, headers)


def _one(call: Call) -> tuple[Json, Json]:
    repo = call.readable("checks")
    for run in repo["check_runs"]:
        if run["id"] == call.parameters["run"]:
            return repo, run
    raise not_found()


def get_check_run(call: Call) -> Response:
    """Read one check run."""
    return json_response(shapes.check_run(call, *_one(call)))


def list_annotations(call: Call) -> Response:
    """List what a check run has noted on lines of files."""
    _, run = _one(call)
    return call.page_of(run.get("annotations", []))


def job_log(call: Call) -> Response:
    """Lead to the log of an Actions job, by an address that needs no token."""
    call.caller.must("actions", "read")
    repo = call.repo
    if not any(run["id"] == call.parameters["run"] and run.get("log") is not None for run in repo["check_runs"]):
        raise not_found()
    address = f"{call.base}/_job-logs/{repo['owner']}/{repo['name']}/{call.parameters['run']}?sig=of-the-store"
    return Response(status=302, headers={"Location": address})


def serve_log(sim: "GitHubSimulator", request: Request) -> Response | None:
    """Serve the log of a job from the store, which wants no token: one that is sent all the same is refused."""
    found = _LOG.fullmatch(request.path)
    if found is None:
        return None
    if "Authorization" in request.headers or request.args.get("sig") != "of-the-store":
        return Response("<Error/>", 403, content_type="application/xml")
    with sim.lock:
        runs = sim.state["repos"][found[1].lower()]["check_runs"]
        return Response(next(run["log"] for run in runs if run["id"] == int(found[2])), content_type="text/plain")


def set_up(sim: "GitHubSimulator", order: Json) -> Response:
    """Give a repository, or with `*` every repository to come, checks that run on each push."""
    sim.state.setdefault("ci", {})[str(order["repo"]).lower()] = order["checks"]
    sim.touch()
    return json_response({"ok": True})


def begin_checks(sim: "GitHubSimulator", repo: Json, ref: str, sha: str | None) -> None:
    """Begin the checks of a pushed branch."""
    if sha is None or not ref.startswith("refs/heads/") or ref == f"refs/heads/{repo['default_branch']}":
        return
    ci = sim.state.get("ci", {})
    for check in ci.get(f"{repo['owner']}/{repo['name']}".lower(), ci.get("*", [])):
        record = _add(sim, repo, {"name": check["name"], "head_sha": sha, "status": "in_progress"})
        record["due"] = (sim.now() + timedelta(seconds=float(check.get("seconds", 0)))).isoformat()
        record["becomes"] = _verdict(sim, repo, sha, check)
    settle(sim)


def _verdict(sim: "GitHubSimulator", repo: Json, sha: str, check: Json) -> Json:
    red = str(check.get("red_when") or "")
    git = sim.bare(repo)
    files = [entry for entry in git.entries(sha, recursive=True) if entry.kind == "blob"] if red else []
    where = next((entry.path for entry in files if red.encode() in git.content(entry.sha)), "")
    if not where:
        return {"conclusion": check.get("conclusion", "success"), "output": dict(check.get("output") or {})}
    words = {"title": f"{red} found", "summary": f"{where}: {red} must not be there"}
    return {"conclusion": "failure", "output": {**words, **(check.get("output") or {})}}


def settle(sim: "GitHubSimulator") -> None:
    """End the checks whose time has come."""
    now = sim.now()
    for repo in sim.state["repos"].values():
        for run in repo["check_runs"]:
            if run["status"] != "completed" and "due" in run and datetime.fromisoformat(run["due"]) <= now:
                becomes = run.pop("becomes")
                run.update(status="completed", completed_at=sim.stamp(), **becomes)
                sim.touch()
                hooks.announce_check_run(sim, repo, run)


_REPO = "/repos/<owner>/<repo>"
ROUTES: list[tuple[str, str, Callable[[Call], Response]]] = [
    ("POST", f"{_REPO}/statuses/<sha>", create_status),
    ("GET", f"{_REPO}/commits/<path:ref>/statuses", list_statuses),
    ("GET", f"{_REPO}/commits/<path:ref>/status", combine_status),
    ("POST", f"{_REPO}/check-runs", create_check_run),
    ("GET", f"{_REPO}/check-runs/<int:run>", get_check_run),
    ("GET", f"{_REPO}/check-runs/<int:run>/annotations", list_annotations),
    ("GET", f"{_REPO}/actions/jobs/<int:run>/logs", job_log),
    ("GET", f"{_REPO}/commits/<path:ref>/check-runs", list_check_runs),
    ("GET", f"{_REPO}/commits/<path:ref>/check-suites", list_check_suites),
]
