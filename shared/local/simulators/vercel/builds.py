"""How a simulated deployment comes to life: states that take time, and which deployment a project's address shows."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from shared.local.simulators.vercel.hooks import tell

Json = dict[str, Any]

RUNNING = ("QUEUED", "INITIALIZING", "BUILDING")
_SHARES = (("QUEUED", 0.0), ("INITIALIZING", 0.1), ("BUILDING", 0.25))


def milliseconds(moment: datetime) -> int:
    """Write a time as Vercel does."""
    return int(moment.timestamp() * 1000)


def advance(state: Json, now: int) -> bool:
    """Bring every deployment and every alias job to where they are at `now`; say whether anything changed."""
    changed = False
    for deployment in sorted(state["deployments"].values(), key=lambda record: int(record["createdAt"])):
        changed = _advance_build(state, deployment, now) or changed
    for project in state["projects"].values():
        changed = _advance_job(state, project, now) or changed
    return changed


def _advance_build(state: Json, deployment: Json, now: int) -> bool:
    if deployment["readyState"] not in RUNNING:
        return False
    passed, total = now - deployment["createdAt"], deployment["build_ms"]
    if passed < total:
        current: str = [name for name, share in _SHARES if passed >= share * total][-1]
        changed = bool(current != deployment["readyState"])
        deployment["readyState"] = current
        if current == "BUILDING":
            deployment["buildingAt"] = deployment["createdAt"] + int(total * 0.25)
        return changed
    finished = deployment["createdAt"] + total
    deployment["buildingAt"] = deployment["createdAt"] + int(total * 0.25)
    if deployment["ends"] in _OTHER_ENDS:
        deployment.update(readyState=deployment["ends"], **_OTHER_ENDS[deployment["ends"]])
        if deployment["ends"] == "ERROR":
            deployment["errorAt"] = finished
        tell(state, f"deployment.{deployment['ends'].lower()}", deployment, finished)
        return True
    if deployment["ends"] == "ALIAS_ERROR":
        error = {"code": "DNS_FAILED", "message": "The domain is not configured properly."}
        deployment.update(readyState="READY", ready=finished, aliasError=error)
        return True
    # Its own addresses are assigned in any case; whether the project's address follows is another matter.
    deployment.update(readyState="READY", ready=finished, aliasAssigned=finished)
    for kind in ("ready", "succeeded"):
        tell(state, f"deployment.{kind}", deployment, finished)
    project = state["projects"][deployment["projectId"]]
    if deployment["target"] == "production" and project["autoAssign"] and not project["rolledBack"]:
        shown = state["deployments"].get(project["production"] or "")
        if shown is None or shown["createdAt"] <= deployment["createdAt"]:
            show(state, project, deployment, finished)
    return True


_ERROR = {
    "errorCode": "BUILD_FAILED",
    "errorMessage": 'Command "npm run build" exited with 1',
    "errorStep": "buildStep",
    "errorLink": "https://vercel.com/docs/errors",
}


_OTHER_ENDS: dict[str, Json] = {
    "ERROR": _ERROR,
    "CANCELED": {},
    "BLOCKED": {
        "errorCode": "DEPLOYMENT_BLOCKED",
        "errorMessage": "The deployment was blocked: no seat for its author.",
    },
}


def show(state: Json, project: Json, deployment: Json, when: int) -> None:
    """Point the project's address at a deployment."""
    before = state["deployments"].get(project["production"] or "")
    if before is not None:
        before["aliases"] = []
    deployment.update(aliases=[project["name"]], aliasAssigned=when, readySubstate="PROMOTED")
    project["production"] = deployment["id"]


def start_job(project: Json, kind: str, deployment: Json, now: int, takes: int) -> None:
    """Begin a promotion or a rollback; it is done a moment later."""
    project["job"] = {
        "type": kind,
        "fromDeploymentId": project["production"],
        "toDeploymentId": deployment["id"],
        "jobStatus": "pending",
        "requestedAt": now,
    }
    project["job_ms"] = takes


def _advance_job(state: Json, project: Json, now: int) -> bool:
    job = project["job"]
    if job is None or job["jobStatus"] not in ("pending", "in-progress"):
        return False
    passed = now - job["requestedAt"]
    if passed < project["job_ms"]:
        status = "in-progress" if passed * 2 >= project["job_ms"] else "pending"
        changed: bool = status != job["jobStatus"]
        job["jobStatus"] = status
        return changed
    deployment, config = state["deployments"].get(job["toDeploymentId"]), state["config"]
    fails = deployment is None or config["fail_next_switches"] > 0
    config["fail_next_switches"] = max(0, config["fail_next_switches"] - 1)
    job["jobStatus"] = "failed" if fails else "succeeded"
    if deployment is not None and not fails:
        show(state, project, deployment, job["requestedAt"] + project["job_ms"])
        if job["type"] == "promote":
            tell(state, "deployment.promoted", deployment, job["requestedAt"] + project["job_ms"])
        # After a rollback new production builds do not go live by themselves, until somebody promotes again.
        project["rolledBack"] = job["type"] == "rollback"
    return True


def log_lines(deployment: Json) -> Iterator[tuple[int, str, str]]:
    """Yield (time, type, text) of what a build has said so far."""
    began, state = deployment["createdAt"], deployment["readyState"]
    yield began, "deployment-state", "QUEUED"
    if deployment["buildingAt"] is None:
        return
    building = deployment["buildingAt"]
    yield building, "stdout", "Running build in Washington, D.C., USA (East) – iad1"
    yield building, "command", "npm run build"
    if state == "ERROR":
        yield deployment["errorAt"], "stderr", deployment["build_log"]
        yield deployment["errorAt"], "exit", 'Error: Command "npm run build" exited with 1'
    elif state == "READY":
        yield deployment["ready"], "stdout", "Build Completed"
        yield deployment["ready"], "stdout", "Deployment completed"
    elif state == "CANCELED":
        yield building, "stderr", "Build canceled"
