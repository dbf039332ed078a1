"""Vercel: projects, deployments from files, promotion and rollback."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from shared.core.errors import IntegrationError, Missing, Rejected, Unauthorized, Unavailable
from shared.http_client import Answer, HttpClient, segment, vendor_message

BASE_URL = "https://api.vercel.com"
TERMINAL = frozenset({"READY", "ERROR", "CANCELED", "BLOCKED", "DELETED"})
_UPLOAD_ROUNDS = 3

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Deployment:
    """A deployment. READY is not live yet: production also needs `alias_assigned`."""

    id: str
    url: str
    state: str
    substate: str = ""
    target: str = ""
    alias_assigned: bool = False
    error: str = ""
    meta: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AliasRequest:
    """The last promotion or rollback: `status` is pending, in-progress, succeeded, failed or skipped."""

    type: str
    status: str
    from_deployment: str
    to_deployment: str


@dataclass(frozen=True, slots=True)
class Project:
    """A project; `production` is the deployment that serves its domains, the place a rollback goes back to."""

    id: str
    name: str
    production: str = ""
    last_alias_request: AliasRequest | None = None
    domain: str = ""  # where production answers, without a scheme


@dataclass(frozen=True, slots=True)
class BuildEvent:
    """One line of a build's log."""

    type: str
    text: str
    at_ms: int


class Vercel:
    """What we ask of Vercel, for a person's account or a team's."""

    system: ClassVar[str] = "vercel"

    def __init__(self, http: HttpClient, team_id: str | None = None) -> None:
        self._http = http
        self._team = {"teamId": team_id} if team_id else {}

    # --- projects ---

    def project(self, name: str) -> Project:
        """Return a project by name or id, with its production deployment and last promotion or rollback."""
        return _project(self._call("GET", f"/v9/projects/{segment(name)}").json)

    def ensure_project(self, name: str, framework: str | None = None) -> Project:
        """Return the project, created if need be. Called again it returns the one there."""
        try:
            return self.project(name)
        except Missing:
            body = {"name": name} | ({"framework": framework} if framework else {})
        answer = self._call("POST", "/v11/projects", json=body, accept=("conflict", "project_already_exists"))
        return _project(answer.json) if answer.ok else self.project(name)

    # --- deployments ---

    def deploy(
        self,
        project: Project,
        files: Mapping[str, bytes],
        meta: Mapping[str, str],
        target: str | None = None,
        *,
        framework: str | None = None,
        fresh: bool = False,
    ) -> Deployment:
        """Start a deployment of these files and return at once; without `target` it is a preview.

        Called again with the same files and target Vercel answers with the deployment it has (with the `meta` of that
        one), unless that failed. With `fresh` it always starts another: ask `find_deployment` for your `meta` first.
        """
        shas = {path: hashlib.sha1(content, usedforsecurity=False).hexdigest() for path, content in files.items()}
        body: Json = {
            "name": project.name,
            "project": project.id,
            "files": [{"file": path, "sha": shas[path], "size": len(files[path])} for path in sorted(files)],
            "projectSettings": {"framework": framework},
            "meta": dict(meta),
        } | ({"target": target} if target else {})
        by_sha = {shas[path]: content for path, content in files.items()}
        for _ in range(_UPLOAD_ROUNDS):
            params = {"skipAutoDetectionConfirmation": "1"} | ({"forceNew": "1"} if fresh else {})
            answer = self._call("POST", "/v13/deployments", json=body, params=params, accept=("missing_files",))
            if answer.ok:
                return _deployment(answer.json)
            for sha in answer.json["error"].get("missing") or ():
                self._upload(sha, by_sha)
        raise Rejected(self.system, "files are still missing after they were uploaded")

    def _upload(self, sha: str, by_sha: Mapping[str, bytes]) -> None:
        """Upload one file; the same file again changes nothing."""
        if sha not in by_sha:
            raise Rejected(self.system, f"asked for a file we did not name ({sha[:40]})")
        headers = {"x-vercel-digest": sha, "Content-Type": "application/octet-stream"}
        self._call("POST", "/v2/files", data=by_sha[sha], headers=headers)

    def deployment(self, id: str) -> Deployment:
        """Return a deployment by id or host name."""
        return _deployment(self._call("GET", f"/v13/deployments/{segment(id)}").json)

    def find_deployment(self, project_id: str, key: str, value: str) -> Deployment | None:
        """Return the newest deployment with this value in its `meta`, among the project's last thousand."""
        params: Json = {"projectId": project_id, "limit": 100}
        for _ in range(10):
            answer = self._call("GET", "/v7/deployments", params=params).json
            for raw in answer["deployments"]:
                if (raw.get("meta") or {}).get(key) == value:
                    return _deployment(raw)
            following = (answer.get("pagination") or {}).get("next")
            if not following:
                return None
            params = params | {"until": following}
        return None

    def promote(self, project_id: str, deployment_id: str) -> None:
        """Point the production domains at a deployment, without a rebuild; `project` tells when it is done.

        Called again for the deployment that is in production already it changes nothing (409 counts as done).
        """
        path = f"/v10/projects/{segment(project_id)}/promote/{segment(deployment_id)}"
        self._repoint(path, project_id, deployment_id)

    def rollback(self, project_id: str, deployment_id: str, description: str = "") -> None:
        """Point the production domains back at an earlier production build; `project` tells when it is done.

        Until the next `promote` new production deployments do not go live by themselves. Called again for the
        deployment that is in production already it changes nothing.
        """
        path = f"/v1/projects/{segment(project_id)}/rollback/{segment(deployment_id)}"
        self._repoint(path, project_id, deployment_id, {"description": description[:200]} if description else {})

    def _repoint(self, path: str, project_id: str, deployment_id: str, params: Mapping[str, str] | None = None) -> None:
        answer = self._call("POST", path, params=params, accept=("conflict",), text=True)
        if answer.ok:
            return
        now = self.project(project_id)
        job = now.last_alias_request
        running = job is not None and job.status in ("pending", "in-progress")
        if running and job is not None and job.to_deployment != deployment_id:
            raise Unavailable(self.system, f"POST {path}: another promotion or rollback is in progress")
        if not running and now.production != deployment_id:
            raise Rejected(self.system, f"POST {path}: {answer.status} {vendor_message(answer)}")

    def cancel(self, id: str) -> Deployment:
        """Stop a build. A deployment that has ended already is returned as it is."""
        try:
            return _deployment(self._call("PATCH", f"/v12/deployments/{segment(id)}/cancel").json)
        except Rejected:
            now = self.deployment(id)
            if now.state in TERMINAL:
                return now
            raise

    def delete(self, id: str) -> None:
        """Delete a deployment; one that is gone already counts as deleted."""
        try:
            self._call("DELETE", f"/v13/deployments/{segment(id)}")
        except Missing:
            return

    def events(self, id: str) -> list[BuildEvent]:
        """Return the build's log, oldest first."""
        params = {"builds": "1", "limit": "-1", "direction": "forward"}
        found = self._call("GET", f"/v3/deployments/{segment(id)}/events", params=params).json
        return [_event(each) for each in found or () if isinstance(each, dict)]

    # --- the wire ---

    def _call(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        data: bytes | None = None,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        accept: tuple[str, ...] = (),
        text: bool = False,
    ) -> Answer:
        def judge(answer: Answer) -> Answer | IntegrationError | None:
            error = answer.json.get("error") if isinstance(answer.json, dict) else None
            error = error if isinstance(error, dict) else {}
            if error.get("code") in accept or ("conflict" in accept and answer.status == 409):
                return answer
            if answer.status == 403 and error.get("invalidToken"):
                return Unauthorized("vercel", f"{method} {path}: 403 {vendor_message(answer)}")
            return None

        asked = {**self._team, **(params or {})}
        return self._http.call(
            method, path, json=json, data=data, params=asked, headers=headers, judge=judge, text=text
        )


def _project(raw: Json) -> Project:
    target = (raw.get("targets") or {}).get("production") or {}
    production, domains = target.get("id") or "", target.get("alias") or ()
    last = raw.get("lastAliasRequest")
    request = None
    if isinstance(last, dict):
        request = AliasRequest(
            type=last.get("type", ""),
            status=last.get("jobStatus", ""),
            from_deployment=last.get("fromDeploymentId") or "",
            to_deployment=last.get("toDeploymentId") or "",
        )
    return Project(raw["id"], raw["name"], production, request, str(domains[0]) if domains else "")


def _deployment(raw: Json) -> Deployment:
    alias_error = raw.get("aliasError") or {}
    message = raw.get("errorMessage") or alias_error.get("message") or ""
    code = raw.get("errorCode") or alias_error.get("code") or ""
    return Deployment(
        id=raw.get("id") or raw.get("uid") or "",
        url=raw.get("url") or "",
        state=raw.get("readyState") or raw.get("state") or raw.get("status") or "",
        substate=raw.get("readySubstate") or "",
        target=raw.get("target") or "",
        alias_assigned=bool(raw.get("aliasAssigned")),
        error=f"{code} {message}".strip()[:300],
        meta=dict(raw.get("meta") or {}),
    )


def _event(raw: Json) -> BuildEvent:
    payload = raw.get("payload") if isinstance(raw.get("payload"), dict) else {}
    text = raw.get("text") or (payload or {}).get("text") or ""
    return BuildEvent(str(raw.get("type") or ""), str(text), int(raw.get("created") or 0))
