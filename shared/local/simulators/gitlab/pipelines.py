"""Pipelines and their jobs. No runner is simulated: what they come to is ordered, or configured for every push."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Response

from shared.local.simulators._server import json_response
from shared.local.simulators.gitlab import hooks
from shared.local.simulators.gitlab.calls import Call, Refused, not_found, number_of
from shared.local.simulators.gitlab.merge_request_shapes import one
from shared.local.simulators.gitlab.projects import branch_sha

if TYPE_CHECKING:
    from shared.local.simulators.gitlab.simulator import GitLabSimulator

Json = dict[str, Any]
STATUSES = (
    *("created", "waiting_for_resource", "preparing", "pending", "running", "scheduled"),
    *("success", "failed", "canceling", "canceled", "skipped", "manual"),
)


def run_configured(sim: "GitLabSimulator", project: Json, ref: str, sha: str, by: str) -> None:
    """Begin the pipeline that is configured for every push to a branch but the default one."""
    ci = sim.state["config"].get("ci")
    branch = ref.removeprefix("refs/heads/")
    if ci and ref.startswith("refs/heads/") and branch != project["default_branch"]:
        _keep(sim, project, {"sha": sha, "ref": branch, "by": by, **ci})


def report(sim: "GitLabSimulator", order: Json) -> Response:
    """Make a pipeline, or change the newest one of its commit: project, ref or sha, status, jobs."""
    project = sim.project_named(str(order["project"]))
    if project is None:
        return json_response({"error": "no such project"}, 404)
    sha = order.get("sha") or branch_sha(project, order["ref"])
    made = _keep(sim, project, {**order, "sha": sha})
    return json_response({"id": made["id"], "sha": sha})


def _keep(sim: "GitLabSimulator", project: Json, order: Json) -> Json:
    status = order.get("status", "success")
    if status not in STATUSES:
        raise ValueError(f"{status} is no status of a pipeline")
    found = next((p for p in reversed(project["pipelines"]) if p["sha"] == order["sha"]), None)
    if found is None or order.get("new"):
        found = {"id": sim.next_id(), "iid": len(project["pipelines"]) + 1, "sha": order["sha"]}
        found |= {"ref": order.get("ref", ""), "source": order.get("source", "push"), "created_at": sim.stamp()}
        project["pipelines"].append(found)
    found |= {"status": status, "updated_at": sim.stamp(), "by": order.get("by", "")}
    jobs = order.get("jobs") or [{"name": "test", "status": status}]
    found["jobs"] = [{"allow_failure": False, "trace": "", **job, "id": sim.next_id()} for job in jobs]
    sim.touch()
    hooks.announce_pipeline(sim, project, found)
    return found


def _shape(call: Call, project: Json, pipeline: Json) -> Json:
    shown = {key: pipeline[key] for key in ("id", "iid", "sha", "ref", "status", "source", "created_at", "updated_at")}
    return {"project_id": project["id"], **shown, "web_url": f"{call.base}/{project['full']}/-/pipelines/{shown['id']}"}


def _job(call: Call, project: Json, pipeline: Json, job: Json) -> Json:
    shown = {key: job[key] for key in ("id", "name", "status", "allow_failure")}
    failed = job["status"] == "failed"
    return {
        **shown,
        "stage": job.get("stage", "test"),
        "ref": pipeline["ref"],
        "tag": False,
        "created_at": pipeline["created_at"],
        "failure_reason": job.get("failure_reason", "script_failure") if failed else None,
        "pipeline": {key: pipeline[key] for key in ("id", "sha", "ref", "status")},
        "web_url": f"{call.base}/{project['full']}/-/jobs/{job['id']}",
    }


def list_pipelines(call: Call) -> Response:
    """List pipelines by commit, branch and status."""
    project, args = call.project, call.request.args
    found = [
        pipeline
        for pipeline in project["pipelines"]
        if all(args.get(name, pipeline[name]) == pipeline[name] for name in ("sha", "ref", "status", "source"))
    ]
    if args.get("sort", "desc") == "desc":
        found.reverse()
    return call.page_of([_shape(call, project, pipeline) for pipeline in found])


def of_request(call: Call) -> Response:
    """List the pipelines of a merge request's head."""
    project, request = call.project, one(call)
    found = [p for p in reversed(project["pipelines"]) if p["sha"] == request["head_sha"]]
    return call.page_of([_shape(call, project, pipeline) for pipeline in found])


def _one(call: Call) -> Json:
    number = number_of(call, "pipeline")
    found: Json | None = next((p for p in call.project["pipelines"] if p["id"] == number), None)
    if found is None:
        raise Refused(404, "404 Not found")
    return found


def get(call: Call) -> Response:
    """Read one pipeline."""
    return json_response(_shape(call, call.project, _one(call)))


def jobs(call: Call) -> Response:
    """List the jobs of a pipeline."""
    pipeline = _one(call)
    return call.page_of([_job(call, call.project, pipeline, job) for job in pipeline["jobs"]])


def trace(call: Call) -> Response:
    """Return the log of a job as plain text."""
    number = number_of(call, "job")
    for pipeline in call.project["pipelines"]:
        for job in pipeline["jobs"]:
            if job["id"] == number:
                return Response(job["trace"], content_type="text/plain; charset=utf-8")
    raise not_found("Job")


_P = "/projects/<project>"
ROUTES: list[tuple[str, str, Callable[[Call], Response]]] = [
    ("GET", f"{_P}/pipelines", list_pipelines),
    ("GET", f"{_P}/pipelines/<pipeline>", get),
    ("GET", f"{_P}/pipelines/<pipeline>/jobs", jobs),
    ("GET", f"{_P}/jobs/<job>/trace", trace),
    ("GET", f"{_P}/merge_requests/<iid>/pipelines", of_request),
]
