"""The local queue when a worker dies: not the command's fault, until it is; and nobody else waits for it."""

from __future__ import annotations

import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from shared.backends.local.delivery.in_flight import InFlight
from shared.backends.local.delivery.outcomes import NOBODY
from shared.backends.local.state.local_store import LocalStore
from shared.core.backoff import Waits
from tests.support.builders.saved_runs import a_command
from tests.support.ports.moved_clock import MovedClock
from tests.support.ports.queue_in_hand import Open, count_rows

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
while dispatcher.find_next_due() is not None:
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
        while rig.dispatcher.deliver_one() and (due := rig.dispatcher.find_next_due()) is not None:
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
        assert count_rows(store) == 0


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
