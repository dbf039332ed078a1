"""How long to wait before trying again: the one formula, pure, for everybody who does (see `retries.py`)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta

WAITING_S = 12.0  # between looks where a person was asked a while ago, and may answer at any time
_MAX_DOUBLINGS = 60  # every cap is reached long before


@dataclass(frozen=True, slots=True)
class Waits:
    """The first wait, twice as long after each further failure, up to `cap`.

    Of that a share is waited between `low` and `high`: where many fail together they must not come again together.
    """

    base: timedelta
    cap: timedelta
    low: float = 1.0
    high: float = 1.0


def backoff(attempt: int, waits: Waits, jitter: float = 0.0) -> timedelta:
    """Return how long to wait after the `attempt`-th failure in a row, the first one being 1.

    `jitter`, from 0 to 1, says where between the least and the most share: `fraction(key)` where the same wait has to
    come out again, a random number elsewhere.
    """
    seconds = waits.base.total_seconds() * 2.0 ** min(max(attempt - 1, 0), _MAX_DOUBLINGS)
    share = waits.low + (waits.high - waits.low) * jitter
    return timedelta(seconds=min(seconds, waits.cap.total_seconds()) * share)


def fraction(key: str) -> float:
    """Return a number from 0 to 1 that follows from the key alone."""
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:4], "big") / 2**32
