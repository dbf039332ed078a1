"""Steps that ask a model several times hold no more than their run has, and at least what one question may cost."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.app.money.ceilings import limit_to_means, refuse_too_dear
from shared.core.models.model_errors import InvalidOutput
from shared.core.run.run import Limits, StepSpec, Usage
from shared.steps import KINDS
from tests.support.builders.runs import begin

CALLS = KINDS["code.generate"].max_calls


def spec(tokens: int, micros: int, kind: str = "code.generate") -> StepSpec:
    return StepSpec("write", kind, estimate=Usage(tokens, micros), group=kind == "code.generate")


@pytest.mark.parametrize(
    ("most", "held"),
    [
        pytest.param((300, 900), (300, 900), id="there is enough"),
        pytest.param((300, 2400), (300, 900), id="less money than reserved"),
        pytest.param((3000, 900), (1000, 900), id="fewer tokens than reserved"),
        pytest.param((300, 3000), (300, 1000), id="not enough for one question"),
    ],
)
def test_what_is_held_is_what_there_is_and_at_least_one_question(most: tuple[int, int], held: tuple[int, int]) -> None:
    run, _ = begin(limits=Limits(tokens=1000, micros=1000, kept_back=100))
    (found,) = limit_to_means([spec(*most)], run, KINDS)
    assert found.estimate == Usage(*held)
    if held[1] <= 900:
        refuse_too_dear([found], run)
    else:
        with pytest.raises(InvalidOutput, match="or a cheaper model"):
            refuse_too_dear([found], run)


def test_what_was_spent_counts() -> None:
    run, _ = begin(limits=Limits(tokens=1000, micros=1000))
    (found,) = limit_to_means([spec(300, 1000)], replace(run, spent=Usage(0, 400)), KINDS)
    assert found.estimate == Usage(300, 600)


def test_steps_that_ask_once_or_not_at_all_stay_as_they_are() -> None:
    run, _ = begin(limits=Limits(tokens=1, micros=1))
    for kind in ("code.write", "notion.comment", "unknown.kind"):
        assert limit_to_means([spec(300, 900, kind)], run, KINDS) == (spec(300, 900, kind),)
