"""Which deliveries change the map of a workspace. Kept small: the webhook loads it, and the map itself needs more."""

from __future__ import annotations

from shared.app.deps import Deps
from shared.integrations.notion.webhook import Delivery
from shared.integrations.notion.webhook_events import PageEvent

_PLACES = frozenset(f"page.{what}" for what in ("created", "deleted", "undeleted", "moved"))


def has_map(deps: Deps, tenant: str) -> bool:
    """Say whether the tenant's workspace has been mapped, or is being mapped now."""
    return deps.store.get(tenant, "sync", "map") is not None


def moves_in_map(delivery: Delivery) -> bool:
    """Say whether a delivery about a page changes its place or its name."""
    return delivery.type in _PLACES or (delivery.type == "page.properties_updated" and _renames(delivery))


def _renames(delivery: Delivery) -> bool:
    """The id of every title is "title"; a delivery that lists nothing may be about it."""
    listed = delivery.event.properties if isinstance(delivery.event, PageEvent) else ()
    return not listed or "title" in listed
