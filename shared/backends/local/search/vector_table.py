"""Vectors by the hash of their text, in SQLite; searched by brute force over one array in memory.

No index structure: a workspace of 10,000 chunks takes 0.2 ms, and 100,000 are at the speed of the memory bus, which
is 4 bytes a dimension per query (retrieval, 3.3). The array is read again after a change.
"""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import util
from operator import mul
from typing import Any

from shared.core.errors import StoreError
from shared.ports.knowledge import Nearest, Scored, Vector

_NUMPY = util.find_spec("numpy") is not None
_AT_ONCE = 500  # keys in one statement


@dataclass(slots=True)
class _Array:
    generation: int
    model: str
    ids: list[str]
    place: dict[str, int]
    vectors: Any  # numpy's, [chunks, dimensions]; without numpy a list of arrays


class VectorTable:
    """The vectors in a connection, which its caller guards and commits."""

    TABLES = (
        "CREATE TABLE vectors (key TEXT NOT NULL, model TEXT NOT NULL, vector BLOB NOT NULL, PRIMARY KEY (key, model))",
    )

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._array: _Array | None = None

    def keep(self, vectors: Mapping[str, Vector], model: str) -> None:
        """Add vectors of one embedder; all of its vectors have one length."""
        first = self._connection.execute("SELECT vector FROM vectors WHERE model = ? LIMIT 1", (model,)).fetchone()
        size = len(first[0]) if first else 0
        for key, vector in vectors.items():
            packed = array("f", vector).tobytes()
            size = size or len(packed)
            if not packed or len(packed) != size:
                raise StoreError(f"a vector of {len(packed) // 4} dimensions among those of {model}, of {size // 4}")
            self._connection.execute("INSERT OR REPLACE INTO vectors VALUES (?, ?, ?)", (key, model, packed))

    def find_known(self, keys: Sequence[str], model: str) -> set[str]:
        """Return those keys whose vectors of this embedder are there."""
        found: set[str] = set()
        for start in range(0, len(keys), _AT_ONCE):
            some = keys[start : start + _AT_ONCE]
            marks = ", ".join("?" * len(some))
            rows = self._connection.execute(
                f"SELECT key FROM vectors WHERE model = ? AND key IN ({marks})", [model, *some]
            )
            found.update(key for (key,) in rows)
        return found

    def sweep(self, keys: set[str]) -> None:
        """Remove those of these vectors that no chunk has any more."""
        for key in keys:
            self._connection.execute(
                "DELETE FROM vectors WHERE key = ?1 AND NOT EXISTS (SELECT 1 FROM chunks WHERE key = ?1)", (key,)
            )

    def find_near(self, vector: Vector, model: str, generation: int, *, limit: int, also: Sequence[str]) -> Nearest:
        """Return the chunks nearest to a vector by cosine, and those of `also`."""
        known = self._array_at(generation, model)
        if not known.ids:
            return Nearest()
        cosines = _cosines(known.vectors, vector)
        chosen = set(_largest(cosines, limit))
        chosen.update(known.place[chunk] for chunk in also if chunk in known.place)
        found = sorted(((float(cosines[at]), -at) for at in chosen), reverse=True)
        mean = float(cosines.mean()) if _NUMPY else sum(cosines) / len(cosines)
        return Nearest(tuple(Scored(known.ids[-at], score) for score, at in found), mean)

    def _array_at(self, generation: int, model: str) -> _Array:
        held = self._array
        if held is None or held.generation != generation or held.model != model:
            rows = self._connection.execute(
                "SELECT c.id, v.vector FROM chunks c JOIN vectors v ON v.key = c.key AND v.model = ? ORDER BY c.row",
                (model,),
            ).fetchall()
            ids = [row[0] for row in rows]
            place = {chunk: at for at, chunk in enumerate(ids)}
            held = _Array(generation, model, ids, place, _stack_vectors([row[1] for row in rows]))
            self._array = held
        return held


def _stack_vectors(packed: list[bytes]) -> Any:
    if not _NUMPY:
        return [array("f", each) for each in packed]
    import numpy as np

    return np.frombuffer(b"".join(packed), dtype=np.float32).reshape(len(packed), -1 if packed else 0)


def _cosines(vectors: Any, vector: Vector) -> Any:
    if not _NUMPY:
        return [sum(map(mul, each, vector)) for each in vectors]
    import numpy as np

    return vectors @ np.asarray(vector, dtype=np.float32)


def _largest(cosines: Any, limit: int) -> list[int]:
    if not _NUMPY or len(cosines) <= limit:
        return sorted(range(len(cosines)), key=lambda at: -cosines[at])[:limit]
    import numpy as np

    return [int(at) for at in np.argpartition(cosines, -limit)[-limit:]]
