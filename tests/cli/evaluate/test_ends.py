"""How a run ended for its page's author, and when it tells nothing about the model."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from shared.cli.evaluate.ends import end_of
from shared.cli.evaluate.life import Stuck, is_out_of_money, refuse_to_wait
from shared.core.errors import ErrorClass
from shared.core.run.acts import ApprovalGranted, CancelRequested
from shared.core.run.events import BudgetShort, StepFailed, StepSucceeded
from shared.core.run.run import Run, Usage
from tests.support.builders.runs import T0, after, at, begin, gate, spec

USED = Usage(100, 5)


def _failing(times: int, used: Usage = USED) -> Run:
    run, _ = begin(spec("think", estimate=USED))
    for number in range(1, times + 1):
        failed = StepFailed(at(number), "think", number, "nobody answers", ErrorClass.TRANSIENT, used=used)
        run, _ = after(run, failed)
    return run


def _approved(*events: Any) -> Run:
    run, _ = begin(gate("yes"), spec("work", "yes"), spec("live", "work", kind="site.promote"))
    return after(run, ApprovalGranted(at(1), "yes", run.asked, "ada"), *events)[0]


def test_an_end_is_named_as_the_author_of_the_page_sees_it() -> None:
    waiting = _approved()
    assert end_of(waiting, in_time=False) == "timed out"
    done = StepSucceeded(at(2), "work", 1, {"x": 1})
    assert end_of(_approved(done, StepSucceeded(at(3), "live", 1, {"url": "u"})), in_time=True) == "live"
    assert end_of(_approved(done, StepSucceeded(at(3), "live", 1)), in_time=True) == "done"
    assert end_of(_approved(StepFailed(at(2), "work", 1, "no")), in_time=True) == "failed"
    refused, _ = begin(spec("plan"))
    assert end_of(after(refused, StepFailed(at(2), "plan", 1, "not by rules"))[0], in_time=True) == "refused"
    stopped = after(refused, CancelRequested(at(2), "ada"), StepSucceeded(at(3), "plan", 1))[0]
    assert end_of(stopped, in_time=True) == "stopped"


def test_a_model_that_nobody_reaches_ends_the_evaluation_and_one_that_has_answered_does_not() -> None:
    refuse_to_wait(None, T0)
    refuse_to_wait(_failing(4, Usage()), T0)
    with pytest.raises(Stuck, match="no model"):
        refuse_to_wait(_failing(5, Usage()), T0)
    refuse_to_wait(_failing(5, USED), T0)


@pytest.mark.parametrize(("hours", "stuck"), [(0.02, False), (5.0, True)])
def test_money_that_comes_back_soon_is_waited_for(hours: float, stuck: bool) -> None:
    run, _ = begin(spec("think", estimate=USED))
    run, _ = after(run, BudgetShort(at(1), ("think",), "day", "no room", T0 + timedelta(hours=hours)))
    if not stuck:
        refuse_to_wait(run, T0)
        return
    with pytest.raises(Stuck, match="no money"):
        refuse_to_wait(run, T0)


@pytest.mark.parametrize(
    ("said", "squeezed", "money"),
    [
        ("budget reached: the budget of the day has no room left: this may need 0.22 US dollars", False, True),
        ("budget reached before 'Write': spent 9 of 10 tokens and 4.90 of 5.00 US dollars", False, False),
        ("budget reached before 'Write': spent 9 of 10 tokens and 0.90 of 1.00 US dollars", True, True),
        ("the same failure three times", True, False),
    ],
)
def test_a_run_that_failed_for_the_evaluations_money_is_told_from_one_that_was_too_dear(
    said: str, squeezed: bool, money: bool
) -> None:
    run, _ = begin(spec("think"))
    failed, _ = after(run, StepFailed(at(2), "think", 1, said))
    assert failed.status.final
    assert is_out_of_money(failed, squeezed=squeezed) is money
    assert is_out_of_money(run, squeezed=squeezed) is False
