"""Projects and their environment variables."""

import json
from typing import Any

from werkzeug.wrappers import Response

from shared.local.simulators._server import json_response
from shared.local.simulators.vercel import shapes
from shared.local.simulators.vercel.call import VercelCall
from shared.local.simulators.vercel.checks import (
    PROJECT_FIELDS,
    PROJECT_UPDATES,
    Refused,
    checked_name,
    checked_variable,
    json_body,
)

Json = dict[str, Any]


class ProjectCalls(VercelCall):
    """Make, read, change, delete."""

    def make_project(self, name: str, body: Json) -> Json:
        """Add a project to the account."""
        now = self.sim.milliseconds()
        record: Json = {
            "id": self.sim.next_id("prj"),
            "accountId": self.caller["account"],
            "name": name,
            "framework": body.get("framework"),
            "outputDirectory": body.get("outputDirectory"),
            "autoAssign": True,
            "rolledBack": False,
            "production": None,
            "job": None,
            "job_ms": 0,
            "env": [],
            "createdAt": now,
            "updatedAt": now,
        }
        self.state["projects"][record["id"]] = record
        self.sim.effect("project.create", id=record["id"], name=name, account=record["accountId"])
        return record

    def create_project(self) -> Response:
        """Answer `POST /v11/projects`."""
        body = json_body(self.request, PROJECT_FIELDS, ("name",))
        name = checked_name(body["name"])
        if any(project["name"] == name for project in self.state["projects"].values()):
            raise Refused(409, "conflict", f"Project {name} already exists, please use a new name.")
        return json_response(shapes.project(self.host, self.state, self.make_project(name, body)))

    def list_projects(self) -> Response:
        """Answer `GET /v10/projects`: those of the account, the newest first; `search` is a part of the name."""
        limit = self.request.args.get("limit", "20")
        if not limit.isdecimal() or not 0 < int(limit) <= 100:
            raise Refused(400, "bad_request", "Invalid request: `limit` should be a number between 1 and 100.")
        mine = [
            project for project in self.state["projects"].values() if project["accountId"] == self.caller["account"]
        ]
        mine = [project for project in mine if self.request.args.get("search", "").lower() in project["name"]]
        listed = [shapes.project(self.host, self.state, project) for project in reversed(mine)][: int(limit)]
        return json_response({"projects": listed, "pagination": {"count": len(listed), "next": None, "prev": None}})

    def get_project(self) -> Response:
        """Answer `GET /v9/projects/{idOrName}`."""
        return json_response(shapes.project(self.host, self.state, self.project(self.parameters["project"])))

    def update_project(self) -> Response:
        """Answer `PATCH /v9/projects/{idOrName}`."""
        record = self.project(self.parameters["project"])
        body = json_body(self.request, PROJECT_UPDATES)
        if "name" in body and body["name"] != record["name"]:
            raise Refused(400, "bad_request", "Renaming is not simulated.")
        for key in ("framework", "outputDirectory"):
            record[key] = body.get(key, record[key])
        record["autoAssign"] = bool(body.get("autoAssignCustomDomains", record["autoAssign"]))
        record["updatedAt"] = self.sim.milliseconds()
        self.sim.effect("project.update", id=record["id"], fields=sorted(body))
        return json_response(shapes.project(self.host, self.state, record))

    def delete_project(self) -> Response:
        """Answer `DELETE /v9/projects/{idOrName}`; its deployments go with it."""
        record = self.project(self.parameters["project"])
        del self.state["projects"][record["id"]]
        kept = {
            key: deployment
            for key, deployment in self.state["deployments"].items()
            if deployment["projectId"] != record["id"]
        }
        self.state["deployments"] = kept
        self.sim.effect("project.delete", id=record["id"], name=record["name"])
        return Response(status=204)

    def set_variables(self) -> Response:
        """Answer `POST /v10/projects/{idOrName}/env`, one variable or a list."""
        record = self.project(self.parameters["project"])
        try:
            given = json.loads(self.request.get_data())
        except ValueError as broken:
            raise Refused(400, "bad_request", "Invalid JSON") from broken
        wanted = [
            checked_variable(given_variable) for given_variable in (given if isinstance(given, list) else [given])
        ]
        upsert = self.request.args.get("upsert") == "true"
        made = []
        for fields in wanted:
            same = [e for e in record["env"] if e["key"] == fields["key"] and set(e["target"]) & set(fields["target"])]
            if same and not upsert:
                message = f"A variable with the name `{fields['key']}` already exists for the target."
                raise Refused(400, "ENV_CONFLICT", message)
            record["env"] = [e for e in record["env"] if e not in same]
            variable = {"id": same[0]["id"] if same else self.sim.next_id("env"), **fields}
            record["env"].append(variable)
            made.append(shapes.variable(variable))
            # The value stays out of the journal: people read it, and these are secrets.
            self.sim.effect(
                "env.set", project=record["id"], key=fields["key"], target=fields["target"], type=fields["type"]
            )
        return json_response({"created": made if isinstance(given, list) else made[0], "failed": []}, 201)

    def list_variables(self) -> Response:
        """Answer `GET /v10/projects/{idOrName}/env`."""
        record = self.project(self.parameters["project"])
        return json_response({"envs": [shapes.variable(variable) for variable in record["env"]]})
