"""What happens after a failure: tried again, with waits that grow, sent back, or the end of the run with its reason."""

from __future__ import annotations

from datetime import timedelta

from shared.core.errors import ErrorClass
from shared.core.run import events as ev
from shared.core.run.run import Limits, RunStatus
from tests.support.builders.runs import after, at, begin, spec, statuses, with_limits
from tests.support.builders.step_outcomes import done, failed


def test_a_transient_failure_waits_and_then_tries_again_under_the_next_attempt() -> None:
    run, _ = begin(spec("a"))
    run, commands = after(run, failed("a"))
    assert [(c.step, c.attempt) for c in commands] == [("a", 2)]
    waited = commands[0].not_before - at(1)  # type: ignore[operator]
    assert timedelta(seconds=0.5) <= waited <= timedelta(seconds=1)  # backoff of 1 s, half of it jitter


def test_backoff_doubles_and_retry_after_is_its_lower_bound() -> None:
    run, _ = begin(spec("a"))
    run, commands = after(run, failed("a"), failed("a", 2))
    assert timedelta(seconds=1) <= commands[0].not_before - at(1) <= timedelta(seconds=2)  # type: ignore[operator]
    run, commands = after(run, failed("a", 3, retry_after_s=120.0))
    assert commands[0].not_before == at(121)


def test_transient_failures_end_with_the_last_attempt() -> None:
    run, _ = begin(spec("a", title="Ask the weather"), limits=with_limits(attempts=3))
    run, _ = after(run, failed("a"), failed("a", 2), failed("a", 3))
    assert run.status == RunStatus.FAILED
    assert run.failure == "Ask the weather: 503 (tried 3 times)"


def test_a_system_that_is_away_for_an_hour_ends_no_run() -> None:
    run, _ = begin(spec("a"), limits=Limits())
    now = at(1)
    while now < at(3600):
        step = run.step("a")
        assert step is not None
        run, commands = after(run, ev.StepFailed(now, "a", step.attempt, "503", ErrorClass.TRANSIENT))
        assert [command.name for command in commands] == ["attempt"]
        assert commands[0].not_before is not None
        assert commands[0].not_before - now <= timedelta(minutes=10)  # once it is back, nobody waits for long
        now = commands[0].not_before


def test_an_attempt_that_dies_again_and_again_is_not_tried_as_often() -> None:
    run, _ = begin(spec("a"), limits=Limits(attempt_s=100, attempts=20, lost=3))
    run, _ = after(run, *(ev.TimePassed(at(100 * number)) for number in (1, 2, 3)))
    assert run.failure.endswith("no attempt came back (3 of them)")


def test_a_permanent_failure_ends_the_run_after_what_is_running_has_ended() -> None:
    run, _ = begin(spec("a"), spec("b"), spec("c", "b"))
    run, commands = after(run, failed("a", error_class=ErrorClass.PERMANENT))
    assert (run.status, commands) == (RunStatus.EXECUTING, [])
    run, _ = after(run, done("b"))
    assert run.status == RunStatus.FAILED
    assert statuses(run) == {"a": "failed", "b": "succeeded", "c": "cancelled"}


def test_the_models_own_mistake_goes_back_to_the_step_that_made_it() -> None:
    run, _ = begin(spec("write"), spec("test", "write", repairs="write"))
    run, _ = after(run, done("write", output={"files": "v1"}))
    run, commands = after(run, ev.StepFailed(at(2), "test", 1, "2 tests failed", ErrorClass.INVALID, signature="x"))
    assert [(c.step, c.attempt) for c in commands] == [("write", 2)]
    assert run.step("write").feedback == "2 tests failed"  # type: ignore[union-attr]
    run, commands = after(run, done("write", 2, output={"files": "v2"}))
    assert [(c.step, c.attempt) for c in commands] == [("test", 2)]


def test_the_same_failure_twice_in_a_row_ends_the_run_with_the_reason() -> None:
    run, _ = begin(spec("write"), spec("test", "write", repairs="write"))
    same = {"error": "boom", "error_class": ErrorClass.INVALID, "signature": "same"}
    run, _ = after(run, done("write"), ev.StepFailed(at(2), "test", 1, **same))  # type: ignore[arg-type]
    run, _ = after(run, done("write", 2), ev.StepFailed(at(3), "test", 2, **same))  # type: ignore[arg-type]
    assert run.status == RunStatus.FAILED
    assert "the same failure twice in a row" in run.failure


def test_different_failures_end_after_the_allowed_repairs() -> None:
    run, _ = begin(spec("a"), limits=with_limits(repairs=2))
    for n in range(1, 4):
        run, _ = after(run, ev.StepFailed(at(n), "a", n, f"error {n}", ErrorClass.INVALID, signature=f"s{n}"))
    assert run.status == RunStatus.FAILED
    assert run.failure.endswith("(after 2 repairs)")
