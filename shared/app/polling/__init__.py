"""Changes in Notion that nobody tells us of, found by asking: which tenants, how often, and what counts as evidence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

ASKS, OFTEN = "asks", "often"  # of a tenant's settings: there is no webhook, and the clock of this machine asks


def asks_often(settings: Mapping[str, Any]) -> bool:
    """Say whether the tenant's Notion is asked at the pace of who works there.

    Set-up writes it where there is no public address. Only the clock of one machine asks so; in the cloud the
    scheduler's passes go on as they are.
    """
    return settings.get(ASKS) == OFTEN
