"""What Vercel answers of projects, deployments and builds, in the words of every host."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.integrations.hosting import Deployed, Site, State, Switch

_STATES: Mapping[str, State] = {
    "QUEUED": "queued",
    "INITIALIZING": "building",
    "BUILDING": "building",
    "READY": "ready",
    "ERROR": "failed",
    "CANCELED": "cancelled",
    "DELETED": "cancelled",
    "BLOCKED": "blocked",
}
_SWITCHES = {"pending": "pending", "in-progress": "pending", "succeeded": "done"}
_SPOKEN = frozenset({"command", "stdout", "stderr", "exit", "fatal"})  # of a log: what a person would read

Json = dict[str, Any]


def read_site(raw: Json) -> Site:
    """Return a project: what it shows, and its last promotion or rollback."""
    target = (raw.get("targets") or {}).get("production") or {}
    domains = target.get("alias") or ()
    last, switch = raw.get("lastAliasRequest"), None
    if isinstance(last, dict):
        state = _SWITCHES.get(str(last.get("jobStatus")), "failed")
        switch = Switch(str(last.get("type") or ""), state, str(last.get("toDeploymentId") or ""))
    rolled_back = switch is not None and switch.kind == "rollback" and switch.state != "failed"
    return Site(
        id=raw["id"],
        name=raw["name"],
        production=target.get("id") or "",
        domain=str(domains[0]) if domains else "",
        auto_assigns=raw.get("autoAssignCustomDomains") is not False and not rolled_back,
        last_switch=switch,
    )


def read_deployed(raw: Json) -> Deployed:
    """Return a deployment; "ready" with an error is one that is built and whose address could not be assigned."""
    state = _STATES.get(str(raw.get("readyState") or raw.get("state") or raw.get("status") or ""), "queued")
    alias_error = raw.get("aliasError") or {}
    checks = str(raw.get("checksConclusion") or "")
    bad_checks = f"checks {checks}" if checks in ("failed", "canceled") else ""
    message = raw.get("errorMessage") or alias_error.get("message") or bad_checks
    code = raw.get("errorCode") or alias_error.get("code") or ""
    checking = raw.get("checksState") in ("registered", "running")
    return Deployed(
        id=raw.get("id") or raw.get("uid") or "",
        url=raw.get("url") or "",
        state=state,
        live=state == "ready" and bool(raw.get("aliasAssigned")) and not checking and not message,
        error=f"{code} {message}".strip()[:300],
        meta=dict(raw.get("meta") or {}),
    )


def read_spoken(raw: Json) -> str:
    """Return the line of an event of a build's log, "" for what is not for people."""
    payload = raw.get("payload") if isinstance(raw.get("payload"), dict) else {}
    return str(raw.get("text") or (payload or {}).get("text") or "") if raw.get("type") in _SPOKEN else ""
