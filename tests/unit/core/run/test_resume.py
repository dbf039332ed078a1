"""A retry goes on where the run before it ended: what is done stays done, what was taken back is done again."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.core.errors import ErrorClass
from shared.core.run import acts
from shared.core.run import events as ev
from shared.core.run.codec import event_from_data, event_to_data, run_from_data, run_to_data
from shared.core.run.reducer import reduce
from shared.core.run.resume import carry_over
from shared.core.run.run import Limits, Run, RunStatus, StepSpec, StepStatus, Usage
from tests.support.builders.runs import TENANT, after, at, begin, fold, gate, spec, statuses, with_limits
from tests.unit.core.run.test_properties import LIMITS, helpful_event, history, plans

AGAIN = "run-2"


def retried(old: Run, *, run: str = AGAIN, taken_back: tuple[str, ...] = (), **fields: Any) -> ev.RunOpened:
    """Return the event that opens the retry of a run."""
    carried = carry_over(old, taken_back, fields.pop("plan_estimate", None))
    return ev.RunOpened(at(100), TENANT, run, old.trigger, fields.pop("limits", old.limits), carried=carried)


def goes_on(old: Run, **fields: Any) -> tuple[Run, list[str]]:
    """Return the retry, and the steps that are handed out first."""
    run, commands = reduce(None, retried(old, **fields))
    return run, [command.step for command in commands if command.name == "attempt"]


def done(step: str, s: float = 5, **fields: Any) -> ev.StepSucceeded:
    return ev.StepSucceeded(at(s), step, fields.pop("attempt", 1), **fields)


def broke(step: str, kind: ErrorClass = ErrorClass.FINAL, **fields: Any) -> ev.StepFailed:
    return ev.StepFailed(at(6), step, fields.pop("attempt", 1), "it broke", kind, **fields)


def yes(run: Run, name: str) -> acts.ApprovalGranted:
    waiting = run.step(name)
    assert waiting is not None
    assert waiting.wait is not None
    return acts.ApprovalGranted(at(3), name, waiting.wait.what, "Ada Example", "notion")


SHIP = (
    spec("write", "approve"),
    gate("release", "write"),
    spec("push", "release", undoable=True),
    spec("check", "push"),
)


def approved() -> Run:
    """Return a run whose plan was made and approved, whose work is written, and that waits for its release."""
    run, _ = begin(plan_estimate=Usage(10, 100))
    plan = ev.PlanProposed(at(1), "plan", 1, (spec("publish"), gate("approve", "publish"), *SHIP), used=Usage(5, 60))
    run, _ = after(run, plan, done("publish", 2))
    run, _ = after(run, yes(run, "approve"))
    run, _ = after(run, done("write", output={"binds": "w1"}, facts={"files": 3}))
    return run


def test_what_is_done_is_not_done_again_and_the_failed_step_is_the_first() -> None:
    run = approved()
    run, _ = after(run, yes(run, "release"), broke("push"))
    assert run.status == RunStatus.FAILED
    again, first = goes_on(run)
    assert first == ["push"]
    assert statuses(again) == {
        "plan": "succeeded", "publish": "succeeded", "approve": "succeeded", "write": "succeeded",
        "release": "succeeded", "push": "running", "check": "pending",
    }  # fmt: skip
    assert (again.plan_hash, again.revision, dict(again.facts)) == (run.plan_hash, 1, {"files": 3})
    assert {step.id: step.home for step in again.steps} == dict.fromkeys(statuses(again), "run-1")
    ended, _ = after(again, done("push", attempt=2), done("check", attempt=2))
    assert ended.status == RunStatus.SUCCEEDED


def test_money_goes_on_too_and_nothing_is_booked_twice() -> None:
    run = approved()
    run, _ = after(run, yes(run, "release"), broke("push"))
    again, _ = goes_on(run)
    assert (again.spent, again.earlier, again.counted) == (Usage(), Usage(5, 60), Usage(5, 60))
    assert all(step.used == Usage() for step in again.steps)


def test_a_budget_that_is_used_up_ends_the_retry_too_and_a_larger_one_does_not() -> None:
    run, _ = begin(spec("a", estimate=Usage(0, 90)), spec("b", "a", estimate=Usage(0, 90)), limits=Limits(micros=100))
    run, _ = after(run, done("a", used=Usage(0, 80)))
    assert "budget reached" in run.failure
    again, first = goes_on(run)
    assert (again.status, first) == (RunStatus.FAILED, [])
    assert "0.00 of 0.00" in again.failure
    again, first = goes_on(run, limits=Limits(micros=200))
    assert first == ["b"]


def test_a_plan_that_could_not_be_made_is_made_by_the_models_there_are_now() -> None:
    run, _ = begin(plan_estimate=Usage(10, 100))
    run, _ = after(run, broke("plan"))
    again, first = goes_on(run, plan_estimate=Usage(7, 70))
    assert (first, again.reserved) == (["plan"], Usage(7, 70))


def test_what_was_taken_back_is_asked_for_and_done_again_as_a_new_thing() -> None:
    run = approved()
    run, _ = after(run, yes(run, "release"), done("push"), acts.CancelRequested(at(8), "Ada"))
    run, _ = after(run, ev.StepLost(at(9), "check", 1, 0), ev.StepUndone(at(9), "push", 2))
    assert (run.status, statuses(run)["push"]) == (RunStatus.CANCELLED, "undone")
    again, first = goes_on(run)
    assert (again.status, first) == (RunStatus.AWAITING_APPROVAL, [])  # a stop takes a release back, not its plan
    push = again.step("push")
    assert push is not None
    assert (push.home, push.output, push.handed_at) == ("", {}, None)
    again, _ = after(again, acts.ApprovalGranted(at(110), "release", again.asked, "Ada"))
    assert statuses(again)["push"] == "running"


def test_what_could_not_be_taken_back_still_stands() -> None:
    run = approved()
    run, _ = after(run, yes(run, "release"), done("push"), acts.CancelRequested(at(8), "Ada", force=True))
    assert run.undone_failed == ("push",)
    again, first = goes_on(run)
    assert first == ["check"]
    assert statuses(again)["push"] == "succeeded"


def test_a_refused_plan_is_asked_about_again() -> None:
    run, _ = begin()
    run, _ = after(run, ev.PlanProposed(at(1), "plan", 1, (spec("publish"), gate("approve", "publish"), *SHIP)))
    run, _ = after(run, done("publish", 2))
    run, _ = after(run, acts.ApprovalDenied(at(3), "approve", run.plan_hash, "Ada"))
    again, first = goes_on(run)
    assert (again.status, first, again.asked) == (RunStatus.AWAITING_APPROVAL, [], run.plan_hash)


def test_what_another_plan_stands_in_for_stays_as_it_is() -> None:
    run, _ = begin()
    first = ev.PlanProposed(at(1), "plan", 1, (spec("a", undoable=True), spec("b", "a")), replannable=True)
    run, _ = after(run, first, done("a", 2), broke("b", ErrorClass.PERMANENT))
    run, _ = after(run, ev.PlanProposed(at(7), "plan-2", 1, (spec("r2.c", "a"), spec("r2.d", "r2.c"))))
    run, _ = after(run, done("r2.c"), broke("r2.d"))
    again, begun = goes_on(run)
    assert begun == ["r2.d"]
    assert statuses(again) == {
        "plan": "succeeded", "a": "succeeded", "b": "failed", "plan-2": "succeeded", "r2.c": "succeeded",
        "r2.d": "running",
    }  # fmt: skip
    ended, _ = after(again, done("r2.d", attempt=2))
    assert ended.status == RunStatus.SUCCEEDED


@pytest.mark.parametrize("failing", ["g~1", "g"])
def test_a_group_goes_on_with_what_its_children_have_said(failing: str) -> None:
    run, _ = begin(spec("g", group=True, estimate=Usage(0, 90)), spec("z", "g"), limits=Limits(micros=1000))
    children = (spec("g~0", estimate=Usage(0, 30)), spec("g~1", "g~0", estimate=Usage(0, 30)))
    run, _ = after(run, ev.StepFannedOut(at(1), "g", 1, 0, children, {"round": 1}))
    run, _ = after(run, done("g~0", 2, used=Usage(0, 20)))
    run, _ = after(run, *([broke("g~1")] if failing == "g~1" else [done("g~1", 3), broke("g")]))
    assert run.status == RunStatus.FAILED
    again, first = goes_on(run)
    assert first == [failing]
    assert again.reserved.micros == 90  # for the group, of which its child holds a part
    assert again.step("g").output == {"round": 1}  # type: ignore[union-attr]
    again, _ = after(again, *([done("g~1", 110, attempt=2)] if failing == "g~1" else []))
    again, commands = after(again, done("g", 120, attempt=2))
    assert [command.step for command in commands if command.name == "attempt"] == ["z"]


def test_a_group_for_which_the_day_has_no_money_waits_with_its_children() -> None:
    run, _ = begin(spec("g", group=True, estimate=Usage(0, 90)), limits=Limits(micros=1000))
    run, _ = after(run, ev.StepFannedOut(at(1), "g", 1, 0, (spec("g~0"),), {}), broke("g~0"))
    again, _ = goes_on(run)
    again, _ = after(again, ev.BudgetShort(at(100), ("g", "g~0"), "day", "no room", at(200)))
    assert (statuses(again), again.reserved) == ({"g": "waiting", "g~0": "pending"}, Usage())
    again, commands = after(again, acts.BudgetChanged(at(150)))
    assert [command.step for command in commands if command.name == "attempt"] == ["g~0"]
    assert again.reserved == Usage(0, 90)


def test_a_tool_of_an_agent_that_was_taken_back_is_used_again_without_asking_the_agent() -> None:
    run, _ = begin(spec("g", group=True), spec("z", "g"))
    run, _ = after(run, ev.StepFannedOut(at(1), "g", 1, 0, (spec("g~0", undoable=True),), {}), done("g~0", 2))
    run, _ = after(run, done("g", 3), acts.CancelRequested(at(4), "Ada"), done("z", 5), ev.StepUndone(at(5), "g~0", 2))
    assert run.status == RunStatus.CANCELLED
    again, first = goes_on(run)
    assert first == ["g~0"]
    ended, _ = after(again, done("g~0", 110, attempt=3))
    assert (statuses(ended)["g"], ended.status) == ("succeeded", RunStatus.SUCCEEDED)


def test_what_took_itself_back_is_approved_again() -> None:
    live = (spec("look"), gate("production", "look"), spec("promote", "production", undoable=True))
    run, _ = begin(*live, spec("watch", "promote", kind="site.watch"))
    run, _ = after(run, done("look", output={"binds": "d1"}))
    run, _ = after(run, yes(run, "production"), done("promote"), broke("watch"))
    again, _ = goes_on(run, taken_back=("promote", "watch"))
    assert statuses(again) == {"look": "succeeded", "production": "waiting", "promote": "pending", "watch": "pending"}
    assert [again.step(name).home for name in ("promote", "watch")] == ["", ""]  # type: ignore[union-attr]


def test_a_retry_of_a_retry_remembers_where_everything_began_and_undoes_the_latest_first() -> None:
    steps = (spec("a", undoable=True), spec("b", "a", undoable=True), spec("c", "b"))
    run, _ = begin(*steps)
    run, _ = after(run, done("a"), broke("b"))
    second, _ = goes_on(run)
    second, _ = after(second, done("b", 110, attempt=2, used=Usage()), broke("c", attempt=2))
    third, first = goes_on(second, run="run-3")
    assert (first, {s.id: s.home for s in third.steps}) == (["c"], {"a": "run-1", "b": "run-1", "c": "run-1"})
    third, _ = after(third, acts.CancelRequested(at(300), "Ada"))
    third, commands = after(third, done("c", 301, attempt=3))
    assert [command.step for command in commands if command.name == "undo"] == ["b"]


@settings(max_examples=120, deadline=None)
@given(plans(), LIMITS, st.integers(0, 2**32))
def test_whatever_a_run_came_to_its_retry_does_what_is_left_and_ends(
    specs: tuple[StepSpec, ...], limits: object, seed: int
) -> None:
    rng = random.Random(seed)
    old = next((run for run, _ in history(specs, limits, seed, 60) if run.status.final), None)
    if old is None or old.status == RunStatus.SUCCEEDED:
        return
    opened = retried(old, limits=with_limits(attempts=2, repairs=1, steps=120))
    assert event_from_data(event_to_data(opened)) == opened
    log: list[ev.Event] = [opened]
    run, _ = reduce(None, opened)
    kept = {step.id for step in old.steps if step.status == StepStatus.SUCCEEDED}
    assert {s.id for s in run.steps if s.status == StepStatus.SUCCEEDED} >= kept
    assert (run.spent, run.counted) == (Usage(), old.counted)
    for n in range(400):
        if run.status.final:
            break
        log.append(helpful_event(rng, run, 200.0 + n))
        run, _ = reduce(run, log[-1])
    assert run.status.final, f"stuck in {run.status}: {[(s.id, s.status) for s in run.steps]}"
    assert (fold(log), run_from_data(run_to_data(run))) == (run, run)
