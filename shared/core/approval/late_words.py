"""A decision that comes too late: who was faster, what they decided and when, or which plan or work is asked about."""

from __future__ import annotations

import re
from datetime import datetime

from shared.core.approval.gates import PRODUCTION, RELEASE, gate_kind, waits_at
from shared.core.run.run import Run, Step, StepStatus

_DECIDED = {StepStatus.SUCCEEDED: "approved", StepStatus.CANCELLED: "denied"}
_SHORT = 8  # letters of a hash that people compare
_REVISION = re.compile(r"r(\d+)\.")


def name_gate(gate: str) -> str:
    """Return what is decided at a gate."""
    return {RELEASE: "what leaves", PRODUCTION: "what goes live"}.get(gate_kind(gate), "the plan")


def is_decided(gate: Step) -> bool:
    """Say whether somebody has decided at this gate."""
    return gate.status in _DECIDED and bool(gate.output.get("by"))


def describe_decision(gate: Step) -> str:
    """Return who decided what at a gate, and when where that was recorded."""
    at = str(gate.output.get("at", ""))
    when = f" on {datetime.fromisoformat(at):%d %B %Y, %H:%M} UTC" if at else ""
    return f"{name_gate(gate.id)} has already been decided by {gate.output['by']}: {_DECIDED[gate.status]}{when}"


def find_last_decided(run: Run) -> Step | None:
    """Return the gate at which somebody has decided last."""
    return max((step for step in run.steps if is_decided(step)), key=lambda step: step.done_seq, default=None)


def describe_last_decision(run: Run) -> str:
    """Return what was decided last in a run, "" where nothing was."""
    gate = find_last_decided(run)
    return describe_decision(gate) if gate is not None else ""


def describe_change(run: Run, gate: str) -> str:
    """Return that what was asked at a gate is out of date, and what took its place."""
    before = _REVISION.match(gate)
    old, waiting = int(before.group(1)) if before is not None else 1, waits_at(run)
    changed = f"{name_gate(gate)} has changed since this was asked"
    if run.revision > old:
        return f"{changed}: this was about plan {old}, and plan {run.revision} is the newest"
    if waiting is None or waiting.wait is None:
        return f"{changed}: it is being made anew"
    if waiting.id != gate:
        return f"{changed}: now {name_gate(waiting.id)} is asked about"
    return f"{changed}: question {waiting.attempt} is about version {waiting.wait.what[:_SHORT]} of it"


def describe_other(run: Run, gate: str, named: str) -> str:
    """Return what is asked at a gate now, and what was decided, where somebody names another hash than is asked."""
    known = next((step for step in run.steps if step.output.get("plan_hash") == named and is_decided(step)), None)
    if known is not None:
        return describe_decision(known)
    waiting = waits_at(run)
    version = waiting.wait.what[:_SHORT] if waiting is not None and waiting.wait is not None else ""
    about = f"plan {run.revision}" if name_gate(gate) == "the plan" else f"question {waiting.attempt if waiting else 1}"
    return f"{name_gate(gate)} has changed since you looked: {about} is asked about now, version {version}"
