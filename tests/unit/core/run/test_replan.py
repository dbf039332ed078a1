"""A step that failed for good: a model's plan is made anew around it, once; what is done stays done."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.app.money.budget import BudgetExceeded
from shared.core.errors import Blocked, ErrorClass, IntegrationError, QuotaExhausted
from shared.core.models.model_errors import ModelError
from shared.core.run import acts
from shared.core.run import events as ev
from shared.core.run.codec import event_from_data, event_to_data, run_from_data, run_to_data
from shared.core.run.replan import collect_progress
from shared.core.run.run import Limits, Run, RunStatus, StepSpec, StepStatus, Usage, WaitKind
from tests.support.builders.runs import after, at, begin, fold, gate, opened, spec, statuses

FOR_GOOD = ErrorClass.PERMANENT


def proposed(*specs: StepSpec, step: str = "plan", replannable: bool = True, s: float = 1) -> ev.PlanProposed:
    return ev.PlanProposed(at(s), step, 1, specs, replannable=replannable)


def done(step: str, s: float = 5, **fields: Any) -> ev.StepSucceeded:
    return ev.StepSucceeded(at(s), step, fields.pop("attempt", 1), **fields)


def broke(step: str, s: float = 6, kind: ErrorClass = FOR_GOOD, why: str = "no such repository") -> ev.StepFailed:
    return ev.StepFailed(at(s), step, 1, why, kind)


def yes(run: Run, name: str = "approve", s: float = 3) -> acts.ApprovalGranted:
    waiting = run.step(name)
    assert waiting is not None
    assert waiting.wait is not None
    return acts.ApprovalGranted(at(s), name, waiting.wait.what, "Ada Example", "notion")


def executing(*specs: StepSpec, limits: Limits | None = None, replannable: bool = True) -> Run:
    """Return a run whose plan of these steps was just approved."""
    run, _ = begin(limits=limits or Limits(backoff_s=1.0))
    run, _ = after(run, proposed(spec("publish"), gate("approve", "publish"), *specs, replannable=replannable))
    run, _ = after(run, done("publish", 2))
    run, _ = after(run, yes(run))
    return run


CHAIN = (spec("write", "approve"), spec("push", "write"), spec("live", "push"))


def test_another_plan_is_asked_for_and_what_is_done_stays_done() -> None:
    run = executing(*CHAIN)
    run, commands = after(run, done("write"), broke("push"))
    assert statuses(run) == {
        "plan": "succeeded", "publish": "succeeded", "approve": "succeeded", "write": "succeeded",
        "push": "failed", "live": "skipped", "plan-2": "running",
    }  # fmt: skip
    assert (run.status, run.revision, run.replans, run.plan_hash, run.failure) == (RunStatus.PLANNING, 2, 1, "", "")
    assert [(c.function, c.step) for c in commands if c.name == "attempt"] == [("plan", "plan-2")]
    assert [step.error for step in collect_progress(run).failed] == ["no such repository"]
    assert list(collect_progress(run).done) == ["write"]


def test_code_that_names_no_work_is_not_built_upon() -> None:
    code = (spec("write", "approve", kind="code.generate"), spec("test", "write", kind="code.test"))
    run = executing(*code, spec("push", "test"))
    run, _ = after(run, done("write", output={"files": "f1"}), done("test", output={"tests": 3}), broke("push"))
    assert collect_progress(run).done == {}  # the version before wrote so
    run = executing(*code, spec("push", "test"))
    run, _ = after(run, done("write", output={"work": "w"}), done("test", output={"work": "w", "tests": 3}))
    assert list(collect_progress(run).done) == ["write", "test"]


def test_the_new_plan_needs_an_approval_of_its_own_and_the_run_can_succeed() -> None:
    run = executing(*CHAIN)
    run, _ = after(run, done("write"), broke("push"))
    first_hash = run.step("approve").output["plan_hash"]  # type: ignore[union-attr]
    again = (spec("r2.publish"), gate("r2.approve", "r2.publish"), spec("r2.mail", "r2.approve", "write"))
    run, _ = after(run, proposed(*again, step="plan-2", s=7), done("r2.publish", 8))
    assert run.status == RunStatus.AWAITING_APPROVAL
    unchanged, _ = after(run, acts.ApprovalGranted(at(9), "r2.approve", first_hash, "Ada Example"))
    assert unchanged is run
    run, _ = after(run, yes(run, "r2.approve", 10), done("r2.mail", 11))
    assert (run.status, run.failure) == (RunStatus.SUCCEEDED, "")
    assert statuses(run)["push"] == "failed"


def test_a_second_failure_ends_the_run() -> None:
    run = executing(*CHAIN)
    run, _ = after(run, done("write"), broke("push"))
    again = (spec("r2.publish"), gate("r2.approve", "r2.publish"), spec("r2.mail", "r2.approve"))
    run, _ = after(run, proposed(*again, step="plan-2", s=7), done("r2.publish", 8))
    run, _ = after(run, yes(run, "r2.approve", 10), broke("r2.mail", 11, why="no such address"))
    assert (run.status, run.failure) == (RunStatus.FAILED, "r2.mail: no such address")


@pytest.mark.parametrize("kind", [kind for kind in ErrorClass if kind != FOR_GOOD])
def test_no_other_class_of_error_leads_to_another_plan(kind: ErrorClass) -> None:
    run = executing(*CHAIN, limits=Limits(attempts=1, repairs=0))
    run, _ = after(run, broke("write", kind=kind))
    assert "plan-2" not in statuses(run)


@pytest.mark.parametrize(
    ("run", "why"),
    [
        pytest.param(executing(*CHAIN, replannable=False), "by rules", id="a plan by rules"),
        pytest.param(executing(*CHAIN, limits=Limits(replans=0)), "no more", id="none allowed"),
        pytest.param(executing(*CHAIN, limits=Limits(steps=6)), "room", id="no step left"),
    ],
)
def test_the_run_fails_as_before_where_no_other_plan_may_be_made(run: Run, why: str) -> None:
    run, _ = after(run, broke("write"))
    assert (run.status, run.failure) == (RunStatus.FAILED, "write: no such repository"), why


def test_no_other_plan_is_asked_for_without_money_for_it() -> None:
    run, _ = begin(limits=Limits(micros=100, tokens=100), plan_estimate=Usage(60, 60))
    run, _ = after(run, ev.PlanProposed(at(1), "plan", 1, (spec("a"),), used=Usage(60, 60), replannable=True))
    run, _ = after(run, broke("a"))
    assert (run.status, run.failure) == (RunStatus.FAILED, "a: no such repository")


def test_a_cancelled_run_plans_nothing() -> None:
    run = executing(*CHAIN)
    run, _ = after(run, acts.CancelRequested(at(4), "Ada Example"), broke("write"))
    assert run.status == RunStatus.CANCELLED
    assert "plan-2" not in statuses(run)


@pytest.mark.parametrize("error", [BudgetExceeded("no"), QuotaExhausted("openai", "no"), Blocked("notion", "no")])
def test_what_is_in_the_way_of_every_plan_is_final(error: IntegrationError | ModelError) -> None:
    assert error.error_class == ErrorClass.FINAL


def test_our_own_steps_are_no_reason_for_another_plan() -> None:
    run, _ = begin()
    run, _ = after(run, proposed(spec("publish"), gate("approve", "publish"), *CHAIN), broke("publish", 2))
    assert run.status == RunStatus.FAILED


def test_what_is_in_flight_ends_before_the_planner_is_asked() -> None:
    run = executing(spec("a", "approve"), spec("b", "approve"), spec("c", "a", "b"))
    run, commands = after(run, broke("a"))
    assert statuses(run)["b"] == "running"
    assert (statuses(run)["c"], statuses(run)["plan-2"]) == ("skipped", "pending")
    assert not [c for c in commands if c.name == "attempt"]
    ended, _ = after(run, done("b", 7))
    assert statuses(ended)["plan-2"] == "running"
    assert list(collect_progress(ended).done) == ["b"]
    worse, _ = after(run, broke("b", 7, why="gone as well"))
    assert (statuses(worse)["plan-2"], worse.replans, worse.failure) == ("running", 1, "")
    assert [step.id for step in collect_progress(worse).failed] == ["a", "b"]


def test_the_parent_of_a_failed_child_has_failed_and_other_families_go_on() -> None:
    run = executing(spec("panel", "approve"), spec("other", "approve"), spec("end", "panel", "other"))
    run, _ = after(run, ev.StepFannedOut(at(4), "panel", 1, 0, (spec("p1"), spec("p2", "p1"))))
    run, _ = after(run, ev.StepFannedOut(at(4), "other", 1, 0, (spec("o1"), spec("o2", "o1"))))
    run, _ = after(run, broke("p1"))
    found = statuses(run)
    assert (found["panel"], found["p1"], found["p2"], found["end"]) == ("failed", "failed", "skipped", "skipped")
    assert (found["other"], found["o1"], found["o2"], found["plan-2"]) == ("waiting", "running", "pending", "pending")
    run, _ = after(run, done("o1", 7), done("o2", 8))
    assert (statuses(run)["other"], statuses(run)["plan-2"]) == ("running", "pending")
    run, _ = after(run, done("other", 9))
    assert (statuses(run)["other"], statuses(run)["plan-2"]) == ("succeeded", "running")


def test_cancelling_later_takes_back_what_earlier_plans_did() -> None:
    run = executing(spec("write", "approve", undoable=True), spec("push", "write"))
    run, _ = after(run, done("write"), broke("push"), acts.CancelRequested(at(8), "Ada Example"))
    run, _ = after(run, ev.StepFailed(at(9), "plan-2", 1, "stopped"))
    assert statuses(run)["write"] == "undoing"


@st.composite
def work(draw: st.DrawFn, prefix: str) -> tuple[StepSpec, ...]:
    """Draw a plan of up to five steps behind its gate."""
    name = f"{prefix}approve"
    specs = [spec(f"{prefix}publish"), gate(name, f"{prefix}publish")]
    for n in range(draw(st.integers(1, 5))):
        needs = draw(st.lists(st.sampled_from([one.id for one in specs[1:]]), unique=True, max_size=2))
        specs.append(spec(f"{prefix}s{n}", name, *needs, undoable=draw(st.booleans())))
    return tuple(specs)


@settings(max_examples=60, deadline=None)
@given(work(""), work("r2."), work("r3."), st.integers(0, 2), st.integers(0, 2**32))
def test_whatever_fails_a_run_ends_after_few_plans_and_done_work_stays_done(
    first: tuple[StepSpec, ...], second: tuple[StepSpec, ...], third: tuple[StepSpec, ...], replans: int, seed: int
) -> None:
    rng, plans = random.Random(seed), {"plan": first, "plan-2": second, "plan-3": third}
    run, _ = begin(limits=Limits(replans=replans, attempts=2, parallel=2))
    log: list[ev.Event] = [opened_with(replans)]
    done_once: set[str] = set()
    for n in range(200):
        if run.status.final:
            break
        event = answer_to(rng, run, plans, float(n))
        log.append(event)
        run, _ = after(run, event)
        now_done = {step.id for step in run.steps if step.status == StepStatus.SUCCEEDED}
        assert done_once <= now_done
        done_once = now_done
        for step in run.steps:  # nothing runs that was not approved with its own plan
            gates = [run.step(need) for need in step.spec.depends_on if need.endswith("approve")]
            begun = step.status in (StepStatus.RUNNING, StepStatus.SUCCEEDED, StepStatus.FAILED)
            assert not begun or all(one and one.status == StepStatus.SUCCEEDED for one in gates)
    assert run.status.final, statuses(run)
    assert run.replans <= replans
    assert sum(step.spec.lane == "plan" for step in run.steps) == run.replans + 1
    assert fold(event_from_data(event_to_data(event)) for event in log) == run
    assert run_from_data(run_to_data(run)) == run


def opened_with(replans: int) -> ev.RunOpened:
    return opened(limits=Limits(replans=replans, attempts=2, parallel=2))


def answer_to(rng: random.Random, run: Run, plans: dict[str, tuple[StepSpec, ...]], s: float) -> ev.Event:
    """Return an answer to something the run waits for; every third piece of work fails for good."""
    waiting = [one for one in run.steps if one.status in (StepStatus.RUNNING, StepStatus.WAITING)]
    step = rng.choice(waiting)
    if step.spec.lane == "plan":
        return proposed(*plans[step.id], step=step.id, s=s)
    if step.wait and step.wait.kind == WaitKind.APPROVAL:
        return yes(run, step.id, s)
    kind = FOR_GOOD if rng.random() < 0.9 else ErrorClass.TRANSIENT
    if rng.random() < 0.35 and not step.id.endswith("publish"):
        return ev.StepFailed(at(s), step.id, step.attempt, "no", kind)
    return done(step.id, s, attempt=step.attempt)
