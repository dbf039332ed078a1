"""When attempts began and ended: of histories told by hand, and what holds for every history."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shared.core.errors import ErrorClass
from shared.core.run import acts
from shared.core.run import events as ev
from shared.core.run.attempt_times import list_attempts
from shared.core.run.run import Limits, StepSpec, StepStatus
from tests.support.builders.runs import at, fold, gate, opened, spec
from tests.unit.core.run.test_properties import LIMITS, history, plans

SUCCEEDED, FAILED, CANCELLED = StepStatus.SUCCEEDED, StepStatus.FAILED, StepStatus.CANCELLED
RUNNING, WAITING = StepStatus.RUNNING, StepStatus.WAITING


def _told(*events: ev.Event) -> list[tuple[str, int, float, float | None, StepStatus]]:
    begin = at(0)
    return [
        (
            each.step,
            each.number,
            (each.begun_at - begin).total_seconds(),
            (each.ended_at - begin).total_seconds() if each.ended_at else None,
            each.status,
        )
        for each in list_attempts(events)
    ]


def test_each_step_begins_when_it_is_handed_out_and_ends_when_it_is_done() -> None:
    events = (opened(spec("a"), spec("b", "a")), ev.StepSucceeded(at(3), "a", 1))
    assert _told(*events) == [("a", 1, 0, 3, SUCCEEDED), ("b", 1, 3, None, RUNNING)]
    assert _told(*events, ev.StepSucceeded(at(8), "b", 1))[1:] == [("b", 1, 3, 8, SUCCEEDED)]


def test_a_failed_attempt_ends_and_the_next_one_begins_when_it_was_told_to() -> None:
    events = (opened(spec("a")), ev.StepFailed(at(3), "a", 1, "503", ErrorClass.TRANSIENT, retry_after_s=60))
    assert _told(*events) == [("a", 1, 0, 3, FAILED), ("a", 2, 63, None, WAITING)]
    assert _told(*events, ev.StepSucceeded(at(70), "a", 2))[1:] == [("a", 2, 63, 70, SUCCEEDED)]
    stopped = acts.CancelRequested(at(10), "mira", force=True)
    assert _told(*events, stopped) == [("a", 1, 0, 3, FAILED)]  # the second has never begun


def test_an_attempt_that_looks_again_later_is_one() -> None:
    events = (opened(spec("a")), ev.StepWaits(at(2), "a", 1, 0, at(30)))
    assert _told(*events) == [("a", 1, 0, None, WAITING)]
    assert _told(*events, ev.StepSucceeded(at(31), "a", 1)) == [("a", 1, 0, 31, SUCCEEDED)]


def test_that_people_are_asked_is_the_attempt_of_a_gate() -> None:
    events = (opened(gate("g"), spec("a", "g")),)
    assert _told(*events) == [("g", 1, 0, None, WAITING)]
    asked = fold(events).asked
    granted = acts.ApprovalGranted(at(3600), "g", asked, "mira")
    assert _told(*events, granted) == [("g", 1, 0, 3600, SUCCEEDED), ("a", 1, 3600, None, RUNNING)]


def test_a_step_that_asks_others_goes_on_while_they_work() -> None:
    events = (
        opened(spec("a")),
        ev.StepFannedOut(at(1), "a", 1, 0, (StepSpec("a~one", "test.step"),)),
        ev.StepSucceeded(at(5), "a~one", 1),
        ev.StepSucceeded(at(6), "a", 1),
    )
    assert _told(*events) == [("a", 1, 0, 6, SUCCEEDED), ("a~one", 1, 1, 5, SUCCEEDED)]


def test_an_undo_is_an_attempt_of_its_own() -> None:
    events = (
        opened(spec("a", undoable=True), spec("b", "a")),
        ev.StepSucceeded(at(3), "a", 1),
        acts.CancelRequested(at(4), "mira"),
        ev.StepFailed(at(5), "b", 1, "stopped", ErrorClass.PERMANENT),
    )
    undone = _told(*events, ev.StepUndone(at(9), "a", 2))
    assert undone[-1] == ("a", 2, 5, 9, StepStatus.UNDONE)
    kept = _told(*events, ev.UndoFailed(at(9), "a", 2, "it stays", ErrorClass.PERMANENT))
    assert kept[-1] == ("a", 2, 5, 9, FAILED)


def test_of_nothing_there_is_nothing() -> None:
    assert list_attempts(()) == []


@given(specs=plans(), limits=LIMITS, seed=st.integers(0, 10_000))
def test_attempts_of_any_history_fit_where_its_steps_are(
    specs: tuple[StepSpec, ...], limits: Limits, seed: int
) -> None:
    told = history(specs, limits, seed)
    run = told[-1][0]
    found = list_attempts(event for _, event in told)
    assert len({(each.step, each.number) for each in found}) == len(found)
    assert all(each.ended_at is None or each.begun_at <= each.ended_at for each in found)
    lasting = {(each.step, each.number): each.status for each in found if each.ended_at is None}
    steps = {step.id: step for step in run.steps}
    for step in run.steps:
        if step.status in (RUNNING, StepStatus.UNDOING):
            assert lasting[step.id, step.attempt] == step.status
    under_way = (RUNNING, StepStatus.UNDOING, WAITING, StepStatus.READY)
    assert all(steps[name].status in under_way and steps[name].attempt == number for name, number in lasting)
    assert not (run.status.final and lasting)
