"""An index that counts what is written, and an embedder that counts what it is asked."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.backends.local.search.local_knowledge import TenantFile
from shared.core.knowledge.chunk import Chunk
from shared.ports.knowledge import Vector

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


class WatchedKnowledge:
    """A tenant's index that counts what is written to it."""

    def __init__(self, inner: TenantFile) -> None:
        """Watch this one."""
        self._inner, self.writes = inner, 0

    def __getattr__(self, name: str) -> Any:
        """Hand over what is not watched."""
        return getattr(self._inner, name)

    def replace(self, *given: Any) -> None:
        """Replace a page's chunks."""
        self.writes += 1
        self._inner.replace(*given)

    def remove(self, page: str) -> None:
        """Forget a page."""
        self.writes += 1
        self._inner.remove(page)

    def add_vectors(self, *given: Any) -> None:
        """Keep vectors."""
        self.writes += 1
        self._inner.add_vectors(*given)

    def chunks(self, page: str = "") -> list[Chunk]:
        """Return the chunks of a page, or all, in the order of the page."""
        every = self._inner.list_without_vectors("an embedder that nobody has", limit=100_000)
        return sorted((c for c in every if page in ("", c.page)), key=lambda chunk: (chunk.page, chunk.position))

    def contents(self) -> list[Any]:
        """Return all that is in it, in one order."""
        return [*self._inner.pages(limit=100_000), *self.chunks()]
