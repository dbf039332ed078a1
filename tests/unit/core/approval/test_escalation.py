"""Who is told next of what nobody has decided, and of which question: an older one of a gate is nobody's any more."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.core.approval.escalation import build_stage, find_next_stage, is_overdue
from shared.core.run.run import Run, RunStatus, Step, StepStatus
from tests.support.builders.runs import begin, gate, spec


def _waiting(*, asked: int = 1) -> Run:
    """Return a run that waits at `release` with the question of that number; at `approve` it waited before."""
    run, _ = begin(gate("release"), spec("push", "release"))
    waiting = replace(run.steps[0], attempt=asked)
    before = Step(gate("approve"), StepStatus.SUCCEEDED, output={"by": "Ada"})
    return replace(run, steps=(before, waiting, *run.steps[1:]))


@pytest.mark.parametrize(
    ("run", "at", "number", "overdue"),
    [
        (_waiting(), "release", 1, True),
        (_waiting(asked=3), "release", 3, True),
        (_waiting(asked=3), "release", 2, False),  # made differently since: a newer question waits
        (_waiting(asked=3), "release", 1, False),
        (_waiting(), "approve", 1, False),  # decided; the run waits at another gate
        (_waiting(asked=2), "approve", 2, False),
        (replace(_waiting(), status=RunStatus.CANCELLED), "release", 1, False),
        (replace(_waiting(), steps=()), "release", 1, False),
    ],
)
def test_only_the_question_that_waits_is_overdue(run: Run, at: str, number: int, overdue: bool) -> None:
    assert is_overdue(run, at, number) is overdue


def test_the_same_question_has_the_same_command_and_another_one_another() -> None:
    run = _waiting()
    stages = [build_stage(run, "release", number, stage) for number in (1, 2) for stage in ("admin", "owner")]
    assert len({each.id for each in stages}) == 4
    assert build_stage(run, "release", 1, "admin").id == stages[0].id
    assert [find_next_stage(each) for each in ("admin", "owner")] == ["owner", ""]
