"""Delivers the tasks of the local queue, as Cloud Tasks does: at least once, with delays, retries, rates and limits.

All tasks are in memory beside the file: read at the start, then told by every commit. A task whose function committed
is gone with that commit; other ends are written with the next group, and at the latest when nothing is left to do.
"""

from __future__ import annotations

import heapq
import logging
import random
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shared.backends.clock import Elapsed
from shared.backends.local.delivery import tasks
from shared.backends.local.delivery.in_flight import InFlight
from shared.backends.local.delivery.lanes import Lane, Task
from shared.backends.local.delivery.outcomes import DeliveryResult, Outcomes, Patience
from shared.backends.local.state.commit_group import Changes
from shared.backends.local.state.encoding import from_micros, to_micros
from shared.backends.local.state.local_store import LocalStore
from shared.core.backoff import Waits
from shared.core.deliveries import MAX_FAILED, MAX_UNANSWERED, Tries
from shared.core.retries import DELIVERY
from shared.core.run.commands import ATTEMPT, CONSIDER, LOOK, MIRROR, RECONCILE, UNDO, Command
from shared.ports import Clock

JOURNAL = "in-flight"

_LOG = logging.getLogger(__name__)
_WAITS_A_WHILE = (ATTEMPT, UNDO, MIRROR, CONSIDER, LOOK, RECONCILE)  # and does not mean a time of the clock
_JUST_NOW_S = 5.0  # after a clock was turned back: what is handed over may still go by the time before
_LOOK_SECONDS = 0.25  # how long an idle worker sleeps before it looks at the clock, which somebody may have moved


Deliver = Callable[[Command], "int | DeliveryResult"]


@dataclass(frozen=True, slots=True)
class DispatchOptions:
    """How to deliver. `concurrency` and `rates` (per second) are per line; the last two are for tests."""

    workers: int = 8  # 0: nothing happens by itself, see `deliver_one`
    line: Callable[[Command], str] = lambda command: command.function  # in which a command waits
    concurrency: Mapping[str, int] = field(default_factory=dict)
    rates: Mapping[str, float] = field(default_factory=dict)
    waits: Waits = DELIVERY.waits
    max_deliveries: int = MAX_FAILED  # that were answered
    max_unanswered: int = MAX_UNANSWERED
    duplicate_rate: float = 0.0
    shuffle_seed: int | None = None


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
        self._elapsed = Elapsed(clock)
        self._lock = threading.Lock()
        self._work_there = threading.Condition(self._lock)
        self._quiet = threading.Condition(self._lock)
        self._known: dict[tuple[str, str], Task] = {}
        self._later: list[tuple[int, int, Task]] = []
        self._lanes: dict[str, Lane] = {}
        self._turns: deque[Lane] = deque()
        self._count = 0  # breaks ties in the heap, first come first served
        self._last_look = 0
        self._went_back = 0  # microseconds by which the clock was turned back just now
        self._went_back_at = 0.0
        self._running = 0  # deliveries, copies included
        self._sleeping = 0
        self._stopped = True
        self._threads: list[threading.Thread] = []
        random_needed = self.options.shuffle_seed is not None or self.options.duplicate_rate > 0
        self._rng = random.Random(self.options.shuffle_seed) if random_needed else None

    # --- from outside

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
            now = self._look_back()
            return [(each.command.function, max(0, now - (each.due or now)) / 1e6) for each in self._known.values()]

    def next_due(self) -> datetime | None:
        """Return when the next task can be delivered, which may be in the past; None when there is none."""
        with self._lock:
            now = self._look()
            elapsed = self._elapsed.seconds()
            dues = [now + int(max(0.0, lane.opens - elapsed) * 1e6) for lane in self._turns if lane.waits()]
            while self._later and self._later[0][2].gone:
                heapq.heappop(self._later)
            if self._later:
                dues.append(self._later[0][0])
            return from_micros(min(dues)) if dues else None

    def deliver_one(self) -> bool:
        """Deliver one due task in the caller's thread; False when there is none. For a scheduler without threads."""
        with self._lock:
            task = self._take()
        if task is None:
            self._store.group.flush()
            return False
        self._handle(task)
        return True

    # --- what the store tells; called with the writer's lock held, so nothing here may write

    def _read(self, connection: sqlite3.Connection) -> None:
        with self._lock:
            # the clock may have gone back since the backoff was written: see _clock_went_back
            now = to_micros(self._clock.now())
            for command, due, tries in tasks.alive(connection):
                latest = now + self._longest(tries) if tries.all else due
                self._add(Task(command, min(due, latest), tries, backing_off=tries.all > 0))

    def _hear(self, changes: Changes) -> None:
        with self._lock:
            added = 0
            for key, command, due in changes.steps:
                if command is not None:
                    self._add(Task(command, due))
                    added += 1
                elif (task := self._known.pop(key, None)) is not None:
                    task.gone = True
            if added and self._sleeping:
                self._work_there.notify(added)

    def _add(self, task: Task) -> None:
        self._known[task.command.tenant, task.command.id] = task
        now = self._look_back()
        wait = max(0, task.due - now) if task.due else 0
        if wait > self._went_back > 0 and task.command.name in _WAITS_A_WHILE:
            # handed over as the clock was turned back, by the time it showed before
            wait -= self._went_back
            task.due = now + wait
        task.wait = wait
        if task.due <= self._last_look:
            self._lane(task.command).push(task)
        else:
            self._put_off(task)

    def _put_off(self, task: Task) -> None:
        self._count += 1
        heapq.heappush(self._later, (task.due, self._count, task))

    # --- choosing; with our lock held

    def _lane(self, command: Command) -> Lane:
        name = self.options.line(command)
        lane = self._lanes.get(name)
        if lane is None:
            rate = self.options.rates.get(name, 0.0)
            limit = self.options.concurrency.get(name, 1_000_000)
            lane = self._lanes[name] = Lane(limit, 1.0 / rate if rate else 0.0)
            self._turns.append(lane)
        return lane

    def _look(self) -> int:
        now = self._look_back()
        self._last_look = now
        while self._later and self._later[0][0] <= now:
            task = heapq.heappop(self._later)[2]
            if not task.gone:
                self._lane(task.command).push(task)
        return now

    def _look_back(self) -> int:
        """Return the present time; put right what waits when the clock was turned back since the last look."""
        now, elapsed = to_micros(self._clock.now()), self._elapsed.seconds()
        if now < self._last_look - 1_000_000:
            self._went_back, self._went_back_at = self._last_look - now, elapsed
            self._last_look = now
            self._clock_went_back(now)
        elif elapsed - self._went_back_at > _JUST_NOW_S:
            self._went_back = 0
        return now

    def _clock_went_back(self, now: int) -> None:
        # A retry waits for its backoff, and a step or a look for as long as it wanted to: not for the hour that comes
        # twice now. Other commands that name a time (the end of somebody's quiet hours) mean the time of the clock.
        for _, _, task in self._later:
            if task.backing_off:
                task.due = min(task.due, now + self._longest(task.tries))
            elif task.command.name in _WAITS_A_WHILE:
                task.due = min(task.due, now + task.wait)
        self._later = [(task.due, number, task) for _, number, task in self._later]
        heapq.heapify(self._later)

    def _take(self) -> Task | None:
        self._look()
        elapsed = self._elapsed.seconds()
        if self._rng:
            self._rng.shuffle(self._turns)
        for _ in range(len(self._turns)):
            lane = self._turns[0]
            self._turns.rotate(-1)
            if not lane.tenants or not lane.free(elapsed):
                continue
            task = lane.pop(self._rng)
            if task is None:
                continue
            self._running += 1
            lane.begin(elapsed)
            if task.copy:
                return task
            if self._rng and self._rng.random() < self.options.duplicate_rate:
                lane.push(Task(task.command, task.due, copy=True))
            self._journal.begin(task.command.tenant, task.command.id)
            return task
        return None

    def _idle(self) -> bool:
        if self._running:
            return False
        self._look()
        elapsed = self._elapsed.seconds()
        return not any(lane.free(elapsed) and lane.waits() for lane in self._turns)

    def _sleep(self) -> None:
        wait = _LOOK_SECONDS
        if self._later:
            wait = min(wait, max(0.001, (self._later[0][0] - self._last_look) / 1e6))
        elapsed = self._elapsed.seconds()
        for lane in self._turns:
            if lane.tenants and lane.opens > elapsed:
                wait = min(wait, max(0.001, lane.opens - elapsed))
        self._sleeping += 1
        self._work_there.wait(wait)
        self._sleeping -= 1

    # --- delivering; without our lock

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
        try:
            if not task.copy and not task.gone:
                again = self._record(task, result)
        except Exception:  # the disk is full, say: the task is still in the file, and the worker must live
            _LOG.exception("outcome of a delivery was not recorded")
            again = task.tries, to_micros(self._clock.now() + self.options.waits.cap)
        finally:
            self._end(task, again)

    def _attempt(self, command: Command) -> DeliveryResult:
        try:
            result = self._deliver(command)
        except Exception as error:  # whatever it was, the queue's answer is to deliver again
            _LOG.warning("delivery raised %s", type(error).__name__, extra={"command": command.id})
            return DeliveryResult(599, reason=f"{type(error).__name__}: {error}"[:500])
        return result if isinstance(result, DeliveryResult) else DeliveryResult(result)

    def _record(self, task: Task, result: DeliveryResult) -> tuple[Tries, int] | None:
        """Write what became of a delivery; return how often and until when, if it has to come again."""
        if not 200 <= result.status < 300:
            return self._outcomes.failed(task, result)
        with self._lock:
            task.gone = True
            self._known.pop((task.command.tenant, task.command.id), None)
        self._outcomes.done(task.command)
        return None

    def _end(self, task: Task, again: tuple[Tries, int] | None) -> None:
        with self._lock:
            lane = self._lane(task.command)
            lane.running -= 1
            self._running -= 1
            if not task.copy:
                self._journal.end(task.command.tenant, task.command.id)
            if again is not None and not task.gone:
                task.tries, task.due = again
                task.backing_off = True
                self._put_off(task)
            if self._sleeping and lane.tenants:
                self._work_there.notify()  # the lane may have been full
            if not self._running and not any(other.tenants for other in self._turns):
                self._quiet.notify_all()

    def _count_interrupted(self) -> None:
        """Count the deliveries that the last process began and did not live to end; before the queue is read."""
        keys = set(self._journal.interrupted)
        if keys:
            with self._store.reading() as connection:
                there = [Task(*row) for row in tasks.alive(connection)]
            self._outcomes.interrupted([t for t in there if (t.command.tenant, t.command.id) in keys])
        self._journal.forget_interrupted()

    def _longest(self, tries: Tries) -> int:
        """Return the longest wait, in microseconds, that may lie before the next delivery."""
        return max(self.options.waits.cap, tries.wait()) // timedelta(microseconds=1)
