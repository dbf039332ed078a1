"""What others need to know of the map of a workspace. Kept small: the webhook loads it, the map itself needs more."""

from __future__ import annotations

from collections.abc import Sequence

from shared.app.engine.deps import Deps
from shared.core.documents.sync import MAP

_PLACES = frozenset(f"page.{what}" for what in ("created", "deleted", "undeleted", "moved"))


def has_map(deps: Deps, tenant: str) -> bool:
    """Say whether the tenant's workspace has been mapped, or is being mapped now."""
    return deps.store.get(tenant, *MAP) is not None


def moves_in_map(kind: str, properties: Sequence[str] = ()) -> bool:
    """Say whether an event of a page changes its place or its name.

    The id of every title is "title"; an event that lists no properties may be about it.
    """
    renames = kind == "page.properties_updated" and (not properties or "title" in properties)
    return kind in _PLACES or renames
