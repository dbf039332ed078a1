"""Systems that cannot be connected to: since when, and how long to wait. No network is nobody's failure.

Where no connection could be made nothing was sent, and it is mostly our own network that is away. Waiting for it takes
nothing from what a step may try: it is looked for every half minute, and people are told since when. What cannot be
connected to for a whole day is another matter (an address that is wrong, a host that is gone), and counts as a failure.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from shared.app.engine.deps import Deps
from shared.core.errors import IntegrationError, NotSettled, RateLimited, Unreachable
from shared.ports import Put, change_doc

KIND = "unreached"  # documents of a tenant, one per system: {"since", "last"}
AGAIN = timedelta(seconds=30)  # until it is tried again, so that work goes on within a minute
_MAX = timedelta(days=1)
_SAME = timedelta(minutes=15)  # attempts further apart than this say nothing about the time between them


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

    def note(known: Mapping[str, Any] | None) -> Mapping[str, Any]:
        goes_on = known is not None and abs(now - datetime.fromisoformat(known["last"])) < _SAME
        since = str(known["since"]) if known is not None and goes_on else now.isoformat()
        return {"since": since, "last": now.isoformat()}

    body = change_doc(deps.store, (tenant, KIND, error.system), note, deps.stand_back)
    return now - datetime.fromisoformat((body or {})["since"])


def note_reached(deps: Deps, tenant: str, system: str) -> None:
    """Remember that it can be connected to."""
    if deps.store.get(tenant, KIND, system) is not None:
        deps.store.put(tenant, Put(KIND, system, None))


def find_unreached_since(deps: Deps, tenant: str, system: str) -> datetime | None:
    """Return since when a system has not been reached, as far as anybody tried lately; None when it was."""
    doc = deps.store.get(tenant, KIND, system)
    return find_kept_since(doc.body, deps.clock.now()) if doc is not None else None


def find_kept_since(kept: Mapping[str, Any], now: datetime) -> datetime | None:
    """Return since when it was not reached, by what is kept; None where nobody has tried for a while."""
    if now - datetime.fromisoformat(kept["last"]) > _SAME:
        return None
    return datetime.fromisoformat(kept["since"])
