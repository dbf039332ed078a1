"""When to try again: exponential backoff with jitter that is derived, so that the reducer stays pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from shared.core.backoff import backoff, fraction
from shared.core.retries import STEP
from shared.core.run.run import Limits


def delay_before(key: str, failures: int, limits: Limits, retry_after_s: float | None = None) -> float:
    """Return the seconds to wait after the `failures`-th failure in a row.

    Half of the exponential delay is fixed, half is jitter from `key`. A server's `Retry-After` is a lower bound.
    """
    base, cap = timedelta(seconds=limits.backoff_s), timedelta(seconds=limits.backoff_cap_s)
    wait = backoff(failures, replace(STEP.waits, base=base, cap=cap), fraction(f"{key}/{failures}"))
    return max(wait.total_seconds(), retry_after_s or 0.0)


def delay_as_told(key: str, retry_after_s: float) -> float:
    """Return the seconds to wait when a rate limit said how long: never less, and at most a quarter or 2 s more.

    The jitter keeps those who were told the same from coming back at the same moment.
    """
    return retry_after_s + fraction(key) * min(2.0, retry_after_s / 4)
