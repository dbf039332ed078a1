"""The embedded backends of Store and Queue, and what the contract suite of Queue asks of a backend under test."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from shared.backends.local.delivery.dispatcher import Dispatcher
from shared.backends.local.delivery.local_queue import LocalQueue
from shared.backends.local.delivery.options import DispatchOptions
from shared.backends.local.state.local_store import LocalStore
from shared.core.run.commands import Command
from shared.ports import Queue, Store
from tests.support.ports.moved_clock import MovedClock


class QueueRig(Protocol):
    """A queue with a receiver at its other end. The last three say where backends may differ, and how."""

    store: Store
    queue: Queue
    received: list[Command]  # every delivery, in order
    answers: defaultdict[str, list[int]]  # by command id: statuses of the next deliveries; 200 afterwards
    while_delivering: Callable[[Command], None]  # what the receiver does before it answers
    burst: int  # how many deliveries a function with a rate may get at once after a rest
    buries_by_itself: bool  # whether a command that failed eight times becomes a dead letter without our help
    horizon: timedelta | None  # how far ahead a delivery may be ordered; a later one is left to `sweep`

    def settle(self) -> None:
        """Deliver what is due, and return when nothing more is."""

    def later(self, seconds: float) -> None:
        """Let that much time pass for the queue, then settle."""


class LocalRig:
    """The local queue, stepped by hand under a clock in hand."""

    burst = 1  # deliveries are spaced evenly
    buries_by_itself = True
    horizon: timedelta | None = None

    def __init__(self, store: LocalStore, clock: MovedClock, options: DispatchOptions) -> None:
        self.store: Store = store
        self.clock = clock
        self.queue: Queue = LocalQueue(store, clock)
        self.received: list[Command] = []
        self.answers: defaultdict[str, list[int]] = defaultdict(list)
        self.while_delivering: Callable[[Command], None] = lambda _: None
        self.dispatcher = Dispatcher(store, self._receive, clock, options)

    def settle(self) -> None:
        """Deliver what is due, and return when nothing more is."""
        while self.dispatcher.deliver_one():
            pass

    def later(self, seconds: float) -> None:
        """Move the clock, then settle."""
        self.clock.move(seconds=seconds)
        self.settle()

    def _receive(self, command: Command) -> int:
        self.received.append(command)
        self.while_delivering(command)
        answers = self.answers[command.id]
        return answers.pop(0) if answers else 200


@contextmanager
def sqlite_store(folder: Path, clock: MovedClock) -> Iterator[Store]:
    """Open the embedded store."""
    with LocalStore(folder, clock) as store:
        yield store


@contextmanager
def sqlite_rig(folder: Path, clock: MovedClock, rate: float = 0.0) -> Iterator[QueueRig]:
    """Open the embedded queue; `rate` is per second, for the function `notify`."""
    with LocalStore(folder, clock) as store:
        rig = LocalRig(store, clock, DispatchOptions(workers=0, rates={"notify": rate} if rate else {}))
        rig.dispatcher.start()
        yield rig
        assert rig.dispatcher.stop()


STORES: dict[str, Callable[[Path, MovedClock], AbstractContextManager[Store]]] = {"sqlite": sqlite_store}
QUEUES: dict[str, Callable[[Path, MovedClock, float], AbstractContextManager[QueueRig]]] = {"sqlite": sqlite_rig}
