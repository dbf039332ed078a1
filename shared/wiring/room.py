"""What a tenant's limit at Notion leaves to those who can wait."""

from __future__ import annotations

from shared.accounts.grants import grant_of
from shared.core.polling.pace import Room
from shared.rate_budget import payer_of
from shared.wiring import wire
from shared.wiring.accounts import wire_accounts


def notion_room(tenant: str) -> Room:
    """Return how much of it is left, by our own count."""
    return wire_accounts().budget.room(payer_of(tenant, "notion", grant_of(wire().deps.store, tenant, "notion")))
