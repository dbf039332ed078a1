"""Take a live site back because a person asks for it: by link, by comment, by the API, or in the terminal.

That opens a small run of one step. Asking twice is asking once, whoever asks and wherever.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from shared.app.approval.approvals import LINK_KEY, genuine
from shared.app.engine.deps import Deps
from shared.app.engine.engine import open_run
from shared.core.errors import BadSignature, Conflicting, NotThere, VersionConflict
from shared.core.people.actor import By, read_by
from shared.core.run.events import RunOpened
from shared.core.run.run import Run, RunStatus, StepSpec, Trigger, derive_id

GOOD_FOR = timedelta(days=14)  # of a link, from the end of the run
_TRIES = 5  # that may fail before somebody has to do it by hand
_WAY_OUT = "Open the newest message about this page."


@dataclass(frozen=True, slots=True)
class Offered:
    """What a link offers to take back."""

    tenant: str
    run: str
    expires_at: datetime
    recipient: str = ""  # a member's id, or one of the settings' people


def roll_back(deps: Deps, tenant: str, run_id: str, by: By) -> Run:
    """Open the run that takes back what this one put live, or return it when it is there already.

    One that failed may be asked for again. Raises NotThere, and Conflicting when there is nothing to take back.
    """
    loaded = deps.store.load_run(tenant, run_id)
    if loaded is None:
        raise NotThere(f"no run {run_id!r}")
    run = loaded.run
    target = _target(run)
    for number in range(1, _TRIES + 1):
        new_id = derive_id("run-", tenant, run_id, "rollback", *([str(number)] if number > 1 else []))
        begun = deps.store.load_run(tenant, new_id)
        if begun is None:
            return _open_roll_back(deps, run, new_id, target, by)
        if begun.run.status not in (RunStatus.FAILED, RunStatus.CANCELLED):
            return begun.run
    raise Conflicting(f"{_TRIES} attempts to roll this back have failed", way_out="Do it by hand at the host.")


def takes_back(run: Run) -> bool:
    """Say whether there is something of this run to take back."""
    try:
        _target(run)
    except Conflicting:
        return False
    return True


def _open_roll_back(deps: Deps, run: Run, new_id: str, target: Mapping[str, Any], by: By) -> Run:
    title = run.trigger.title
    step = StepSpec(
        "rollback", "site.rollback", f"Show the previous version of “{title}” again", target, lane="deploy", vital=True
    )
    name, actor = read_by(by)
    trigger = Trigger("rollback", run.trigger.page, title, name, (run.id,), actor)
    try:
        return open_run(deps, RunOpened(deps.clock.now(), run.tenant, new_id, trigger, deps.limits, (step,)))
    except VersionConflict:
        begun = deps.store.load_run(run.tenant, new_id)  # opened just now, by somebody who asked at the same time
        if begun is None:
            raise
        return begun.run


def _target(run: Run) -> dict[str, str]:
    live = next((s.output for s in reversed(run.steps) if s.spec.kind == "site.promote" and s.output), {})
    if not live:
        raise Conflicting(f"run {run.id} has put nothing live", way_out="Roll back the run that did.")
    if not run.status.final:
        way_out = f"Stop it with POST /v1/runs/{run.id}/cancel: that takes back what it put live."
        raise Conflicting(f"run {run.id} is still at work: {run.status.value}", way_out=way_out)
    if run.status == RunStatus.CANCELLED:
        raise Conflicting(f"run {run.id} was cancelled, and took back what it could", way_out="Look at the run.")
    if not live.get("previous"):
        way_out = "Plan the page again, or take the site down at its host."
        raise Conflicting("this was the first version of the site: there is none to go back to", way_out=way_out)
    return {
        "system": str(live["system"]),
        "site": str(live["project"]),
        "deployment": str(live["deployment"]),
        "previous": str(live["previous"]),
    }


def rollback_url(deps: Deps, run: Run, recipient: str = "") -> str:
    """Return the page on which a person can take it back, "" when there is nothing to; opening it changes nothing."""
    if not takes_back(run) or run.ended_at is None:
        return ""
    fields = [run.tenant, run.id, (run.ended_at + GOOD_FOR).isoformat(), recipient]
    payload = base64.urlsafe_b64encode(json.dumps(fields).encode()).rstrip(b"=").decode()
    try:
        return f"{deps.public_url}/rollbacks/{payload}.{_signature(deps, payload)}"
    except KeyError:  # links are not set up here
        return ""


def read_offer(deps: Deps, token: str) -> Offered:
    """Return what the link offers; raises BadSignature for what we did not sign, Conflicting when it is too old."""
    payload, _, signature = token.partition(".")
    if not genuine(deps, b"rollback." + payload.encode("utf-8", "replace"), signature):
        raise BadSignature("this link is not one of ours", way_out=_WAY_OUT)
    try:
        fields = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        tenant, run, expires, *recipient = map(str, fields)  # those of earlier versions name nobody
        offered = Offered(tenant, run, datetime.fromisoformat(expires), *recipient)
    except (ValueError, TypeError) as error:
        raise BadSignature("this link cannot be read", way_out=_WAY_OUT) from error
    if deps.clock.now() >= offered.expires_at:
        raise Conflicting("this link has expired", way_out=f"In a terminal: workwright rollback {offered.run}")
    return offered


def _signature(deps: Deps, payload: str) -> str:
    key = deps.secrets.get(LINK_KEY).reveal().encode()
    return hmac.new(key, b"rollback." + payload.encode("utf-8", "replace"), hashlib.sha256).hexdigest()
