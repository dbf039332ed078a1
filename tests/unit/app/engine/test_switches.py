"""Kill switches: nothing is opened or handed out while work is paused, nothing is lost, and the neighbour works on."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from shared.app.engine.engine import open_run
from shared.app.engine.sweep import sweep
from shared.app.engine.switches import HALTED, HELD, Paused, explain_pause, hold_back, pause_view, release, set_pause
from shared.core.errors import StoreCorrupt
from shared.core.run.commands import RECONCILE, Command
from shared.core.run.events import RunOpened
from shared.core.run.run import Limits, RunStatus, StepSpec, StepStatus, Trigger, WaitKind
from shared.ports import SYSTEM
from tests.support.rigs.guarded_house import GuardedHouse
from tests.support.rigs.small_house import TENANT, SmallHouse

OTHER = "t-2"
NOTE = StepSpec("note", "tests.note")
GATE = StepSpec("ok", "approval.ask", lane="", gate=WaitKind.APPROVAL)


@pytest.fixture
def doors(house: Callable[..., SmallHouse]) -> GuardedHouse:
    made = house()
    made.__class__ = GuardedHouse
    assert isinstance(made, GuardedHouse)
    return made


def _open(house: SmallHouse, run: str, *specs: StepSpec, tenant: str = TENANT) -> None:
    open_run(house.deps, RunOpened(house.clock.now(), tenant, run, Trigger("test"), Limits(), specs))


def _status(house: SmallHouse, run: str, tenant: str = TENANT) -> StepStatus:
    loaded = house.store.load_run(tenant, run)
    assert loaded is not None
    return loaded.run.steps[0].status


@pytest.mark.parametrize("whose", [TENANT, SYSTEM])
def test_what_was_handed_over_waits_and_goes_on_when_work_is_resumed(doors: GuardedHouse, whose: str) -> None:
    _open(doors, "run-1", NOTE)
    _open(doors, "run-2", NOTE, tenant=OTHER)
    set_pause(doors.deps, whose, "a bad release", "the operator")
    assert explain_pause(doors.deps, TENANT) == "a bad release"
    doors.work()
    assert _status(doors, "run-1") == StepStatus.RUNNING
    neighbour = StepStatus.RUNNING if whose == SYSTEM else StepStatus.FAILED
    assert _status(doors, "run-2", OTHER) == neighbour, "an unknown step fails as soon as it is attempted"
    view = pause_view(doors.deps, TENANT)
    assert (view["paused"], view["everybody"], view["held"]) == (True, whose == SYSTEM, 1)
    resume = "workwright resume" if whose == SYSTEM else f"workwright resume --tenant {TENANT}"
    assert (view["by"], view["go_on"]) == ("the operator", resume)
    assert doors.queue.dead_letters(TENANT) == []
    set_pause(doors.deps, whose, False, "the operator")
    doors.work()
    assert _status(doors, "run-1") == _status(doors, "run-2", OTHER) == StepStatus.FAILED
    assert not any(pause_view(doors.deps, TENANT).values())
    assert doors.store.list_docs(SYSTEM, HALTED) == []
    whats = [entry.body["what"] for entry in doors.store.audit(whose)]
    assert [what for what in whats if what in ("Paused", "Resumed")] == ["Paused", "Resumed"]


def test_nothing_new_opens_and_settings_stay(doors: GuardedHouse) -> None:
    doors.settle(name="Ada's team")
    set_pause(doors.deps, TENANT, True, "an owner")
    with pytest.raises(Paused, match="paused"):
        _open(doors, "run-1", NOTE)
    assert doors.store.load_run(TENANT, "run-1") is None
    _open(doors, "run-1", NOTE, tenant=OTHER)
    set_pause(doors.deps, TENANT, False, "an owner")
    assert doors.settings(TENANT)["name"] == "Ada's team"
    _open(doors, "run-1", NOTE)


def test_what_waits_goes_on_waiting_and_lapses_only_when_its_own_time_is_over(doors: GuardedHouse) -> None:
    _open(doors, "run-1", GATE)
    _open(doors, "run-2", GATE, tenant=OTHER)
    set_pause(doors.deps, TENANT, True, "an owner")
    doors.clock.move(days=8)
    assert sweep(doors.deps)["looked"] == 1
    run = doors.run("run-1")
    assert (run.status, run.cancel) == (RunStatus.AWAITING_APPROVAL, "")
    other = doors.store.load_run(OTHER, "run-2")
    assert other is not None
    assert other.run.status == RunStatus.CANCELLED
    set_pause(doors.deps, TENANT, False, "an owner")
    doors.clock.move(days=6)
    sweep(doors.deps)
    assert doors.run("run-1").status == RunStatus.AWAITING_APPROVAL
    doors.clock.move(days=1)
    sweep(doors.deps)
    assert doors.run("run-1").status == RunStatus.CANCELLED


def test_many_paused_runs_do_not_hide_the_ones_that_are_due(doors: GuardedHouse) -> None:
    for n in range(101):
        _open(doors, f"run-{n}", GATE)
    doors.clock.move(seconds=1)
    _open(doors, "run-other", GATE, tenant=OTHER)
    set_pause(doors.deps, TENANT, True, "an owner")
    doors.clock.move(days=8)
    assert sweep(doors.deps)["looked"] == 1


def test_what_the_clock_orders_again_is_not_kept(doors: GuardedHouse) -> None:
    set_pause(doors.deps, TENANT, True, "an owner")
    assert hold_back(Command("pass-1", RECONCILE, "sync", TENANT), doors.deps)
    assert hold_back(Command("pass-2", RECONCILE, "sync", TENANT, topic="gone"), doors.deps)
    assert [doc.id for doc in doors.store.list_docs(TENANT, HELD)] == ["pass-2"]


def test_a_death_while_work_is_resumed_is_made_good_by_the_clock(doors: GuardedHouse) -> None:
    _open(doors, "run-1", NOTE)
    set_pause(doors.deps, TENANT, True, "an owner")
    doors.work()

    def die(point: str) -> None:
        if point in ("pause.after/settings", "release.after/commands"):
            doors.crash_point = lambda point: None
            raise KeyboardInterrupt

    doors.crash_point = die
    with pytest.raises(KeyboardInterrupt):
        set_pause(doors.deps, TENANT, False, "an owner")
    assert sweep(doors.deps)["released"] == 1
    doors.work()
    assert _status(doors, "run-1") == StepStatus.FAILED
    assert release(doors.deps) == 0


def test_a_resume_in_the_moment_a_command_is_kept_does_not_leave_it_behind(doors: GuardedHouse) -> None:
    _open(doors, "run-1", NOTE)
    set_pause(doors.deps, TENANT, True, "an owner")

    def resume(point: str) -> None:
        if point == "held.before/command":
            doors.crash_point = lambda point: None
            set_pause(doors.deps, TENANT, False, "an owner")

    doors.crash_point = resume
    doors.work()
    assert _status(doors, "run-1") == StepStatus.RUNNING
    assert sweep(doors.deps)["released"] == 1
    doors.work()
    assert _status(doors, "run-1") == StepStatus.FAILED
    assert pause_view(doors.deps, TENANT)["held"] == 0


def test_a_tenant_that_cannot_be_resumed_does_not_stop_the_clock_of_the_others(
    doors: GuardedHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is handed over of the first one is refused for good, as a queue does with what is too large."""
    _open(doors, "run-1", NOTE)
    _open(doors, "run-2", NOTE, tenant=OTHER)
    for tenant in (TENANT, OTHER):
        set_pause(doors.deps, tenant, True, "an owner")
    doors.work()
    enqueue = doors.queue.enqueue

    def refuse(commands: Sequence[Command]) -> None:
        if any(command.tenant == TENANT for command in commands):
            raise StoreCorrupt("refused")
        enqueue(commands)

    monkeypatch.setattr(doors.queue, "enqueue", refuse)
    for tenant in (TENANT, OTHER):
        set_pause(doors.deps, tenant, False, "an owner")
    doors.work()
    assert (_status(doors, "run-1"), _status(doors, "run-2", OTHER)) == (StepStatus.RUNNING, StepStatus.FAILED)
    monkeypatch.undo()
    assert sweep(doors.deps)["released"] == 1
