"""A team's settings as they are stored."""

from __future__ import annotations

from shared.core.documents.tenant_settings import PLACE, TenantSettings, settings_in
from shared.ports import Store


def tenant_settings(store: Store, tenant: str) -> TenantSettings:
    """Return what a team, or with SYSTEM the operator, has set; what is usual, where nobody has set anything."""
    doc = store.get(tenant, *PLACE)
    return settings_in(doc.body if doc is not None else None)
