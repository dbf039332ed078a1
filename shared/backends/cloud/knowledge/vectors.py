"""The vectors beside a tenant's chunks: which are kept already, of which embedders, and of how many dimensions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from google.cloud.firestore_v1.base_query import FieldFilter
from google.cloud.firestore_v1.vector import Vector as Numbers

from shared.backends.cloud.api_error import asking_the_store
from shared.backends.cloud.guarded import TIMEOUT_S
from shared.backends.cloud.knowledge.chunk_documents import IN, ChunkDocuments
from shared.core.errors import StoreError
from shared.ports.knowledge import Vector

_MAX_DIMENSIONS = 2048


@dataclass(frozen=True, slots=True)
class Made:
    """A vector, and the embedder that made it."""

    vector: Vector
    model: str


class KeptVectors:
    """The vectors of one tenant's chunks. `dimensions`, by embedder, is what this instance has seen of them."""

    def __init__(self, documents: ChunkDocuments, dimensions: dict[str, int]) -> None:
        self._documents = documents
        self._dimensions = dimensions

    def list_one_per_key(self, keys: Iterable[str], model: str, select: tuple[str, ...]) -> Iterator[dict[str, Any]]:
        """Yield one document for each key that has a vector of this embedder, however many chunks share it.

        No query can limit what it returns of each key. Of all together it returns no more than keys are looked for,
        in the order of names, which are hashes: most keys are among these, and the rest are asked for again.
        Equality on two fields needs no index of its own (Firestore, index overview: merging of indexes).
        """
        waiting = sorted({*keys}) if model else []
        for start in range(0, len(waiting), IN):
            left = {*waiting[start : start + IN]}
            found: list[Any] = [None]
            while left and found:
                query = self._documents.all.where(filter=FieldFilter("key", "in", sorted(left)))
                query = query.where(filter=FieldFilter("model", "==", model)).select(select).limit(len(left))
                with asking_the_store("find vectors by key"):
                    found = list(query.stream(timeout=TIMEOUT_S))
                by_key = {fields["key"]: fields for fields in map(self._documents.read_own, found)}
                yield from by_key.values()
                left = left - by_key.keys() if len(found) == len(left) else set()

    def find_elsewhere(self, keys: set[str], model: str) -> dict[str, Made]:
        """Return vectors that chunks with these texts have: of this embedder or, where none is named, of any."""
        made: dict[str, Made] = {}
        for each in [model] if model or not keys else self._models():
            for fields in self.list_one_per_key(keys - made.keys(), each, ("tenant", "key", "embedding")):
                made[fields["key"]] = Made([*fields["embedding"]], each)
        return made

    def check_dimensions(self, made: Mapping[str, Made]) -> None:
        """Raise StoreError where vectors of one embedder differ in length: a search would silently find nothing."""
        for each in made.values():
            known = self._dimensions.get(each.model) or self._stored_dimensions(each.model) or len(each.vector)
            self._dimensions[each.model] = known
            if len(each.vector) != known or not 0 < known <= _MAX_DIMENSIONS:
                raise StoreError(f"a vector of {len(each.vector)} dimensions among those of {each.model}, of {known}")

    def _models(self) -> Iterator[str]:
        """Yield the embedders that vectors are kept of, a document read for each."""
        found = [""]
        while found:
            query = self._documents.all.where(filter=FieldFilter("model", ">", found[0])).order_by("model")
            with asking_the_store("list embedders"):
                some = list(query.select(("tenant", "model")).limit(1).stream(timeout=TIMEOUT_S))
            found = [self._documents.read_own(each)["model"] for each in some]
            yield from found

    def _stored_dimensions(self, model: str) -> int:
        query = self._documents.all.where(filter=FieldFilter("model", "==", model)).select(("embedding",)).limit(1)
        with asking_the_store("read a vector"):
            return next((len(each.to_dict()["embedding"]) for each in query.stream(timeout=TIMEOUT_S)), 0)


def embedding(made: Made | None) -> dict[str, Any]:
    """Return the fields of a document that hold a vector, or say that there is none yet."""
    if made is None:
        return {"model": ""}
    return {"model": made.model, "embedding": Numbers([float(number) for number in made.vector])}
