"""How the local queue delivers: turns, retries, poison, the commit that acknowledges, and threads."""

from __future__ import annotations

import json
import threading
from collections import Counter
from datetime import timedelta
from pathlib import Path

from shared.backends.local.delivery.dispatcher import Dispatcher
from shared.backends.local.delivery.local_queue import LocalQueue
from shared.backends.local.delivery.options import DispatchOptions
from shared.backends.local.delivery.outcomes import DeliveryResult
from shared.backends.local.state.local_store import LocalStore
from shared.core.backoff import Waits
from shared.core.run.commands import Command
from tests.support.builders.saved_runs import a_command, a_run, following, opening
from tests.support.ports.backends import LocalRig
from tests.support.ports.moved_clock import START, MovedClock
from tests.support.ports.queue_in_hand import Open, count_rows, received_ids

# --- retries and dead letters


def test_retries_wait_twice_as_long_each_time_up_to_the_cap(open_rig: Open) -> None:
    with open_rig(waits=Waits(timedelta(seconds=1), timedelta(seconds=4))) as rig:
        rig.answers["c1"] = [500] * 5
        rig.queue.enqueue([a_command("c1")])
        rig.settle()
        waits = []
        while (due := rig.dispatcher.find_next_due()) is not None:
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
        assert dispatcher.find_next_due() == START + timedelta(seconds=90)
        dispatcher.stop()


def test_after_eight_deliveries_a_command_is_put_aside_with_the_reason(open_rig: Open) -> None:
    with open_rig() as rig:
        rig.answers["bad"] = [503] * 100
        rig.queue.enqueue([a_command("bad"), a_command("good")])
        for _ in range(20):
            rig.later(60)
        assert Counter(received_ids(rig)) == {"bad": 8, "good": 1}
        (letter,) = rig.queue.dead_letters("acme")
        assert (letter.command.id, letter.reason, letter.deliveries) == ("bad", "answered 503", 8)
        rig.answers.clear()
        rig.queue.replay("acme", "bad")
        rig.settle()
        assert Counter(received_ids(rig))["bad"] == 9
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
        assert received_ids(rig) == ["c1"] * 3
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
        assert count_rows(store) == 0
        assert store.stats.transactions == 3  # opened, handled, and the end of the second: no other wait for the disk
        dispatcher.stop()


def test_tasks_of_before_the_start_are_delivered(open_rig: Open, tmp_path: Path) -> None:
    with LocalStore(tmp_path, MovedClock()) as store:
        store.commit(opening(a_run(), a_command("r1.1.0")))
    with open_rig() as rig:
        rig.settle()
        assert received_ids(rig) == ["r1.1.0"]
    with open_rig() as rig:
        rig.settle()
        assert received_ids(rig) == []


def test_a_task_of_another_version_is_left_for_the_code_that_reads_it(open_rig: Open, tmp_path: Path) -> None:
    with LocalStore(tmp_path, MovedClock()) as store:
        LocalQueue(store, MovedClock()).enqueue([a_command("new", name="teleport"), a_command("old")])
    with open_rig() as rig:
        rig.settle()
        assert received_ids(rig) == ["old"]
        assert count_rows(rig.dispatcher._store) == 1


# --- turns


def test_a_tenant_with_a_thousand_tasks_does_not_delay_anothers_one(open_rig: Open) -> None:
    with open_rig() as rig:
        rig.queue.enqueue([a_command(f"a{n}", tenant="acme") for n in range(1000)])
        rig.queue.enqueue([a_command("g0", tenant="globex")])
        for _ in range(2):
            assert rig.dispatcher.deliver_one()
        assert received_ids(rig) == ["a0", "g0"]


def test_functions_take_turns_too(open_rig: Open) -> None:
    with open_rig() as rig:
        rig.queue.enqueue([a_command(f"a{n}") for n in range(100)])
        rig.queue.enqueue([a_command("n0", function="notify")])
        for _ in range(2):
            assert rig.dispatcher.deliver_one()
        assert received_ids(rig) == ["a0", "n0"]


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
            assert count_rows(store) == 0
            orders.append(received_ids(rig))
    counts = Counter(orders[0])
    assert set(counts) == {f"c{n}" for n in range(20)}
    assert set(counts.values()) == {1, 2}
    assert orders[0] == orders[1] != orders[2]


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
        assert count_rows(store) == 0


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
        assert count_rows(store) == 1  # the second was not begun, and is there for the next start


def test_a_task_is_small(tmp_path: Path) -> None:
    with LocalStore(tmp_path, MovedClock()) as store:
        LocalQueue(store, MovedClock()).enqueue([a_command("c1", run="r1", step="s1")])
        with store.reading() as connection:
            (body,) = connection.execute("SELECT body FROM tasks").fetchone()
    wanted = {"id": "c1", "name": "attempt", "function": "execute-step", "tenant": "acme", "run": "r1", "step": "s1"}
    assert json.loads(body) == wanted
