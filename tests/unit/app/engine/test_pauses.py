"""A pause stops a step before its next external write; going on ends the same, and nothing was spent meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from shared.app.approval.approvals import asked_now, decide
from shared.app.engine.engine import open_run, record
from shared.app.engine.sweep import sweep
from shared.app.engine.switches import set_pause
from shared.app.installation.status import status_of
from shared.core.notify.attention import attention_of, pause_words
from shared.core.run import acts
from shared.core.run import events as ev
from shared.core.run.run import Limits, Run, RunStatus, StepSpec, StepStatus, Trigger, WaitKind
from shared.ports import SYSTEM
from shared.ports.sandbox import SandboxRequest, SandboxResult
from shared.steps import KINDS
from shared.steps._input import Input
from shared.steps._kind import Done, Repeat, StepContext, StepKind
from tests.support.rigs.guarded_house import GuardedHouse
from tests.support.rigs.small_house import TENANT, SmallHouse

WRITES = ("first", "second", "third")
GATE = StepSpec("ok", "approval.ask", lane="", gate=WaitKind.APPROVAL)


class Nothing(Input):
    """Nothing."""


class World:
    """What is outside: who writes there, and what was run in a sandbox."""

    def __init__(self) -> None:
        self.written: list[str] = []
        self.ran: list[str] = []
        self.name = "outside"

    def check(self) -> None:
        """Hold."""

    def run(self, request: SandboxRequest) -> SandboxResult:
        """Run it."""
        self.ran.append(request.command[0])
        return SandboxResult(0, "", "", "", {}, 0.0, self.name)

    def write(self, name: str) -> dict[str, str]:
        """Write it, for everybody to see."""
        self.written.append(name)
        return {"name": name}


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def doors(house: Callable[..., SmallHouse], world: World) -> GuardedHouse:
    def run(wanted: Nothing, ctx: StepContext) -> Done:
        for name in WRITES:
            ctx.effect(name, lambda name=name: world.write(name), repeat=Repeat.ONCE)  # type: ignore[misc]
        ctx.sandbox().run(SandboxRequest({}, ("tests",), "offline"))
        return Done({"wrote": len(WRITES)})

    kinds = {**KINDS, "tests.write": StepKind("tests.write", "Writes.", Nothing, run, Repeat.ONCE)}
    made = house(kinds=kinds)
    made.__class__ = GuardedHouse
    assert isinstance(made, GuardedHouse)
    made.tools = replace(made.tools, sandbox=lambda: world)
    return made


def _open(doors: GuardedHouse, *specs: StepSpec, **limits: Any) -> Run:
    limits = {"attempts": 1, **limits}
    wanted = ev.RunOpened(doors.clock.now(), TENANT, "run-1", Trigger("test"), Limits(**limits), specs)
    return open_run(doors.deps, wanted)


def _write() -> StepSpec:
    return StepSpec("write", "tests.write")


def _pause(doors: GuardedHouse, whose: str) -> None:
    if whose == "run":
        record(doors.deps, TENANT, "run-1", acts.RunPaused(doors.clock.now(), "Ada", "wrong customer"))
    else:
        set_pause(doors.deps, SYSTEM if whose == "all" else TENANT, "wrong customer", "Ada")


def _resume(doors: GuardedHouse, whose: str) -> None:
    if whose == "run":
        record(doors.deps, TENANT, "run-1", acts.RunResumed(doors.clock.now(), "Ada"))
    else:
        set_pause(doors.deps, SYSTEM if whose == "all" else TENANT, False, "Ada")


def _pause_at(doors: GuardedHouse, wanted: str, whose: str) -> None:
    def point(name: str) -> None:
        if name == wanted:
            doors.crash_point = lambda name: None
            _pause(doors, whose)
            doors.clock.move(seconds=1)

    doors.crash_point = point


@pytest.mark.parametrize("whose", ["all", TENANT, "run"])
@pytest.mark.parametrize("done", range(len(WRITES) + 1))
def test_between_any_two_writes_a_pause_stops_the_step_and_it_ends_the_same(
    doors: GuardedHouse, world: World, done: int, whose: str
) -> None:
    _open(doors, _write())
    if done:
        _pause_at(doors, f"result.after/tests.write/{WRITES[done - 1]}", whose)
    else:
        _pause(doors, whose)
    doors.work()
    doors.clock.move(hours=1)
    sweep(doors.deps)
    doors.work()
    assert (world.written, world.ran) == (list(WRITES[:done]), [])
    _resume(doors, whose)
    doors.clock.move(seconds=2)  # as long as a held back attempt keeps its distance
    doors.work()
    run = doors.run("run-1")
    assert (world.written, world.ran) == (list(WRITES), ["tests"])
    assert (run.status, run.steps[0].failures, run.steps[0].attempt) == (RunStatus.SUCCEEDED, 0, 1)


@pytest.mark.parametrize("whose", [TENANT, "run"])
def test_a_pause_of_a_month_spends_no_time_limit(doors: GuardedHouse, world: World, whose: str) -> None:
    opened = _open(doors, GATE, StepSpec("write", "tests.write", depends_on=("ok",)))
    asked = opened.steps[0].wait
    assert asked is not None
    doors.clock.move(days=6)
    _pause(doors, whose)
    doors.clock.move(days=30)
    sweep(doors.deps)
    _resume(doors, whose)
    sweep(doors.deps)
    run = doors.run("run-1")
    assert (run.status, run.cancel, run.failure) == (RunStatus.AWAITING_APPROVAL, "", "")
    doors.clock.move(hours=23)  # of the seven days one is left
    sweep(doors.deps)
    yes = acts.ApprovalGranted(doors.clock.now(), "ok", asked.what, "Ada")
    record(doors.deps, TENANT, "run-1", yes)
    doors.work()
    assert doors.run("run-1").status == RunStatus.SUCCEEDED


@pytest.mark.parametrize("whose", [TENANT, "run"])
def test_after_a_pause_what_was_left_of_the_time_is_all_there_is(doors: GuardedHouse, whose: str) -> None:
    _open(doors, GATE)
    doors.clock.move(days=6)
    _pause(doors, whose)
    doors.clock.move(days=30)
    _resume(doors, whose)
    doors.clock.move(hours=25)
    sweep(doors.deps)
    assert doors.run("run-1").status == RunStatus.CANCELLED


@pytest.mark.parametrize("whose", [TENANT, "run"])
def test_people_may_decide_while_work_is_paused_however_long(doors: GuardedHouse, world: World, whose: str) -> None:
    opened = _open(doors, GATE, StepSpec("write", "tests.write", depends_on=("ok",)))
    asked = opened.steps[0].wait
    assert asked is not None
    _pause(doors, whose)
    doors.clock.move(days=30)
    decide(doors.deps, asked_now(doors.run("run-1")), approve=True, by="Ada", via="api")
    doors.work()
    assert world.written == []
    _resume(doors, whose)
    doors.work()
    assert world.written == list(WRITES)


def test_who_cancels_a_paused_run_ends_it_and_nothing_more_is_written(doors: GuardedHouse, world: World) -> None:
    _open(doors, _write())
    _pause_at(doors, "result.after/tests.write/first", "run")
    doors.work()
    record(doors.deps, TENANT, "run-1", acts.CancelRequested(doors.clock.now(), "Ada"))
    doors.clock.move(minutes=30)
    sweep(doors.deps)
    doors.work()
    assert (doors.run("run-1").status, world.written) == (RunStatus.CANCELLED, ["first"])


def test_an_attempt_that_died_in_a_pause_goes_on_with_it(doors: GuardedHouse, world: World) -> None:
    """Its process was killed after the pause was noted, so nobody says that it has stopped."""
    _open(doors, _write())

    def die(name: str) -> None:
        if name == "result.after/tests.write/second":
            doors.crash_point = lambda name: None
            _pause(doors, "run")
            raise KeyboardInterrupt

    doors.crash_point = die
    with pytest.raises(KeyboardInterrupt):
        doors.work()
    doors.clock.move(hours=3)
    sweep(doors.deps)
    doors.work()
    assert world.written == ["first", "second"]
    _resume(doors, "run")
    doors.work()
    run = doors.run("run-1")
    assert (world.written, run.status, run.steps[0].failures) == (list(WRITES), RunStatus.SUCCEEDED, 0)


def test_the_box_and_the_terminal_do_not_undo_each_other(doors: GuardedHouse) -> None:
    _open(doors, GATE)
    now = doors.clock.now()

    def tell(event: Any) -> Run:
        return record(doors.deps, TENANT, "run-1", event)

    run = tell(acts.RunPaused(now, "Ada", box=True))
    assert pause_words(run) == "This run is paused by Ada. To go on: clear the box Paused on its page"
    run = tell(acts.RunResumed(now, "Mira"))  # in the terminal: the box is still ticked, and no second wish
    assert (run.pause, run.box) == (None, True)
    assert tell(acts.RunPaused(now, "Ada", box=True)).pause is None
    run = tell(acts.RunResumed(now, "Ada", box=True))
    assert (run.pause, run.box) == (None, False)
    run = tell(acts.RunPaused(now, "Mira", "lunch"))
    standing = status_of(doors.deps, TENANT)["standing"]
    assert standing == [{"id": "run-1", "title": "", "why": pause_words(run)}]
    assert pause_words(run) == "This run is paused by Mira: lunch. To go on: workwright resume --run run-1"
    assert attention_of(run) == (pause_words(run),)
    assert tell(acts.RunResumed(now, "nobody", box=True)).pause == run.pause, "a box that was never ticked"


def test_ended_runs_take_no_pause(doors: GuardedHouse, world: World) -> None:
    _open(doors, _write())
    doors.work()
    before = doors.run("run-1")
    assert before.status == RunStatus.SUCCEEDED
    assert record(doors.deps, TENANT, "run-1", acts.RunPaused(doors.clock.now(), "Ada")) == before
    assert before.steps[0].status == StepStatus.SUCCEEDED
