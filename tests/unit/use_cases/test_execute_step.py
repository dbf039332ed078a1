"""One attempt of one step: only the wanted one acts, only one worker at a time, and every end is recorded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.app.engine.engine import open_run, record
from shared.app.engine.execute_step import execute_step
from shared.backends.local.state.local_store import LocalStore
from shared.core.errors import (
    BudgetSpent,
    Busy,
    IntegrationError,
    NeedsHuman,
    NotSettled,
    RateLimited,
    Rejected,
    SandboxUnavailable,
    Unauthorized,
    Unavailable,
)
from shared.core.models.model_errors import ContextTooLong, InvalidOutput
from shared.core.run import acts
from shared.core.run.commands import UNDO
from shared.core.run.run import Limits, Run, RunStatus, StepStatus, WaitKind
from shared.steps._input import Input
from shared.steps._kind import Again, Done, FanOut, Repeat, StepContext, StepFailure, StepKind
from tests.support.builders.runs import opened, spec
from tests.support.ports.local_ports import Ports, attempt_of, tools_with


class Text(Input):
    """One text."""

    text: str = ""


def kind(run: Callable[[Text, StepContext], Any], undo: Any = None) -> StepKind:
    return StepKind("test.step", "A test's step.", Text, run, Repeat.SAME_END, undo=undo)


def begin(ports: Ports, *specs: Any, **limits: Any) -> Run:
    limits = {"backoff_s": 1.0, **limits}
    return open_run(
        ports.deps, replace(opened(*(specs or (spec("a"),)), limits=Limits(**limits)), at=ports.clock.now())
    )


def raising(error: Exception) -> Callable[[Text, StepContext], Any]:
    def run(wanted: Text, ctx: StepContext) -> Any:
        raise error

    return run


@pytest.mark.parametrize(
    "change", [{"attempt": 2}, {"attempt": 0}, {"wake": 1}, {"step": "b"}, {"step": ""}, {"name": UNDO}]
)
def test_an_attempt_that_is_not_wanted_does_nothing(ports: Ports, change: dict[str, Any]) -> None:
    run = begin(ports)
    acted: list[str] = []
    tools = tools_with(kind(lambda wanted, ctx: acted.append("x") or Done()))
    execute_step(replace(attempt_of(run, "a"), **change), ports.deps, tools)
    execute_step(replace(attempt_of(run, "a"), run="run-9"), ports.deps, tools)
    execute_step(replace(attempt_of(run, "a"), tenant="t-2"), ports.deps, tools)
    assert acted == []
    assert ports.run() == run


def test_the_same_attempt_a_second_time_does_nothing(ports: Ports) -> None:
    command = attempt_of(begin(ports), "a")
    acted: list[str] = []
    tools = tools_with(kind(lambda wanted, ctx: acted.append("x") or Done({"n": 1})))
    for _ in range(3):
        execute_step(command, ports.deps, tools)
    assert acted == ["x"]
    assert ports.run().status == RunStatus.SUCCEEDED


def test_while_one_works_the_other_is_told_to_come_again(ports: Ports) -> None:
    command = attempt_of(begin(ports), "a")

    def run(wanted: Text, ctx: StepContext) -> Done:
        with pytest.raises(Busy):
            execute_step(command, ports.deps, tools)
        return Done()

    tools = tools_with(kind(run))
    execute_step(command, ports.deps, tools)
    assert ports.run().status == RunStatus.SUCCEEDED


def test_the_lease_of_a_dead_worker_ends(ports: Ports) -> None:
    command = attempt_of(begin(ports), "a")
    assert ports.store.claim("t-1", "run-1.a", "dead", timedelta(minutes=11))
    with pytest.raises(Busy):
        execute_step(command, ports.deps, tools_with(kind(lambda wanted, ctx: Done())))
    ports.clock.move(minutes=11)
    execute_step(command, ports.deps, tools_with(kind(lambda wanted, ctx: Done())))
    assert ports.run().status == RunStatus.SUCCEEDED


def test_a_bug_gives_the_lease_back_and_records_nothing(ports: Ports) -> None:
    run = begin(ports)
    with pytest.raises(ZeroDivisionError):
        execute_step(attempt_of(run, "a"), ports.deps, tools_with(kind(raising(ZeroDivisionError()))))
    assert ports.run() == run
    assert ports.store.claim("t-1", "run-1.a", "another", timedelta(minutes=1))


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        pytest.param(Rejected("x", "400 no"), RunStatus.FAILED, "x: 400 no", id="refused"),
        pytest.param(NeedsHuman("x", "maybe sent"), RunStatus.FAILED, "maybe sent", id="unclear for ever"),
        pytest.param(SandboxUnavailable("no sandbox"), RunStatus.FAILED, "no sandbox", id="no sandbox"),
        pytest.param(ContextTooLong("too long"), RunStatus.FAILED, "too long", id="too long for the model"),
    ],
)
def test_what_another_attempt_cannot_change_ends_the_run(
    ports: Ports, error: Exception, status: RunStatus, said: str
) -> None:
    execute_step(attempt_of(begin(ports), "a"), ports.deps, tools_with(kind(raising(error))))
    assert ports.run().status == status
    assert said in ports.run().failure


@pytest.mark.parametrize("error", [Unavailable("x", "503"), RateLimited("x", "429")])
def test_what_may_pass_is_tried_again_later_and_finally_given_up(ports: Ports, error: IntegrationError) -> None:
    begin(ports, attempts=3)
    tools = tools_with(kind(raising(error)))
    for attempt in (1, 2):
        execute_step(attempt_of(ports.run(), "a"), ports.deps, tools)
        step = ports.run().steps[0]
        assert (step.attempt, step.wait is not None and step.wait.kind) == (attempt + 1, WaitKind.TIME)
    execute_step(attempt_of(ports.run(), "a"), ports.deps, tools)
    assert ports.run().status == RunStatus.FAILED
    assert "tried 3 times" in ports.run().failure


@pytest.mark.parametrize(
    "error",
    [
        RateLimited("x", "429", retry_after=timedelta(seconds=77)),
        BudgetSpent("x", "nothing was sent", retry_after=timedelta(seconds=77)),
        NotSettled("x", "an earlier request may still arrive", retry_after=timedelta(seconds=77)),  # of one that died
    ],
)
def test_a_rate_limit_or_an_earlier_request_is_waited_for_and_is_no_failed_attempt(
    ports: Ports, error: IntegrationError
) -> None:
    begin(ports, attempts=2)
    tools = tools_with(kind(raising(error)))
    for wake in range(5):
        execute_step(attempt_of(ports.run(), "a"), ports.deps, tools)
        step = ports.run().steps[0]
        assert step.wait is not None
        assert step.wait.until is not None
        assert (step.wait.kind, step.attempt, step.wake, step.failures) == (WaitKind.TIME, 1, wake + 1, 0)
        left = (step.wait.until - ports.clock.now()).total_seconds()
        assert 77 <= left <= 79
        ports.clock.move(seconds=left)
    execute_step(attempt_of(ports.run(), "a"), ports.deps, tools_with(kind(lambda wanted, ctx: Done())))
    assert ports.run().status == RunStatus.SUCCEEDED


def test_a_revoked_grant_makes_the_step_wait_for_a_new_one(ports: Ports) -> None:
    tools = tools_with(kind(raising(Unauthorized("github", "401"))))
    execute_step(attempt_of(begin(ports), "a"), ports.deps, tools)
    wait = ports.run().steps[0].wait
    assert wait is not None
    assert (wait.kind, wait.what) == (WaitKind.GRANT, "github")


def test_a_mistake_of_the_models_own_comes_back_with_its_error_and_ends_when_it_repeats(ports: Ports) -> None:
    begin(ports)
    seen: list[str] = []
    mistakes = [StepFailure("first", signature="1"), InvalidOutput("second"), InvalidOutput("second")]

    def run(wanted: Text, ctx: StepContext) -> Any:
        seen.append(ctx.step.feedback)
        raise mistakes[len(seen) - 1]

    for _ in mistakes:
        execute_step(attempt_of(ports.run(), "a"), ports.deps, tools_with(kind(run)))
    assert seen == ["", "first", "second"]
    assert ports.run().status == RunStatus.FAILED
    assert "the same failure twice in a row: second" in ports.run().failure


def test_a_kind_or_an_input_nobody_knows_any_more_ends_the_run_clearly(ports: Ports) -> None:
    run = begin(ports, spec("a", kind="test.gone"), spec("b", input={"words": 1}))
    execute_step(attempt_of(run, "a"), ports.deps, tools_with(kind(lambda wanted, ctx: Done())))
    assert "knows no step kind 'test.gone'" in ports.run().failure
    execute_step(attempt_of(run, "b"), ports.deps, tools_with(kind(lambda wanted, ctx: Done())))
    assert ports.run().step("b").error.startswith("input: ")  # type: ignore[union-attr]


def test_a_step_may_ask_to_look_again_and_its_older_wake_is_ignored(ports: Ports) -> None:
    first = attempt_of(begin(ports), "a")
    tools = tools_with(kind(lambda wanted, ctx: Again(timedelta(seconds=9)) if ctx.step.wake == 0 else Done()))
    execute_step(first, ports.deps, tools)
    waiting = ports.run()
    execute_step(first, ports.deps, tools)
    assert ports.run() == waiting
    execute_step(attempt_of(waiting, "a"), ports.deps, tools)
    assert ports.run().status == RunStatus.SUCCEEDED


def test_a_step_may_become_several(ports: Ports) -> None:
    def run(wanted: Text, ctx: StepContext) -> Done | FanOut:
        children = [step.id for step in ctx.run.steps if step.parent == "a"]
        return FanOut((spec("c1"), spec("c2"))) if ctx.step.id == "a" and not children else Done({"of": children})

    execute_step(attempt_of(begin(ports), "a"), ports.deps, tools_with(kind(run)))
    for name in ("c1", "c2", "a"):
        execute_step(attempt_of(ports.run(), name), ports.deps, tools_with(kind(run)))
    assert ports.run().status == RunStatus.SUCCEEDED
    assert ports.run().steps[0].output == {"of": ["c1", "c2"]}


def test_an_output_is_the_same_before_and_after_it_is_stored(ports: Ports) -> None:
    execute_step(attempt_of(begin(ports), "a"), ports.deps, tools_with(kind(lambda wanted, ctx: Done({"t": ("x", 1)}))))
    assert ports.run().steps[0].output == {"t": ["x", 1]}


class Strict(Text):
    """What a newer version of the kind asks for."""

    page: str


@pytest.mark.parametrize("wrong", ["input", StepFailure("no", signature="s"), SandboxUnavailable("no sandbox here")])
def test_an_undo_that_cannot_work_is_named_and_holds_nothing_up(ports: Ports, wrong: Any) -> None:
    """A step that an older version has done may not fit what undoes it now."""
    begin(ports, spec("a", undoable=True), spec("b", "a"))
    made = kind(lambda wanted, ctx: Done(), raising(wrong) if isinstance(wrong, Exception) else None)
    if wrong == "input":
        made = replace(made, undo=lambda wanted, ctx: None)
    execute_step(attempt_of(ports.run(), "a"), ports.deps, tools_with(made))
    record(ports.deps, "t-1", "run-1", acts.CancelRequested(ports.clock.now(), "Mira"))
    newer = replace(made, input=Strict) if wrong == "input" else made
    execute_step(attempt_of(ports.run(), "b"), ports.deps, tools_with(made))
    execute_step(attempt_of(ports.run(), "a", name=UNDO), ports.deps, tools_with(newer))
    run = ports.run()
    assert (run.status, run.undone_failed) == (RunStatus.CANCELLED, ("a",))


def test_undo_is_asked_for_in_reverse_and_a_refused_one_is_named(ports: Ports) -> None:
    begin(ports, spec("a", undoable=True), spec("b", "a", undoable=True), spec("c", "b"))
    undone: list[str] = []

    def undo(wanted: Text, ctx: StepContext) -> None:
        undone.append(ctx.step.id)
        if ctx.step.id == "b":
            raise Rejected("x", "404")

    tools = tools_with(kind(lambda wanted, ctx: Done(), undo))
    execute_step(attempt_of(ports.run(), "a"), ports.deps, tools)
    execute_step(attempt_of(ports.run(), "b"), ports.deps, tools)
    record(ports.deps, "t-1", "run-1", acts.CancelRequested(ports.clock.now(), "Mira"))
    execute_step(attempt_of(ports.run(), "c"), ports.deps, tools)
    execute_step(attempt_of(ports.run(), "b", name=UNDO), ports.deps, tools)
    last = attempt_of(ports.run(), "a", name=UNDO)
    for _ in range(2):
        execute_step(last, ports.deps, tools)
    run = ports.run()
    assert undone == ["b", "a"]
    assert (run.status, run.undone_failed) == (RunStatus.CANCELLED, ("b",))
    assert run.steps[0].status == StepStatus.UNDONE


def test_a_worker_that_waited_for_the_lease_sees_what_the_one_before_it_has_done(ports: Ports) -> None:
    """Two deliveries of one task at once: the second gets the lease just after the first has let go of it."""
    command = attempt_of(begin(ports), "a")
    acted: list[str] = []
    tools = tools_with(kind(lambda wanted, ctx: acted.append("x") or Done()))

    class Overtaken(LocalStore):
        """Lets another worker do all of the task before this one's claim is heard."""

        def claim(self, tenant: str, key: str, owner: str, ttl: timedelta) -> bool:
            execute_step(command, ports.deps, tools)
            return ports.store.claim(tenant, key, owner, ttl)

    late = object.__new__(Overtaken)
    vars(late).update(vars(ports.store))
    execute_step(command, replace(ports.deps, store=late), tools)
    assert acted == ["x"]
    assert ports.run().status == RunStatus.SUCCEEDED
