"""A page that was edited after its plan was approved: what becomes of the run, and of the question people are asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from shared.core.approval.gates import PLAN, gate_kind
from shared.core.run.acts import EDITED, PageEdited
from shared.core.run.commands import NOTIFY, Command
from shared.core.run.draft import Draft
from shared.core.run.run import Run, RunStatus, StepStatus, WaitKind

LEFT_OUT = "page_edited"  # the topic: it was found only at the end that something is not in it


def page_edited(draft: Draft, event: PageEdited) -> bool:
    """Remember what is not in the work; people who are asked behind the plan are asked anew, knowing it."""
    before: Mapping[str, Any] = draft.fields.get("facts", draft.run.facts)
    after = _facts(before, event)
    if after == before:
        return False
    draft.fields["facts"] = after
    for step in tuple(draft.steps.values()):
        if step.wait is not None and step.wait.kind == WaitKind.APPROVAL and gate_kind(step.id) != PLAN:
            draft.set(step.id, status=StepStatus.PENDING, wait=None, attempt=step.attempt + 1)
    return True


def tell_late_edit(run: Run, event: PageEdited) -> tuple[Run, tuple[Command, ...]]:
    """Have people told that what they changed last is not in what was done."""
    facts = _facts(run.facts, event)
    if run.status != RunStatus.SUCCEEDED or facts == run.facts:
        return run, ()
    after = replace(run, seq=run.seq + 1, facts=facts)
    command = Command(
        f"{run.id}.{after.seq}.0", NOTIFY, "notify", run.tenant, run.id, topic=LEFT_OUT, ref=event.content[:12]
    )
    return after, (command,) if event.changes else ()


def forget_edit(draft: Draft) -> None:
    """Forget it: a new plan is made of the page as it is."""
    facts = draft.fields.get("facts", draft.run.facts)
    if EDITED in facts:
        draft.fields["facts"] = {name: value for name, value in facts.items() if name != EDITED}


def leave_out(draft: Draft, by: str) -> None:
    """Remember who approved the work without it."""
    facts = draft.fields.get("facts", draft.run.facts)
    if EDITED in facts:
        draft.fields["facts"] = {**facts, EDITED: {**facts[EDITED], "left": by}}


def _facts(before: Mapping[str, Any], event: PageEdited) -> Mapping[str, Any]:
    known = before.get(EDITED) or {}
    rest = {name: value for name, value in before.items() if name != EDITED}
    if not event.changes:
        return rest
    if known.get("hash") == event.content:
        return before
    edited = {"at": event.at.isoformat(), "by": event.by, "hash": event.content, "changes": list(event.changes)}
    return {**rest, EDITED: edited}
