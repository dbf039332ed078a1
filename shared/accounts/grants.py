"""The grants that are stored: one document per tenant and system."""

from __future__ import annotations

from shared.core.documents.codec import from_body
from shared.core.documents.grant import KIND, Grant
from shared.ports import Store


def grant_of(store: Store, tenant: str, system: str) -> Grant | None:
    """Return the tenant's grant on a system, whether it still holds or not; None where there never was one."""
    doc = store.get(tenant, KIND, system)
    return from_body(Grant, doc.body, version=doc.version) if doc is not None else None


def holds(store: Store, tenant: str, system: str) -> bool:
    """Say whether the tenant has connected a system, and we know of no end of that."""
    grant = grant_of(store, tenant, system)
    return grant is not None and grant.connected
