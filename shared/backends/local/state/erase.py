"""Everything of one tenant in the database: what there is, and its end."""

from __future__ import annotations

import sqlite3

from shared.backends.local.state.commit_group import Changes
from shared.backends.local.state.encoding import check_tenant
from shared.ports import SYSTEM

_TABLES = ("events", "runs", "docs", "texts", "usage", "audit", "audit_heads", "taken")


def kinds(connection: sqlite3.Connection, tenant: str) -> list[str]:
    """Return the kinds of documents there are, ascending."""
    rows = connection.execute("SELECT DISTINCT kind FROM docs WHERE tenant = ? ORDER BY kind", (check_tenant(tenant),))
    return [kind for (kind,) in rows]


def texts(connection: sqlite3.Connection, tenant: str, after: str, limit: int) -> list[str]:
    """Return the addresses of kept texts, ascending."""
    select = "SELECT ref FROM texts WHERE tenant = ? AND part = 0 AND ref > ? ORDER BY ref LIMIT ?"
    return [ref for (ref,) in connection.execute(select, (check_tenant(tenant), after, limit))]


def refuse_system(tenant: str) -> str:
    """Return the tenant; raises ValueError for the one that is nobody's."""
    if tenant == SYSTEM:
        raise ValueError("the operator's own documents cannot be erased")
    return check_tenant(tenant)


def erase(connection: sqlite3.Connection, changes: Changes, tenant: str) -> int:
    """Delete every row, and tell the queue which tasks are gone; return how many rows there were.

    What they held is overwritten in the file too: nobody finds it in a free page.
    """
    connection.execute("PRAGMA secure_delete = ON")
    try:
        return _delete_tenant(connection, changes, tenant)
    finally:
        connection.execute("PRAGMA secure_delete = OFF")


def _delete_tenant(connection: sqlite3.Connection, changes: Changes, tenant: str) -> int:
    tasks = connection.execute("SELECT id FROM tasks WHERE tenant = ?", (tenant,)).fetchall()
    for (name,) in tasks:
        connection.execute("DELETE FROM tasks WHERE tenant = ? AND id = ?", (tenant, name))
        changes.note_removal(tenant, name)
    count = len(tasks)
    for table in _TABLES:
        count += connection.execute(f"DELETE FROM {table} WHERE tenant = ?", (tenant,)).rowcount
    return count
