"""The record of who decided what and who changed what: read whole, and checked for what was done to it."""

from __future__ import annotations

from collections.abc import Iterator

from shared.app.tenants.audit_chain import AuditCheck, check_chain
from shared.ports import AuditEntry, Store

_PAGE = 500


def read_audit(store: Store, tenant: str) -> Iterator[AuditEntry]:
    """Yield the audit, oldest first."""
    after = ""
    while entries := store.audit(tenant, after=after, limit=_PAGE):
        yield from entries
        after = entries[-1].id


def check_audit(store: Store, tenant: str) -> AuditCheck:
    """Return whether every entry is as it was written, or the first one that is not."""
    return check_chain(tenant, read_audit(store, tenant), lambda: store.audit_head(tenant))
