"""Every run that was accepted ends or waits for something with a name, whatever one attempt or one run does."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from shared.app.connections.connect_account import resume_waiting
from shared.app.engine.engine import open_run, record
from shared.app.engine.sweep import sweep
from shared.core.errors import Unauthorized
from shared.core.run import acts
from shared.core.run import events as ev
from shared.core.run.codec import run_to_data
from shared.core.run.run import Limits, RunStatus, StepSpec, Trigger, Usage, WaitKind
from shared.ports import MAX_DOCUMENT_BYTES
from shared.steps import KINDS
from shared.steps._input import Input
from shared.steps._kind import Done, Repeat, StepContext, StepKind
from tests.support.rigs.small_house import TENANT, SmallHouse

Run = Callable[[Any, StepContext], Any]
LONG = Limits(approval_s=60.0)


def kind(run: Run, **fields: Any) -> dict[str, StepKind]:
    """Return the kinds with one more that does this."""
    return {**KINDS, "test.step": StepKind("test.step", "A step of the tests.", Input, run, Repeat.SAME_END, **fields)}


def start(house: SmallHouse, *specs: StepSpec, run: str = "run-1") -> None:
    event = ev.RunOpened(house.clock.now(), TENANT, run, Trigger("test", title="Club"), LONG, specs)
    open_run(house.deps, event)
    house.work()


def broken(wanted: Any, ctx: StepContext) -> Done:
    return Done({"files": ctx.output_of("code.generate")["files"]})


def test_an_attempt_that_always_breaks_ends_the_run_and_people_are_told(house: Callable[..., SmallHouse]) -> None:
    mine = house(kinds=kind(broken))
    mine.settle(people=[{"id": "ada", "email": "ada@example.test"}])
    start(mine, StepSpec("a", "test.step"))
    mine.pass_time(timedelta(hours=3))
    run = mine.run("run-1")
    assert (run.status, run.failure) == (RunStatus.FAILED, "a: no attempt came back (5 of them)")
    assert [letter.command.name for letter in mine.queue.dead_letters(TENANT)] == ["attempt"] * 5
    # that it stands is told once, while later attempts may still come back; the end is told once
    told = [topic for notice in run.notices if (topic := notice.partition("/")[0]) != "standing_told"]
    assert told == ["stands_still", "run_failed"]


def test_an_undo_that_always_breaks_ends_the_run_and_is_named(house: Callable[..., SmallHouse]) -> None:
    def undo(wanted: Any, ctx: StepContext) -> None:
        raise KeyError("project")

    mine = house(kinds=kind(lambda wanted, ctx: Done(), undo=undo))
    gate = StepSpec("gate", "approval.ask", depends_on=("a",), lane="", gate=WaitKind.APPROVAL)
    start(mine, StepSpec("a", "test.step", undoable=True), gate)
    record(mine.deps, TENANT, "run-1", acts.CancelRequested(mine.clock.now(), "Ada"))
    mine.pass_time(timedelta(hours=3))
    run = mine.run("run-1")
    assert (run.status, run.undone_failed) == (RunStatus.CANCELLED, ("a",))


def test_an_outcome_that_is_too_large_to_keep_fails_at_once_and_is_paid(house: Callable[..., SmallHouse]) -> None:
    attempts = []

    def large(wanted: Any, ctx: StepContext) -> Done:
        attempts.append(1)
        return Done({"text": "x" * (MAX_DOCUMENT_BYTES + 1)}, Usage(5, 7))

    mine = house(kinds=kind(large))
    start(mine, StepSpec("a", "test.step"))
    run = mine.run("run-1")
    assert (run.status, run.spent, len(attempts)) == (RunStatus.FAILED, Usage(5, 7), 1)
    assert "too large" in run.failure


def test_one_run_that_cannot_be_saved_does_not_keep_sweep_from_the_others(house: Callable[..., SmallHouse]) -> None:
    mine = house()

    def padded(run: str, padding: int) -> ev.RunOpened:
        step = StepSpec("a", "test.step", "x" * padding)
        return ev.RunOpened(mine.clock.now(), TENANT, run, Trigger("test"), Limits(attempt_s=60.0), (step,))

    small = open_run(mine.deps, padded("run-0000", 1))
    size = len(json.dumps(run_to_data(small), separators=(",", ":")))
    open_run(mine.deps, padded("run-full", MAX_DOCUMENT_BYTES - size))
    mine.clock.move(seconds=1)
    open_run(mine.deps, padded("run-2", 1))
    mine.clock.move(minutes=10)
    sweep(mine.deps)
    assert mine.run("run-full").steps[0].wake == 0  # it has no room for another word
    assert mine.run("run-2").steps[0].wake == 1


def test_a_grant_that_comes_back_while_an_attempt_still_misses_it_is_not_overlooked(
    house: Callable[..., SmallHouse],
) -> None:
    seen: list[int] = []

    def reconnected_meanwhile(wanted: Any, ctx: StepContext) -> Done:
        seen.append(1)
        if len(seen) > 1:
            return Done()
        mine.clock.move(seconds=1)
        mine.connect("github", "a new word")
        resume_waiting(mine.deps, TENANT, "github")
        raise Unauthorized("github", "the old word is worth nothing")

    mine = house(kinds=kind(reconnected_meanwhile))
    mine.connect("github", "an old word")
    start(mine, StepSpec("a", "test.step"))
    assert (mine.run("run-1").status, len(seen)) == (RunStatus.SUCCEEDED, 2)


def test_a_grant_that_never_lets_us_in_is_not_tried_without_end(house: Callable[..., SmallHouse]) -> None:
    seen: list[int] = []

    def refused(wanted: Any, ctx: StepContext) -> Done:
        seen.append(1)
        mine.clock.move(seconds=1)
        raise Unauthorized("github", "not with this word")

    mine = house(kinds=kind(refused))
    mine.connect("github", "a word")
    start(mine, StepSpec("a", "test.step"))
    assert (mine.run("run-1").status, len(seen)) == (RunStatus.EXECUTING, 1)
