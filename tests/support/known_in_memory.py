"""An index in memory that counts what is written, and an embedder that counts what it is asked."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from shared.ports import Chunk, KnownPage, Scored, Vector
from shared.ports.knowledge import Nearest

DIMENSIONS = 64
_WORDS = re.compile(r"\w+")


@dataclass
class CountingEmbedder:
    """Embeds a text as the words it holds; `asked` are the texts of documents, `error` is raised instead."""

    id: str = "words-64"
    dimensions: int = DIMENSIONS
    asked: list[str] = field(default_factory=list)
    error: Exception | None = None

    def embed(self, texts: Sequence[str], kind: str) -> list[Vector]:
        """Return a unit vector per text."""
        if self.error is not None:
            raise self.error
        if kind == "document":
            self.asked += texts
        return [_vector(text) for text in texts]


def _vector(text: str) -> list[float]:
    found = [0.0] * DIMENSIONS
    for word in _WORDS.findall(text.casefold()):
        found[int(hashlib.sha256(word.encode()).hexdigest()[:8], 16) % DIMENSIONS] += 1.0
    length = math.sqrt(sum(each * each for each in found)) or 1.0
    return [each / length for each in found]


@dataclass
class MemoryKnowledge:
    """One tenant's index; `writes` counts what changed something."""

    known: dict[str, KnownPage] = field(default_factory=dict)
    chunks: dict[str, list[Chunk]] = field(default_factory=dict)
    vectors: dict[tuple[str, str], Vector] = field(default_factory=dict)
    writes: int = 0

    def page(self, page: str) -> KnownPage | None:
        return self.known.get(page)

    def pages(self, *, after: str = "", limit: int = 1000) -> list[KnownPage]:
        return [self.known[each] for each in sorted(self.known) if each > after][:limit]

    def replace(
        self, page: KnownPage, chunks: Sequence[Chunk], vectors: Mapping[str, Vector] | None = None, model: str = ""
    ) -> None:
        self.writes += 1
        self.known[page.id], self.chunks[page.id] = page, list(chunks)
        self.vectors |= {(model, key): vector for key, vector in (vectors or {}).items()}

    def remove(self, page: str) -> None:
        self.writes += page in self.known
        self.known.pop(page, None)
        self.chunks.pop(page, None)

    def erase(self) -> None:
        self.writes += bool(self.known)
        self.known, self.chunks, self.vectors = {}, {}, {}

    def known_vectors(self, keys: Sequence[str], model: str) -> set[str]:
        return {key for key in keys if (model, key) in self.vectors}

    def without_vectors(self, model: str, *, limit: int = 100) -> list[Chunk]:
        return [chunk for chunk in self.all() if (model, chunk.key) not in self.vectors][:limit]

    def add_vectors(self, vectors: Mapping[str, Vector], model: str) -> None:
        self.writes += bool(vectors)
        self.vectors |= {(model, key): vector for key, vector in vectors.items()}

    def words(self, query: str, *, limit: int, roots: Sequence[str] = ()) -> list[Scored]:
        wanted = set(_WORDS.findall(query.casefold()))
        found = [(len(wanted & _words_of(chunk)), chunk) for chunk in self.all(roots)]
        best = sorted(found, key=lambda each: (-each[0], each[1].id))[:limit]
        return [Scored(chunk.id, float(score)) for score, chunk in best if score]

    def exact(self, text: str, *, limit: int, roots: Sequence[str] = ()) -> list[Scored]:
        return [Scored(chunk.id, 1.0) for chunk in self.all(roots) if text.casefold() in chunk.text.casefold()][:limit]

    def near(
        self, vector: Vector, model: str, *, limit: int, roots: Sequence[str] = (), also: Sequence[str] = ()
    ) -> Nearest:
        scored = [
            Scored(chunk.id, sum(a * b for a, b in zip(vector, self.vectors[model, chunk.key], strict=True)))
            for chunk in self.all(roots)
            if (model, chunk.key) in self.vectors
        ]
        scored.sort(key=lambda each: -each.score)
        return Nearest(tuple(scored[:limit]), scored[-1].score if scored else 0.0)

    def get(self, chunks: Sequence[str]) -> list[Chunk]:
        by_id = {chunk.id: chunk for chunk in self.all()}
        return [by_id[each] for each in chunks if each in by_id]

    def count(self) -> Mapping[str, int]:
        return {"pages": len(self.known), "chunks": len(self.all()), "vectors": len(self.vectors)}

    def all(self, roots: Sequence[str] = ()) -> list[Chunk]:
        """Return all chunks, of these roots if any are given."""
        pages = [page for page in sorted(self.known) if not roots or self.known[page].root in roots]
        return [chunk for page in pages for chunk in self.chunks[page]]


def _words_of(chunk: Chunk) -> set[str]:
    return set(_WORDS.findall(" ".join([chunk.text, *chunk.path]).casefold()))
