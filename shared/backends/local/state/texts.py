"""Large texts by the hash of their content, in parts, so that no row grows without bound."""

from __future__ import annotations

import hashlib
import sqlite3

from shared.core.errors import StoreCorrupt

PART_BYTES = 256 * 1024


def split(text: str) -> tuple[str, list[bytes]]:
    """Return the content address and the parts; an empty text has one empty part."""
    data = text.encode("utf-8", "surrogatepass")
    parts = [data[start : start + PART_BYTES] for start in range(0, max(len(data), 1), PART_BYTES)]
    return hashlib.sha256(data).hexdigest(), parts


def has(connection: sqlite3.Connection, tenant: str, ref: str) -> bool:
    """Return whether the text is there: its parts are written together, so the first stands for all."""
    found = connection.execute("SELECT 1 FROM texts WHERE tenant = ? AND ref = ? AND part = 0", (tenant, ref))
    return found.fetchone() is not None


def write(connection: sqlite3.Connection, tenant: str, ref: str, parts: list[bytes]) -> None:
    """Insert the parts that are not there."""
    connection.executemany(
        "INSERT OR IGNORE INTO texts (tenant, ref, part, body) VALUES (?, ?, ?, ?)",
        [(tenant, ref, number, part) for number, part in enumerate(parts)],
    )


def delete(connection: sqlite3.Connection, tenant: str, ref: str) -> None:
    connection.execute("DELETE FROM texts WHERE tenant = ? AND ref = ?", (tenant, ref))


def read(connection: sqlite3.Connection, tenant: str, ref: str) -> str:
    """Return the text; raises KeyError, and StoreCorrupt when it is no longer what was kept."""
    rows = connection.execute("SELECT body FROM texts WHERE tenant = ? AND ref = ? ORDER BY part", (tenant, ref))
    parts = [body for (body,) in rows]
    if not parts:
        raise KeyError(ref)
    data = b"".join(parts)
    if hashlib.sha256(data).hexdigest() != ref:
        raise StoreCorrupt(f"text {ref}: its content no longer matches its hash; restore the database from a copy")
    return data.decode("utf-8", "surrogatepass")
