"""Documents of a tenant: rows with a version that never comes back, not even after a deletion."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Sequence

from shared.backends.local.state.encoding import check_id, check_tenant, to_text
from shared.core.errors import VersionConflict
from shared.core.schema_versions import current, stamp_version
from shared.ports import SYSTEM, Doc, Put

Prepared = tuple[Put, str | None]  # the put and its text; None deletes

_KIND = re.compile(r"[a-z][a-z0-9_-]{0,63}")
# What the store keeps itself. Refused here as in the cloud, where such a document would lie among the store's own.
_OWN = frozenset({"runs", "events", "outbox", "usage", "audit", "audit_heads", "texts", "leases", "tasks"})

_FIND = "SELECT row, version FROM docs WHERE tenant = ? AND kind = ? AND id = ?"
_SAVE = """INSERT INTO docs (tenant, kind, id, version, body) VALUES (?, ?, ?, 1, ?)
    ON CONFLICT (tenant, kind, id) DO UPDATE SET version = version + 1, body = excluded.body"""
_DELETE = "DELETE FROM docs WHERE tenant = ? AND kind = ? AND id = ?"
# From one tenant to the next along the indexes, rather than over every document
_TENANTS = """WITH RECURSIVE t (tenant) AS (
    VALUES ('')
    UNION ALL SELECT (SELECT min(following) FROM (
        SELECT min(tenant) AS following FROM docs WHERE docs.tenant > t.tenant
        UNION ALL SELECT min(tenant) FROM runs WHERE runs.tenant > t.tenant)) FROM t WHERE t.tenant IS NOT NULL)
    SELECT tenant FROM t WHERE tenant NOT IN ('', ?)"""


def prepare(tenant: str, puts: Sequence[Put]) -> list[Prepared]:
    """Return the puts, checked and encoded."""
    check_tenant(tenant)
    return [
        (put, None if put.body is None else to_text(f"document {put.kind}/{put.id}", stamp_version(put.kind, put.body)))
        for put in puts
        if _writable(put.kind) and check_id("document", put.id)
    ]


def check(connection: sqlite3.Connection, tenant: str, prepared: Sequence[Prepared]) -> None:
    """Raise VersionConflict unless every `expected` holds."""
    for put, _ in prepared:
        if put.expected is None:
            continue
        found = connection.execute(_FIND, (tenant, put.kind, put.id)).fetchone()
        if (_version(*found) if found else "") != put.expected:
            raise VersionConflict(f"document {put.kind}/{put.id}: somebody else has saved it since it was read")


def save(connection: sqlite3.Connection, tenant: str, prepared: Sequence[Prepared]) -> None:
    """Write documents that were checked."""
    for put, text in prepared:
        if text is None:
            connection.execute(_DELETE, (tenant, put.kind, put.id))
        else:
            connection.execute(_SAVE, (tenant, put.kind, put.id, text))


def write(connection: sqlite3.Connection, tenant: str, prepared: Sequence[Prepared]) -> None:
    """Check, then write."""
    check(connection, tenant, prepared)
    save(connection, tenant, prepared)


def get(connection: sqlite3.Connection, tenant: str, kind: str, id: str) -> Doc | None:
    found = connection.execute(
        "SELECT row, version, body FROM docs WHERE tenant = ? AND kind = ? AND id = ?",
        (check_tenant(tenant), _check_kind(kind), check_id("document", id)),
    ).fetchone()
    return _doc(kind, id, *found) if found else None


def list_docs(connection: sqlite3.Connection, tenant: str, kind: str, after: str, limit: int) -> list[Doc]:
    """Return documents of one kind by ascending id."""
    if after:
        check_id("document", after)
    rows = connection.execute(
        "SELECT id, row, version, body FROM docs WHERE tenant = ? AND kind = ? AND id > ? ORDER BY id LIMIT ?",
        (check_tenant(tenant), _check_kind(kind), after, limit),
    ).fetchall()
    return [_doc(kind, *row) for row in rows]


def tenants(connection: sqlite3.Connection) -> list[str]:
    """Return the tenants that have documents or runs."""
    return [tenant for (tenant,) in connection.execute(_TENANTS, (SYSTEM,))]


def _doc(kind: str, id: str, row: int, version: int, text: str) -> Doc:
    body, schema = current(kind, id, json.loads(text))
    return Doc(id, body, _version(row, version), schema)


def _version(row: int, version: int) -> str:
    return f"{row}-{version}"


def _check_kind(kind: str) -> str:
    if not _KIND.fullmatch(kind):
        raise ValueError(
            f"{kind[:80]!r} is not a kind of document: it must begin with a-z, then a-z 0-9 _ -, at most 64 characters"
        )
    return kind


def _writable(kind: str) -> bool:
    if _check_kind(kind) in _OWN:
        raise ValueError(f"documents of kind {kind!r} are written only by the store itself")
    return True
