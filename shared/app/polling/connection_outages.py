"""Systems that cannot be connected to: since when, and how long to wait. No network is nobody's failure.

Where no connection could be made nothing was sent, and it is mostly our own network that is away. Waiting for it takes
nothing from what a step may try: it is looked for every half minute, and people are told since when. What cannot be
connected to for a whole day is another matter (an address that is wrong, a host that is gone), and counts as a failure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from shared.app.engine.deps import Deps
from shared.core.documents.codec import unknown
from shared.core.errors import IntegrationError, NotSettled, RateLimited, Unreachable
from shared.ports import Put
from shared.ports.documents import change_as, get_as

KIND = "unreached"  # documents of a tenant, one per system
AGAIN = timedelta(seconds=30)  # until it is tried again, so that work goes on within a minute
_MAX = timedelta(days=1)
_SAME = timedelta(minutes=15)  # attempts further apart than this say nothing about the time between them


@dataclass(frozen=True, slots=True)
class Outage:
    """Since when a system could not be connected to, and when that was seen last."""

    since: datetime
    last: datetime
    more: Mapping[str, Any] = unknown()

    def find_since(self, now: datetime) -> datetime | None:
        """Return since when it was not reached; None where nobody has tried for a while."""
        return self.since if now - self.last <= _SAME else None


def patient_wait(deps: Deps, tenant: str, error: BaseException) -> timedelta | None:
    """Return for how long to wait where waiting is all there is to do, which counts as no failure; else None."""
    if isinstance(error, RateLimited | NotSettled):
        return error.retry_after
    if isinstance(error, Unreachable):
        return AGAIN if note_unreached(deps, tenant, error) < _MAX else None
    return None


def note_unreached(deps: Deps, tenant: str, error: IntegrationError) -> timedelta:
    """Remember that a system could not be connected to; return for how long that has been so."""
    now = deps.clock.now()

    def note(known: Outage | None) -> Outage:
        goes_on = known is not None and abs(now - known.last) < _SAME
        return Outage(known.since if known is not None and goes_on else now, now)

    kept = change_as(Outage, deps.store, (tenant, KIND, error.system), note, deps.stand_back)
    return now - kept.since if kept is not None else timedelta()


def note_reached(deps: Deps, tenant: str, system: str) -> None:
    """Remember that it can be connected to."""
    if deps.store.get(tenant, KIND, system) is not None:
        deps.store.put(tenant, Put(KIND, system, None))


def find_unreached_since(deps: Deps, tenant: str, system: str) -> datetime | None:
    """Return since when a system has not been reached, as far as anybody tried lately; None when it was."""
    kept = get_as(Outage, deps.store, (tenant, KIND, system))
    return kept.find_since(deps.clock.now()) if kept is not None else None
