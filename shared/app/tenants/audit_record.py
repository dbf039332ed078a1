"""The record of who decided what and who changed what: read whole, and checked for what was done to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from shared.app.tenants.audit_chain import AuditCheck, check_chain
from shared.ports import AuditEntry, Store

_PAGE = 500


def read_audit(store: Store, tenant: str) -> Iterator[AuditEntry]:
    """Yield the audit, oldest first."""
    after = ""
    while entries := store.audit(tenant, after=after, limit=_PAGE):
        yield from entries
        after = entries[-1].id


def entry_view(entry: AuditEntry) -> Mapping[str, Any]:
    """Return an entry with its place in the chain, for programs."""
    return {
        "id": entry.id, **entry.body, "number": entry.number, "previous": entry.previous, "hash": entry.hash,
    }  # fmt: skip


def check_audit(store: Store, tenant: str) -> AuditCheck:
    """Return whether every entry is as it was written, or the first one that is not."""
    return check_chain(tenant, read_audit(store, tenant), lambda: store.audit_head(tenant))
