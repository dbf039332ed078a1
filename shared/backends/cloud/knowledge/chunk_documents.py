"""The documents of a tenant's chunks: how they are named, what stands in them, and how they are read and found."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from google.cloud.firestore_v1.base_query import FieldFilter

from shared.backends.cloud.api_error import asking_the_store
from shared.backends.cloud.guarded import TIMEOUT_S
from shared.backends.cloud.knowledge.mirror import CHUNKS
from shared.backends.cloud.paths import Home
from shared.backends.knowledge_rows import PATH_JOINT, chunk_body, chunk_of
from shared.core.errors import StoreCorrupt
from shared.core.knowledge.chunk import Chunk

IN = 30  # values of an `in` filter, at most
SHOWN = ("tenant", "chunk", "page", "root", "path", "text", "key", "body")


class ChunkDocuments:
    """One tenant's documents of chunks; every reference starts at the tenant's own document."""

    def __init__(self, home: Home) -> None:
        self.all = home.collection(CHUNKS)
        self._tenant = home.tenant

    def read_own(self, snapshot: Any) -> dict[str, Any]:
        """Return the fields of a document, or raise StoreCorrupt when it says that it is another tenant's."""
        fields: dict[str, Any] = snapshot.to_dict() or {}
        if fields.get("tenant") != self._tenant:
            raise StoreCorrupt(f"{snapshot.reference.path} says it is {fields.get('tenant')}'s")
        return fields

    def read_page(self, page: str) -> dict[str, dict[str, Any]]:
        """Return the page's chunks by name, tombstones not among them."""
        query = self.all.where(filter=FieldFilter("page", "==", page)).select((*SHOWN, "model"))
        with asking_the_store("read a page's chunks"):
            found = {each.id: self.read_own(each) for each in query.stream(timeout=TIMEOUT_S)}
        return {name: fields for name, fields in found.items() if "key" in fields}

    def find_matching(
        self, field: str, values: Sequence[str], select: Iterable[str]
    ) -> Iterator[tuple[Any, dict[str, Any]]]:
        """Yield references and fields of the chunks whose field has one of these values, tombstones not among them."""
        for start in range(0, len(values), IN):
            query = self.all.where(filter=FieldFilter(field, "in", [*values[start : start + IN]]))
            with asking_the_store(f"find chunks by {field}"):
                found = list(query.select((*select, "key")).stream(timeout=TIMEOUT_S))
            yield from ((each.reference, fields) for each in found if "key" in (fields := self.read_own(each)))

    def fields(self, chunk: Chunk, root: str) -> dict[str, Any]:
        """Return what stands in a chunk's document, its vector apart."""
        return {
            "tenant": self._tenant,
            "chunk": chunk.id,
            "page": chunk.page,
            "root": root,
            "path": PATH_JOINT.join(chunk.path),
            "text": chunk.text,
            "key": chunk.key,
            "body": chunk_body(chunk),
        }


def shown_chunk(fields: Mapping[str, Any]) -> Chunk:
    """Return the chunk of a document that was read with SHOWN."""
    return chunk_of(*(fields[name] for name in ("chunk", "page", "path", "text", "key", "body")))


def name_of(chunk: Chunk) -> str:
    """Return the name of a chunk's document: another text is another document."""
    return hash_name(f"{chunk.id}\0{chunk.key}")


def hash_name(text: str) -> str:
    """Return a document's name for a text that may hold anything."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:32]
