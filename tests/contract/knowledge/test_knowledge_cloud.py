"""What only the cloud's index has to promise: instances that come and go, deaths between writes, foreign documents."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import grpc
import pytest
from google.cloud.firestore_v1.base_query import FieldFilter
from google.cloud.firestore_v1.services.firestore import FirestoreClient
from google.cloud.firestore_v1.services.firestore.transports import FirestoreGrpcTransport

from shared.backends.cloud.knowledge.index import CloudKnowledge
from shared.core.errors import StoreCorrupt, StoreError
from shared.core.knowledge.chunk import Chunk
from shared.core.knowledge.chunking import vector_key
from shared.ports.knowledge import Knowledge, KnownPage
from tests.support.servers.cloud.firestore_emulator import firestore_client

MANY = 450  # more than one batch holds, and enough to be worth a snapshot


@pytest.fixture
def client(firestore_host: str) -> Any:
    return firestore_client(firestore_host, f"t-{uuid4().hex[:12]}")


def an_instance(client: Any, tenant: str = "acme") -> Knowledge:
    return CloudKnowledge(client, pause=lambda _: None).open_for(tenant)


def put(knowledge: Knowledge, page: str, *texts: str) -> None:
    chunks = [
        Chunk(f"{page}:b{at}:0", page, text, ("Page",), at, f"b{at}", vector_key(text)) for at, text in enumerate(texts)
    ]
    knowledge.replace(KnownPage(page, "Page"), chunks)


def words(knowledge: Knowledge, query: str) -> list[str]:
    return [each.chunk for each in knowledge.words(query, limit=5)]


def test_what_one_instance_changes_another_finds_at_once(client: Any) -> None:
    one, other = an_instance(client), an_instance(client)
    put(one, "p1", "the first wording")
    assert words(other, "wording") == ["p1:b0:0"]
    put(other, "p1", "the second version")
    assert words(one, "wording") == []
    assert words(one, "version") == ["p1:b0:0"]
    other.remove("p1")
    assert words(one, "version") == []
    assert one.get(["p1:b0:0"]) == []
    put(one, "p2", "new")
    other.erase()
    assert words(one, "new") == []
    put(other, "p3", "newer")
    assert words(one, "newer") == ["p3:b0:0"]
    assert words(one, "new") == []


def test_a_cold_instance_begins_with_the_snapshot_and_reads_what_came_after(client: Any) -> None:
    first = an_instance(client)
    put(first, "p1", *(f"chunk number{at} of many" for at in range(MANY)))
    assert words(first, "number7") == ["p1:b7:0"]  # and keeps a snapshot
    put(first, "p2", "what came later")
    tenant = client.collection("tenants").document("acme")
    kept = tenant.collection("chunks").where(filter=FieldFilter("chunk", "==", "p1:b9:0")).get()[0].reference
    kept.delete()  # behind everybody's back: only the snapshot holds it now
    cold = an_instance(client)
    assert words(cold, "later") == ["p2:b0:0"]
    assert words(cold, "number9") == ["p1:b9:0"]
    assert cold.get(["p1:b9:0", "p1:b8:0"])[0].id == "p1:b8:0"  # what is shown is read from Firestore
    cold.erase()
    assert words(an_instance(client), "number7") == []
    assert [each.id for each in tenant.collection("texts").list_documents()] == []  # the snapshot is gone too


def test_a_snapshot_that_is_not_there_any_more_is_done_without(client: Any) -> None:
    put(an_instance(client), "p1", *(f"chunk number{at}" for at in range(MANY)))
    assert words(an_instance(client), "number7") == ["p1:b7:0"]
    for text in client.collection("tenants").document("acme").collection("texts").list_documents():
        text.delete()
    assert words(an_instance(client), "number7") == ["p1:b7:0"]


def test_chunks_whose_page_was_never_written_are_not_shown_and_are_cleared_away(client: Any) -> None:
    knowledge = an_instance(client)
    put(knowledge, "p1", "kept")
    chunks = client.collection("tenants").document("acme").collection("chunks")
    whole = chunks.where(filter=FieldFilter("chunk", "==", "p1:b0:0")).get()[0].to_dict()
    chunks.document("orphan").set({**whole, "chunk": "p1:b9:0", "text": "half written", "key": "k9"})
    assert [chunk.text for chunk in knowledge.get(["p1:b0:0", "p1:b9:0"])] == ["kept"]
    put(knowledge, "p1", "kept", "and more")
    assert "text" not in (chunks.document("orphan").get().to_dict() or {})
    chunks.document("orphan").set({**whole, "chunk": "p1:b9:0", "text": "half written", "key": "k9"})
    knowledge.remove("p1")
    knowledge.remove("p1")  # again, as after a death in the middle
    assert "text" not in (chunks.document("orphan").get().to_dict() or {})


def test_a_page_of_many_chunks_appears_whole(client: Any) -> None:
    knowledge = an_instance(client)
    put(knowledge, "p1", *(f"old{at}" for at in range(MANY)))
    put(knowledge, "p1", *(f"new{at}" for at in range(MANY)))
    assert knowledge.count()["chunks"] == MANY
    some = [0, 7, 399, 400, 449]
    found = knowledge.get([f"p1:b{at}:0" for at in some])
    assert [chunk.text for chunk in found] == [f"new{at}" for at in some]


def test_nothing_is_written_when_nothing_changed(client: Any) -> None:
    knowledge = an_instance(client)
    put(knowledge, "p1", "one", "two")
    tenant = client.collection("tenants").document("acme")
    times = [each.update_time for kind in ("chunks", "known") for each in tenant.collection(kind).stream()]
    put(knowledge, "p1", "one", "two")
    assert [each.update_time for kind in ("chunks", "known") for each in tenant.collection(kind).stream()] == times


def test_a_document_that_is_another_tenants_stops_everything(client: Any) -> None:
    put(an_instance(client, "globex"), "p1", "theirs")
    place = client.collection("tenants")
    for kind in ("chunks", "known"):
        for each in place.document("globex").collection(kind).stream():
            place.document("acme").collection(kind).document(each.id).set(each.to_dict())
    knowledge = an_instance(client)
    for read in (lambda: knowledge.page("p1"), lambda: knowledge.get(["p1:b0:0"]), lambda: knowledge.pages()):
        with pytest.raises(StoreCorrupt, match="globex"):
            read()


def test_more_dimensions_than_firestore_takes_are_refused(client: Any) -> None:
    chunk = Chunk("c", "p1", "text", ("P",), 0, "b", vector_key("text"))
    with pytest.raises(StoreError, match="dimensions"):
        an_instance(client).replace(KnownPage("p1", "P"), [chunk], {chunk.key: [0.0] * 2049}, "m")


# --- many pages made from one template

PAGES, PARAGRAPHS = 30, 8


class Reads(grpc.UnaryStreamClientInterceptor):  # type: ignore[misc]
    """Between client and Firestore: counts the documents that come back, as they are billed."""

    def __init__(self) -> None:
        self.start()

    def intercept_unary_stream(self, go_on: Any, details: Any, request: Any) -> Any:
        self.queries += 1
        return self._counted(go_on(details, request))

    def _counted(self, answers: Any) -> Iterator[Any]:
        for answer in answers:
            self.documents += bool(getattr(answer, "document", None) or getattr(answer, "found", None))
            yield answer

    def start(self) -> None:
        """Count from nothing."""
        self.documents = self.queries = 0


@pytest.fixture
def reads() -> Reads:
    return Reads()


@pytest.fixture
def counted(firestore_host: str, reads: Reads) -> Iterator[Knowledge]:
    """Return an index behind a channel that counts."""
    client = firestore_client(firestore_host, f"t-{uuid4().hex[:12]}")
    with grpc.insecure_channel(firestore_host) as channel:
        transport = FirestoreGrpcTransport(channel=grpc.intercept_channel(channel, reads))
        client._firestore_api_internal = FirestoreClient(transport=transport)
        yield an_instance(client)


def from_template(knowledge: Knowledge, page: str, model: str = "") -> list[str]:
    """Keep a page of paragraphs that all such pages have; return the keys. With a model each has its own vector."""
    texts = [f"paragraph {at} of the template" for at in range(PARAGRAPHS)]
    chunks = [
        Chunk(f"{page}:b{at}:0", page, text, ("Page",), at, f"b{at}", vector_key(text)) for at, text in enumerate(texts)
    ]
    vectors = {chunk.key: [1.0, float(at)] for at, chunk in enumerate(chunks)} if model else {}
    knowledge.replace(KnownPage(page, "Page"), chunks, vectors, model)
    return [chunk.key for chunk in chunks]


def test_pages_of_one_template_are_read_for_their_own_paragraphs_alone(counted: Knowledge, reads: Reads) -> None:
    """The 31st page of 8 equal paragraphs has 8 vectors to look for, of 240 documents that hold them."""
    keys = from_template(counted, "p0", "test/2")
    for page in range(1, PAGES):
        from_template(counted, f"p{page}")
    reads.start()
    assert counted.known_vectors(keys, "test/2") == {*keys}
    assert PARAGRAPHS <= reads.documents <= 3 * PARAGRAPHS
    for model in ("test/2", ""):  # with an embedder, and without one
        reads.start()
        new = f"new {model}"
        chunks = [Chunk(f"{new}:b{at}:0", new, "t", ("P",), at, f"b{at}", key) for at, key in enumerate(keys)]
        counted.replace(KnownPage(new, "Page"), chunks, {}, model)
        assert PARAGRAPHS <= reads.documents <= 3 * PARAGRAPHS
    assert counted.count()["vectors"] == (PAGES + 2) * PARAGRAPHS
    near = counted.find_near([1.0, 0.0], "test/2", limit=PAGES + 2).found
    assert {each.chunk for each in near} == {*(f"p{at}:b0:0" for at in range(PAGES)), "new test/2:b0:0", "new :b0:0"}


def test_keys_that_are_nowhere_are_asked_for_thirty_at_a_time(counted: Knowledge, reads: Reads) -> None:
    from_template(counted, "p0", "test/2")
    reads.start()
    assert counted.known_vectors([f"k{at}" for at in range(90)], "test/2") == set()
    assert (reads.queries, reads.documents) == (3, 0)


def test_copies_without_a_vector_do_not_hide_the_one_that_has_it(counted: Knowledge, reads: Reads) -> None:
    for page in range(PAGES // 3):
        from_template(counted, f"bare{page}")
    keys = from_template(counted, "p0", "old/2")
    from_template(counted, "p1", "test/2")
    reads.start()
    assert counted.known_vectors(keys, "test/2") == {*keys}
    assert counted.known_vectors(keys, "old/2") == {*keys}
    assert counted.known_vectors(keys, "none/2") == set()
    assert reads.documents <= 2 * 3 * PARAGRAPHS
    for number, model in enumerate(("test/2", "old/2")):
        counted.replace(KnownPage("late", "Page"), [Chunk("late:b:0", "late", "t", (), 0, "b", keys[3])], {}, model)
        found = counted.find_near([1.0, 3.0], model, limit=PAGES * PARAGRAPHS).found
        assert ("late:b:0" in {each.chunk for each in found}) == (number == 0)  # and it keeps the one it has
