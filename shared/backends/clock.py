"""The real clock, and elapsed time that a clock turned back cannot shrink."""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from shared.core.backoff import backoff
from shared.core.retries import DOCUMENT
from shared.ports import Clock


def sleep(seconds: float) -> None:
    """Let the machine's time pass."""
    time.sleep(seconds)


def pause(seconds: float) -> None:
    """Wait so long for a caller: where a process costs nothing while it waits."""
    time.sleep(seconds)


def stand_back(tries: int) -> None:
    """Let others go first at what many want at once: up to a sixth of a second, the longer the more tries failed."""
    time.sleep(backoff(tries + 1, DOCUMENT.waits, random.random()).total_seconds())


class SystemClock:
    """The machine's clock. Nothing else in this house reads it."""

    def now(self) -> datetime:
        """Return the current time, aware, in UTC."""
        return datetime.now(UTC)


class ShiftedClock(SystemClock):
    """The machine's clock, off by the seconds in a file: the crash test lets it jump while a house is running."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def now(self) -> datetime:
        """Return the machine's time, moved; not moved while there is no such file."""
        try:
            return super().now() + timedelta(seconds=float(self._file.read_text(encoding="ascii")))
        except FileNotFoundError:
            return super().now()


class Elapsed:
    """Seconds that have passed on a clock since the first look; turning the clock back adds nothing.

    Leases and rates are measured with it: a clock turned back must neither revive a lease that has run out nor keep
    one alive for the hour it was turned back. Not thread-safe; its owner has a lock.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = clock.now()
        self._passed = 0.0

    def seconds(self) -> float:
        """Return the seconds passed so far."""
        now = self._clock.now()
        if now > self._last:
            self._passed += (now - self._last).total_seconds()
        self._last = now
        return self._passed
