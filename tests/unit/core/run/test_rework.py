"""Work that goes back: all that was built on it is done again, approvals too; approvals are of exactly that work."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from shared.core.errors import ErrorClass
from shared.core.run import acts
from shared.core.run import events as ev
from shared.core.run.codec import run_from_data, run_to_data
from shared.core.run.run import Limits, RunStatus, StepStatus, Usage
from tests.support.builders.reworked_run import CHAIN, done, failed, released, yes
from tests.support.builders.runs import after, at, begin, fold, gate, opened, spec, statuses


@pytest.mark.parametrize(("spent", "held"), [(500, 3000), (1500, 2500), (3900, 100), (4000, 0)])
def test_what_comes_back_reserves_no_more_than_is_left_instead_of_ending_the_run(spent: int, held: int) -> None:
    team = spec("test", group=True, estimate=Usage(300, 3000))
    run, _ = begin(team, spec("ship", "test"), gate("look", "ship"), limits=Limits(micros=4000))
    run, _ = after(run, done(run, "test"))
    run, _ = after(run, done(run, "ship", used=Usage(10, spent)))
    run, commands = after(run, acts.ReworkAsked(at(5), "test", "Shorter.", "Ada Example"))
    assert (run.failure, run.reserved.micros) == ("", held)
    assert [c.step for c in commands if c.name == "attempt"] == ["test"]


def test_a_failure_that_goes_back_resets_all_that_was_built_on_it() -> None:
    run = released()
    run, _ = after(run, done(run, "push"))
    run, commands = after(run, failed(run, "deploy", "the build failed: no module named shop"))
    assert statuses(run) == {
        "test": "running", "review": "pending", "release": "pending", "push": "pending", "deploy": "pending",
        "verify": "pending", "production": "pending", "promote": "pending",
    }  # fmt: skip
    test = run.step("test")
    assert test is not None
    assert (test.attempt, test.feedback) == (2, "the build failed: no module named shop")
    assert [c.step for c in commands if c.name == "attempt"] == ["test"]
    run, _ = after(run, done(run, "test", 6, output={"tree": "t2"}))
    run, _ = after(run, done(run, "review", 7, output={"binds": "b2"}))
    late, _ = after(run, yes(run, "release", "b1"))  # the approval of what it was before
    assert late == run
    run, _ = after(run, yes(run, "release", "b2"))
    push = run.step("push")
    assert push is not None
    assert (push.status, push.attempt) == (StepStatus.RUNNING, 2)


def test_what_is_under_way_when_work_goes_back_is_not_taken_for_the_new_work() -> None:
    run = released()
    before = run.step("deploy")
    run, _ = after(run, failed(run, "push", "protected file"))
    assert before is not None
    same, _ = after(run, ev.StepSucceeded(at(9), "deploy", before.attempt, {"deployment": "old"}))
    assert same == run


def test_the_same_failure_after_a_repair_ends_the_run() -> None:
    run = released()
    run, _ = after(run, failed(run, "deploy", "no"))
    for name, output in (("test", {}), ("review", {"binds": "b2"})):
        run, _ = after(run, done(run, name, 6, output=output))
    run, _ = after(run, yes(run, "release", "b2"))
    run, _ = after(run, failed(run, "deploy", "no", s=8))
    run, _ = after(run, done(run, "push", 9))
    assert run.status == RunStatus.FAILED
    assert "same failure twice" in run.failure


def test_the_same_failure_after_it_was_well_in_between_is_repaired_again() -> None:
    run = released()
    for _ in range(2):
        run, _ = after(run, failed(run, "deploy", "no"))
        run, _ = after(run, done(run, "test", 6))
        run, _ = after(run, done(run, "review", 7, output={"binds": "b2"}))
        run, _ = after(run, yes(run, "release", "b2"))
        run, _ = after(run, done(run, "deploy", 8))
        assert statuses(run)["deploy"] == "succeeded"
        run, _ = after(run, acts.ReworkAsked(at(9), "test", "in blue", "Ada Example"))
        run, _ = after(run, done(run, "test", 10))
        run, _ = after(run, done(run, "review", 10, output={"binds": "b2"}))
        run, _ = after(run, yes(run, "release", "b2"))


def test_what_another_plan_stands_in_for_is_not_begun_again() -> None:
    run, _ = begin(limits=Limits(backoff_s=1.0))
    first = (spec("test"), spec("deploy", "test"), spec("live", "deploy"))
    run, _ = after(run, ev.PlanProposed(at(1), "plan", 1, first, replannable=True))
    run, _ = after(run, done(run, "test", 2, output={"tree": "t1"}))
    run, _ = after(run, failed(run, "deploy", "no such account", ErrorClass.PERMANENT))
    second = (spec("r2.deploy", "test", repairs="test"), gate("r2.production", "r2.deploy"))
    run, _ = after(run, ev.PlanProposed(at(6), "plan-2", 1, second, replannable=True))
    run, _ = after(run, failed(run, "r2.deploy", "the build failed", s=7))
    run, _ = after(run, done(run, "test", 8, output={"tree": "t2"}))
    assert (statuses(run)["deploy"], statuses(run)["live"]) == ("failed", "skipped")
    assert statuses(run)["r2.deploy"] == "running"


def test_a_cancelled_run_takes_back_what_was_sent_before_the_work_went_back() -> None:
    run = released()
    run, _ = after(run, done(run, "push"))
    run, _ = after(run, failed(run, "deploy", "the build failed"))
    run, commands = after(run, acts.CancelRequested(at(9), "Ada Example"))
    run, commands = after(run, done(run, "test", 10))
    undone = [c.step for c in commands if c.name == "undo"]
    assert undone[0] in ("push", "deploy")
    other = "deploy" if undone == ["push"] else "push"
    step = run.step(undone[0])
    assert step is not None
    run, commands = after(run, ev.StepUndone(at(11), step.id, step.attempt))
    assert [c.step for c in commands if c.name == "undo"] == [other]


def test_money_reserved_for_what_is_reset_is_given_back_or_counted() -> None:
    chain = tuple(replace(each, estimate=Usage(10, 1000)) if not each.gate else each for each in CHAIN)
    run, _ = begin(*chain)
    run, _ = after(run, done(run, "test"))
    run, _ = after(run, done(run, "review", output={"binds": "b1"}))
    run, _ = after(run, yes(run, "release"))
    assert run.reserved == Usage(20, 2000)
    run, _ = after(run, failed(run, "push", "no"))
    assert run.reserved == Usage(10, 1000)  # of the step that begins again
    assert run.spent == Usage(10, 1000)  # of the attempt that was under way: nobody knows what it has cost


def test_random_histories_keep_the_order_and_survive_storage() -> None:
    for seed in range(60):
        rng = random.Random(seed)
        events: list[ev.Event] = [opened(*CHAIN, limits=Limits(backoff_s=1.0))]
        run = fold(events)
        for moment in range(1, 60):
            if run.status.final:
                break
            moving = [s for s in run.steps if s.status == StepStatus.RUNNING]
            gates = [s for s in run.steps if s.wait and s.spec.gate]
            roll = rng.random()
            event: ev.Event
            if roll < 0.08:
                event = acts.ReworkAsked(at(moment), "test", f"wish {moment}", "Ada Example")
            elif gates and roll < 0.6:
                event = yes(run, gates[0].id, s=moment)
            elif moving:
                one = rng.choice(moving)
                kind = rng.choice([None, None, None, ErrorClass.INVALID, ErrorClass.STALE])
                output = {"binds": f"{one.id}-{moment}"} if one.id in ("review", "verify") else {}
                event = (
                    failed(run, one.id, f"{moment}", kind, moment) if kind and one.id not in ("test", "review")
                    else done(run, one.id, moment, output=output)
                )  # fmt: skip
            else:
                continue
            events.append(event)
            run, _ = after(run, event)
            assert run_from_data(run_to_data(run)) == run
            for step in run.steps:
                if step.status in (StepStatus.RUNNING, StepStatus.SUCCEEDED) and not run.failure:
                    assert all(run.step(n).status == StepStatus.SUCCEEDED for n in step.spec.depends_on)  # type: ignore[union-attr]
        assert fold(events) == run


def test_a_run_whose_plan_is_approved_is_at_work_although_more_will_be_asked() -> None:
    chain = (spec("publish"), gate("approve", "publish"), spec("test", "approve"), *CHAIN[1:])
    run, _ = begin(*chain)
    assert run.status == RunStatus.PLANNING
    run, _ = after(run, done(run, "publish"))
    assert run.status == RunStatus.AWAITING_APPROVAL
    for approved, finished in (("approve", ("test", "review")), ("release", ("push", "deploy", "verify"))):
        run, _ = after(run, yes(run, approved))
        for name in finished:
            assert run.status == RunStatus.EXECUTING, f"before {name}"
            run, _ = after(run, done(run, name, output={"binds": name}))
        assert run.status == RunStatus.AWAITING_APPROVAL
