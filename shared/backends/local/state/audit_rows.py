"""The chain of a tenant's audit in the database; the one writer appends within the transaction of what is decided."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from shared.backends.local.state.encoding import check_tenant, to_text
from shared.ports import AuditEntry, AuditHead, link_entry

Prepared = tuple[str, Mapping[str, Any]]  # an entry's text, and what JSON gives back for it

_ADD = """INSERT INTO audit (tenant, seq, body, number, previous, hash)
    VALUES (?1, 1 + coalesce((SELECT max(seq) FROM audit WHERE tenant = ?1), 0), ?2, ?3, ?4, ?5)"""
_HEAD = "SELECT number, hash FROM audit_heads WHERE tenant = ?"
_MOVE_HEAD = """INSERT INTO audit_heads (tenant, number, hash) VALUES (?, ?, ?)
    ON CONFLICT (tenant) DO UPDATE SET number = excluded.number, hash = excluded.hash"""
_FORGET = """DELETE FROM audit WHERE tenant = ?1 AND seq IN
    (SELECT seq FROM audit WHERE tenant = ?1 AND seq <= ?2 ORDER BY seq LIMIT ?3)"""
_LIST = """SELECT seq, body, number, previous, hash FROM audit
    WHERE tenant = ?1 AND seq > ?2 AND number > ?3 ORDER BY seq LIMIT ?4"""


def prepare(found: Iterable[Mapping[str, Any]]) -> list[Prepared]:
    """Return the entries, encoded; raises DocumentTooLarge."""
    texts = [to_text("an audit entry", entry) for entry in found]
    return [(text, json.loads(text)) for text in texts]


def append(connection: sqlite3.Connection, tenant: str, prepared: Sequence[Prepared]) -> None:
    """Add the entries at the end of the chain."""
    if not prepared:
        return
    head = head_of(connection, tenant)
    for text, body in prepared:
        linked = link_entry(tenant, head, body)
        connection.execute(_ADD, (tenant, text, linked.number, head.hash, linked.hash))
        head = linked
    connection.execute(_MOVE_HEAD, (tenant, head.number, head.hash))


def entries(
    connection: sqlite3.Connection, tenant: str, after: str, beyond: int | None, limit: int
) -> list[AuditEntry]:
    """Return entries, oldest first; their ids are numbers with leading zeros, and never less than that of the chain."""
    begin = (int(after or 0), -1) if beyond is None else (beyond, beyond)
    rows = connection.execute(_LIST, (check_tenant(tenant), *begin, limit)).fetchall()
    return [AuditEntry(f"{seq:012d}", json.loads(body), *linked) for seq, body, *linked in rows]


def forget(connection: sqlite3.Connection, tenant: str, last: str, limit: int) -> int:
    """Delete the oldest entries, up to the one of that id; return how many."""
    return connection.execute(_FORGET, (check_tenant(tenant), int(last), limit)).rowcount


def head_of(connection: sqlite3.Connection, tenant: str) -> AuditHead:
    """Return where the chain ends."""
    found = connection.execute(_HEAD, (check_tenant(tenant),)).fetchone()
    return AuditHead(*found) if found else AuditHead()
