"""What a dead process left behind is found, on a clock in hand; looking twice at once changes nothing."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from shared.app.engine.engine import open_run, record
from shared.app.engine.sweep import sweep
from shared.core.errors import Unavailable
from shared.core.run import events as ev
from shared.core.run.commands import Command
from shared.core.run.run import Limits, Run, RunStatus, StepStatus
from tests.support.builders.runs import gate, opened, spec
from tests.support.ports.local_ports import Ports, attempt_of


class Outbox:
    """A store whose outbox is not the queue: commands that were committed at some time and never handed over."""

    def __init__(self, ports: Ports, kept: dict[Command, datetime]) -> None:
        self._store: Any = ports.store
        self.kept = kept

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def find_unsent(self, before: datetime, limit: int = 100) -> list[Command]:
        return [command for command, at in self.kept.items() if at <= before][:limit]

    def mark_sent(self, tenant: str, ids: list[str]) -> None:
        self.kept = {command: at for command, at in self.kept.items() if command.id not in ids}


class Queue:
    """A queue that takes commands, but not those of a run it cannot reach."""

    def __init__(self, broken: str = "") -> None:
        self.taken: list[str] = []
        self.broken = broken

    def enqueue(self, commands: list[Command]) -> None:
        for command in commands:
            if command.run == self.broken:
                raise Unavailable("tasks", "503")
            self.taken.append(command.id)


def begin(ports: Ports, *specs: Any, run: str = "run-1", **limits: Any) -> Run:
    return open_run(ports.deps, replace(opened(*specs, run=run, limits=Limits(**limits)), at=ports.clock.now()))


def forgotten(run: str, number: int = 0) -> Command:
    return Command(f"{run}.1.{number}", "attempt", "execute-step", "t-1", run)


def test_nothing_to_find_is_nothing_done(ports: Ports) -> None:
    assert set(sweep(ports.deps).values()) == {0}
    begin(ports, spec("a"))
    before = ports.run()
    assert set(sweep(ports.deps).values()) == {0}
    assert ports.run() == before


def test_a_forgotten_outbox_is_handed_over_once_it_is_surely_forgotten(ports: Ports) -> None:
    now = ports.clock.now()
    store, queue = Outbox(ports, {forgotten("run-1"): now, forgotten("run-2"): now + timedelta(seconds=20)}), Queue()
    deps = replace(ports.deps, store=store, queue=queue)
    ports.clock.move(seconds=29)
    sweep(deps)
    assert queue.taken == []
    ports.clock.move(seconds=1)
    sweep(deps)
    assert queue.taken == ["run-1.1.0"]
    ports.clock.move(seconds=20)
    sweep(deps)
    sweep(deps)
    assert queue.taken == ["run-1.1.0", "run-2.1.0"]


def test_one_command_that_cannot_be_handed_over_does_not_hold_up_the_rest(ports: Ports) -> None:
    now = ports.clock.now()
    store, queue = Outbox(ports, {forgotten("run-1"): now, forgotten("run-2"): now}), Queue(broken="run-1")
    deps = replace(ports.deps, store=store, queue=queue)
    ports.clock.move(minutes=1)
    sweep(deps)
    assert queue.taken == ["run-2.1.0"]
    assert [command.run for command in store.kept] == ["run-1"]
    queue.broken = ""
    sweep(deps)
    assert queue.taken == ["run-2.1.0", "run-1.1.0"]


def test_an_approval_nobody_gives_expires(ports: Ports) -> None:
    begin(ports, gate("approve"), spec("a", "approve"))
    ports.clock.move(days=7, seconds=-1)
    sweep(ports.deps)
    assert ports.run().status == RunStatus.AWAITING_APPROVAL
    ports.clock.move(seconds=1)
    sweep(ports.deps)
    assert ports.run().status == RunStatus.CANCELLED
    assert "no approval within the time given" in ports.run().cancel


def test_a_lost_attempt_is_handed_out_again_under_another_wake(ports: Ports) -> None:
    first = attempt_of(begin(ports, spec("a"), attempt_s=600), "a")
    ports.deliver_due(lambda command: 200)
    ports.clock.move(seconds=600)
    sweep(ports.deps)
    again = [command for command in ports.deliver_due(lambda command: 200) if command.name == "attempt"]
    assert [(c.step, c.attempt, c.wake) for c in again] == [("a", first.attempt, first.wake + 1)]
    assert ports.run().steps[0].status == StepStatus.RUNNING


def test_a_run_that_takes_too_long_ends_and_then_nobody_looks_at_it_again(ports: Ports) -> None:
    begin(ports, gate("approve"), wall_s=3600.0, approval_s=9e6)
    ports.clock.move(hours=1)
    sweep(ports.deps)
    assert ports.run().status == RunStatus.FAILED
    ended = ports.run()
    ports.clock.move(days=400)
    sweep(ports.deps)
    assert ports.run() == ended


def test_eight_sweeps_at_once_are_one(ports: Ports) -> None:
    for n in range(6):
        begin(ports, gate("approve"), spec("a", "approve"), run=f"run-{n}")
    begin(ports, spec("a"), run="run-lost", attempt_s=600)
    ports.deliver_due(lambda command: 200)
    ports.clock.move(days=7)
    together = threading.Barrier(8)

    def look(_: int) -> None:
        together.wait()
        sweep(ports.deps)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(look, range(8)))
    for n in range(6):
        assert len(ports.store.events("t-1", f"run-{n}")) == 2
        assert ports.run(run=f"run-{n}").status == RunStatus.CANCELLED
    assert len(ports.store.events("t-1", "run-lost")) == 2
    names = [(c.run, c.name, c.wake) for c in ports.deliver_due(lambda command: 200)]
    assert names.count(("run-lost", "attempt", 1)) == 1
    assert len(names) == 7  # six people told, one attempt


def test_a_run_that_goes_on_meanwhile_is_left_alone(ports: Ports) -> None:
    begin(ports, spec("a"), spec("b", "a"), attempt_s=600)
    ports.clock.move(seconds=599)
    record(ports.deps, "t-1", "run-1", ev.StepSucceeded(ports.clock.now(), "a", 1))
    before = ports.run()
    ports.clock.move(seconds=1)
    sweep(ports.deps)
    assert ports.run() == before
