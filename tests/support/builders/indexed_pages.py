"""Pages put into an index, and their words and vectors."""

from __future__ import annotations

import math
from collections.abc import Callable

from shared.core.knowledge.chunk import Chunk
from shared.core.knowledge.chunking import vector_key
from shared.ports.knowledge import Knowledge, KnownPage

MODEL = "test/3"
Of = Callable[[str], Knowledge]


def a_chunk(page: str, block: str, text: str, *, path: tuple[str, ...] = ("Handbook",), position: int = 0) -> Chunk:
    return Chunk(
        f"{page}:{block}:0", page, text, path, position, block, vector_key(text), "text", "2026-11-01T10:00:00Z", "u"
    )


def unit(*numbers: float) -> list[float]:
    length = math.sqrt(sum(each * each for each in numbers))
    return [each / length for each in numbers]


def put(
    knowledge: Knowledge, page: str, *texts: str, root: str = "", vectors: list[list[float]] | None = None
) -> list[str]:
    chunks = [a_chunk(page, f"b{n}", text, position=n) for n, text in enumerate(texts)]
    made = {chunk.key: vector for chunk, vector in zip(chunks, vectors or [], strict=False)}
    knowledge.replace(KnownPage(page, f"Page {page}", root=root), chunks, made, MODEL if made else "")
    return [chunk.id for chunk in chunks]


def words(knowledge: Knowledge, query: str, **where: list[str]) -> list[str]:
    return [found.chunk for found in knowledge.words(query, limit=10, **where)]
