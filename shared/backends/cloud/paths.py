"""Where things lie in Firestore. Every reference is made here, from a tenant, so that none can leave it."""

from __future__ import annotations

import hashlib
import re
from typing import Any

TENANTS = "tenants"
RUNS, EVENTS, OUTBOX, USAGE, AUDIT, AUDIT_HEADS = "runs", "events", "outbox", "usage", "audit", "audit_heads"
TEXTS, PARTS, LEASES = "texts", "parts", "leases"

# A put under one of these names would forge what the store itself keeps there.
OWN = frozenset({RUNS, EVENTS, OUTBOX, USAGE, AUDIT, AUDIT_HEADS, TEXTS, LEASES, "tasks"})

# Firestore keeps "." and ".." and names between double underscores for itself.
_TENANT = re.compile(r"(?!\.\.?\Z)(?!__.*__\Z)[A-Za-z0-9_.:-]{1,128}\Z")
_ID = re.compile(r"(?!\.\.?\Z)(?!__.*__\Z)[A-Za-z0-9_.:@=~+-]{1,400}\Z")
_KIND = re.compile(r"[a-z][a-z0-9_-]{0,63}\Z")


def checked_id(id: str) -> str:
    """Return the id, or raise ValueError: a slash would change which collection, and which tenant, is meant."""
    if not _ID.match(id):
        raise ValueError(f"this is not a document id: {id[:80]!r}")
    return id


class Home:
    """One tenant's part of the database."""

    def __init__(self, client: Any, tenant: str) -> None:
        self.client = client
        self.tenant = tenant
        if not _TENANT.match(tenant):
            raise ValueError(f"not a tenant: {tenant[:80]!r}")
        self.root = client.collection(TENANTS).document(tenant)

    def collection(self, kind: str) -> Any:
        if not _KIND.match(kind):
            raise ValueError(f"this is not a kind of document: {kind[:80]!r}")
        return self.root.collection(kind)

    def document(self, kind: str, id: str) -> Any:
        return self.collection(kind).document(checked_id(id))

    def writable(self, kind: str, id: str) -> Any:
        """Return the reference of a document that callers may write themselves."""
        if kind in OWN:
            raise ValueError(f"documents of kind {kind!r} are written only by the store itself")
        return self.document(kind, id)

    def events(self, run: str) -> Any:
        return self.document(RUNS, run).collection(EVENTS)

    def event(self, run: str, seq: int) -> Any:
        """Return the reference of one event; padded, so that the order of names is the order of numbers."""
        return self.events(run).document(f"{seq:010d}")

    def lease(self, key: str) -> Any:
        """Return the reference of a lease. Keys are hashed: they may hold anything, and must not be neighbours."""
        return self.document(LEASES, hashlib.sha256(key.encode()).hexdigest()[:40])
