"""What is known of each tenant's pages, in Firestore: `tenants/{tenant}/chunks` and `…/known`.

A chunk's document is named by the hash of its id and text, so that a changed chunk is another document, and a page's
document lists the chunks that count. A large page is therefore written in several batches and appears in one write,
and what two writers or a death in the middle leave behind is never shown. What was removed stays for a while as a
tombstone without text or vector, from which the mirrors of the words learn of it (`mirror.py`).

`find_nearest` needs a vector index on `embedding` of the collection `chunks`. `text`, `path`, `body` and `names` are to
be exempted from indexing.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

from google.cloud.firestore import SERVER_TIMESTAMP
from google.cloud.firestore_v1.base_query import FieldFilter
from google.cloud.firestore_v1.base_vector_query import DistanceMeasure
from google.cloud.firestore_v1.vector import Vector as Numbers

from shared.backends.cloud.api_error import asking_the_store
from shared.backends.cloud.guarded import TIMEOUT_S, GuardedBatch, Pause, version_of
from shared.backends.cloud.knowledge.chunk_documents import SHOWN, ChunkDocuments, hash_name, name_of, shown_chunk
from shared.backends.cloud.knowledge.mirror import CHANGED, Mirror, Mirrors
from shared.backends.cloud.knowledge.vectors import KeptVectors, Made, embedding
from shared.backends.cloud.paths import Home
from shared.backends.cloud.plain_batches import PlainBatches
from shared.backends.knowledge_rows import page_body, page_of
from shared.core.knowledge.chunk import Chunk
from shared.ports.knowledge import KnownPage, Nearest, Scored, Vector

PAGES = "known"
_MAX_NEAR = 1000  # results of find_nearest, at most


class CloudKnowledge:
    """The tenants' indexes in one Firestore database; words are searched in a mirror per instance."""

    def __init__(self, client: Any, *, pause: Pause = time.sleep) -> None:
        self._client = client
        self._pause = pause
        self._mirrors = Mirrors()

    def open_for(self, tenant: str) -> TenantChunks:
        home = Home(self._client, tenant)
        return TenantChunks(home, self._mirrors.open_for(home), self._pause)


class TenantChunks:
    """One tenant's index. Every reference starts at the tenant's own document, so that none can leave it."""

    def __init__(self, home: Home, mirror: Mirror, pause: Pause) -> None:
        self._home = home
        self._mirror = mirror
        self._pause = pause
        self._documents = ChunkDocuments(home)
        self._vectors = KeptVectors(self._documents, mirror.dimensions)
        self._chunks = self._documents.all
        self._pages = home.collection(PAGES)

    def page(self, page: str) -> KnownPage | None:
        with asking_the_store("read a known page"):
            found = self._pages.document(hash_name(page)).get(timeout=TIMEOUT_S)
        return page_of(self._documents.read_own(found)["body"]) if found.exists else None

    def pages(self, *, after: str = "", limit: int = 1000) -> list[KnownPage]:
        """Return known pages by ascending id."""
        query = self._pages.where(filter=FieldFilter("page", ">", after)).order_by("page").select(("tenant", "body"))
        with asking_the_store("list known pages"):
            return [
                page_of(self._documents.read_own(found)["body"])
                for found in query.limit(limit).stream(timeout=TIMEOUT_S)
            ]

    def replace(
        self, page: KnownPage, chunks: Sequence[Chunk], vectors: Mapping[str, Vector] | None = None, model: str = ""
    ) -> None:
        """Make these the page's chunks, for readers at once."""
        reference = self._pages.document(hash_name(page.id))
        with asking_the_store("read a known page"):
            known = reference.get(timeout=TIMEOUT_S)
        before = self._documents.read_page(page.id)
        wanted = {name_of(chunk): chunk for chunk in chunks}
        made = {key: Made(vector, model) for key, vector in (vectors or {}).items()}
        self._vectors.check_dimensions(made)
        new = [chunk for name, chunk in wanted.items() if name not in before]
        made |= self._vectors.find_elsewhere({chunk.key for chunk in new} - made.keys(), model)
        writes = PlainBatches(self._home.client, self._pause)
        for name, chunk in wanted.items():
            fields = self._documents.fields(chunk, page.root)
            if name not in before:
                writes.set(self._chunks.document(name), fields | embedding(made.get(chunk.key)) | CHANGED)
                continue
            late = embedding(made[chunk.key]) if chunk.key in made and not before[name].get("model") else {}
            old = before[name]
            changed = {field: value for field, value in fields.items() if old.get(field) != value} | late
            if changed:
                writes.update(self._chunks.document(name), changed | CHANGED)
        writes.send()
        fields = {"tenant": self._home.tenant, "page": page.id, "body": page_body(page), "names": sorted(wanted)}
        if not known.exists or {field: (known.to_dict() or {}).get(field) for field in fields} != fields:
            batch = GuardedBatch(self._home.client, uuid4().hex, self._pause)
            batch.write(reference, fields, version_of(known) if known.exists else "")
            batch.send()
        self._bury(page.id, {name: before[name] for name in before.keys() - wanted.keys()})

    def remove(self, page: str) -> None:
        """Forget a page and its chunks, for readers at once. An unknown page is ignored."""
        writes = PlainBatches(self._home.client, self._pause)
        writes.delete(self._pages.document(hash_name(page)))  # first: without its page no chunk is shown
        writes.send()
        self._bury(page, self._documents.read_page(page))  # also what an interrupted removal left

    def erase(self) -> None:
        """Forget everything of the tenant, tombstones and the mirror's snapshot too."""
        for collection in (self._pages, self._chunks):
            while found := self._list_batch(collection):
                writes = PlainBatches(self._home.client, self._pause)
                for each in found:
                    writes.delete(each.reference)
                writes.send()
        self._mirror.erase()

    def known_vectors(self, keys: Sequence[str], model: str) -> set[str]:
        """Return those keys whose vectors of this embedder are kept already."""
        return {fields["key"] for fields in self._vectors.list_one_per_key(keys, model, ("tenant", "key"))}

    def list_without_vectors(self, model: str, *, limit: int = 100) -> list[Chunk]:
        """Return chunks that have no vector of this embedder yet."""
        query = self._chunks.where(filter=FieldFilter("model", "!=", model)).select(SHOWN).limit(limit)
        with asking_the_store("look for texts without vectors"):
            return [shown_chunk(self._documents.read_own(each)) for each in query.stream(timeout=TIMEOUT_S)]

    def add_vectors(self, vectors: Mapping[str, Vector], model: str) -> None:
        """Keep vectors, by key, for chunks that are indexed already."""
        made = {key: Made(vector, model) for key, vector in vectors.items()}
        self._vectors.check_dimensions(made)
        writes = PlainBatches(self._home.client, self._pause)
        for reference, fields in self._documents.find_matching("key", [*vectors], ("tenant", "key")):
            writes.update(reference, embedding(made[fields["key"]]))
        writes.send()

    def words(self, query: str, *, limit: int) -> list[Scored]:
        """Search by words, best first."""
        return self._mirror.words(query, limit=limit)

    def exact(self, text: str, *, limit: int) -> list[Scored]:
        """Return chunks that hold this very text."""
        return self._mirror.exact(text, limit=limit)

    def find_near(self, vector: Vector, model: str, *, limit: int, also: Sequence[str] = ()) -> Nearest:
        """Search by meaning (cosine), best first. Of `also` nothing is told: that would be a read for each."""
        query = self._chunks.select(("tenant", "chunk", "model", "distance")).find_nearest(
            vector_field="embedding",
            query_vector=Numbers([float(number) for number in vector]),
            distance_measure=DistanceMeasure.COSINE,
            limit=min(limit, _MAX_NEAR),
            distance_result_field="distance",
        )
        with asking_the_store("search by meaning"):
            found = [self._documents.read_own(each) for each in query.stream(timeout=TIMEOUT_S)]
        best: dict[str, float] = {}
        for fields in found:
            if fields["model"] == model:
                best.setdefault(fields["chunk"], 1.0 - float(fields["distance"]))
        scored = tuple(
            Scored(chunk, score) for chunk, score in sorted(best.items(), key=lambda each: (-each[1], each[0]))
        )
        return Nearest(scored, min(best.values(), default=0.0))

    def get(self, chunks: Sequence[str]) -> list[Chunk]:
        """Return these chunks, in this order; those that are gone are left out."""
        found = [(reference.id, fields) for reference, fields in self._documents.find_matching("chunk", chunks, SHOWN)]
        pages = {fields["page"] for _, fields in found if "key" in fields}
        shown: set[str] = set()
        with asking_the_store("read known pages"):
            references = [self._pages.document(hash_name(page)) for page in pages]
            for page in self._home.client.get_all(references, ("tenant", "names"), timeout=TIMEOUT_S):
                shown.update(self._documents.read_own(page)["names"] if page.exists else ())
        by_id = {fields["chunk"]: shown_chunk(fields) for name, fields in found if name in shown}
        return [by_id[chunk] for chunk in chunks if chunk in by_id]

    def count(self) -> Mapping[str, int]:
        """Return how many `pages`, `chunks` and `vectors` there are; each chunk has a vector of its own here."""
        counted = {
            "pages": self._pages,
            "chunks": self._chunks.where(filter=FieldFilter("model", ">=", "")),
            "vectors": self._chunks.where(filter=FieldFilter("model", ">", "")),
        }
        with asking_the_store("count what is known"):
            return {name: int(query.count().get(timeout=TIMEOUT_S)[0][0].value) for name, query in counted.items()}

    def _bury(self, page: str, gone: Mapping[str, Mapping[str, Any]]) -> None:

        writes = PlainBatches(self._home.client, self._pause)
        for name, fields in gone.items():
            tombstone = {"tenant": self._home.tenant, "chunk": fields["chunk"], "gone_at": SERVER_TIMESTAMP}
            writes.set(self._chunks.document(name), tombstone | CHANGED)
        writes.send()

    def _list_batch(self, collection: Any) -> list[Any]:
        with asking_the_store("list what is to be erased"):
            return list(collection.select(("tenant",)).limit(400).stream(timeout=TIMEOUT_S))
