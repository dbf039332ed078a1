"""Changes in Notion that nobody tells us of, found by asking: which tenants, how often, and what counts as evidence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

ASKS, OFTEN = "asks", "often"  # of a tenant's settings: there is no webhook, and the clock of this machine asks


def find_interval_s(settings: Mapping[str, Any]) -> int:
    """Return how many seconds lie between two looks at the tenant's Notion at least, as its owner has set it."""
    found = (settings.get("sync") or {}).get("interval_s", 0)
    return found if isinstance(found, int) else 0


def asks_often(settings: Mapping[str, Any]) -> bool:
    """Say whether the tenant's Notion is asked at the pace of who works there.

    Set-up writes it where there is no public address. Only the clock of one machine asks so; in the cloud the
    scheduler's passes go on as they are.
    """
    return settings.get(ASKS) == OFTEN
