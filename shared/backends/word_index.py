"""Search by words in one SQLite file: chunks, the terms in them, and BM25 over chunks and pages together.

A chunk's score is BM25 of its words without their endings, plus BM25 of its page by the words as they are written:
the first finds more, the second keeps apart what endings keep apart. SQLite's own ranking is not used: it takes a term
in more than half of the chunks for worthless, knows no pages, and ranked long questions below plain BM25 (retrieval,
2). Its index keeps the terms and their places, `fts5vocab` reads them back, and the arithmetic is ours: k1 1.5,
b 0.75, a logarithm that never falls below zero, a question's repeated words counted as often as they are there.
"""

from __future__ import annotations

import math
import re
import sqlite3
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from shared.backends.knowledge_rows import PATH_JOINT
from shared.backends.word_scores import Shares, best
from shared.backends.word_terms import FORMS, STEMS, build_phrase, insert_spaces, length_of, terms
from shared.ports.knowledge import Scored

TABLES = (
    "CREATE TABLE pages (row INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, root TEXT NOT NULL, body TEXT NOT NULL)",
    """CREATE TABLE chunks (
        row INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, page INTEGER NOT NULL, path TEXT NOT NULL,
        text TEXT NOT NULL, path_size INTEGER NOT NULL, text_size INTEGER NOT NULL, key TEXT NOT NULL,
        body TEXT NOT NULL)""",
    "CREATE INDEX chunks_page ON chunks (page)",
    "CREATE INDEX chunks_key ON chunks (key)",
    f"CREATE VIRTUAL TABLE stems USING fts5 (path, text, content='', tokenize='{STEMS}')",
    f"CREATE VIRTUAL TABLE forms USING fts5 (path, text, content='', tokenize='{FORMS}')",
    *(f"CREATE VIRTUAL TABLE {of}_places USING fts5vocab ({of}, instance)" for of in ("stems", "forms")),
    *(f"CREATE VIRTUAL TABLE {of}_spread USING fts5vocab ({of}, row)" for of in ("stems", "forms")),
)

_INDEXES = ("stems", "forms")
_K1, _B = 1.5, 0.75
_MAX_PLACES = 64_000  # of each index that one question reads; beyond, its commonest words are left out
_MAX_HELD = 2_000_000  # shares kept in memory, of 16 bytes each
_CANDIDATES = 500  # that are looked at for an exact text
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Entry:
    """What is indexed of one chunk. `body` is the caller's."""

    id: str
    path: tuple[str, ...]
    text: str
    key: str
    body: str = ""


@dataclass(slots=True)
class _Sizes:
    """Lengths of chunks and pages in words."""

    page: array[int]  # of a chunk, by its row
    chunk: dict[int, int]
    whole: dict[int, int]  # of a page
    chunk_mean: float
    page_mean: float


class _Warm:
    """What was worked out in this generation: common terms come again and again, and cost the most."""

    def __init__(self, generation: int, sizes: _Sizes) -> None:
        self.generation = generation
        self.sizes = sizes
        self.places: dict[tuple[str, str], int] = {}  # how many a term has
        self._shares: dict[tuple[str, str], Shares] = {}
        self._held = 0

    def get(self, term: tuple[str, str]) -> Shares | None:
        """Return a term's shares, where they are held; terms are told with the index they are of."""
        return self._shares.get(term)

    def hold(self, term: tuple[str, str], shares: Shares) -> None:
        """Keep a term's shares, within bounds of memory."""
        self._held += len(shares.rows)
        if self._held > _MAX_HELD:
            self._shares, self._held = {}, 0
        self._shares[term] = shares


class WordIndex:
    """The index in a connection, which its caller guards against use by two threads and commits.

    `generation` is any number that differs after each change.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._warm: _Warm | None = None

    def keep_page(self, id: str, root: str, body: str) -> int:
        """Add a page, or change it; return its row."""
        self._connection.execute(
            "INSERT INTO pages (id, root, body) VALUES (?, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET root = excluded.root, body = excluded.body",
            (id, root, body),
        )
        return int(self._connection.execute("SELECT row FROM pages WHERE id = ?", (id,)).fetchone()[0])

    def keep(self, page: int, entry: Entry) -> None:
        """Add a chunk, or change it; its terms are only touched when its words differ."""
        path = PATH_JOINT.join(entry.path)
        found = self._connection.execute("SELECT row, path, text FROM chunks WHERE id = ?", (entry.id,)).fetchone()
        if found and found[1:] == (path, entry.text):
            self._connection.execute(
                "UPDATE chunks SET page = ?, key = ?, body = ? WHERE row = ?", (page, entry.key, entry.body, found[0])
            )
            return
        if found:
            self._drop_rows([found])
        sizes = length_of(" ".join(entry.path)), length_of(entry.text)
        cursor = self._connection.execute(
            "INSERT INTO chunks (id, page, path, text, path_size, text_size, key, body)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (entry.id, page, path, entry.text, *sizes, entry.key, entry.body),
        )
        for index in _INDEXES:
            self._connection.execute(
                f"INSERT INTO {index} (rowid, path, text) VALUES (?, ?, ?)",
                (cursor.lastrowid, insert_spaces(path), insert_spaces(entry.text)),
            )

    def drop(self, ids: Iterable[str]) -> None:
        for chunk in ids:
            self._drop_rows(self._connection.execute("SELECT row, path, text FROM chunks WHERE id = ?", (chunk,)))

    def drop_page(self, page: str) -> int:
        """Remove a page and its chunks; return how many chunks there were."""
        found = self._connection.execute("SELECT row FROM pages WHERE id = ?", (page,)).fetchone()
        if not found:
            return 0
        rows = self._connection.execute("SELECT row, path, text FROM chunks WHERE page = ?", found).fetchall()
        self._drop_rows(rows)
        self._connection.execute("DELETE FROM pages WHERE row = ?", found)
        return len(rows)

    def merge(self) -> None:
        """Write the index anew, without what was removed: removed words stay in its segments until then."""
        for index in _INDEXES:
            self._connection.execute(f"INSERT INTO {index} ({index}) VALUES ('optimize')")

    def _drop_rows(self, rows: Iterable[Sequence[object]]) -> None:
        for row, path, text in list(rows):
            for index in _INDEXES:
                self._connection.execute(
                    f"INSERT INTO {index} ({index}, rowid, path, text) VALUES ('delete', ?, ?, ?)",
                    (row, insert_spaces(str(path)), insert_spaces(str(text))),
                )
            self._connection.execute("DELETE FROM chunks WHERE row = ?", (row,))

    def words(self, query: str, generation: int, *, limit: int) -> list[Scored]:
        """Return the best chunks for a question, best first."""
        warm = self._warm_at(generation)
        chunks = self._shares_of("stems", terms(STEMS).weigh(query), warm)
        pages = self._shares_of("forms", terms(FORMS).weigh(query), warm)
        return [Scored(self._id(row), score) for row, score in best(chunks, pages, warm.sizes.page, limit)]

    def exact(self, text: str, *, limit: int) -> list[Scored]:
        """Return chunks that hold this very text, white space and case aside; those with more of it first."""
        wanted = _plain(text)
        if not wanted:
            return []
        found = []
        for row, chunk, path, body in self._might_hold(text):
            times = _plain(f"{path}\n{body}").count(wanted)
            if times:
                found.append((-times, row, chunk))
        return [Scored(chunk, float(-times)) for times, _, chunk in sorted(found)[:limit]]

    def _might_hold(self, text: str) -> list[tuple[int, str, str, str]]:
        expression = build_phrase(text)
        if not expression:  # marks alone: they are in no index
            return self._connection.execute("SELECT row, id, path, text FROM chunks").fetchall()
        return self._connection.execute(
            "SELECT row, id, path, text FROM chunks WHERE row IN (SELECT rowid FROM forms WHERE forms MATCH ? LIMIT ?)",
            (expression, _CANDIDATES),
        ).fetchall()

    def _shares_of(self, index: str, asked: dict[str, int], warm: _Warm) -> list[tuple[Shares, int]]:
        found = []
        for term, times in self._affordable(index, asked, warm):
            held = warm.get((index, term))
            if held is None:
                held = self._chunk_shares(term, warm.sizes) if index == "stems" else self._page_shares(term, warm.sizes)
                warm.hold((index, term), held)
            found.append((held, times))
        return found

    def _affordable(self, index: str, asked: dict[str, int], warm: _Warm) -> list[tuple[str, int]]:
        """Return the terms that are there, rarest first, as many as may be read."""
        known = []
        for term, times in asked.items():
            places = warm.places.get((index, term))
            if places is None:
                select = f"SELECT cnt FROM {index}_spread WHERE term = ?"
                found = self._connection.execute(select, (term,)).fetchone()
                places = warm.places[index, term] = int(found[0]) if found else 0
            if places:
                known.append((places, term, times))
        kept: list[tuple[str, int]] = []
        left = _MAX_PLACES
        for places, term, times in sorted(known):
            left -= places
            if kept and left < 0:
                break
            kept.append((term, times))
        return kept

    def _chunk_shares(self, term: str, sizes: _Sizes) -> Shares:
        counts = self._rows_of("stems", term, "")
        return Shares(array("q", counts), _bm25(counts, sizes.chunk, sizes.chunk_mean))

    def _page_shares(self, term: str, sizes: _Sizes) -> Shares:
        counts: dict[int, int] = defaultdict(int)
        for row, count in self._rows_of("forms", term, " AND col = 'text'").items():
            counts[sizes.page[row]] += count
        in_path: dict[int, int] = {}  # a page's title stands above each of its chunks, and is there once
        for row, count in self._rows_of("forms", term, " AND col = 'path'").items():
            page = sizes.page[row]
            in_path[page] = max(count, in_path.get(page, 0))
        for page, count in in_path.items():
            counts[page] += count
        return Shares(array("q", counts), _bm25(counts, sizes.whole, sizes.page_mean))

    def _rows_of(self, index: str, term: str, where: str) -> Counter[int]:
        """Return how often the term is in each row; as one text, which is twice as fast as a row for each place."""
        select = f"SELECT group_concat(doc) FROM {index}_places WHERE term = ?{where}"
        found = self._connection.execute(select, (term,)).fetchone()[0]
        return Counter(map(int, found.split(","))) if found else Counter()

    def _warm_at(self, generation: int) -> _Warm:
        if self._warm is None or self._warm.generation != generation:
            top = self._connection.execute("SELECT coalesce(max(row), 0) FROM chunks").fetchone()[0]
            page = array("q", bytes(8 * (top + 1)))
            chunk: dict[int, int] = {}
            whole: dict[int, int] = {}
            for row, of, path, text in self._connection.execute("SELECT row, page, path_size, text_size FROM chunks"):
                page[row], chunk[row] = of, path + text
                whole[of] = whole.get(of, path) + text
            means = [max(sum(sizes.values()) / max(len(sizes), 1), 1.0) for sizes in (chunk, whole)]
            self._warm = _Warm(generation, _Sizes(page, chunk, whole, *means))
        return self._warm

    def _id(self, row: int) -> str:
        return str(self._connection.execute("SELECT id FROM chunks WHERE row = ?", (row,)).fetchone()[0])


def _bm25(counts: dict[int, int], sizes: dict[int, int], mean: float) -> array[float]:
    """Return what a term adds to the score of each row it is in, in the order of `counts`."""
    weight = (_K1 + 1) * math.log(1 + (len(sizes) - len(counts) + 0.5) / (len(counts) + 0.5))
    fixed, per_word = _K1 * (1 - _B), _K1 * _B / mean
    return array("d", (weight * count / (count + fixed + per_word * sizes[row]) for row, count in counts.items()))


def _plain(text: str) -> str:
    return _SPACE.sub(" ", text).strip().casefold()
