"""When each attempt of a run's steps began and ended: its events told again, one after the other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from shared.core.run.events import Event
from shared.core.run.reducer import reduce
from shared.core.run.run import Run, Step, StepStatus, WaitKind

_AT_WORK = (StepStatus.RUNNING, StepStatus.UNDOING)
_UNDER_WAY = (*_AT_WORK, StepStatus.WAITING)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt of a step; `begun_at` may be in the future, where it was told to come later.

    `status` is that of the step while it lasts and at its end; failed or cancelled where it was given up for another.
    """

    step: str
    number: int
    begun_at: datetime
    ended_at: datetime | None
    status: StepStatus


def list_attempts(events: Iterable[Event]) -> list[Attempt]:
    """Return the attempts of a run in the order in which they were handed out; `events` are all it has, in order.

    One that waits, for a time or for its children, goes on; that people were asked counts as a gate's attempt. Between
    a failure and the next attempt there is none, but the next one stands already with the time at which it begins.
    """
    found: dict[tuple[str, int], Attempt] = {}
    run: Run | None = None
    for event in events:
        before = {step.id: step for step in run.steps} if run is not None else {}
        run, _ = reduce(run, event)
        for step in run.steps:
            if before.get(step.id) is not step:
                _note(found, step, event)
    return list(found.values())


def _note(found: dict[tuple[str, int], Attempt], step: Step, event: Event) -> None:
    """Note what a changed step says of its attempts."""
    earlier, now = found.get((step.id, step.attempt - 1)), found.get((step.id, step.attempt))
    if earlier is not None and earlier.ended_at is None:
        own = getattr(event, "step", "") == step.id
        _end(found, earlier, event.at, StepStatus.FAILED if own else StepStatus.CANCELLED)
    if now is None:
        if _begins(step):
            begun_at = max(event.at, _find_begin(step) or event.at)
            found[step.id, step.attempt] = Attempt(step.id, step.attempt, begun_at, None, step.status)
    elif now.ended_at is None and step.status in _UNDER_WAY:
        begun_at = (_find_begin(step) or event.at) if now.begun_at > event.at else now.begun_at
        found[step.id, step.attempt] = replace(now, begun_at=begun_at, status=step.status)
    elif now.ended_at is None and step.status not in (StepStatus.READY, StepStatus.PENDING):
        undo_failed = now.status == StepStatus.UNDOING and step.status != StepStatus.UNDONE
        _end(found, now, event.at, StepStatus.FAILED if undo_failed else step.status)


def _begins(step: Step) -> bool:
    wait = step.wait
    handed_out = wait is not None and wait.kind in (WaitKind.TIME, WaitKind.CHILDREN)
    asks = step.spec.gate is not None and step.status == StepStatus.WAITING
    return step.status in _AT_WORK or handed_out or asks


def _find_begin(step: Step) -> datetime | None:
    if step.wait is not None and step.wait.kind == WaitKind.TIME:
        return step.wait.until
    return step.handed_at


def _end(found: dict[tuple[str, int], Attempt], attempt: Attempt, at: datetime, status: StepStatus) -> None:
    """Note the end of an attempt; of one that should have begun later there has been none."""
    if attempt.begun_at > at and status not in (StepStatus.SUCCEEDED, StepStatus.FAILED, StepStatus.UNDONE):
        del found[attempt.step, attempt.number]
        return
    found[attempt.step, attempt.number] = replace(
        attempt, begun_at=min(attempt.begun_at, at), ended_at=at, status=status
    )
