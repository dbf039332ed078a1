"""A run that stands still: nothing new of it is handed out, and the time it stands still counts against nothing."""

from __future__ import annotations

from datetime import datetime, timedelta

from shared.core.draft import Draft
from shared.core.pause.events import RunPaused, RunResumed, TimeStoodStill
from shared.core.pause.words import REHEARSAL
from shared.core.run import Pause, Step, StepStatus, Wait, WaitKind

HELD = "paused"  # the error of a step that was stopped by a pause alone


def paused(draft: Draft, event: RunPaused) -> bool:
    """Stand still from now on; a run that is winding down is let come to its end."""
    run = draft.run
    if draft.failure or draft.cancel or (run.box if event.box else run.pause is not None):
        return False
    if run.pause is None:
        draft.fields["pause"] = Pause(event.by, event.at, event.why)
    draft.fields["box"] = event.box or run.box
    return True


def resumed(draft: Draft, event: RunResumed) -> bool:
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
        _hand_out_again(draft)
    return True


def stood_still(draft: Draft, event: TimeStoodStill) -> bool:
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
            draft.set(step.id, handed_at=step.handed_at + _of(step, since, until))
        elif step.wait is not None and step.wait.until is not None:
            draft.set(step.id, wait=_later(step, step.wait, since, until))
    return True


def _of(step: Step, since: datetime, until: datetime) -> timedelta:
    """Return how much of the pause a step has seen."""
    begun = max(since, step.handed_at) if step.handed_at is not None else since
    return max(until - begun, timedelta(0))


def _later(step: Step, wait: Wait, since: datetime, until: datetime) -> Wait:
    assert wait.until is not None
    if wait.kind in (WaitKind.APPROVAL, WaitKind.INPUT):
        return Wait(wait.kind, wait.until + _of(step, since, until), wait.what)
    return Wait(wait.kind, max(wait.until, until), wait.what) if wait.kind == WaitKind.TIME else wait


def _hand_out_again(draft: Draft) -> None:
    """Hand out what the pause has stopped, under the same names: an attempt that is still under way loses nothing."""
    for step in tuple(draft.steps.values()):
        error = "" if step.error == HELD else step.error
        if step.status == StepStatus.RUNNING:
            draft.hand_out(draft.set(step.id, error=error))
        elif step.wait is not None and step.wait.kind == WaitKind.TIME:
            draft.hand_out(draft.set(step.id, error=error), not_before=step.wait.until)
