"""What of a run's progress a team's endpoints may be told: steps that have ended, and what people have decided."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from shared.core.notify.endpoint import GIVEN, REFUSED, STEP_ENDED
from shared.core.run.acts import ApprovalDenied, ApprovalGranted
from shared.core.run.commands import PUBLISH, Command
from shared.core.run.events import Event
from shared.core.run.run import Run, StepStatus

_ENDED = (StepStatus.SUCCEEDED, StepStatus.FAILED)


def list_progress(before: Run, event: Event, after: Run) -> tuple[Command, ...]:
    """Return what is to be told of an event that was applied; of a rehearsal nothing.

    `wake` is the number of the event, of which the store has the rest; `topic` is the kind of event told.
    """
    if after.rehearse or after is before:
        return ()
    number = before.seq + 1
    return tuple(
        Command(f"{after.id}.{number}.told.{index}", PUBLISH, "notify", after.tenant, after.id, wake=number, **about)
        for index, about in enumerate([*_list_decisions(event), *_list_ended_steps(before, after)])
    )


def _list_decisions(event: Event) -> Iterator[dict[str, Any]]:
    if isinstance(event, ApprovalGranted | ApprovalDenied):
        yield {"topic": GIVEN if isinstance(event, ApprovalGranted) else REFUSED, "step": event.gate}


def _list_ended_steps(before: Run, after: Run) -> Iterator[dict[str, Any]]:
    for step in after.steps:
        if step.status in _ENDED and step.done_seq > before.seq and step.spec.gate is None:
            yield {"topic": STEP_ENDED, "step": step.id, "attempt": step.attempt, "ref": step.status.value}
