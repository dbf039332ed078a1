"""What the passing of time changes: expired waits, lost attempts, runs that take too long."""

from __future__ import annotations

from datetime import timedelta

from shared.core.attempts import attempted, give_up
from shared.core.attention import went_on
from shared.core.draft import Draft
from shared.core.events import StepLost
from shared.core.family import left_alone
from shared.core.run import Step, StepStatus, WaitKind


def time_passed(draft: Draft) -> bool:
    """Expire waits, hand out again what got lost, and end what took too long."""
    at, changed = draft.at, False
    if draft.paused:
        return False
    if at >= draft.run.deadline and not draft.failure and not draft.cancel:
        days = draft.run.limits.wall_s / 86_400
        draft.fail(f"not finished after {days:g} day{'' if days == 1 else 's'}")
        changed = True
    for step in tuple(draft.steps.values()):
        wait = step.wait
        if wait and wait.until and wait.kind in (WaitKind.APPROVAL, WaitKind.INPUT) and at >= wait.until:
            if not draft.cancel:
                asked = "approval" if wait.kind == WaitKind.APPROVAL else "answer"
                draft.fields["cancel"] = f"no {asked} within the time given"
                changed = True
        elif wait and wait.until and wait.kind == WaitKind.BUDGET and at >= wait.until:
            draft.set(step.id, status=StepStatus.READY, wait=None, error="")
            changed = True
        elif _is_lost(draft, step):
            _hand_out_again(draft, step)
            changed = True
    return changed


def _is_lost(draft: Draft, step: Step) -> bool:
    patience = timedelta(seconds=draft.run.limits.attempt_s)
    if step.status in (StepStatus.RUNNING, StepStatus.UNDOING):
        return step.handed_at is not None and draft.at >= step.handed_at + patience
    if step.wait and step.wait.kind == WaitKind.TIME and step.wait.until:
        return draft.at >= step.wait.until + patience
    return False


def lost(draft: Draft, event: StepLost) -> bool:
    """An attempt died under way, and whoever found out says so, sooner than the clock."""
    step = attempted(draft, event.step, event.attempt)
    if step is None or step.wake != event.wake:
        return False
    _hand_out_again(draft, step)
    return True


def _hand_out_again(draft: Draft, step: Step) -> None:
    """Nothing came of this attempt: ask again under a new `wake`, so that the lost one is ignored if it turns up.

    What was reserved for it counts as spent: it may have died after its call, or still be under way.
    """
    draft.lose(step.id)
    draft.fields["notices"] = went_on(draft.run.notices, step.id)
    failures, limits = step.failures + 1, draft.run.limits
    most = min(limits.attempts, limits.lost)
    undoing = step.status == StepStatus.UNDOING
    if undoing and failures >= most:
        draft.set(step.id, status=StepStatus.SUCCEEDED, error="the undo never came back")
        draft.fields["undone_failed"] = (*draft.run.undone_failed, step.id)
    elif undoing:
        again = draft.set(step.id, wake=step.wake + 1, failures=failures, handed_at=draft.at)
        draft.hand_out_undo(again)
    elif draft.failure or draft.cancel:
        draft.finish(step.id, StepStatus.CANCELLED, error="the attempt never came back")
    elif failures >= most or left_alone(draft, step):
        give_up(draft, step, f"no attempt came back ({failures} of them)")
    elif not draft.may_hold(draft.steps[step.id]):
        give_up(draft, step, "no attempt came back, and the budget allows no further one")
    else:
        draft.hold(step.id)
        again = draft.set(
            step.id,
            status=StepStatus.RUNNING,
            wait=None,
            wake=step.wake + 1,
            failures=failures,
            handed_at=draft.at,
        )
        draft.hand_out(again)
