"""What the passing of time changes: expired waits, lost attempts, runs that take too long; and what a pause does.

A paused run stands still: nothing new of it is handed out, and the time it stands still counts against nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from shared.core.notify.attention import REHEARSAL, went_on
from shared.core.run.acts import RunPaused, RunResumed, TimeStoodStill
from shared.core.run.attempts import find_attempt, give_up
from shared.core.run.children import is_orphaned
from shared.core.run.draft import Draft
from shared.core.run.events import StepLost
from shared.core.run.faults import Fault
from shared.core.run.run import Pause, Step, StepStatus, Wait, WaitKind

HELD = "paused"  # the error of a step that was stopped by a pause alone


def time_passed(draft: Draft) -> bool:
    """Expire waits, hand out again what got lost, and end what took too long."""
    at, changed = draft.at, False
    if draft.paused:
        return False
    if at >= draft.run.deadline and not draft.failure and not draft.cancel:
        days = draft.run.limits.wall_s / 86_400
        draft.fail(f"not finished after {days:g} day{'' if days == 1 else 's'}", Fault.TOO_LONG)
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


def hand_out_lost(draft: Draft, event: StepLost) -> bool:
    """An attempt died under way, and whoever found out says so, sooner than the clock."""
    step = find_attempt(draft, event.step, event.attempt)
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
    max_attempts = min(limits.attempts, limits.lost)
    undoing = step.status == StepStatus.UNDOING
    if undoing and failures >= max_attempts:
        draft.set(step.id, status=StepStatus.SUCCEEDED, error="the undo never came back", fault=Fault.LOST)
        draft.fields["undone_failed"] = (*draft.run.undone_failed, step.id)
    elif undoing:
        again = draft.set(step.id, wake=step.wake + 1, failures=failures, handed_at=draft.at)
        draft.hand_out_undo(again)
    elif draft.failure or draft.cancel:
        draft.finish(step.id, StepStatus.CANCELLED, error="the attempt never came back", fault=Fault.LOST)
    elif failures >= max_attempts or is_orphaned(draft, step):
        give_up(draft, step, f"no attempt came back ({failures} of them)", Fault.LOST)
    elif not draft.may_hold(draft.steps[step.id]):
        give_up(draft, step, "no attempt came back, and the budget allows no further one", Fault.LOST_UNPAID)
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


def pause_run(draft: Draft, event: RunPaused) -> bool:
    """Stand still from now on; a run that is winding down is let come to its end."""
    run = draft.run
    if draft.failure or draft.cancel or (run.box if event.box else run.pause is not None):
        return False
    if run.pause is None:
        draft.fields["pause"] = Pause(event.by, event.at, event.why)
    draft.fields["box"] = event.box or run.box
    return True


def resume_run(draft: Draft, event: RunResumed) -> bool:
    """Go on: what was handed out meanwhile, and not begun, is handed out again."""
    run = draft.run
    if event.box and not run.box:
        return False
    if run.pause is None and not event.box:
        return False
    if event.box:
        draft.fields["box"] = False
    rehearsed = run.pause is not None and run.pause.by == REHEARSAL
    if rehearsed and not event.box:  # a box is cleared in passing; in earnest is a word of its own
        draft.fields["rehearse"] = False
    if run.pause is not None and not (rehearsed and event.box):
        draft.fields["pause"] = None
        stand_still(draft, run.pause.at, event.at)
        _hand_out_stopped(draft)
    return True


def discount_pause(draft: Draft, event: TimeStoodStill) -> bool:
    """Count no time of a pause of all work; each pause once."""
    return stand_still(draft, event.since, event.until)


def stand_still(draft: Draft, since: datetime, until: datetime) -> bool:
    """Move what lapses by the time from `since` to `until`; False when all of it has counted before."""
    run = draft.run
    since = max(since, run.opened_at, run.stood_until or since)
    if until <= since:
        return False
    draft.fields["stood_until"] = until
    draft.fields["deadline"] = run.deadline + (until - since)
    for step in tuple(draft.steps.values()):
        if step.status in (StepStatus.RUNNING, StepStatus.UNDOING) and step.handed_at is not None:
            draft.set(step.id, handed_at=step.handed_at + _measure_pause(step, since, until))
        elif step.wait is not None and step.wait.until is not None:
            draft.set(step.id, wait=_later(step, step.wait, since, until))
    return True


def _measure_pause(step: Step, since: datetime, until: datetime) -> timedelta:
    """Return how much of the pause a step has seen."""
    begun = max(since, step.handed_at) if step.handed_at is not None else since
    return max(until - begun, timedelta(0))


def _later(step: Step, wait: Wait, since: datetime, until: datetime) -> Wait:
    assert wait.until is not None
    if wait.kind in (WaitKind.APPROVAL, WaitKind.INPUT):
        return Wait(wait.kind, wait.until + _measure_pause(step, since, until), wait.what)
    return Wait(wait.kind, max(wait.until, until), wait.what) if wait.kind == WaitKind.TIME else wait


def _hand_out_stopped(draft: Draft) -> None:
    """Hand out what the pause has stopped, under the same names: an attempt that is still under way loses nothing."""
    for step in tuple(draft.steps.values()):
        error = "" if step.error == HELD else step.error
        if step.status == StepStatus.RUNNING:
            draft.hand_out(draft.set(step.id, error=error))
        elif step.wait is not None and step.wait.kind == WaitKind.TIME:
            draft.hand_out(draft.set(step.id, error=error), not_before=step.wait.until)
