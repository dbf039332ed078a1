"""The words of a tenant's chunks, mirrored in an instance's memory: Firestore does not rank text.

A mirror is a SQLite index (`word_index.py`). A cold instance begins with the last snapshot kept as a text, then reads
what has changed since, by the server's own time of each write; a warm one reads the changes alone, before every
search. A mirror may lag behind for a moment or hold what is gone: what is shown is always read from Firestore.
"""

from __future__ import annotations

import base64
import sqlite3
import threading
import zlib
from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from google.cloud.firestore import SERVER_TIMESTAMP
from google.cloud.firestore_v1.base_query import FieldFilter

from shared.backends.cloud import texts
from shared.backends.cloud.api_error import asking_the_store
from shared.backends.cloud.guarded import TIMEOUT_S
from shared.backends.cloud.paths import PARTS, TEXTS, Home
from shared.backends.knowledge_rows import PATH_JOINT
from shared.backends.word_index import TABLES, Entry, WordIndex
from shared.core.errors import StoreCorrupt
from shared.ports.knowledge import Scored

CHUNKS = "chunks"
CHANGED = {"changed_at": SERVER_TIMESTAMP}  # in every write of what a mirror holds

_STATE, _ONE = "mirror", "state"
_READ = ("chunk", "page", "root", "path", "text", "key", "changed_at", "gone_at")
_SETTLED = timedelta(seconds=60)  # after which no write with an earlier time can still appear
_OVERLAP = timedelta(seconds=30)
_KEPT = timedelta(days=1)  # of tombstones; a mirror that lags more begins anew
_MIN, _SHARE = 200, 0.05  # changes after which a snapshot is worth its writes
_HELD = 32  # tenants whose mirrors are kept in memory
_FORMAT = 1


class Mirrors:
    """The mirrors of this instance."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: OrderedDict[str, Mirror] = OrderedDict()

    def open_for(self, home: Home) -> Mirror:
        with self._lock:
            found = self._held.pop(home.tenant, None) or Mirror(home)
            self._held[home.tenant] = found
            if len(self._held) > _HELD:
                self._held.popitem(last=False)
            return found


class Mirror:
    """One tenant's words. Safe for threads."""

    def __init__(self, home: Home) -> None:
        self.dimensions: dict[str, int] = {}  # of vectors, by embedder: what this instance has seen
        self._home = home
        self._lock = threading.RLock()
        self._begin("", None)

    def words(self, query: str, *, limit: int) -> list[Scored]:
        """Search by words, best first."""
        with self._lock:
            self._catch_up()
            return self._chunks(self._index.words(query, self._generation, limit=limit))

    def exact(self, text: str, *, limit: int) -> list[Scored]:
        """Return chunks that hold this very text."""
        with self._lock:
            self._catch_up()
            return self._chunks(self._index.exact(text, limit=limit))

    def erase(self) -> None:
        """Forget everything, the snapshot too; other instances' mirrors begin anew when they next look."""
        with self._lock, asking_the_store("erase the mirror"):
            reference = self._home.document(_STATE, _ONE)
            old = reference.get(timeout=TIMEOUT_S).to_dict() or {}
            reference.set({"epoch": uuid4().hex}, timeout=TIMEOUT_S)
            self._forget(old.get("text", ""))
            self.dimensions.clear()

    def _chunks(self, found: list[Scored]) -> list[Scored]:
        """Return chunks in place of documents: of a chunk just changed there may be two."""
        best: dict[str, float] = {}
        for each in found:
            select = "SELECT body FROM chunks WHERE id = ?"
            best.setdefault(str(self._connection.execute(select, (each.chunk,)).fetchone()[0]), each.score)
        return [Scored(chunk, score) for chunk, score in best.items()]

    def _begin(self, epoch: str, until: datetime | None, data: bytes = b"") -> None:
        self._connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        if data:
            self._connection.deserialize(data)
        else:
            for statement in TABLES:
                self._connection.execute(statement)
        self._index = WordIndex(self._connection)
        self._epoch, self._until, self._since = epoch, until, until
        self._generation = 0

    def _catch_up(self) -> None:
        with asking_the_store("read the mirror's state"):
            snapshot = self._home.document(_STATE, _ONE).get(timeout=TIMEOUT_S)
        state = snapshot.to_dict() or {}
        epoch, saved = str(state.get("epoch", "")), state.get("until")
        lags = saved is not None and (self._until is None or saved - self._until > _KEPT)
        if epoch != self._epoch or lags:
            self._begin(epoch, *self._snapshot(state))
        changes = self._read_changes()
        if self._until is not None and snapshot.read_time is not None:
            settled = snapshot.read_time - self._until > _SETTLED
            self._since = self._until if settled else self._until - _OVERLAP
        if len(changes) > max(_MIN, _SHARE * self._size()):
            self._save(state)

    def _read_changes(self) -> list[Any]:
        query = self._home.collection(CHUNKS).order_by("changed_at").select(_READ)
        if self._since is not None:
            query = query.where(filter=FieldFilter("changed_at", ">", self._since))
        with asking_the_store("read what has changed"):
            changes = list(query.stream(timeout=TIMEOUT_S))
        if not changes:
            return []
        self._connection.execute("BEGIN")
        for each in changes:
            self._apply(each.id, each.to_dict())
        self._connection.execute("COMMIT")
        self._generation += 1
        self._until = changes[-1].get("changed_at")
        return changes

    def _apply(self, name: str, fields: dict[str, Any]) -> None:
        if "gone_at" in fields:
            self._index.drop([name])
            return
        page = self._index.keep_page(fields["page"], fields["root"], "")
        path = tuple(fields["path"].split(PATH_JOINT))
        self._index.keep(page, Entry(name, path, fields["text"], fields["key"], fields["chunk"]))

    def _size(self) -> int:
        return int(self._connection.execute("SELECT count(*) FROM chunks").fetchone()[0])

    def _snapshot(self, state: dict[str, Any]) -> tuple[datetime | None, bytes]:
        """Return the saved index and the time it is of; nothing where there is none that can be read."""
        if not state.get("text") or state.get("format") != _FORMAT:
            return None, b""
        try:
            packed = texts.get_text(self._home, state["text"])
        except (KeyError, StoreCorrupt):  # another instance has just replaced it
            return None, b""
        return state["until"], zlib.decompress(base64.b64decode(packed))

    def _save(self, state: dict[str, Any]) -> None:
        packed = base64.b64encode(zlib.compress(self._connection.serialize(), 6)).decode()
        text = texts.put_text(self._home, packed)
        fields = {"epoch": self._epoch, "text": text, "until": self._until, "format": _FORMAT}
        with asking_the_store("keep a snapshot of the words"):
            self._home.document(_STATE, _ONE).set(fields, timeout=TIMEOUT_S)
            if state.get("text") not in ("", None, text):
                self._forget(state["text"])
            if self._until is not None:
                self._bury_tombstones(self._until - _KEPT)

    def _forget(self, text: str) -> None:
        if not text:
            return
        header = self._home.document(TEXTS, text)
        for part in header.collection(PARTS).list_documents(timeout=TIMEOUT_S):
            part.delete(timeout=TIMEOUT_S)
        header.delete(timeout=TIMEOUT_S)

    def _bury_tombstones(self, before: datetime) -> None:
        query = self._home.collection(CHUNKS).where(filter=FieldFilter("gone_at", "<", before)).limit(300)
        batch = self._home.client.batch()
        for each in query.stream(timeout=TIMEOUT_S):
            batch.delete(each.reference)
        batch.commit(timeout=TIMEOUT_S)
