"""What is live: promotion and rollback; and the table of all calls."""

from collections.abc import Callable
from typing import Any

from werkzeug.wrappers import Response

from shared.local.simulators._server import json_response
from shared.local.simulators.vercel import hooks, shapes
from shared.local.simulators.vercel.builds import start_job
from shared.local.simulators.vercel.checks import Refused
from shared.local.simulators.vercel.deployments import DeploymentCalls

Json = dict[str, Any]


class Calls(DeploymentCalls):
    """All calls of the API."""

    def _switch(self, kind: str) -> tuple[Json, Json]:
        project, record = self.project(self.parameters["project"]), self.deployment()
        if record["projectId"] != project["id"]:
            raise Refused(404, "not_found", "The deployment could not be found")
        if record["readyState"] != "READY":
            raise Refused(422, "unprocessable_entity", "The deployment is not ready.")
        if project["job"] and project["job"]["jobStatus"] in ("pending", "in-progress"):
            raise Refused(409, "conflict", "Another promotion or rollback is in progress.")
        if project["production"] == record["id"] and not (kind == "promote" and project["rolledBack"]):
            raise Refused(409, "conflict", "The deployment is already the current production deployment.")
        return project, record

    def promote(self) -> Response:
        """Answer `POST /v10/projects/{p}/promote/{deployment}`: no rebuild."""
        project, record = self._switch("promote")
        self._start("promote", project, record)
        return json_response({}, 201)

    def rollback(self) -> Response:
        """Answer `POST /v1/projects/{p}/rollback/{deployment}`: only to what once was live."""
        project, record = self._switch("rollback")
        if not shapes.is_rollback_candidate(self.state, record):
            raise Refused(422, "unprocessable_entity", "The deployment has never been in production.")
        if self.state["config"]["plan"] == "hobby":
            past = [
                deployment
                for deployment in self.state["deployments"].values()
                if shapes.is_rollback_candidate(self.state, deployment) and deployment["projectId"] == project["id"]
            ]
            if max(past, key=lambda deployment: int(deployment["aliasAssigned"]))["id"] != record["id"]:
                raise Refused(402, "payment_required", "This plan can only roll back to the previous deployment.")
        self._start("rollback", project, record)
        return json_response({}, 201)

    def _start(self, kind: str, project: Json, record: Json) -> None:
        takes = int(float(self.state["config"]["alias_seconds"]) * 1000)
        start_job(project, kind, record, self.sim.milliseconds(), takes)
        if kind == "rollback":  # accepted, not yet switched
            hooks.tell(self.state, "deployment.rollback", record, self.sim.milliseconds())
        self.sim.effect(
            f"deployment.{kind}", id=record["id"], project=project["id"], before=project["job"]["fromDeploymentId"]
        )

    def promoted_aliases(self) -> Response:
        """Answer `GET /v1/projects/{p}/promote/aliases`."""
        project = self.project(self.parameters["project"])
        job = project["job"]
        status = {"succeeded": "completed", "failed": "failed"}.get(job["jobStatus"], job["jobStatus"]) if job else ""
        listed = (
            [
                {
                    "id": f"als_{project['name']}",
                    "alias": shapes.aliases(self.host, [project["name"]])[0],
                    "status": status,
                }
            ]
            if job
            else []
        )
        return json_response({"aliases": listed, "pagination": {"count": len(listed), "next": None, "prev": None}})

    def user(self) -> Response:
        """Answer `GET /v2/user`."""
        who = self.caller["user"]
        return json_response({"user": {"id": who["uid"], "name": None, "limited": False, **who}})


_DEPLOYMENT = "<path:deployment>"
ROUTES: list[tuple[str, str, Callable[[Calls], Response]]] = [
    ("GET", "/v2/user", Calls.user),
    ("POST", "/v1/webhooks", hooks.create),
    ("GET", "/v1/webhooks", hooks.list_webhooks),
    ("DELETE", "/v1/webhooks/<webhook>", hooks.delete),
    ("POST", "/v2/files", Calls.upload),
    ("POST", "/v11/projects", Calls.create_project),
    ("GET", "/v10/projects", Calls.list_projects),
    ("GET", "/v9/projects/<project>", Calls.get_project),
    ("PATCH", "/v9/projects/<project>", Calls.update_project),
    ("DELETE", "/v9/projects/<project>", Calls.delete_project),
    ("POST", "/v10/projects/<project>/env", Calls.set_variables),
    ("GET", "/v10/projects/<project>/env", Calls.list_variables),
    ("POST", f"/v10/projects/<project>/promote/{_DEPLOYMENT}", Calls.promote),
    ("POST", f"/v1/projects/<project>/rollback/{_DEPLOYMENT}", Calls.rollback),
    ("GET", "/v1/projects/<project>/promote/aliases", Calls.promoted_aliases),
    ("POST", "/v13/deployments", Calls.create_deployment),
    ("GET", "/v7/deployments", Calls.list_deployments),
    ("GET", f"/v13/deployments/{_DEPLOYMENT}", Calls.get_deployment),
    ("DELETE", f"/v13/deployments/{_DEPLOYMENT}", Calls.delete_deployment),
    ("PATCH", f"/v12/deployments/{_DEPLOYMENT}/cancel", Calls.cancel),
    ("GET", f"/v3/deployments/{_DEPLOYMENT}/events", Calls.events),
    ("GET", f"/v6/deployments/{_DEPLOYMENT}/files", Calls.files),
    ("GET", f"/v2/deployments/{_DEPLOYMENT}/aliases", Calls.aliases),
]
