"""The rate of calls: each process takes tokens from the store in batches and spends them by itself.

Each person has a rate of their own, which all keys in their name share, and each key that belongs to nobody another: a
script that calls without end locks out nobody but whose it is.
"""

from __future__ import annotations

import threading
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from shared.app.engine.deps import Deps
from shared.core.documents.codec import unknown
from shared.core.errors import Busy, TooMany
from shared.ports.documents import change_as, tenant_settings

PER_MINUTE = 600
BATCH = 20
WINDOW_S = 60
_MAX_PURSES = 10_000


@dataclass(frozen=True, slots=True)
class Lent:
    """What processes have taken of a window's tokens, by its number."""

    window: int
    used: int
    more: Mapping[str, Any] = unknown()


@dataclass(slots=True)
class _Purse:
    window: int = -1
    tokens: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)  # its own: no key waits for another's document


class Rate:
    """Never lets a key or a person have more than the cap in one window, over however many processes."""

    def __init__(self) -> None:
        self._purses: dict[tuple[str, str], _Purse] = {}
        self._lock = threading.Lock()

    def spend(self, deps: Deps, tenant: str, key: str) -> None:
        """Take one token of a key or a person, by their id; raises TooMany until the window ends."""
        now = deps.clock.now().timestamp() + _offset(key)
        window = int(now // WINDOW_S)
        purse = self._purse(tenant, key)
        with purse.lock:
            if purse.window != window:
                purse.window, purse.tokens = window, 0
            if purse.tokens == 0:
                purse.tokens = _lease(deps, tenant, key, window)
            if purse.tokens == 0:
                left = WINDOW_S - now % WINDOW_S
                raise TooMany(
                    "more calls were made in a minute than this key, or its person, may make",
                    retry_after=timedelta(seconds=left),
                )
            purse.tokens -= 1

    def _purse(self, tenant: str, key: str) -> _Purse:
        with self._lock:
            if (tenant, key) not in self._purses and len(self._purses) >= _MAX_PURSES:
                self._purses.clear()
            return self._purses.setdefault((tenant, key), _Purse())


def _lease(deps: Deps, tenant: str, key: str, window: int) -> int:
    """Take up to a batch of the window's tokens, for good: what a process does not spend is lost with the window."""
    given = tenant_settings(deps.store, tenant).api_per_minute
    cap = PER_MINUTE if given is None else int(given)
    granted = 0

    def take(lent: Lent | None) -> Lent | None:
        nonlocal granted
        used = lent.used if lent is not None and lent.window == window else 0
        granted = max(0, min(BATCH, cap - used))
        return Lent(window, used + granted) if granted else lent

    try:
        change_as(Lent, deps.store, (tenant, "rates", f"api.{key}"), take)
    except Busy:
        return 0  # so many others take at once that the cap is near anyway
    return granted


def _offset(key: str) -> int:
    """Return where the key's windows begin, so that not all of them begin at once."""
    return zlib.crc32(key.encode()) % WINDOW_S
