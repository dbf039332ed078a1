"""The tasks that wait: those that are due stand in lanes, the others in a heap by the time for which they were put off.

A clock that is turned back must not hold up what only wanted to wait a while; what it does to them is decided here.
"""

from __future__ import annotations

import heapq
import random
from collections import deque
from collections.abc import Iterable
from datetime import timedelta

from shared.backends.clock import Elapsed
from shared.backends.local.delivery.lanes import Lane, Task
from shared.backends.local.delivery.options import DispatchOptions
from shared.backends.local.state.encoding import to_micros
from shared.core.deliveries import Tries
from shared.core.run.commands import ATTEMPT, CONSIDER, LOOK, MIRROR, RECONCILE, UNDO, Command
from shared.ports import Clock

_WAITS_A_WHILE = (ATTEMPT, UNDO, MIRROR, CONSIDER, LOOK, RECONCILE)  # and does not mean a time of the clock
_JUST_NOW_S = 5.0  # after a clock was turned back: what is handed over may still go by the time before


class Waiting:
    """Every task that is in the queue. Not safe for threads: its owner has a lock."""

    def __init__(self, clock: Clock, options: DispatchOptions) -> None:
        self._clock = clock
        self._options = options
        self._elapsed = Elapsed(clock)
        self._known: dict[tuple[str, str], Task] = {}
        self._later: list[tuple[int, int, Task]] = []
        self._lanes: dict[str, Lane] = {}
        self._turns: deque[Lane] = deque()
        self._count = 0  # breaks ties in the heap, first come first served
        self._last_look = 0
        self._went_back = 0  # microseconds by which the clock was turned back just now
        self._went_back_at = 0.0
        random_needed = options.shuffle_seed is not None or options.duplicate_rate > 0
        self._rng = random.Random(options.shuffle_seed) if random_needed else None

    def begin_with(self, alive: Iterable[tuple[Command, int, Tries]]) -> None:
        """Take in what the queue's file holds at the start."""
        # the clock may have gone back since the backoff was written: see _clock_went_back
        now = to_micros(self._clock.now())
        for command, due, tries in alive:
            latest = now + self._longest(tries) if tries.all else due
            self.add(Task(command, min(due, latest), tries, backing_off=tries.all > 0))

    def add(self, task: Task) -> None:
        """Take in a task that was handed over."""
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
            self.put_off(task)

    def put_off(self, task: Task) -> None:
        """Let a known task wait until it is due."""
        self._count += 1
        heapq.heappush(self._later, (task.due, self._count, task))

    def forget(self, tenant: str, name: str) -> None:
        """Take a task out, wherever it is just now."""
        if (task := self._known.pop((tenant, name), None)) is not None:
            task.gone = True

    def settle(self, task: Task) -> None:
        """Take out a task that has been delivered."""
        task.gone = True
        self._known.pop((task.command.tenant, task.command.id), None)

    def ages(self) -> list[tuple[str, float]]:
        """Return of each task its function, and for how many seconds it has been due."""
        now = self._look_back()
        return [(each.command.function, max(0, now - (each.due or now)) / 1e6) for each in self._known.values()]

    def find_next_due(self) -> int | None:
        """Return when the next task can be delivered, which may be in the past; None when there is none."""
        now = self._look()
        elapsed = self._elapsed.seconds()
        dues = [now + int(max(0.0, lane.opens - elapsed) * 1e6) for lane in self._turns if lane.waits()]
        while self._later and self._later[0][2].gone:
            heapq.heappop(self._later)
        if self._later:
            dues.append(self._later[0][0])
        return min(dues, default=None)

    def deliverable(self) -> bool:
        """Return whether a task can be delivered at this moment."""
        self._look()
        elapsed = self._elapsed.seconds()
        return any(lane.free(elapsed) and lane.waits() for lane in self._turns)

    def is_any_due(self) -> bool:
        """Return whether a task stands in any lane, free or not."""
        return any(lane.tenants for lane in self._turns)

    def seconds_until_more(self, limit: float) -> float:
        """Return for how long nothing can become deliverable by itself, `limit` at the longest."""
        wait = limit
        if self._later:
            wait = min(wait, max(0.001, (self._later[0][0] - self._last_look) / 1e6))
        elapsed = self._elapsed.seconds()
        for lane in self._turns:
            if lane.tenants and lane.opens > elapsed:
                wait = min(wait, max(0.001, lane.opens - elapsed))
        return wait

    def take(self) -> Task | None:
        """Return the task whose turn it is, and count its delivery in its lane."""
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
            lane.begin(elapsed)
            if self._rng and not task.copy and self._rng.random() < self._options.duplicate_rate:
                lane.push(Task(task.command, task.due, copy=True))
            return task
        return None

    def end(self, task: Task) -> bool:
        """Count the end of a delivery in its lane, which may have been full; return whether others wait there."""
        lane = self._lane(task.command)
        lane.running -= 1
        return bool(lane.tenants)

    def _lane(self, command: Command) -> Lane:
        name = self._options.line(command)
        lane = self._lanes.get(name)
        if lane is None:
            rate = self._options.rates.get(name, 0.0)
            limit = self._options.concurrency.get(name, 1_000_000)
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

    def _longest(self, tries: Tries) -> int:
        """Return the longest wait, in microseconds, that may lie before the next delivery."""
        return max(self._options.waits.cap, tries.wait()) // timedelta(microseconds=1)
