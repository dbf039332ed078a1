"""Time that passes only when everybody sleeps: workers in threads, of which exactly one runs at any moment.

A worker that sleeps hands the turn to the one that wakes next; ties go to the one that fell asleep first. So a run of
many workers takes no real time, and is the same every time.
"""

from __future__ import annotations

import heapq
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class VirtualTime:
    """A clock, and the sleep that moves it."""

    def __init__(self) -> None:
        self._now = 0.0  # seconds since START
        self._turns: list[tuple[float, int, threading.Semaphore]] = []
        self._count = 0
        self._over = threading.Semaphore(0)
        self._errors: list[BaseException] = []

    @property
    def elapsed(self) -> float:
        """Return the seconds that have passed."""
        return self._now

    def move(self, seconds: float) -> None:
        """Let time pass while nobody works."""
        self._now += seconds

    def sleep(self, seconds: float) -> None:
        """Let time pass for this worker, and others have their turn."""
        mine = threading.Semaphore(0)
        self._wake_at(self._now + max(seconds, 0.0), mine)
        self._next_turn()
        mine.acquire()

    def run(self, *workers: Callable[[], None]) -> None:
        """Run them all to their ends; raises what the first of them raised."""
        threads = []
        for worker in workers:
            begin = threading.Semaphore(0)
            self._wake_at(self._now, begin)
            threads.append(threading.Thread(target=self._work, args=(worker, begin), daemon=True))
        for thread in threads:
            thread.start()
        self._next_turn()
        self._over.acquire()
        if self._errors:
            raise self._errors[0]

    def clock(self, ahead: float = 0.0) -> SkewedClock:
        """Return a clock that is so many seconds ahead of the true time."""
        return SkewedClock(self, ahead)

    def _work(self, worker: Callable[[], None], begin: threading.Semaphore) -> None:
        begin.acquire()
        try:
            worker()
        except BaseException as error:
            self._errors.append(error)
        self._next_turn()

    def _wake_at(self, at: float, sleeper: threading.Semaphore) -> None:
        self._count += 1
        heapq.heappush(self._turns, (at, self._count, sleeper))

    def _next_turn(self) -> None:
        if not self._turns:
            self._over.release()
            return
        at, _, sleeper = heapq.heappop(self._turns)
        self._now = max(self._now, at)
        sleeper.release()


class SkewedClock:
    """One instance's clock, a little wrong."""

    def __init__(self, time: VirtualTime, ahead: float) -> None:
        self._time = time
        self._ahead = ahead

    def now(self) -> datetime:
        """Return what this instance takes for the time."""
        return START + timedelta(seconds=self._time.elapsed + self._ahead)
