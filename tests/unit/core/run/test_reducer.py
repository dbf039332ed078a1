"""What happens next, as tables of small cases; the properties that hold for every history are in test_properties.py."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.core.run import acts
from shared.core.run import events as ev
from shared.core.run.codec import event_from_data, event_to_data
from shared.core.run.reducer import reduce
from shared.core.run.run import RunStatus, StepStatus, Trigger, Usage, WaitKind
from tests.support.builders.runs import after, at, begin, gate, opened, spec, statuses, with_limits
from tests.support.builders.step_outcomes import done, failed


def test_independent_steps_are_handed_out_side_by_side_in_plan_order() -> None:
    run, commands = begin(spec("a"), spec("b"), spec("c", "a", "b"))
    assert [c.step for c in commands] == ["a", "b"]
    assert statuses(run) == {"a": "running", "b": "running", "c": "pending"}


def test_no_more_steps_at_once_than_allowed() -> None:
    run, commands = begin(*(spec(f"s{n}") for n in range(5)), limits=with_limits(parallel=2))
    assert [c.step for c in commands] == ["s0", "s1"]
    run, commands = after(run, done("s1"))
    assert [c.step for c in commands] == ["s2"]


def test_a_step_begins_when_the_last_of_its_dependencies_is_done() -> None:
    run, _ = begin(spec("a"), spec("b"), spec("c", "a", "b"))
    run, commands = after(run, done("a"))
    assert commands == []
    run, commands = after(run, done("b"))
    assert [c.step for c in commands] == ["c"]


def test_the_run_succeeds_with_its_last_step_and_tells_people_once() -> None:
    run, _ = begin(spec("a"))
    run, commands = after(run, done("a"))
    assert run.status == RunStatus.SUCCEEDED
    assert [(c.name, c.topic) for c in commands] == [("notify", "run_succeeded")]


@pytest.mark.parametrize(
    "event",
    [
        pytest.param(done("a"), id="a result delivered again"),
        pytest.param(done("a", attempt=2), id="a result of an attempt that never was"),
        pytest.param(failed("a"), id="a failure after the success"),
        pytest.param(done("zzz"), id="a step nobody knows"),
        pytest.param(ev.TimePassed(at(2)), id="a look at the clock with nothing due"),
    ],
)
def test_an_event_that_no_longer_fits_changes_nothing(event: ev.Event) -> None:
    run, _ = after(begin(spec("a"), spec("b"))[0], done("a"))
    again, commands = reduce(run, event)
    assert again is run
    assert commands == ()


def test_nothing_behind_a_gate_begins_before_the_approval() -> None:
    run, commands = begin(gate("yes"), spec("a", "yes"))
    assert run.status == RunStatus.AWAITING_APPROVAL
    assert [(c.name, c.topic) for c in commands] == [("notify", "approval_asked")]
    run, commands = after(run, acts.ApprovalGranted(at(5), "yes", run.plan_hash, "mira"))
    assert [c.step for c in commands] == ["a"]


@pytest.mark.parametrize(
    ("plan", "when"),
    [
        pytest.param("another plan", 5.0, id="given for a plan that has changed since"),
        pytest.param(None, 8 * 86_400.0, id="given too late"),
    ],
)
def test_an_approval_that_does_not_fit_is_no_approval(plan: str | None, when: float) -> None:
    run, _ = begin(gate("yes"), spec("a", "yes"))
    same, commands = reduce(run, acts.ApprovalGranted(at(when), "yes", plan or run.plan_hash, "mallory"))
    assert same is run
    assert commands == ()


def test_a_denial_cancels_and_names_who_said_no() -> None:
    run, _ = begin(gate("yes"), spec("a", "yes"))
    run, _ = after(run, acts.ApprovalDenied(at(5), "yes", run.plan_hash, "mira", reason="too early"))
    assert (run.status, run.cancel) == (RunStatus.CANCELLED, "denied by mira: too early")


def test_an_approval_nobody_gives_expires_into_a_cancellation() -> None:
    run, _ = begin(gate("yes"), spec("a", "yes"), limits=with_limits(approval_s=60))
    assert reduce(run, ev.TimePassed(at(59)))[0] is run
    run, _ = after(run, ev.TimePassed(at(60)))
    assert run.status == RunStatus.CANCELLED
    assert "no approval within the time given" in run.cancel


def test_cancelling_lets_the_running_attempt_end_and_then_undoes_in_reverse_order() -> None:
    run, _ = begin(spec("pr", undoable=True), spec("site", "pr", undoable=True), spec("live", "site"))
    run, _ = after(run, done("pr"), done("site"))
    run, commands = after(run, acts.CancelRequested(at(3), "mira"))
    assert (run.status, [c.name for c in commands]) == (RunStatus.CANCELLING, [])
    run, commands = after(run, done("live"))
    assert [(c.name, c.step) for c in commands] == [("undo", "site")]
    run, commands = after(run, ev.StepUndone(at(5), "site", commands[0].attempt))
    assert [(c.name, c.step) for c in commands] == [("undo", "pr")]
    run, commands = after(run, ev.StepUndone(at(6), "pr", commands[0].attempt))
    assert run.status == RunStatus.CANCELLED
    assert statuses(run) == {"pr": "undone", "site": "undone", "live": "succeeded"}


def test_an_undo_that_fails_is_named_and_the_others_still_happen() -> None:
    run, _ = begin(spec("pr", undoable=True), spec("site", "pr", undoable=True))
    run, _ = after(run, done("pr"))
    run, _ = after(run, acts.CancelRequested(at(3), "mira"))
    run, commands = after(run, done("site"))
    run, commands = after(run, ev.UndoFailed(at(4), "site", commands[0].attempt, "404"))
    assert [(c.name, c.step) for c in commands] == [("undo", "pr")]
    run, _ = after(run, ev.StepUndone(at(5), "pr", commands[0].attempt))
    assert (run.status, run.undone_failed) == (RunStatus.CANCELLED, ("site",))


def test_a_forced_cancel_gives_up_on_undo_and_lists_what_is_left() -> None:
    run, _ = begin(spec("pr", undoable=True), spec("b", "pr"))
    run, _ = after(run, done("pr"), acts.CancelRequested(at(3), "mira", force=True))
    assert (run.status, run.undone_failed) == (RunStatus.CANCELLED, ("pr",))


def test_a_failed_attempt_that_may_have_done_something_is_undone_too() -> None:
    run, _ = begin(spec("pr", undoable=True))
    run, _ = after(run, acts.CancelRequested(at(2), "mira"))
    run, commands = after(run, failed("pr"))
    assert [(c.name, c.step) for c in commands] == [("undo", "pr")]


def test_runs_that_wake_each_other_end_at_the_set_depth_and_say_so() -> None:
    chain = Trigger("page", page="p", causes=("run-a", "run-b", "run-c"))
    run, commands = begin(trigger=chain, limits=with_limits(depth=3))
    assert run.status == RunStatus.FAILED
    assert "run-a → run-b → run-c" in run.failure
    assert [c.name for c in commands] == ["notify", "mirror"]


def test_an_attempt_that_never_comes_back_is_handed_out_again_and_finally_given_up() -> None:
    run, _ = begin(spec("a"), limits=with_limits(attempt_s=100, attempts=2))
    assert run.next_check_at == at(100)
    run, commands = after(run, ev.TimePassed(at(100)))
    assert [(c.step, c.attempt, c.wake) for c in commands] == [("a", 1, 1)]
    run, _ = after(run, ev.TimePassed(at(200)))
    assert run.status == RunStatus.FAILED
    assert "no attempt came back" in run.failure


def test_a_run_that_takes_too_long_ends() -> None:
    run, _ = begin(gate("yes"), limits=with_limits(wall_s=3600, approval_s=99_999))
    run, _ = after(run, ev.TimePassed(at(3600)))
    assert run.status == RunStatus.FAILED


def test_a_changed_page_makes_the_plan_out_of_date_and_its_approval_void() -> None:
    run, _ = begin()
    run, _ = after(run, ev.PlanProposed(at(1), "plan", 1, (gate("approve"), spec("a", "approve"))))
    old = run.plan_hash
    run, commands = after(run, acts.PageChanged(at(2), "mira"))
    assert run.status == RunStatus.PLANNING
    assert [c.step for c in commands if c.name == "attempt"] == ["plan-2"]
    assert reduce(run, acts.ApprovalGranted(at(3), "approve", old, "mira"))[0] is run


def test_an_answer_to_our_question_plans_again() -> None:
    run, _ = begin()
    ask = spec("ask")
    answer = spec("answer", "ask", lane="", gate=WaitKind.INPUT)
    run, _ = after(run, ev.PlanProposed(at(1), "plan", 1, (ask, answer)), done("ask"))
    assert run.status == RunStatus.AWAITING_INPUT
    run, commands = after(run, acts.PageChanged(at(9), "mira"))
    assert [c.step for c in commands if c.name == "attempt"] == ["plan-2"]
    assert run.step("answer").status == StepStatus.SUCCEEDED  # type: ignore[union-attr]


def test_another_plan_may_cost_what_the_models_there_are_now_cost() -> None:
    run, _ = begin()  # when there was no model that costs anything
    run, _ = after(run, ev.PlanProposed(at(1), "plan", 1, (gate("approve"), spec("a", "approve"))))
    dear = Usage(9, 90)
    changed = acts.PageChanged(at(2), "mira", dear)
    run, _ = after(run, event_from_data(event_to_data(changed)))
    assert run.reserved == dear
    run, _ = after(run, ev.PlanProposed(at(3), "plan-2", 1, (gate("r2.approve"), spec("b", "r2.approve"))))
    same, _ = after(run, acts.PageChanged(at(4), "mira"))
    assert same.reserved == dear
    free, _ = after(run, event_from_data(event_to_data(replace(changed, plan_estimate=Usage()))))
    assert free.reserved == Usage()


def test_a_plan_with_too_many_steps_fails_the_run() -> None:
    run, _ = begin(limits=with_limits(steps=3))
    run, _ = after(run, ev.PlanProposed(at(1), "plan", 1, tuple(spec(f"s{n}") for n in range(3))))
    assert run.status == RunStatus.FAILED
    assert "more than 3 steps" in run.failure


def test_the_first_event_must_open_the_run() -> None:
    with pytest.raises(ValueError, match="RunOpened"):
        reduce(None, ev.TimePassed(at(1)))
    run, _ = begin(spec("a"))
    assert reduce(run, opened(spec("a")))[0] is run
