"""Delivers the tasks of the local queue, as Cloud Tasks does: at least once, with delays, retries, rates and limits.

All tasks are in memory beside the file: read at the start, then told by every commit. A task whose function committed
is gone with that commit; other ends are written with the next group, and at the latest when nothing is left to do.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Callable
from datetime import datetime

from shared.backends.local.delivery import tasks
from shared.backends.local.delivery.in_flight import InFlight
from shared.backends.local.delivery.lanes import Task
from shared.backends.local.delivery.options import DispatchOptions
from shared.backends.local.delivery.outcomes import DeliveryResult, Outcomes, Patience
from shared.backends.local.delivery.waiting_tasks import Waiting
from shared.backends.local.state.commit_group import Changes
from shared.backends.local.state.encoding import from_micros, to_micros
from shared.backends.local.state.local_store import LocalStore
from shared.core.deliveries import Tries
from shared.core.errors import run_guarded
from shared.core.run.commands import Command
from shared.ports import Clock

JOURNAL = "in-flight"

_LOG = logging.getLogger(__name__)
_LOOK_SECONDS = 0.25  # how long an idle worker sleeps before it looks at the clock, which somebody may have moved


Deliver = Callable[[Command], "int | DeliveryResult"]


class Dispatcher:
    """Worker threads between the queue and the functions."""

    def __init__(
        self, store: LocalStore, deliver: Deliver, clock: Clock, options: DispatchOptions | None = None
    ) -> None:
        self.options = options or DispatchOptions()
        self._store = store
        chosen = self.options
        patience = Patience(chosen.waits, chosen.max_deliveries, chosen.max_unanswered)
        self._outcomes = Outcomes(store, clock, patience)
        self._deliver = deliver
        self._clock = clock
        self._waiting = Waiting(clock, self.options)
        self._lock = threading.Lock()
        self._work_there = threading.Condition(self._lock)
        self._quiet = threading.Condition(self._lock)
        self._running = 0  # deliveries, copies included
        self._sleeping = 0
        self._stopped = True
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Read the queue, count deliveries a death has interrupted, and begin to deliver."""
        self._journal = InFlight(self._store.path / JOURNAL)
        self._count_interrupted()
        self._store.listen(self._hear, self._read)
        self._stopped = False
        for number in range(self.options.workers):
            thread = threading.Thread(target=self._work, name=f"dispatcher-{number}", daemon=True)
            thread.start()
            self._threads.append(thread)  # only what runs can be waited for

    def stop(self, timeout: float = 30.0) -> bool:
        """Let what is in flight end, then stop; False when something was still running after `timeout` seconds."""
        ends = time.monotonic() + timeout
        with self._lock:
            if self._stopped and not self._threads:
                return True
            self._stopped = True
            self._work_there.notify_all()
        for thread in self._threads:
            thread.join(max(0.0, ends - time.monotonic()))
        if any(thread.is_alive() for thread in self._threads):
            return False
        self._threads.clear()
        self._store.listen(None, lambda _: None)
        self._store.group.flush()
        self._journal.close()
        return True

    def idle(self) -> bool:
        """Return whether nothing is in flight and nothing can be delivered at this moment."""
        with self._lock:
            return self._idle()

    def wait_idle(self, timeout: float = 30.0) -> bool:
        """Wait until `idle`, in real seconds; False when it did not come to that."""
        ends = time.monotonic() + timeout
        with self._lock:
            self._work_there.notify_all()  # the clock may have been moved
            while not self._idle():
                left = ends - time.monotonic()
                if left <= 0:
                    return False
                self._quiet.wait(min(left, 0.05))
        self._store.group.flush()
        return True

    def waiting(self) -> list[tuple[str, float]]:
        """Return of each task its function, and for how many seconds it has been due."""
        with self._lock:
            return self._waiting.ages()

    def find_next_due(self) -> datetime | None:
        """Return when the next task can be delivered, which may be in the past; None when there is none."""
        with self._lock:
            due = self._waiting.find_next_due()
        return None if due is None else from_micros(due)

    def deliver_one(self) -> bool:
        """Deliver one due task in the caller's thread; False when there is none. For a scheduler without threads."""
        with self._lock:
            task = self._take()
        if task is None:
            self._store.group.flush()
            return False
        self._handle(task)
        return True

    def _read(self, connection: sqlite3.Connection) -> None:
        with self._lock:
            self._waiting.begin_with(tasks.alive(connection))

    def _hear(self, changes: Changes) -> None:
        with self._lock:
            added = 0
            for key, command, due in changes.steps:
                if command is not None:
                    self._waiting.add(Task(command, due))
                    added += 1
                else:
                    self._waiting.forget(*key)
            if added and self._sleeping:
                self._work_there.notify(added)

    def _take(self) -> Task | None:
        task = self._waiting.take()
        if task is not None:
            self._running += 1
            if not task.copy:
                self._journal.begin(task.command.tenant, task.command.id)
        return task

    def _idle(self) -> bool:
        return not self._running and not self._waiting.deliverable()

    def _sleep(self) -> None:
        wait = self._waiting.seconds_until_more(_LOOK_SECONDS)
        self._sleeping += 1
        self._work_there.wait(wait)
        self._sleeping -= 1

    def _work(self) -> None:
        while not self._stopped:
            with self._lock:
                task = self._take()
            if task is None:
                self._store.group.flush()  # nothing to do: time to write what was left for later
                with self._lock:
                    task = None if self._stopped else self._take()
                    if task is None and not self._stopped:
                        self._sleep()
            if task is not None:
                self._handle(task)

    def _handle(self, task: Task) -> None:
        result = self._attempt(task.command)
        again: tuple[Tries, int] | None = None  # and when it is due

        def put_off(_: Exception) -> tuple[Tries, int]:
            _LOG.exception("outcome of a delivery was not recorded")
            return task.tries, to_micros(self._clock.now() + self.options.waits.cap)

        try:
            if not task.copy and not task.gone:  # the disk is full, say: the task is still in the file
                again = run_guarded(lambda: self._record(task, result), put_off)
        finally:
            self._end(task, again)

    def _attempt(self, command: Command) -> DeliveryResult:
        def describe_failure(error: Exception) -> DeliveryResult:
            _LOG.warning("delivery raised %s", type(error).__name__, extra={"command": command.id})
            return DeliveryResult(599, reason=f"{type(error).__name__}: {error}"[:500])

        result = run_guarded(lambda: self._deliver(command), describe_failure)  # the queue delivers it again
        return result if isinstance(result, DeliveryResult) else DeliveryResult(result)

    def _record(self, task: Task, result: DeliveryResult) -> tuple[Tries, int] | None:
        """Write what became of a delivery; return how often and until when, if it has to come again."""
        if not 200 <= result.status < 300:
            return self._outcomes.record_failure(task, result)
        with self._lock:
            self._waiting.settle(task)
        self._outcomes.record_success(task.command)
        return None

    def _end(self, task: Task, again: tuple[Tries, int] | None) -> None:
        with self._lock:
            others_wait = self._waiting.end(task)
            self._running -= 1
            if not task.copy:
                self._journal.end(task.command.tenant, task.command.id)
            if again is not None and not task.gone:
                task.tries, task.due = again
                task.backing_off = True
                self._waiting.put_off(task)
            if self._sleeping and others_wait:
                self._work_there.notify()  # the lane may have been full
            if not self._running and not self._waiting.is_any_due():
                self._quiet.notify_all()

    def _count_interrupted(self) -> None:
        """Count the deliveries that the last process began and did not live to end; before the queue is read."""
        keys = set(self._journal.interrupted)
        if keys:
            with self._store.reading() as connection:
                alive = [Task(*row) for row in tasks.alive(connection)]
            self._outcomes.record_interruption([t for t in alive if (t.command.tenant, t.command.id) in keys])
        self._journal.forget_interrupted()
