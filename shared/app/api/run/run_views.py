"""How runs and their events are shown, and the schemas that say so: kept together so that both stay true."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from shared.app.api.json_shapes import ANY, COUNT, MAYBE_TIME, TEXTS, TIME, array, choice, explain, members, text
from shared.core.approval.gates import PLAN, PRODUCTION, QUESTION, RELEASE, waits_at
from shared.core.approval.release_words import describe_passed, describe_question, question_lines, waits_for
from shared.core.approval.roll_back_words import describe_roll_back
from shared.core.notify.attention import attention_of
from shared.core.pages.page_changes import describe_edits
from shared.core.run.children import came_to, sort_for_reading
from shared.core.run.codec import event_to_data
from shared.core.run.events import Event
from shared.core.run.replan import find_replaced_steps
from shared.core.run.run import NOTHING, Run, RunStatus, Step, StepStatus, Usage, WaitKind

COST = members(tokens=COUNT, micros=explain(COUNT, "Millionths of a US dollar."))
WORKSPACE_MAP = members(
    hits=explain(
        COUNT, "How many look-ups of places in Notion were answered without asking Notion, on all days together."
    ),
    misses=explain(COUNT, "How many look-ups had to ask Notion, on all days together."),
)
_ASKS = (PLAN, RELEASE, PRODUCTION, QUESTION)
REPLACED = "replaced"  # a step that had not begun when there was another plan
_HEAD = {
    "id": text(),
    "status": choice(*(status.value for status in RunStatus)),
    "title": text(),
    "page": text(),
    "trigger": text(),
    "by": text(),
    "opened_at": TIME,
    "ended_at": MAYBE_TIME,
    "failure": text(),
    "attention": explain(
        TEXTS, "Why the run stands still, which outcomes are unknown, which messages were not sent and why."
    ),
    "cost": COST,
    "waits_for": explain(choice("", *_ASKS), "What a person is asked for; empty for nothing."),
    "rolled_back": text(what="Who rolled back what the run put live, and when; empty if nobody has."),
}
RUN_HEAD = members(**_HEAD)
STEP = members(
    id=text(),
    kind=text(),
    title=text(),
    status=choice(*(status.value for status in StepStatus), REPLACED),
    attempt=COUNT,
    depends_on=TEXTS,
    error=text(),
    parent=text(what="The step that this step is part of; it is listed below that one."),
    outcome=text(what="How the agents reached their result, and which of them disagreed."),
    at_most=COST,
    waits_for=explain(choice("", *(kind.value for kind in WaitKind)), "What the step waits for; empty for nothing."),
    cost=COST,
)
APPROVAL = members(
    gate=text(),
    status=choice("pending", "waiting", "approved", "denied", "lapsed"),
    plan_hash=text(),
    until=MAYBE_TIME,
    by=text(),
    via=text(),
    rule=text(what="The rule of the team's policy by which nobody was asked; empty where a person decided."),
)
ASKED = members(
    what=explain(choice("", *_ASKS), "What a person is asked for; empty for nothing."),
    plan_hash=text(what="The hash that an approval has to name; empty when nothing is asked."),
    lines=explain(TEXTS, "What leaves and where to, with findings, packages and cost."),
)
RUN = members(
    **_HEAD,
    deadline=TIME,
    revision=COUNT,
    plan_hash=text(),
    cancel=text(what="Why the run was or is being cancelled."),
    left_behind=explain(TEXTS, "Steps that could not be undone."),
    facts=ANY,
    models=array(members(model=text(), calls=COUNT, cost=COST)),
    steps=array(STEP),
    approvals=array(APPROVAL),
    asked=ASKED,
    went_ahead=explain(TEXTS, "By which rule of the team's policy nobody was asked, a line for each question."),
    left_out=explain(TEXTS, "What was changed on the page after the plan was made and is not part of the work."),
    retry_of=text(what="The run that this run retries."),
    retried_by=text(what="The run that retries this run."),
    paused=text(what="Why no work is done on the run now; empty when nothing prevents it."),
)
EVENT = members(seq=COUNT, at=TIME, what=text(), data=ANY)


def run_head(run: Run) -> dict[str, Any]:
    """Return a run as a line of a list."""
    trigger = run.trigger
    return {
        "id": run.id,
        "status": run.status.value,
        "title": trigger.title,
        "page": trigger.page,
        "trigger": trigger.kind,
        "by": trigger.by,
        "opened_at": run.opened_at.isoformat(),
        "ended_at": _maybe(run.ended_at),
        "failure": run.failure,
        "attention": list(attention_of(run)),
        "cost": cost_view(run.spent),
        "waits_for": waits_for(run),
        "rolled_back": describe_roll_back(run),
    }


def run_view(run: Run, *, retry_of: str = "", retried_by: str = "", paused: str = "") -> dict[str, Any]:
    """Return a run with its steps, facts, approvals and cost."""
    gone = find_replaced_steps(run)
    return {
        **run_head(run),
        "deadline": run.deadline.isoformat(),
        "revision": run.revision,
        "plan_hash": run.plan_hash,
        "cancel": run.cancel,
        "left_behind": list(run.undone_failed),
        "facts": dict(run.facts),
        "models": _models(run),
        "steps": [_step(step, gone) for step in sort_for_reading(run.steps)],
        "approvals": [_approval(step) for step in run.steps if step.spec.gate == WaitKind.APPROVAL],
        "asked": _view_question(run),
        "went_ahead": describe_passed(run),
        "left_out": describe_edits(run),
        "retry_of": retry_of,
        "retried_by": retried_by,
        "paused": paused,
    }


def _view_question(run: Run) -> dict[str, Any]:
    gate = waits_at(run)
    lines = describe_question(run, gate.id) if gate is not None else question_lines(run)
    return {"what": waits_for(run), "plan_hash": run.asked, "lines": lines}


def cost_view(usage: Usage) -> dict[str, int]:
    """Return a cost."""
    return {"tokens": usage.tokens, "micros": usage.micros}


def _models(run: Run) -> list[dict[str, Any]]:
    """Return what each model has cost the run; what nobody can say of goes under "unknown"."""
    left, found = run.spent, []
    for model, (calls, tokens, micros) in sorted(run.by_model.items(), key=lambda each: -each[1][2]):
        found.append({"model": model, "calls": calls, "cost": {"tokens": tokens, "micros": micros}})
        left = Usage(left.tokens - tokens, left.micros - micros)
    unknown = {"model": "unknown", "calls": 0, "cost": cost_view(left)}
    return [*found, unknown] if left != NOTHING else found


def event_view(seq: int, event: Event) -> dict[str, Any]:
    """Return one line of the timeline."""
    data = event_to_data(event)
    return {"seq": seq, "at": data.pop("at"), "what": data.pop("is"), "data": data}


def _step(step: Step, replaced: Collection[str]) -> dict[str, Any]:
    return {
        "id": step.id,
        "kind": step.spec.kind,
        "title": step.spec.title,
        "status": REPLACED if step.id in replaced else step.status.value,
        "attempt": step.attempt,
        "depends_on": list(step.spec.depends_on),
        "error": step.error,
        "parent": step.parent,
        "outcome": came_to(step),
        "at_most": cost_view(step.spec.estimate),
        "waits_for": step.wait.kind.value if step.wait else "",
        "cost": cost_view(step.used),
    }


def _approval(gate: Step) -> dict[str, Any]:
    decided = gate.output
    waits = gate.wait if gate.wait is not None else None
    status = {StepStatus.SUCCEEDED: "approved", StepStatus.WAITING: "waiting", StepStatus.PENDING: "pending"}
    return {
        "gate": gate.id,
        "status": status.get(gate.status, "denied" if decided else "lapsed"),
        "plan_hash": waits.what if waits else str(decided.get("plan_hash", "")),
        "until": _maybe(waits.until) if waits else None,
        "by": str(decided.get("by", "")),
        "via": str(decided.get("via", "")),
        "rule": str(decided.get("rule", "")),
    }


def _maybe(when: datetime | None) -> str | None:
    return when.isoformat() if when else None
