"""What is known of each tenant's pages: one SQLite file per tenant, with words and vectors.

A file per tenant keeps one tenant's words out of another's ranking, and makes forgetting a tenant the deletion of a
file. Its name is a hash, because a tenant's name may hold anything. All of it can be made anew from the pages.
"""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from shared.backends.knowledge_rows import chunk_body, chunk_of, page_body, page_of
from shared.backends.local.search.vector_table import VectorTable
from shared.backends.local.state.commit_group import is_damaged
from shared.backends.local.state.encoding import check_tenant
from shared.backends.word_index import TABLES, Entry, WordIndex
from shared.core.errors import StoreCorrupt, StoreError
from shared.core.knowledge.chunk import Chunk
from shared.ports.knowledge import KnownPage, Nearest, Scored, Vector

T = TypeVar("T")

_FOLDER = "knowledge"
_OPEN = 64  # files that are held open; the one not asked for longest is closed
_VERSION = 1  # of the file; one of another version is begun anew
_STALE_SHARE = 0.05  # of the chunks: so many removed ones, and the index is written anew without them
_META = "CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID"


class LocalKnowledge:
    """The tenants' indexes below one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / _FOLDER
        self._lock = threading.Lock()
        self._open: OrderedDict[str, TenantFile] = OrderedDict()

    def open_for(self, tenant: str) -> TenantFile:
        """Return one tenant's index; a file comes into being with the first page."""
        check_tenant(tenant)
        with self._lock:
            found = self._open.pop(tenant, None)
            self._open[tenant] = found or TenantFile(self._folder / f"{hashlib.sha256(tenant.encode()).hexdigest()}.db")
            if len(self._open) > _OPEN:
                self._open.popitem(last=False)  # closed when nobody uses it any more
            return self._open[tenant]


class TenantFile:
    """One tenant's index. Safe for threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._merged = False
        self._index: WordIndex
        self._vectors: VectorTable

    def page(self, page: str) -> KnownPage | None:
        found = self._read(lambda c: c.execute("SELECT body FROM pages WHERE id = ?", (page,)).fetchone(), None)
        return page_of(found[0]) if found else None

    def pages(self, *, after: str = "", limit: int = 1000) -> list[KnownPage]:
        """Return known pages by ascending id."""
        select = "SELECT body FROM pages WHERE id > ? ORDER BY id LIMIT ?"
        found: list[tuple[str]] = self._read(lambda c: c.execute(select, (after, limit)).fetchall(), [])
        return [page_of(body) for (body,) in found]

    def replace(
        self, page: KnownPage, chunks: Sequence[Chunk], vectors: Mapping[str, Vector] | None = None, model: str = ""
    ) -> None:
        """Make these the page's chunks, for readers at once."""
        with self._changing() as connection:
            row = self._index.keep_page(page.id, page.root, page_body(page))
            before = dict(connection.execute("SELECT id, key FROM chunks WHERE page = ?", (row,)))
            if vectors:
                self._vectors.keep(vectors, model)
            for chunk in chunks:
                self._index.keep(row, Entry(chunk.id, chunk.path, chunk.text, chunk.key, chunk_body(chunk)))
            gone = before.keys() - {chunk.id for chunk in chunks}
            self._index.drop(gone)
            self._vectors.sweep(set(before.values()))
            self._note_removed(len(gone))

    def remove(self, page: str) -> None:
        """Forget a page and its chunks, for readers at once. An unknown page is ignored."""
        if self.page(page) is None:
            return
        with self._changing() as connection:
            select = "SELECT c.key FROM chunks c JOIN pages p ON p.row = c.page WHERE p.id = ?"
            keys = {key for (key,) in connection.execute(select, (page,))}
            removed = self._index.drop_page(page)
            self._vectors.sweep(keys)
            self._note_removed(removed)

    def erase(self) -> None:
        """Forget everything of the tenant: the file goes."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None
            self._delete()

    def known_vectors(self, keys: Sequence[str], model: str) -> set[str]:
        """Return those keys whose vectors of this embedder are kept already."""
        return self._read(lambda _: self._vectors.find_known(keys, model), set())

    def list_without_vectors(self, model: str, *, limit: int = 100) -> list[Chunk]:
        """Return chunks that have no vector of this embedder yet."""
        select = f"""{_CHUNK} WHERE NOT EXISTS (SELECT 1 FROM vectors v WHERE v.key = c.key AND v.model = ?)
            ORDER BY c.row LIMIT ?"""
        rows: list[tuple[str, ...]] = self._read(lambda c: c.execute(select, (model, limit)).fetchall(), [])
        return [chunk_of(*row) for row in rows]

    def add_vectors(self, vectors: Mapping[str, Vector], model: str) -> None:
        """Keep vectors, by key, for chunks that are indexed already."""
        with self._changing():
            self._vectors.keep(vectors, model)
            self._vectors.sweep(set(vectors))

    def words(self, query: str, *, limit: int) -> list[Scored]:
        """Search by words, best first."""
        return self._read(lambda _: self._index.words(query, self._generation(), limit=limit), [])

    def exact(self, text: str, *, limit: int) -> list[Scored]:
        """Return chunks that hold this very text."""
        return self._read(lambda _: self._index.exact(text, limit=limit), [])

    def find_near(self, vector: Vector, model: str, *, limit: int, also: Sequence[str] = ()) -> Nearest:
        """Search by meaning (cosine), best first; of `also` the cosine is told too."""

        def nearest(_: sqlite3.Connection) -> Nearest:
            return self._vectors.find_near(vector, model, self._generation(), limit=limit, also=also)

        return self._read(nearest, Nearest())

    def get(self, chunks: Sequence[str]) -> list[Chunk]:
        """Return these chunks, in this order; those that are gone are left out."""

        def find_chunks(connection: sqlite3.Connection) -> list[Chunk]:
            rows = (connection.execute(f"{_CHUNK} WHERE c.id = ?", (chunk,)).fetchone() for chunk in chunks)
            return [chunk_of(*row) for row in rows if row]

        return self._read(find_chunks, [])

    def count(self) -> Mapping[str, int]:
        """Return how many `pages`, `chunks` and `vectors` there are."""

        def count_rows(connection: sqlite3.Connection) -> dict[str, int]:
            tables = ("pages", "chunks", "vectors")
            return {name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in tables}

        return self._read(count_rows, {"pages": 0, "chunks": 0, "vectors": 0})

    def _read(self, ask: Callable[[sqlite3.Connection], T], nothing: T) -> T:
        """Ask the file; where there is none, the answer is `nothing`."""
        with self._lock, _translate_errors(self._path):
            if self._connection is None and not self._path.exists():
                return nothing
            return ask(self._open_connection())

    @contextmanager
    def _changing(self) -> Iterator[sqlite3.Connection]:
        with self._lock, _translate_errors(self._path):
            connection = self._open_connection()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                self._add_to("generation", 1)
                connection.execute("COMMIT")
                if self._merged:  # what was removed is in no segment any more; now in no log either
                    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                    self._merged = False
            finally:
                if connection.in_transaction:  # nothing was committed
                    connection.execute("ROLLBACK")

    def _open_connection(self) -> sqlite3.Connection:
        if self._connection is None:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False, timeout=10)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")  # what a power cut takes, the next sync brings back
            connection.execute("PRAGMA secure_delete = ON")
            connection.execute("PRAGMA cache_size = -16000")
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version not in (0, _VERSION):
                connection.close()
                self._delete()
                return self._open_connection()
            if version == 0:
                connection.execute("BEGIN IMMEDIATE")
                for statement in (*TABLES, *VectorTable.TABLES, _META, f"PRAGMA user_version = {_VERSION}"):
                    connection.execute(statement)
                connection.execute("COMMIT")
            self._index, self._vectors = WordIndex(connection), VectorTable(connection)
            self._connection = connection
        return self._connection

    def _delete(self) -> None:
        for ending in ("", "-wal", "-shm"):
            self._path.with_name(self._path.name + ending).unlink(missing_ok=True)

    def _generation(self) -> int:
        return self._meta("generation")

    def _meta(self, name: str) -> int:
        found = self._open_connection().execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return int(found[0]) if found else 0

    def _add_to(self, name: str, number: int) -> None:
        self._open_connection().execute(
            "INSERT INTO meta VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = value + excluded.value",
            (name, number),
        )

    def _note_removed(self, number: int) -> None:
        if not number:
            return
        self._add_to("removed", number)
        left = self._open_connection().execute("SELECT count(*) FROM chunks").fetchone()[0]
        removed = self._meta("removed")
        if removed > _STALE_SHARE * left:
            self._index.merge()
            self._merged = True
            self._add_to("removed", -removed)


_CHUNK = "SELECT c.id, p.id, c.path, c.text, c.key, c.body FROM chunks c JOIN pages p ON p.row = c.page"


@contextmanager
def _translate_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        if is_damaged(error):
            way_out = "it holds only what can be read again; delete it, and the next sync creates it anew"
            raise StoreCorrupt(f"{path}: damaged ({error}); {way_out}") from error
        raise StoreError(f"{path}: {error}") from error
