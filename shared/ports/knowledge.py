"""A tenant's indexed pages, and what turns texts into vectors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # every function loads the ports, and few of them chunks
    from shared.core.knowledge.chunk import Chunk

Vector = Sequence[float]  # a list, or a row of numpy's


class Embedder(Protocol):
    """Turns texts into vectors of unit length. `id` names model and quantisation: vectors of two ids never mix."""

    id: str
    dimensions: int

    def embed(self, texts: Sequence[str], kind: str) -> list[Vector]:
        """Return one vector per text; `kind` is "document" or "query". Raises IntegrationError."""


@dataclass(frozen=True, slots=True)
class KnownPage:
    """What is known of an indexed page. `hash` (of its content) and `cutter` (version of the chunker) tell a change."""

    id: str
    title: str
    url: str = ""
    root: str = ""  # the page or database at the top of the workspace that it is below of
    edited_at: str = ""
    hash: str = ""
    cutter: int = 0


@dataclass(frozen=True, slots=True)
class Scored:
    """A chunk that was found; larger is better, and 0 is no match."""

    chunk: str
    score: float


@dataclass(frozen=True, slots=True)
class Nearest:
    """What lies near a vector. `low` is the cosine of what says nothing here: the mean of the index, or of a sample."""

    found: tuple[Scored, ...] = ()
    low: float = 0.0


class Knowledge(Protocol):
    """The indexed chunks of ONE tenant; nothing in it can name another. Raises StoreError."""

    def page(self, page: str) -> KnownPage | None:
        """Return what is known of a page."""

    def pages(self, *, after: str = "", limit: int = 1000) -> list[KnownPage]:
        """Return known pages by ascending id."""

    def replace(
        self, page: KnownPage, chunks: Sequence[Chunk], vectors: Mapping[str, Vector] | None = None, model: str = ""
    ) -> None:
        """Make these the page's chunks, for readers at once.

        `vectors` by key are those of the embedder `model` that are not known yet. What is as it was is not written.
        """

    def remove(self, page: str) -> None:
        """Forget a page and its chunks, for readers at once. An unknown page is ignored."""

    def erase(self) -> None:
        """Forget everything of the tenant."""

    def known_vectors(self, keys: Sequence[str], model: str) -> set[str]:
        """Return those keys whose vectors of this embedder are kept already."""

    def list_without_vectors(self, model: str, *, limit: int = 100) -> list[Chunk]:
        """Return chunks that have no vector of this embedder yet: it came, or changed, after they were indexed."""

    def add_vectors(self, vectors: Mapping[str, Vector], model: str) -> None:
        """Keep vectors, by key, for chunks that are indexed already."""

    def words(self, query: str, *, limit: int) -> list[Scored]:
        """Search by words, best first. Any text is a query."""

    def exact(self, text: str, *, limit: int) -> list[Scored]:
        """Return chunks that hold this very text, case and white space aside: a ticket's key, an address, a quote."""

    def find_near(self, vector: Vector, model: str, *, limit: int, also: Sequence[str] = ()) -> Nearest:
        """Search by meaning (cosine), best first; nothing where no vectors of that embedder are kept.

        `also` are chunks whose cosine is wanted too, wherever they stand; a backend may know it of none of them.
        """

    def get(self, chunks: Sequence[str]) -> list[Chunk]:
        """Return these chunks, in this order; those that are gone are left out."""

    def count(self) -> Mapping[str, int]:
        """Return how many `pages`, `chunks` and `vectors` there are."""
