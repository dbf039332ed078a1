"""When to try again: exponential backoff with jitter that is derived, so that the reducer stays pure."""

from __future__ import annotations

import hashlib

from shared.core.run import Limits


def delay_before(key: str, failures: int, limits: Limits, retry_after_s: float | None = None) -> float:
    """Return the seconds to wait after the `failures`-th failure in a row.

    Half of the exponential delay is fixed, half is jitter from `key`. A server's `Retry-After` is a lower bound.
    """
    ceiling = min(limits.backoff_cap_s, limits.backoff_s * 2.0 ** min(failures - 1, 30))
    fraction = int.from_bytes(hashlib.sha256(f"{key}/{failures}".encode()).digest()[:4], "big") / 2**32
    return max(ceiling * (0.5 + fraction / 2), retry_after_s or 0.0)
