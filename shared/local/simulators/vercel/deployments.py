"""Uploads and deployments: start, find, look, cancel, delete."""

import hashlib
import json
from typing import Any

from werkzeug.wrappers import Response

from shared.local.simulators._server import json_response
from shared.local.simulators.vercel import hooks, shapes
from shared.local.simulators.vercel.checks import (
    DEPLOYMENT_FIELDS,
    Refused,
    checked_files,
    checked_meta,
    checked_name,
    json_body,
)
from shared.local.simulators.vercel.git_source import read_commit_files
from shared.local.simulators.vercel.projects import ProjectCalls

Json = dict[str, Any]
MAX_FILE = 100 * 1024 * 1024


class DeploymentCalls(ProjectCalls):
    """A deployment may make its project, so these know those."""

    def upload(self) -> Response:
        """Answer `POST /v2/files`: raw bytes whose digest is told in a header."""
        headers, content = self.request.headers, self.request.get_data()
        digest = headers.get("x-vercel-digest") or headers.get("x-now-digest")
        if not digest:
            raise Refused(400, "missing_digest", "Missing `x-vercel-digest` header")
        if "Content-Length" not in headers:
            raise Refused(400, "missing_content_length", "Missing `Content-Length` header")
        if len(content) > MAX_FILE:
            raise Refused(400, "size_limit_exceeded", "File size limit exceeded (100 MB)")
        if hashlib.sha1(content).hexdigest() != digest.lower():
            raise Refused(400, "bad_request", "The provided SHA does not match the SHA of the uploaded file")
        self.sim.store(content)
        return json_response({"urls": []})

    def create_deployment(self) -> Response:
        """Answer `POST /v13/deployments`."""
        body = json_body(self.request, DEPLOYMENT_FIELDS, ("name",))
        meta, target = checked_meta(body.get("meta")), body.get("target")
        if target not in (None, "production", "staging", "preview"):
            raise Refused(400, "bad_request", "Invalid request: `target` should be production or staging.")
        files = self._files(body)
        project = self._project_for(body)
        target = None if target == "preview" else target
        asked = hashlib.sha1(json.dumps([project["id"], target, sorted(files.items())]).encode()).hexdigest()
        if self.request.args.get("forceNew") != "1":
            for record in self.state["deployments"].values():
                if record["asked"] == asked and record["readyState"] not in ("ERROR", "CANCELED"):
                    return self.whole(record)
        return self.whole(self._new_deployment(project, target, meta, files, asked))

    def _files(self, body: Json) -> dict[str, str]:
        sources = [key for key in ("files", "gitSource", "deploymentId") if body.get(key) is not None]
        if len(sources) != 1:
            raise Refused(400, "bad_request", "Invalid request: give one of `files`, `gitSource` and `deploymentId`.")
        if sources == ["gitSource"]:
            root = str((body.get("projectSettings") or {}).get("rootDirectory") or "")
            return {
                path: self.sim.store(content)
                for path, content in read_commit_files(self.state, body["gitSource"], root)
            }
        if sources == ["deploymentId"]:
            self.parameters["deployment"] = str(body["deploymentId"])
            again: dict[str, str] = self.deployment()["files"]
            return dict(again)
        inline, named = checked_files(body["files"])
        missing = sorted({digest for digest in named.values() if digest not in self.state["files"]})
        if missing:
            raise Refused(400, "missing_files", "Missing files", missing=missing)
        return named | {name: self.sim.store(content) for name, content in inline.items()}

    def _project_for(self, body: Json) -> Json:
        if body.get("project") is not None:
            return self.project(str(body["project"]))
        name = checked_name(body["name"])
        try:
            return self.project(name)
        except Refused:
            settings = body.get("projectSettings")
            if settings is None and self.request.args.get("skipAutoDetectionConfirmation") != "1":
                message = "The `projectSettings` object is required for new projects, but is missing."
                raise Refused(400, "missing_project_settings", message) from None
            return self.make_project(name, settings or {})

    def _new_deployment(self, project: Json, target: str | None, meta: Json, files: dict[str, str], asked: str) -> Json:
        config, user = self.state["config"], self.caller["user"]
        record: Json = {
            "id": self.sim.next_id("dpl"),
            "name": project["name"],
            "projectId": project["id"],
            "ownerId": self.caller["account"],
            "creator": {"uid": user["uid"], "username": user["username"], "email": user["email"]},
            "target": target,
            "meta": meta,
            "files": files,
            "outputDirectory": project["outputDirectory"],
            "asked": asked,
            "createdAt": self.sim.milliseconds(),
            "build_ms": int(float(config["build_seconds"]) * 1000),
            "build_log": config["build_log"] or "Error: Cannot find module './missing'",
            "ends": self._end_of_build(config),
            "readyState": "QUEUED",
            "readySubstate": "STAGED" if target == "production" else None,
            "buildingAt": None,
            "ready": None,
            "aliasAssigned": False,
            "aliases": [],
        }
        self.state["deployments"][record["id"]] = record
        self.sim.effect(
            "deployment.create",
            id=record["id"],
            project=project["id"],
            name=project["name"],
            target=target,
            meta=meta,
            files=len(files),
        )
        hooks.tell(self.state, "deployment.created", record, self.sim.milliseconds())
        return record

    @staticmethod
    def _end_of_build(config: Json) -> str:
        """Return how the next build ends, as it was ordered."""
        ends = config["next_builds"].pop(0) if config["next_builds"] else "READY"
        if config["fail_next_builds"] > 0:
            config["fail_next_builds"] -= 1
            ends = "ERROR"
        return str(ends)

    def get_deployment(self) -> Response:
        """Answer `GET /v13/deployments/{idOrUrl}`."""
        return self.whole(self.deployment())

    def list_deployments(self) -> Response:
        """Answer `GET /v7/deployments` with its filters, newest first."""
        args = self.request.args
        wanted = args.get("projectId")
        project = self.project(wanted)["id"] if wanted else None
        states = args["state"].upper().split(",") if args.get("state") else None
        target = {"preview": None}.get(args.get("target", ""), args.get("target"))
        found = [
            record
            for record in self.state["deployments"].values()
            if record["ownerId"] == self.caller["account"]
            and project in (None, record["projectId"])
            and args.get("app") in (None, record["name"])
            and ("target" not in args or record["target"] == target)
            and (states is None or record["readyState"] in states)
            and (
                "rollbackCandidate" not in args
                or shapes.is_rollback_candidate(self.state, record) == (args["rollbackCandidate"] == "true")
            )
            and all(record["meta"].get(key[5:]) == value for key, value in args.items() if key.startswith("meta-"))
            and record["createdAt"] < args.get("until", 1 << 62, type=int)
            and record["createdAt"] >= args.get("since", 0, type=int)
        ]
        found.sort(key=lambda record: (record["createdAt"], record["id"]), reverse=True)
        part = found[: min(args.get("limit", 20, type=int), 100)]
        pages = {
            "count": len(part),
            "next": part[-1]["createdAt"] if len(part) < len(found) else None,
            "prev": part[0]["createdAt"] if part else None,
        }
        listed = [shapes.build_list_entry(self.host, self.state, record) for record in part]
        return json_response({"deployments": listed, "pagination": pages})

    def cancel(self) -> Response:
        """Answer `PATCH /v12/deployments/{id}/cancel`."""
        record = self.deployment()
        if not shapes.is_running(record):
            raise Refused(400, "bad_request", f"The deployment is {record['readyState']} and cannot be canceled.")
        record.update(readyState="CANCELED", canceledAt=self.sim.milliseconds())
        self.sim.effect("deployment.cancel", id=record["id"])
        hooks.tell(self.state, "deployment.canceled", record, self.sim.milliseconds())
        return self.whole(record)

    def delete_deployment(self) -> Response:
        """Answer `DELETE /v13/deployments/{id}`."""
        record = self.deployment()
        del self.state["deployments"][record["id"]]
        project = self.state["projects"][record["projectId"]]
        if project["production"] == record["id"]:
            project["production"] = None
        self.sim.effect("deployment.delete", id=record["id"], project=project["id"])
        return json_response({"uid": record["id"], "state": "DELETED"})

    def events(self) -> Response:
        """Answer `GET /v3/deployments/{idOrUrl}/events`."""
        listed = shapes.events(self.deployment())
        if self.request.args.get("direction") == "backward":
            listed.reverse()
        limit = self.request.args.get("limit", 10, type=int)
        return json_response(listed if limit == -1 else listed[:limit])

    def files(self) -> Response:
        """Answer `GET /v6/deployments/{id}/files`."""
        return json_response(shapes.tree(self.deployment()["files"]))

    def aliases(self) -> Response:
        """Answer `GET /v2/deployments/{id}/aliases`."""
        record = self.deployment()
        return json_response(
            {
                "aliases": [
                    {"uid": f"als_{name}", "alias": address, "created": record["createdAt"]}
                    for name, address in zip(
                        record["aliases"], shapes.aliases(self.host, record["aliases"]), strict=True
                    )
                ]
            }
        )
