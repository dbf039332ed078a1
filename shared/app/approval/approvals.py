"""Approvals: a signed link for one plan of one run, and the one way a decision is made, wherever it comes from.

A link is made for one recipient. One of an earlier version, or one that many can read, names nobody.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shared.app.approval.gates import refuse_barred, waiting_question
from shared.app.engine.deps import Deps
from shared.app.engine.engine import record, skip_pauses
from shared.app.planning.feedback import note
from shared.app.tenants.operator_secrets import valid
from shared.core.approval.gates import waits_at
from shared.core.approval.late_words import describe_change, describe_decision, describe_last_decision, is_decided
from shared.core.errors import BadSignature, Conflicting, NotThere
from shared.core.people.actor import Actor
from shared.core.run import acts
from shared.core.run import events as ev
from shared.core.run.run import Run, StepStatus, Wait, WaitKind
from shared.ports import Secret

LINK_KEY = "approval-link-key"
BY_LINK = "link"  # how the recipient of an approval link decides
_FOR_NOBODY = 5  # fields of a link that names no recipient
_NEWEST = "Open the newest message about this plan."


@dataclass(frozen=True, slots=True)
class Asked:
    """What a link asks about: exactly one gate of exactly one plan."""

    tenant: str
    run: str
    gate: str
    plan_hash: str
    expires_at: datetime
    recipient: str = field(default="", compare=False)  # a member's id, or one of the settings' people; "" for nobody


def approval_token(deps: Deps, run: Run, recipient: str = "") -> str:
    """Return the token for the approval or the answer that the run waits for, or "" when it waits for none."""
    gate = waits_at(run) or waiting_question(run)
    if gate is None or gate.wait is None or gate.wait.until is None:
        return ""
    fields = [run.tenant, run.id, gate.id, gate.wait.what, gate.wait.until.isoformat()]
    fields += [recipient] if recipient else []
    payload = base64.urlsafe_b64encode(json.dumps(fields).encode()).rstrip(b"=").decode()
    return f"{payload}.{_signature(deps, payload)}"


def approval_url(deps: Deps, run: Run, recipient: str = "") -> str:
    """Return the page on which a person looks at the plan and decides; opening it decides nothing."""
    token = approval_token(deps, run, recipient)
    return f"{deps.public_url}/approvals/{token}" if token else f"{deps.public_url}/v1/runs/{run.id}"


def read_token(deps: Deps, token: str) -> Asked:
    """Return what the token asks; raises BadSignature for anything we did not sign, Conflicting when it is too old."""
    payload, _, signature = token.partition(".")
    if not genuine(deps, b"approval." + payload.encode("utf-8", "replace"), signature):
        raise BadSignature("this approval link is not one of ours", way_out=_NEWEST)
    asked = _parse_payload(payload)
    if deps.clock.now() >= asked.expires_at:
        raise Conflicting("this approval link has expired", way_out="Set the page's status to Plan it to plan again.")
    return asked


def _parse_payload(payload: str) -> Asked:
    """Return what a payload of ours says; one of another version's shape counts as none of ours."""
    try:
        fields = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        tenant, run, gate, plan, expires, recipient = map(str, fields if len(fields) != _FOR_NOBODY else (*fields, ""))
        expires_at = datetime.fromisoformat(expires)
    except (ValueError, TypeError) as error:
        raise BadSignature("this approval link cannot be read", way_out=_NEWEST) from error
    if expires_at.tzinfo is None:
        raise BadSignature("this approval link cannot be read", way_out=_NEWEST)
    return Asked(tenant, run, gate, plan, expires_at, recipient)


def decide(
    deps: Deps, asked: Asked, *, approve: bool, by: str, via: str, reason: str = "", actor: Actor | None = None
) -> Run:
    """Approve or deny; the first decision stands. `actor` is who `by` is, where more than the name is known.

    Raises NotThere, Conflicting when the plan has changed, was decided before, or the time has run out, and Forbidden
    where two people have to agree and this one does not count as the second.
    """
    loaded = deps.store.load_run(asked.tenant, asked.run)
    if loaded is None:
        raise NotThere(f"no run {asked.run!r}")
    now, run = deps.clock.now(), loaded.run
    gate = run.step(asked.gate)
    if gate is not None and gate.wait is not None and gate.wait.until is not None and now >= gate.wait.until:
        run = skip_pauses(deps, run)
    _refuse_stale(run, asked, now)
    event: ev.Event
    if approve:
        refuse_barred(deps, run, asked.gate, by, via, actor)
        event = acts.ApprovalGranted(now, asked.gate, asked.plan_hash, by, via, actor=actor)
    else:
        note(deps, run, "denied", by, reason, cause=asked.gate, member=via != BY_LINK or actor is not None)
        event = acts.ApprovalDenied(now, asked.gate, asked.plan_hash, by, via, reason, actor)
    after = record(deps, asked.tenant, asked.run, event)
    gate = after.step(asked.gate)
    decided: Mapping[str, Any] = gate.output if gate else {}
    theirs = decided.get("by") != by or (actor is not None and decided.get("actor") != actor.ref)
    if theirs or (gate is not None and (gate.status == StepStatus.SUCCEEDED) != approve):
        _refuse_stale(after, asked, now)
        raise Conflicting("somebody else has just decided this", way_out="Look at the run for the decision.")
    return after


def question_now(run: Run) -> Asked | None:
    """Return the question in words that the run waits with; None when it waits for none."""
    asked = waiting_question(run)
    if asked is None or asked.wait is None or asked.wait.until is None:
        return None
    return Asked(run.tenant, run.id, asked.id, asked.wait.what, asked.wait.until)


def asked_now(run: Run) -> Asked:
    """Return the approval the run waits for; raises Conflicting when it waits for none."""
    gate = waits_at(run)
    if gate is None or gate.wait is None or gate.wait.until is None:
        before = f"; {last}" if (last := describe_last_decision(run)) else ""
        raise Conflicting(f"run {run.id} does not wait for an approval; it is {run.status.value}{before}")
    return Asked(run.tenant, run.id, gate.id, gate.wait.what, gate.wait.until)


def refuse_decided(run: Run, asked: Asked) -> None:
    """Raise Conflicting, which says who decided what and when, where this was decided."""
    gate = run.step(asked.gate)
    if gate is not None and is_decided(gate):
        raise Conflicting(describe_decision(gate), way_out="There is nothing you need to do.")


def _refuse_stale(run: Run, asked: Asked, now: datetime) -> None:
    gate = run.step(asked.gate)
    refuse_decided(run, asked)
    if run.status.final:
        raise Conflicting(f"the run has ended: {run.status.value}", way_out="Set the page's status to Plan it again.")
    if gate is None or gate.wait is None or not _is_what_was_asked(run, gate.wait, asked):
        raise Conflicting(describe_change(run, asked.gate), way_out="Look at what is asked now.")
    if gate.wait.kind != WaitKind.APPROVAL:
        raise Conflicting("a question in words cannot be approved or denied", way_out="Answer it.")
    if gate.wait.until is not None and now >= gate.wait.until:
        raise Conflicting("the time for this approval has run out", way_out="Set the page's status to Plan it again.")


def _is_what_was_asked(run: Run, wait: Wait, asked: Asked) -> bool:
    """Say whether this is what was asked; of a run that stood still since, the end of its time has moved."""
    moved = run.stood_until is not None and wait.until is not None and wait.until >= asked.expires_at
    return wait.what == asked.plan_hash and (moved or wait.until == asked.expires_at)


def genuine(deps: Deps, signed: bytes, signature: str) -> bool:
    """Say whether we signed this for a link: with the key in use, or with the one before while that counts too."""
    given = signature.encode("utf-8", "replace")
    return any(hmac.compare_digest(_mac(key, signed).encode(), given) for key in valid(deps, LINK_KEY))


def _signature(deps: Deps, payload: str) -> str:
    return _mac(deps.secrets.get(LINK_KEY), b"approval." + payload.encode("utf-8", "replace"))


def _mac(key: Secret, signed: bytes) -> str:
    return hmac.new(key.reveal().encode(), signed, hashlib.sha256).hexdigest()
