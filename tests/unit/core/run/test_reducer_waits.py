"""What happens while a run waits: for access, a rate, money, an answer or an attempt that never comes back."""

from __future__ import annotations

from shared.core.errors import ErrorClass
from shared.core.run import acts
from shared.core.run import events as ev
from shared.core.run.reducer import reduce
from shared.core.run.run import RunStatus, Usage
from tests.support.builders.runs import after, at, begin, spec, with_limits
from tests.support.builders.step_outcomes import done, failed


def test_a_revoked_grant_waits_asks_to_reconnect_and_goes_on() -> None:
    run, _ = begin(spec("a"))
    run, commands = after(run, failed("a", error_class=ErrorClass.UNAUTHORIZED, provider="notion"))
    assert run.status == RunStatus.EXECUTING
    assert [(c.name, c.topic, c.ref) for c in commands] == [("notify", "reconnect", "notion")]
    assert reduce(run, acts.GrantRestored(at(9), "github"))[0] is run
    run, commands = after(run, acts.GrantRestored(at(9), "notion"))
    assert [(c.step, c.attempt) for c in commands] == [("a", 2)]


def test_a_step_that_waits_comes_back_later_and_an_older_wake_is_ignored() -> None:
    run, _ = begin(spec("a"))
    waits = ev.StepWaits(at(1), "a", 1, 0, at(4))
    run, commands = after(run, waits)
    assert [(c.step, c.wake, c.not_before) for c in commands] == [("a", 1, at(4))]
    assert reduce(run, waits)[0] is run
    run, _ = after(run, done("a"))
    assert run.status == RunStatus.SUCCEEDED


def test_a_rate_limit_holds_back_as_long_as_told_and_counts_as_no_failure_nor_as_progress() -> None:
    run, _ = begin(spec("a"), limits=with_limits(attempts=2))
    run, _ = after(run, failed("a"))
    for wake in range(40):
        run, commands = after(run, ev.StepWaits(at(1), "a", 2, wake, at(61), held_back="notion: later"))
        (again,) = commands
        assert (again.attempt, again.wake) == (2, wake + 1)
        assert again.not_before is not None
        assert at(61) <= again.not_before <= at(63)
    assert run.steps[0].error == "notion: later"
    run, _ = after(run, failed("a", 2))
    assert run.status == RunStatus.FAILED  # the second failure in a row, with nothing but waiting in between
    assert "tried 2 times" in run.failure


def test_a_rate_limit_beyond_the_runs_end_ends_it() -> None:
    run, _ = begin(spec("a"), limits=with_limits(wall_s=100.0))
    run, _ = after(run, ev.StepWaits(at(1), "a", 1, 0, at(101), held_back="notion: later"))
    assert run.status == RunStatus.FAILED
    assert "notion: later; the run ends before that" in run.failure


def test_a_rate_limit_holds_back_an_undo_without_giving_it_up() -> None:
    run, _ = begin(spec("site", undoable=True), spec("next", "site"), limits=with_limits(attempts=2))
    run, _ = after(run, done("site"))
    run, _ = after(run, acts.CancelRequested(at(3), "Mira"))
    run, commands = after(run, done("next"))
    for _ in range(5):
        slow = ev.UndoFailed(at(4), "site", commands[0].attempt, "429", ErrorClass.TRANSIENT, 30.0, held_back=True)
        run, commands = after(run, slow)
        assert commands[0].not_before is not None
        assert at(34) <= commands[0].not_before <= at(36)
    run, _ = after(run, ev.StepUndone(at(90), "site", commands[0].attempt))
    assert (run.status, run.undone_failed) == (RunStatus.CANCELLED, ())


def test_a_reservation_that_does_not_fit_waits_for_others_to_settle() -> None:
    big = Usage(0, 6)
    run, commands = begin(spec("a", estimate=big), spec("b", estimate=big), limits=with_limits(micros=10))
    assert [c.step for c in commands] == ["a"]
    run, commands = after(run, done("a", used=Usage(0, 2)))
    assert [c.step for c in commands] == ["b"]
    assert (run.spent.micros, run.reserved.micros) == (2, 6)


def test_a_budget_that_can_never_fit_ends_the_run_with_the_sums() -> None:
    run, _ = begin(spec("a", estimate=Usage(0, 6)), spec("b", "a", estimate=Usage(0, 6)), limits=with_limits(micros=10))
    run, _ = after(run, done("a", used=Usage(0, 6)))
    assert run.status == RunStatus.FAILED
    assert "budget reached" in run.failure
