"""Somebody who writes to the audit past the store: into the database's file, or into Firestore with its own client."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from typing import Any

from shared.backends.cloud.store import FirestoreStore
from shared.backends.local.state.local_store import LocalStore
from shared.ports import Store

Row = dict[str, Any]  # body (as text), number, previous, hash


class Meddler:
    """Changes one team's audit behind the store's back."""

    def __init__(self, store: Store, tenant: str) -> None:
        self._store, self._tenant = store, tenant

    def read(self, name: str) -> Row:
        """Return an entry as it is kept."""
        if isinstance(self._store, LocalStore):
            (row,) = self._do("SELECT body, number, previous, hash FROM audit WHERE tenant = ? AND seq = ?", int(name))
            return dict(zip(("body", "number", "previous", "hash"), row, strict=True))
        found: Row = self._entry(name).get().to_dict()
        return found

    def write(self, name: str, **fields: Any) -> None:
        """Change fields of an entry; it is made where it is not there."""
        if isinstance(self._store, LocalStore):
            self._do("INSERT OR IGNORE INTO audit (tenant, seq, body) VALUES (?, ?, '{}')", int(name))
            for field, value in fields.items():
                self._do(f"UPDATE audit SET {field} = ?3 WHERE tenant = ?1 AND seq = ?2", int(name), value)
            return
        self._entry(name).set({"tenant": self._tenant, **fields}, merge=True)

    def remove(self, name: str) -> None:
        """Delete an entry."""
        if isinstance(self._store, LocalStore):
            self._do("DELETE FROM audit WHERE tenant = ? AND seq = ?", int(name))
        else:
            self._entry(name).delete()

    def swap(self, one: str, other: str) -> None:
        """Put each where the other was."""
        first, second = self.read(one), self.read(other)
        self.write(one, **second)
        self.write(other, **first)

    def add_older(self, body: Mapping[str, Any], at: str) -> str:
        """Add an entry as they were written before there were chains; return its id. `at` is like 20261120T090000."""
        if isinstance(self._store, LocalStore):
            ((last,),) = self._do("SELECT coalesce(max(seq), 0) FROM audit WHERE tenant = ?")
            self._do("INSERT INTO audit (tenant, seq, body) VALUES (?, ?, ?)", last + 1, json.dumps(body))
            return f"{last + 1:012d}"
        name = f"{at}.000000-r1-0000000001-0000"
        self._entry(name).set({"tenant": self._tenant, "body": json.dumps(body), "token": "t"})
        return name

    def _entry(self, name: str) -> Any:
        assert isinstance(self._store, FirestoreStore)
        return _PlainDocument(self._store._home(self._tenant).document("audit", name))

    def _do(self, statement: str, *values: Any) -> list[Any]:
        assert isinstance(self._store, LocalStore)
        with closing(sqlite3.connect(self._store.path / "workwright.db", timeout=30)) as connection, connection:
            return connection.execute(statement, (self._tenant, *values)).fetchall()


class _PlainDocument:
    """A document of Firestore, written without any condition, by whichever client the store has."""

    def __init__(self, reference: Any) -> None:
        self._reference = reference
        self._client = reference._client

    def get(self) -> Any:
        return self._reference.get()

    def set(self, fields: Mapping[str, Any], *, merge: bool = False) -> None:
        known = self._reference.get() if merge else None
        whole = {**(known.to_dict() or {}), **fields} if known is not None and known.exists else dict(fields)
        batch = self._client.batch()
        batch.set(self._reference, whole)
        batch.commit()

    def delete(self) -> None:
        batch = self._client.batch()
        batch.delete(self._reference)
        batch.commit()
