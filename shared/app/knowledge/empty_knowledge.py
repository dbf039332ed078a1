"""The knowledge, embedder and known secrets of whoever has none: what asks them finds nothing, and nothing is kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from shared.core.knowledge.chunk import Chunk
from shared.ports.knowledge import Embedder, Knowledge, KnownPage, Nearest, Scored, Vector


class NothingKnown:
    """An index that stays empty."""

    def page(self, page: str) -> KnownPage | None:
        return None

    def pages(self, *, after: str = "", limit: int = 1000) -> list[KnownPage]:
        return []

    def replace(
        self, page: KnownPage, chunks: Sequence[Chunk], vectors: Mapping[str, Vector] | None = None, model: str = ""
    ) -> None:
        """Keep nothing."""

    def remove(self, page: str) -> None:
        """Do nothing."""

    def erase(self) -> None:
        """Do nothing."""

    def known_vectors(self, keys: Sequence[str], model: str) -> set[str]:
        return set()

    def list_without_vectors(self, model: str, *, limit: int = 100) -> list[Chunk]:
        return []

    def add_vectors(self, vectors: Mapping[str, Vector], model: str) -> None:
        """Keep nothing."""

    def words(self, query: str, *, limit: int) -> list[Scored]:
        return []

    def exact(self, text: str, *, limit: int) -> list[Scored]:
        return []

    def find_near(self, vector: Vector, model: str, *, limit: int, also: Sequence[str] = ()) -> Nearest:
        return Nearest()

    def get(self, chunks: Sequence[str]) -> list[Chunk]:
        return []

    def count(self) -> Mapping[str, int]:
        return {"pages": 0, "chunks": 0, "vectors": 0}


_NOTHING = NothingKnown()


def no_knowledge(tenant: str) -> Knowledge:
    """Return an empty index for any tenant."""
    return _NOTHING


def no_embedder(tenant: str) -> Embedder | None:
    """Return None: what is searched is searched by words."""
    return None


def no_secrets(tenant: str) -> Iterable[str]:
    """Return nothing: secrets are known by their looks alone."""
    return ()
