"""Vercel: projects, deployments from files, promotion and rollback. What it does is `hosting.py`; facts: section 6."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import urlsplit

from shared.core.errors import IntegrationError, Missing, NotAllowed, Rejected, Unauthorized, Unavailable
from shared.http_answers import Answer, vendor_message
from shared.http_client import HttpClient, segment
from shared.integrations.hosting import ENDED, Commit, Deployed, Site
from shared.integrations.vercel.answers import Json, read_deployed, read_site, read_spoken
from shared.ports import Secret

BASE_URL = "https://api.vercel.com"
_UPLOAD_ROUNDS = 3
_MAX_LOG = 200_000  # letters of a build's log that are looked at, its end first
_NO_SOURCE = ("incorrect_git_source_info", "repo_not_found")
_BYPASS = "x-vercel-protection-bypass"


class Vercel:
    """What we ask of Vercel, for a person's account or a team's. It is a `Hosting`."""

    system: ClassVar[str] = "vercel"

    def __init__(self, http: HttpClient, team_id: str | None = None) -> None:
        self._http = http
        self._team = {"teamId": team_id} if team_id else {}

    @property
    def scheme(self) -> str:
        """Return the scheme of its addresses: that of its API, which a simulator serves without TLS."""
        return urlsplit(self._http.base_url).scheme

    def site(self, name_or_id: str) -> Site:
        """Return a project by name or id, with its production deployment and last promotion or rollback."""
        return read_site(self._call("GET", f"/v9/projects/{segment(name_or_id)}").json)

    def ensure_site(self, name: str, framework: str | None = None) -> Site:
        """Return the project, created if need be. Called again it returns the one there."""
        try:
            return self.site(name)
        except Missing:
            body = {"name": name} | ({"framework": framework} if framework else {})
        answer = self._call("POST", "/v11/projects", json=body, accept=("conflict", "project_already_exists"))
        return read_site(answer.json) if answer.ok else self.site(name)

    def set_environment(self, site: Site, values: Mapping[str, Secret]) -> None:
        """Set variables for previews and production; nobody can read them back, but the code that runs can."""
        if not values:
            return
        body = [
            {"key": key, "value": value.reveal(), "type": "sensitive", "target": ["production", "preview"]}
            for key, value in sorted(values.items())
        ]
        answer = self._call("POST", f"/v10/projects/{segment(site.id)}/env", json=body, params={"upsert": "true"})
        failed = [each for each in (answer.json or {}).get("failed") or () if isinstance(each, dict)]
        if failed:
            error = failed[0].get("error") or {}
            key, why = error.get("envVarKey") or error.get("key") or "", error.get("code") or "refused"
            raise Rejected(self.system, f"variable {key} was not set: {why}")

    def visit_headers(self, site_id: str) -> Mapping[str, Secret]:
        """Return what opens protected previews to us: the project's bypass for automation, where there is one."""
        raw = self._call("GET", f"/v9/projects/{segment(site_id)}").json
        passes = raw.get("protectionBypass") or {}
        ours = (key for key, each in passes.items() if (each or {}).get("scope") == "automation-bypass")
        word = next(ours, "")
        return {_BYPASS: Secret(word)} if word else {}

    def deploy(
        self,
        site: Site,
        files: Mapping[str, bytes],
        meta: Mapping[str, str],
        *,
        framework: str | None = None,
        fresh: bool = False,
    ) -> Deployed:
        """Start a preview of these files and return at once; only files that Vercel does not have are uploaded.

        Called again with the same files Vercel answers with the deployment it has (with the `meta` of that one),
        unless that failed. With `fresh` it always starts another: ask `find_deployment` for your `meta` first.
        """
        shas = {path: hashlib.sha1(content, usedforsecurity=False).hexdigest() for path, content in files.items()}
        body: Json = {
            "name": site.name,
            "project": site.id,
            "files": [{"file": path, "sha": shas[path], "size": len(files[path])} for path in sorted(files)],
            "projectSettings": {"framework": framework},
            "meta": dict(meta),
        }
        by_sha = {shas[path]: content for path, content in files.items()}
        for _ in range(_UPLOAD_ROUNDS):
            params = {"skipAutoDetectionConfirmation": "1"} | ({"forceNew": "1"} if fresh else {})
            answer = self._call("POST", "/v13/deployments", json=body, params=params, accept=("missing_files",))
            if answer.ok:
                return read_deployed(answer.json)
            for sha in answer.json["error"].get("missing") or ():
                self._upload(sha, by_sha)
        raise Rejected(self.system, "files are still missing after they were uploaded")

    def deploy_commit(
        self, site: Site, commit: Commit, meta: Mapping[str, str], *, framework: str | None = None
    ) -> Deployed:
        """Start a preview of a commit, which Vercel fetches: its app has to be installed for the repository."""
        name = "projectId" if commit.system == "gitlab" else "repoId"
        body: Json = {
            "name": site.name,
            "project": site.id,
            "gitSource": {"type": commit.system, name: commit.id, "ref": commit.branch, "sha": commit.sha},
            "projectSettings": {"framework": framework, "rootDirectory": commit.root or None},
            "meta": dict(meta),
        }
        params = {"skipAutoDetectionConfirmation": "1", "forceNew": "1"}
        answer = self._call("POST", "/v13/deployments", json=body, params=params, accept=_NO_SOURCE)
        if not answer.ok:
            way_out = "Give Vercel's app access to the repository at the forge, or set ship.site.source to files."
            raise NotAllowed(self.system, f"it cannot fetch the commit: {vendor_message(answer)}", way_out=way_out)
        return read_deployed(answer.json)

    def _upload(self, sha: str, by_sha: Mapping[str, bytes]) -> None:
        """Upload one file; the same file again changes nothing."""
        if sha not in by_sha:
            raise Rejected(self.system, f"asked for a file that we did not name ({sha[:40]})")
        headers = {"x-vercel-digest": sha, "Content-Type": "application/octet-stream"}
        self._call("POST", "/v2/files", data=by_sha[sha], headers=headers)

    def deployment(self, id: str) -> Deployed:
        """Return a deployment by id or host name."""
        return read_deployed(self._call("GET", f"/v13/deployments/{segment(id)}").json)

    def find_deployment(self, site_id: str, key: str, value: str) -> Deployed | None:
        """Return the newest deployment with this value in its `meta`, among the project's last thousand."""
        params: Json = {"projectId": site_id, "limit": 100}
        for _ in range(10):
            answer = self._call("GET", "/v7/deployments", params=params).json
            for raw in answer["deployments"]:
                if (raw.get("meta") or {}).get(key) == value:
                    return read_deployed(raw)
            following = (answer.get("pagination") or {}).get("next")
            if not following:
                return None
            params = params | {"until": following}
        return None

    def build_log(self, id: str) -> str:
        """Return what the build said, oldest first; its end, where it said very much."""
        params = {"builds": "1", "limit": "-1", "direction": "forward"}
        found = self._call("GET", f"/v3/deployments/{segment(id)}/events", params=params).json
        texts = (read_spoken(each) for each in found or () if isinstance(each, dict))
        return "\n".join(text for text in texts if text)[-_MAX_LOG:]

    def promote(self, site_id: str, id: str) -> None:
        """Point the production domains at a deployment, without a rebuild; `site` tells when it is done.

        Called again for the deployment that is in production already it changes nothing (409 counts as done). After a
        rollback it also lets production builds go live by themselves again.
        """
        self._repoint(f"/v10/projects/{segment(site_id)}/promote/{segment(id)}", site_id, id)

    def rollback(self, site_id: str, id: str, why: str = "") -> None:
        """Point the production domains back at an earlier production build; `site` tells when it is done.

        Until the next `promote` new production deployments do not go live by themselves. Called again for the
        deployment that is in production already it changes nothing. Raises NotAllowed where the plan does not go back
        so far.
        """
        path = f"/v1/projects/{segment(site_id)}/rollback/{segment(id)}"
        self._repoint(path, site_id, id, {"description": why[:200]} if why else {})

    def _repoint(self, path: str, site_id: str, id: str, params: Mapping[str, str] | None = None) -> None:
        answer = self._call("POST", path, params=params, accept=("conflict",), text=True)
        if answer.ok:
            return
        last, production = (now := self.site(site_id)).last_switch, now.production
        running = last is not None and last.state == "pending"
        if running and last is not None and last.to != id:
            raise Unavailable(self.system, f"POST {path}: another promotion or rollback is in progress")
        if not running and production != id:
            raise Rejected(self.system, f"POST {path}: {answer.status} {vendor_message(answer)}")

    def cancel(self, id: str) -> None:
        """Stop a build. One that has ended already is left as it is."""
        try:
            self._call("PATCH", f"/v12/deployments/{segment(id)}/cancel")
        except Missing:
            return
        except Rejected:
            if self.deployment(id).state not in ENDED:
                raise

    def delete(self, id: str) -> None:
        """Delete a deployment; one that is gone already counts as deleted."""
        try:
            self._call("DELETE", f"/v13/deployments/{segment(id)}")
        except Missing:
            return

    def remove_site(self, id: str) -> None:
        """Delete a project with all its deployments and domains; one that is gone counts as deleted."""
        try:
            self._call("DELETE", f"/v9/projects/{segment(id)}")
        except Missing:
            return

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
            if answer.status == 402:
                way_out = "Do it by hand in Vercel, or choose a plan there that allows it."
                return NotAllowed("vercel", f"{method} {path}: 402 {vendor_message(answer)}", way_out=way_out)
            return None

        asked = {**self._team, **(params or {})}
        return self._http.call(
            method, path, json=json, data=data, params=asked, headers=headers, judge=judge, text=text
        )
