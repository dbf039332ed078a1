"""Load, reduce, commit, relay: nothing gets lost or counted twice, whoever interferes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from shared.app.engine.engine import MAX_CONFLICTS, open_run, record, relay
from shared.core.errors import NotThere, VersionConflict
from shared.core.run import acts
from shared.core.run import events as ev
from shared.core.run.commands import Command
from shared.core.run.run import Limits, Run, RunStatus, Usage
from shared.ports import Commit, Loaded, Put
from tests.support.builders.runs import fold, opened, spec
from tests.support.ports.local_ports import Ports


class Between:
    """A store with somebody between us and it."""

    def __init__(self, ports: Ports, at_commit: Callable[[Commit, Callable[[Commit], str]], str]) -> None:
        self._store: Any = ports.store
        self._at_commit = at_commit

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def commit(self, commit: Commit) -> str:
        return self._at_commit(commit, self._store.commit)


class OutboxStore:
    """A store whose outbox the queue does not share: commands stay unsent until they are marked."""

    def __init__(self, ports: Ports) -> None:
        self._store: Any = ports.store
        self.outbox: dict[str, Command] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def commit(self, commit: Commit) -> str:
        version: str = self._store.commit(replace(commit, commands=()))
        self.outbox |= {command.id: command for command in commit.commands}
        return version

    def unsent(self, tenant: str, run: str) -> list[Command]:
        return [command for command in self.outbox.values() if command.run == run]

    def unsent_of(self, commit: Commit) -> list[Command]:
        return list(commit.commands)

    def mark_sent(self, tenant: str, ids: list[str]) -> None:
        for name in ids:
            self.outbox.pop(name, None)


class Taken:
    """A queue that only remembers what it took."""

    def __init__(self) -> None:
        self.commands: list[str] = []

    def enqueue(self, commands: list[Command]) -> None:
        self.commands += [command.id for command in commands]


def begin(ports: Ports, steps: int = 1, **limits: Any) -> Run:
    specs = [spec(f"s{n}") for n in range(steps)]
    return open_run(ports.deps, replace(opened(*specs, limits=Limits(**limits)), at=ports.clock.now()))


def done(ports: Ports, step: str, micros: int = 0) -> ev.StepSucceeded:
    return ev.StepSucceeded(ports.clock.now(), step, 1, {"by": step}, Usage(0, micros))


def stored_events(ports: Ports) -> list[ev.Event]:
    return [event for _, event in ports.store.events("t-1", "run-1")]


def test_a_run_is_opened_once_however_often_it_is_asked_for(ports: Ports) -> None:
    first = begin(ports)
    assert begin(ports) == first
    assert len(stored_events(ports)) == 1


def test_a_run_is_not_opened_when_what_it_builds_on_has_changed(ports: Ports) -> None:
    ports.store.put("t-1", Put("pages", "p1", {"run": "another"}))
    with pytest.raises(VersionConflict):
        open_run(ports.deps, replace(opened(spec("a")), at=ports.clock.now()), puts=(Put("pages", "p1", {}, ""),))
    assert ports.store.load_run("t-1", "run-1") is None
    assert ports.deliver_due(lambda command: 200) == []


def test_an_event_of_a_run_that_is_not_there_is_refused(ports: Ports) -> None:
    with pytest.raises(NotThere):
        record(ports.deps, "t-1", "run-1", done(ports, "s0"))
    begin(ports)
    with pytest.raises(NotThere):
        record(ports.deps, "t-2", "run-1", done(ports, "s0"))


def test_an_event_that_no_longer_fits_saves_nothing(ports: Ports) -> None:
    begin(ports, 2)
    record(ports.deps, "t-1", "run-1", done(ports, "s0"))
    before = ports.store.load_run("t-1", "run-1")
    record(ports.deps, "t-1", "run-1", done(ports, "s0"))
    assert ports.store.load_run("t-1", "run-1") == before
    assert len(stored_events(ports)) == 2


def test_sixteen_at_once_lose_no_event(ports: Ports) -> None:
    begin(ports, 64, parallel=64)
    together = threading.Barrier(16)

    def finish(worker: int) -> None:
        together.wait()
        for n in range(worker, 64, 16):
            record(ports.deps, "t-1", "run-1", done(ports, f"s{n}", micros=n))

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(finish, range(16)))
    run = ports.run()
    assert run.status == RunStatus.SUCCEEDED
    assert run.seq == 65
    assert [number for number, _ in ports.store.events("t-1", "run-1")] == list(range(1, 66))
    assert run.spent == Usage(0, sum(range(64)))
    doc = ports.store.get("t-1", "ledgers", ports.clock.now().date().isoformat()[:7])
    assert doc is not None
    assert doc.body["days"][ports.clock.now().date().isoformat()][:3] == [sum(range(64)), 0, 0]
    assert fold(stored_events(ports)) == run


def test_sixteen_with_the_same_event_count_it_once(ports: Ports) -> None:
    begin(ports, 2)
    together = threading.Barrier(16)

    def finish(_: int) -> None:
        together.wait()
        record(ports.deps, "t-1", "run-1", done(ports, "s0", micros=7))

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(finish, range(16)))
    assert len(stored_events(ports)) == 2
    assert ports.run().spent == Usage(0, 7)


def test_a_commit_whose_answer_is_lost_is_recognised_when_it_comes_again(ports: Ports) -> None:
    begin(ports, 2)

    def lose_the_answer(commit: Commit, save: Callable[[Commit], str]) -> str:
        save(commit)
        raise ConnectionError("the answer never came")

    broken = replace(ports.deps, store=Between(ports, lose_the_answer))
    with pytest.raises(ConnectionError):
        record(broken, "t-1", "run-1", done(ports, "s0", micros=7))
    after = record(ports.deps, "t-1", "run-1", done(ports, "s0", micros=7))
    assert after.spent == Usage(0, 7)
    assert len(stored_events(ports)) == 2


def test_a_commit_that_looks_refused_but_was_saved_is_not_counted_twice(ports: Ports) -> None:
    begin(ports, 2)
    calls = []

    def refuse_what_was_saved(commit: Commit, save: Callable[[Commit], str]) -> str:
        calls.append(save(commit))
        raise VersionConflict("somebody saved first: we did")

    broken = replace(ports.deps, store=Between(ports, refuse_what_was_saved))
    after = record(broken, "t-1", "run-1", done(ports, "s0", micros=7))
    assert len(calls) == 1
    assert after.spent == Usage(0, 7)
    assert len(stored_events(ports)) == 2


def test_somebody_who_always_wins_ends_in_a_conflict_and_not_in_a_loop(ports: Ports) -> None:
    begin(ports)
    tried = []

    def always_refuse(commit: Commit, save: Callable[[Commit], str]) -> str:
        tried.append(commit.token)
        raise VersionConflict("somebody else saved first")

    broken = replace(ports.deps, store=Between(ports, always_refuse))
    with pytest.raises(VersionConflict, match=f"{MAX_CONFLICTS} times in a row"):
        record(broken, "t-1", "run-1", done(ports, "s0"))
    assert len(tried) == len(set(tried)) == MAX_CONFLICTS
    assert len(stored_events(ports)) == 1


def test_an_event_goes_onto_what_others_saved_meanwhile(ports: Ports) -> None:
    begin(ports, 3)
    others = [done(ports, "s1"), done(ports, "s2")]

    def others_first(commit: Commit, save: Callable[[Commit], str]) -> str:
        if others:
            record(ports.deps, "t-1", "run-1", others.pop(0))
        return save(commit)

    after = record(replace(ports.deps, store=Between(ports, others_first)), "t-1", "run-1", done(ports, "s0"))
    assert after.status == RunStatus.SUCCEEDED
    assert len(stored_events(ports)) == 4


def test_a_run_that_vanishes_meanwhile_is_said_to_be_gone(ports: Ports) -> None:
    begin(ports)

    class Vanishing(Between):
        def load_run(self, tenant: str, run: str) -> Loaded | None:
            loads.append(run)
            found: Loaded | None = self._store.load_run(tenant, run)
            return found if len(loads) == 1 else None

    loads: list[str] = []

    def refuse(commit: Commit, save: Callable[[Commit], str]) -> str:
        raise VersionConflict("gone")

    with pytest.raises(NotThere):
        record(replace(ports.deps, store=Vanishing(ports, refuse)), "t-1", "run-1", done(ports, "s0"))


def test_what_a_death_before_the_relay_left_behind_is_handed_over_by_the_next_one(ports: Ports) -> None:
    store, queue = OutboxStore(ports), Taken()

    def die(point: str) -> None:
        if point.startswith("relay.before"):
            raise KeyboardInterrupt(point)

    whole = replace(ports.deps, store=store, queue=queue)
    with pytest.raises(KeyboardInterrupt):
        open_run(replace(whole, crash_point=die), replace(opened(spec("a")), at=ports.clock.now()))
    assert queue.commands == []
    relay(whole, "t-1", "run-1")
    assert queue.commands == ["run-1.1.0"]
    relay(whole, "t-1", "run-1")
    assert queue.commands == ["run-1.1.0"]


def test_a_death_after_the_relay_hands_over_the_same_names_again(ports: Ports) -> None:
    store, queue = OutboxStore(ports), Taken()

    def die(point: str) -> None:
        if point.startswith("relay.after"):
            raise KeyboardInterrupt(point)

    whole = replace(ports.deps, store=store, queue=queue)
    with pytest.raises(KeyboardInterrupt):
        open_run(replace(whole, crash_point=die), replace(opened(spec("a")), at=ports.clock.now()))
    relay(whole, "t-1", "run-1")
    assert queue.commands == ["run-1.1.0", "run-1.1.0"]


def test_people_can_read_who_decided_what_and_how_it_ended(ports: Ports) -> None:
    begin(ports)
    record(ports.deps, "t-1", "run-1", acts.CancelRequested(ports.clock.now(), "Mira", "too dear"))
    record(ports.deps, "t-1", "run-1", ev.StepFailed(ports.clock.now(), "s0", 1, "stopped"))
    kept = [(doc.body["what"], doc.body["by"]) for doc in ports.store.audit("t-1")]
    assert kept == [("RunOpened", "test"), ("CancelRequested", "Mira"), ("run_cancelled", "workwright")]
