"""How the local queue delivers: turns, retries, poison, deaths, a clock that is moved, and threads."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.backends.local.delivery.dispatcher import Dispatcher
from shared.backends.local.delivery.in_flight import InFlight
from shared.backends.local.delivery.local_queue import LocalQueue
from shared.backends.local.delivery.options import DispatchOptions
from shared.backends.local.delivery.outcomes import NOBODY, DeliveryResult
from shared.backends.local.state.local_store import LocalStore
from shared.core.backoff import Waits
from shared.core.run.commands import NOTIFY, Command
from tests.support.builders.saved_runs import a_command, a_run, following, opening
from tests.support.ports.backends import LocalRig
from tests.support.ports.moved_clock import START, MovedClock

Open = Callable[..., AbstractContextManager[LocalRig]]


@pytest.fixture
def open_rig(tmp_path: Path) -> Open:
    clock = MovedClock()

    @contextmanager
    def open_rig(**options: Any):
        with LocalStore(tmp_path, clock) as store:
            rig = LocalRig(store, clock, DispatchOptions(workers=0, **options))
            rig.dispatcher.start()
            yield rig
            assert rig.dispatcher.stop()

    return open_rig


def ids(rig: LocalRig) -> list[str]:
    return [command.id for command in rig.received]


def rows(store: LocalStore) -> int:
    with store.reading() as connection:
        return connection.execute("SELECT count(*) FROM tasks").fetchone()[0]


# --- retries and dead letters


def test_retries_wait_twice_as_long_each_time_up_to_the_cap(open_rig: Open) -> None:
    with open_rig(waits=Waits(timedelta(seconds=1), timedelta(seconds=4))) as rig:
        rig.answers["c1"] = [500] * 5
        rig.queue.enqueue([a_command("c1")])
        rig.settle()
        waits = []
        while (due := rig.dispatcher.next_due()) is not None:
            waits.append((due - rig.clock.now()).total_seconds())
            rig.later(waits[-1])
        assert waits == [1, 2, 4, 4, 4]


def test_the_receivers_own_wait_is_a_lower_bound(tmp_path: Path) -> None:
    clock = MovedClock()
    with LocalStore(tmp_path, clock) as store:
        answer = DeliveryResult(500, retry_after=timedelta(seconds=90))
        dispatcher = Dispatcher(store, lambda _: answer, clock, DispatchOptions(workers=0))
        dispatcher.start()
        LocalQueue(store, clock).enqueue([a_command("c1")])
        assert dispatcher.deliver_one()
        assert dispatcher.next_due() == START + timedelta(seconds=90)
        dispatcher.stop()


def test_after_eight_deliveries_a_command_is_put_aside_with_the_reason(open_rig: Open) -> None:
    with open_rig() as rig:
        rig.answers["bad"] = [503] * 100
        rig.queue.enqueue([a_command("bad"), a_command("good")])
        for _ in range(20):
            rig.later(60)
        assert Counter(ids(rig)) == {"bad": 8, "good": 1}
        (letter,) = rig.queue.dead_letters("acme")
        assert (letter.command.id, letter.reason, letter.deliveries) == ("bad", "answered 503", 8)
        rig.answers.clear()
        rig.queue.replay("acme", "bad")
        rig.settle()
        assert Counter(ids(rig))["bad"] == 9
        assert rig.queue.dead_letters("acme") == []


def test_an_exception_is_a_failed_delivery_and_its_name_the_reason(tmp_path: Path) -> None:
    def broken(_: Command) -> int:
        raise LookupError("no such house")

    clock = MovedClock()
    with LocalStore(tmp_path, clock) as store:
        dispatcher = Dispatcher(store, broken, clock, DispatchOptions(workers=0, max_deliveries=2))
        dispatcher.start()
        queue = LocalQueue(store, clock)
        queue.enqueue([a_command("c1")])
        while dispatcher.deliver_one():
            clock.move(seconds=60)
        assert [letter.reason for letter in queue.dead_letters("acme")] == ["LookupError: no such house"]
        dispatcher.stop()


def test_failed_deliveries_and_dead_letters_survive_a_restart(open_rig: Open) -> None:
    with open_rig() as rig:
        rig.answers["c1"] = [500] * 100
        rig.queue.bury(a_command("dead"), "gave up", 3)
        rig.queue.enqueue([a_command("c1")])
        rig.settle()
        for _ in range(4):
            rig.later(60)
    with open_rig() as rig:
        rig.answers["c1"] = [500] * 100
        for _ in range(20):
            rig.later(60)
        assert ids(rig) == ["c1"] * 3
        assert [letter.command.id for letter in rig.queue.dead_letters("acme")] == ["dead", "c1"]


# --- the commit acknowledges


def test_a_commit_takes_the_command_it_handled_out_of_the_queue(tmp_path: Path) -> None:
    clock = MovedClock()
    with LocalStore(tmp_path, clock) as store:
        received = []

        def handle(command: Command) -> int:
            received.append(command.id)
            if command.id == "r1.1.0":
                read = store.load_run("acme", "r1")
                assert read is not None
                store.commit(following(read, a_command("r1.2.0", run="r1"), handled=command.id))
                return 500  # died after its commit, say
            return 200

        dispatcher = Dispatcher(store, handle, clock, DispatchOptions(workers=0))
        dispatcher.start()
        store.commit(opening(a_run(), a_command("r1.1.0", run="r1")))
        while dispatcher.deliver_one():
            clock.move(seconds=100)
        assert received == ["r1.1.0", "r1.2.0"]
        assert rows(store) == 0
        assert store.stats.transactions == 3  # opened, handled, and the end of the second: no other wait for the disk
        dispatcher.stop()


def test_tasks_of_before_the_start_are_delivered(open_rig: Open, tmp_path: Path) -> None:
    with LocalStore(tmp_path, MovedClock()) as store:
        store.commit(opening(a_run(), a_command("r1.1.0")))
    with open_rig() as rig:
        rig.settle()
        assert ids(rig) == ["r1.1.0"]
    with open_rig() as rig:
        rig.settle()
        assert ids(rig) == []


def test_a_task_of_another_version_is_left_for_the_code_that_reads_it(open_rig: Open, tmp_path: Path) -> None:
    with LocalStore(tmp_path, MovedClock()) as store:
        LocalQueue(store, MovedClock()).enqueue([a_command("new", name="teleport"), a_command("old")])
    with open_rig() as rig:
        rig.settle()
        assert ids(rig) == ["old"]
        assert rows(rig.dispatcher._store) == 1


# --- turns


def test_a_tenant_with_a_thousand_tasks_does_not_delay_anothers_one(open_rig: Open) -> None:
    with open_rig() as rig:
        rig.queue.enqueue([a_command(f"a{n}", tenant="acme") for n in range(1000)])
        rig.queue.enqueue([a_command("g0", tenant="globex")])
        for _ in range(2):
            assert rig.dispatcher.deliver_one()
        assert ids(rig) == ["a0", "g0"]


def test_functions_take_turns_too(open_rig: Open) -> None:
    with open_rig() as rig:
        rig.queue.enqueue([a_command(f"a{n}") for n in range(100)])
        rig.queue.enqueue([a_command("n0", function="notify")])
        for _ in range(2):
            assert rig.dispatcher.deliver_one()
        assert ids(rig) == ["a0", "n0"]


def test_shuffled_and_duplicated_deliveries_are_the_same_for_one_seed(tmp_path: Path) -> None:
    orders = []
    for attempt, seed in enumerate((1, 1, 2)):
        clock = MovedClock()
        with LocalStore(tmp_path / str(attempt), clock) as store:
            options = DispatchOptions(workers=0, shuffle_seed=seed, duplicate_rate=0.5)
            rig = LocalRig(store, clock, options)
            rig.dispatcher.start()
            rig.queue.enqueue([a_command(f"c{n}", tenant=f"t{n % 3}") for n in range(20)])
            rig.settle()
            rig.dispatcher.stop()
            assert rows(store) == 0
            orders.append(ids(rig))
    counts = Counter(orders[0])
    assert set(counts) == {f"c{n}" for n in range(20)}
    assert set(counts.values()) == {1, 2}
    assert orders[0] == orders[1] != orders[2]


# --- the clock


def test_a_clock_moved_on_a_day_makes_everything_due(open_rig: Open) -> None:
    with open_rig() as rig:
        rig.answers["failed"] = [500]
        rig.queue.enqueue([a_command("failed"), a_command("late", not_before=START + timedelta(hours=23))])
        rig.settle()
        rig.clock.move(days=1)
        assert not rig.dispatcher.idle()
        rig.settle()
        assert sorted(ids(rig)) == ["failed", "failed", "late"]
        assert rig.dispatcher.idle()
        assert rig.dispatcher.next_due() is None


def test_a_clock_moved_back_an_hour_loses_and_doubles_nothing(open_rig: Open) -> None:
    with open_rig() as rig:
        rig.answers["failed"] = [500]
        rig.queue.enqueue([a_command("done"), a_command("failed")])
        rig.queue.enqueue([a_command("late", name=NOTIFY, not_before=START + timedelta(minutes=1))])
        rig.settle()
        rig.clock.move(hours=-1)
        rig.queue.enqueue([a_command("done"), a_command("new")])
        rig.settle()
        assert ids(rig) == ["done", "failed", "new"]
        rig.later(61)  # a retry does not wait for the hour to come again
        assert ids(rig) == ["done", "failed", "new", "failed"]
        rig.later(3600)
        assert Counter(ids(rig)) == {"done": 1, "failed": 2, "new": 1, "late": 1}


@pytest.mark.parametrize("name", ["attempt", "undo", "mirror", "consider", "look", "reconcile"])
def test_a_clock_moved_back_an_hour_lets_nobody_wait_longer_than_it_wanted_to(open_rig: Open, name: str) -> None:
    with open_rig() as rig:
        rig.queue.enqueue([a_command("poll", name=name, not_before=START + timedelta(seconds=30))])
        rig.settle()
        rig.clock.move(hours=-1)
        rig.settle()
        assert ids(rig) == []
        rig.later(29)
        assert ids(rig) == []
        rig.later(2)
        assert ids(rig) == ["poll"]


def test_what_is_handed_over_while_the_clock_is_turned_back_does_not_wait_for_the_hour(open_rig: Open) -> None:
    with open_rig() as rig:
        rig.settle()
        before = rig.clock.now()
        rig.clock.move(hours=-1)
        mirror = a_command("again", name="mirror", not_before=before + timedelta(seconds=30))
        rig.queue.enqueue([mirror, a_command("quiet", name=NOTIFY, not_before=before + timedelta(seconds=30))])
        rig.later(31)
        assert ids(rig) == ["again"]
        rig.later(10)
        rig.queue.enqueue([a_command("patient", name="mirror", not_before=rig.clock.now() + timedelta(hours=2))])
        rig.later(7190)
        assert ids(rig) == ["again", "quiet"]
        rig.later(11)
        assert ids(rig) == ["again", "quiet", "patient"]


def test_a_clock_moved_back_between_two_starts_does_not_delay_a_retry(open_rig: Open) -> None:
    with open_rig() as rig:
        rig.answers["failed"] = [500]
        rig.queue.enqueue([a_command("failed")])
        rig.settle()
        clock = rig.clock
    clock.move(days=-1)
    with open_rig() as rig:
        rig.later(61)
        assert ids(rig) == ["failed"]


# --- deaths

_KILLED = """
import os, signal, sys
from pathlib import Path
from shared.backends.clock import SystemClock
from shared.backends.local.delivery.dispatcher import Dispatcher
from shared.backends.local.delivery.options import DispatchOptions
from shared.backends.local.state.local_store import LocalStore
from shared.backends.local.delivery.local_queue import LocalQueue
from shared.core.run.commands import Command
clock = SystemClock()
store = LocalStore(Path(sys.argv[1]), clock)
queue = LocalQueue(store, clock)
def deliver(command):
    print(command.id, flush=True)
    if command.id == "killer":
        os.kill(os.getpid(), signal.SIGKILL)
    return 200
queue.enqueue([Command("killer", "attempt", "execute-step", "acme")])
dispatcher = Dispatcher(store, deliver, clock, DispatchOptions(workers=0, max_unanswered=3))
dispatcher.start()
queue.enqueue([Command("kind", "attempt", "execute-step", "acme")])
while dispatcher.deliver_one():
    pass
dispatcher.stop()
print([(d.command.id, d.deliveries) for d in queue.dead_letters("acme")])
"""


_BESIDE = """
import os, signal, sys
from pathlib import Path
from shared.backends.clock import SystemClock
from shared.backends.local.delivery.dispatcher import Dispatcher
from shared.backends.local.delivery.options import DispatchOptions
from shared.backends.local.delivery.local_queue import LocalQueue
from shared.backends.local.state.local_store import LocalStore
from shared.core.run.commands import Command
clock, life = SystemClock(), int(sys.argv[2])
store = LocalStore(Path(sys.argv[1]), clock)
queue = LocalQueue(store, clock)
def deliver(command):
    if life < 10:
        os.kill(os.getpid(), signal.SIGKILL)  # as somebody outside does, whatever is under way
    return 200
queue.enqueue([Command("long", "attempt", "execute-step", "acme")])
dispatcher = Dispatcher(store, deliver, clock, DispatchOptions(workers=0))
dispatcher.start()
while dispatcher.next_due() is not None:
    dispatcher.deliver_one()
dispatcher.stop()
print([(d.command.id, d.reason) for d in queue.dead_letters("acme")])
"""


@pytest.mark.slow
def test_ten_deaths_of_its_worker_are_not_the_commands_fault(tmp_path: Path) -> None:
    """Eight answers with a failure put a command aside; ten deaths do not."""
    for life in range(11):
        done = subprocess.run(
            [sys.executable, "-c", _BESIDE, str(tmp_path), str(life)], capture_output=True, text=True, check=False
        )
        assert done.returncode == (-signal.SIGKILL if life < 10 else 0), done.stderr
    assert done.stdout == "[]\n"


def test_after_many_deaths_a_command_waits_longer_each_time_and_leaves_the_others_their_turn(open_rig: Open) -> None:
    """At once for the first eight, then after 1, 2, 4 … seconds, and at last ten minutes; then it is put aside."""
    waits: list[float] = []
    with open_rig(waits=Waits(timedelta(0), timedelta(seconds=60))) as rig:
        rig.answers["killer"] = [NOBODY] * 40
        rig.queue.enqueue([a_command("killer")])
        while rig.dispatcher.deliver_one() and (due := rig.dispatcher.next_due()) is not None:
            waits.append((due - rig.clock.now()).total_seconds())
            rig.clock.move(seconds=waits[-1])
        (letter,) = rig.queue.dead_letters("acme")
    assert waits == [0.0] * 8 + [float(min(2**n, 600)) for n in range(31)]
    assert (letter.deliveries, letter.reason) == (40, "40 of 40 deliveries were never answered: their worker died")
    assert 3.5 * 3600 < sum(waits) < 4.5 * 3600


def test_deaths_and_failures_are_counted_apart(open_rig: Open) -> None:
    with open_rig(waits=Waits(timedelta(0), timedelta(seconds=60))) as rig:
        rig.answers["unlucky"] = [NOBODY] * 8 + [500] * 7
        rig.queue.enqueue([a_command("unlucky")])
        rig.settle()
        assert rig.queue.dead_letters("acme") == []
        assert len(rig.received) == 16


@pytest.mark.slow
def test_a_command_that_kills_its_worker_is_put_aside(tmp_path: Path) -> None:
    outcomes = []
    for _ in range(4):
        done = subprocess.run(
            [sys.executable, "-c", _KILLED, str(tmp_path)], capture_output=True, text=True, check=False
        )
        outcomes.append((done.returncode, done.stdout.split("\n")[:2]))
    killed = (-signal.SIGKILL, ["killer", ""])
    assert outcomes == [killed] * 3 + [(0, ["kind", "[('killer', 3)]"])]


_HOUSE = """
import os
import sys
from dataclasses import replace
from pathlib import Path
from shared.backends.clock import SystemClock
from shared.backends.local.delivery.dispatcher import Dispatcher
from shared.backends.local.delivery.options import DispatchOptions
from shared.backends.local.state.local_store import LocalStore
from tests.support.builders.saved_runs import a_command, a_run, following, opening
clock = SystemClock()
store = LocalStore(Path(sys.argv[1]), clock)
def deliver(command):
    read = store.load_run("acme", command.run)
    seq = read.run.seq + 1
    more = [a_command(f"{command.run}.{seq}.0", run=command.run)] if seq < 30 else []
    store.commit(following(read, *more, handled=command.id))
    os.write(1, b"step\\n")  # print writes the end of the line by itself, and threads get in between
    return 200
dispatcher = Dispatcher(store, deliver, clock, DispatchOptions(workers=4, max_deliveries=100))
dispatcher.start()
for n in range(20):
    if store.load_run("acme", f"r{n}") is None:
        store.commit(opening(a_run(f"r{n}"), a_command(f"r{n}.1.0", run=f"r{n}")))
print("idle", dispatcher.wait_idle(60), dispatcher.stop(), flush=True)
"""


@pytest.mark.slow
def test_a_house_killed_again_and_again_finishes_every_run(tmp_path: Path) -> None:
    for steps in (30, 100, 60):
        with subprocess.Popen(
            [sys.executable, "-c", _HOUSE, str(tmp_path)], stdout=subprocess.PIPE, text=True
        ) as house:
            assert house.stdout is not None
            lines = [house.stdout.readline() for _ in range(steps)]
            house.kill()
        assert lines == ["step\n"] * steps
    last = subprocess.run([sys.executable, "-c", _HOUSE, str(tmp_path)], capture_output=True, text=True, check=True)
    assert last.stdout.endswith("idle True True\n")
    with LocalStore(tmp_path, MovedClock()) as store:
        for number in range(20):
            assert [seq for seq, _ in store.events("acme", f"r{number}")] == list(range(1, 31))
        assert rows(store) == 0


def test_a_long_journal_is_written_anew_with_what_is_in_flight(tmp_path: Path) -> None:
    path = tmp_path / "in-flight"
    journal = InFlight(path)
    journal.begin("acme", "unfinished")
    for number in range(12_000):
        journal.begin("acme", f"{number:050d}")
        journal.end("acme", f"{number:050d}")
    journal.close()
    assert path.stat().st_size < 1024 * 1024
    again = InFlight(path)
    again.close()
    assert again.interrupted == [("acme", "unfinished")]


# --- threads


def test_workers_deliver_everything_once_and_stop_leaves_nothing_behind(tmp_path: Path) -> None:
    clock = MovedClock()
    received: Counter[str] = Counter()
    lock = threading.Lock()
    with LocalStore(tmp_path, clock) as store:

        def handle(command: Command) -> int:
            with lock:
                received[command.id] += 1
            read = store.load_run(command.tenant, command.run)
            assert read is not None
            more = [a_command(f"{command.run}.{read.run.seq + 1}.0", run=command.run)] if read.run.seq < 6 else []
            store.commit(following(read, *more, handled=command.id))
            return 200

        dispatcher = Dispatcher(store, handle, clock, DispatchOptions(workers=8))
        dispatcher.start()
        for number in range(40):
            store.commit(opening(a_run(f"r{number}"), a_command(f"r{number}.1.0", run=f"r{number}")))
        assert dispatcher.wait_idle(30)
        assert dispatcher.stop()
        assert dispatcher.stop()
        assert set(received.values()) == {1}
        assert len(received) == 40 * 6
        assert {run.seq for run in store.list_runs("acme")} == {7}
        assert rows(store) == 0


def test_a_function_runs_no_more_side_by_side_than_its_limit(tmp_path: Path) -> None:
    clock = MovedClock()
    lock, running, most, total = threading.Lock(), Counter[str](), Counter[str](), Counter[str]()
    both = threading.Barrier(3)  # two of `plan` and one of `notify` at once, or the test never ends

    def handle(command: Command) -> int:
        with lock:
            running[command.function] += 1
            total[command.function] += 1
            most[command.function] = max(most[command.function], running[command.function])
        both.wait(20)
        with lock:
            running[command.function] -= 1
        return 200

    with LocalStore(tmp_path, clock) as store:
        options = DispatchOptions(workers=6, concurrency={"plan": 2, "notify": 1})
        dispatcher = Dispatcher(store, handle, clock, options)
        dispatcher.start()
        names = ["plan"] * 8 + ["notify"] * 4
        LocalQueue(store, clock).enqueue([a_command(f"c{n}", function=name) for n, name in enumerate(names)])
        assert dispatcher.wait_idle(30)
        assert dispatcher.stop()
    assert most == {"plan": 2, "notify": 1}
    assert total == {"plan": 8, "notify": 4}


def test_stop_waits_for_what_is_in_flight(tmp_path: Path) -> None:
    clock = MovedClock()
    begun, go_on = threading.Event(), threading.Event()

    def handle(_: Command) -> int:
        begun.set()
        go_on.wait(20)
        return 200

    with LocalStore(tmp_path, clock) as store:
        dispatcher = Dispatcher(store, handle, clock, DispatchOptions(workers=1))
        dispatcher.start()
        LocalQueue(store, clock).enqueue([a_command("c1"), a_command("c2")])
        assert begun.wait(20)
        assert not dispatcher.stop(timeout=0.01)
        go_on.set()
        assert dispatcher.stop()
        assert rows(store) == 1  # the second was not begun, and is there for the next start


def test_a_task_is_small(tmp_path: Path) -> None:
    with LocalStore(tmp_path, MovedClock()) as store:
        LocalQueue(store, MovedClock()).enqueue([a_command("c1", run="r1", step="s1")])
        with store.reading() as connection:
            (body,) = connection.execute("SELECT body FROM tasks").fetchone()
    wanted = {"id": "c1", "name": "attempt", "function": "execute-step", "tenant": "acme", "run": "r1", "step": "s1"}
    assert json.loads(body) == wanted
