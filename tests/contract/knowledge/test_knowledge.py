"""What every Knowledge promises: pages, chunks, words, vectors, and that tenants never meet."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from shared.backends.cloud.knowledge.index import CloudKnowledge
from shared.backends.local.search.local_knowledge import LocalKnowledge
from shared.core.errors import StoreError
from shared.core.knowledge.chunk import Chunk
from shared.core.knowledge.chunking import vector_key
from shared.ports import Knowledge, KnownPage
from tests.support.servers.cloud.firestore_emulator import firestore_client

MODEL = "test/3"
Of = Callable[[str], Knowledge]


@pytest.fixture(params=["sqlite", "firestore"])
def of(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Of]:
    """Return what gives a tenant's index, on each backend in turn."""
    if request.param == "sqlite":
        yield LocalKnowledge(tmp_path).of
        return
    host = request.getfixturevalue("firestore_host")
    yield CloudKnowledge(firestore_client(host, f"t-{uuid4().hex[:12]}"), pause=lambda _: None).of


@pytest.fixture
def knowledge(of: Of) -> Knowledge:
    """Return one tenant's index."""
    return of("acme")


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


# --- pages and chunks


def test_a_page_comes_back_as_it_was_kept(knowledge: Knowledge) -> None:
    page = KnownPage("p1", "Ünïcode ☕ Handbook", "https://example.org/p1", "root", "2026-11-01T10:00:00Z", "abc", 3)
    table = Chunk("p1:b:1", "p1", "a | b\n1 | ☕", ("Top", "Sub / slash"), 4, "b", vector_key("x"), "table", "e", "u")
    knowledge.replace(page, [table])
    assert knowledge.page("p1") == page
    assert knowledge.get(["p1:b:1"]) == [table]
    assert knowledge.count() == {"pages": 1, "chunks": 1, "vectors": 0}


def test_an_empty_index_answers_and_finds_nothing(knowledge: Knowledge) -> None:
    assert knowledge.page("p1") is None
    assert knowledge.pages() == []
    assert knowledge.get(["p1:b0:0"]) == []
    assert knowledge.words("anything", limit=5) == []
    assert knowledge.exact("anything", limit=5) == []
    assert knowledge.near(unit(1, 0, 0), MODEL, limit=5).found == ()
    assert knowledge.known_vectors(["k"], MODEL) == set()
    assert knowledge.without_vectors(MODEL) == []
    assert knowledge.count() == {"pages": 0, "chunks": 0, "vectors": 0}
    knowledge.remove("p1")
    knowledge.erase()


def test_pages_are_listed_by_id_in_parts(knowledge: Knowledge) -> None:
    for name in ("b", "a", "c"):
        put(knowledge, name, "text")
    assert [page.id for page in knowledge.pages()] == ["a", "b", "c"]
    assert [page.id for page in knowledge.pages(after="a", limit=1)] == ["b"]
    assert [page.id for page in knowledge.pages(after="aa")] == ["b", "c"]


def test_chunks_are_given_in_the_order_asked_for_without_those_that_are_gone(knowledge: Knowledge) -> None:
    first, second = put(knowledge, "p1", "one", "two")
    assert [chunk.id for chunk in knowledge.get([second, "p9:b0:0", first])] == [second, first]


def test_replacing_a_page_leaves_nothing_of_what_it_was(knowledge: Knowledge) -> None:
    put(knowledge, "p1", "the old wording", "stays the same")
    put(knowledge, "p1", "a fresh phrase", "stays the same")
    assert words(knowledge, "wording") == []
    assert knowledge.exact("old wording", limit=5) == []
    assert len(words(knowledge, "fresh")) == 1
    assert len(words(knowledge, "same")) == 1
    assert knowledge.count()["chunks"] == 2
    put(knowledge, "p1", "a fresh phrase")
    assert words(knowledge, "same") == []
    assert knowledge.count()["chunks"] == 1


def test_a_renamed_heading_is_found_and_its_old_name_is_not(knowledge: Knowledge) -> None:
    for title in ("Holidays", "Vacation"):
        knowledge.replace(KnownPage("p1", "P"), [a_chunk("p1", "b", "twenty days", path=("Handbook", title))])
    assert words(knowledge, "vacation") == ["p1:b:0"]
    assert words(knowledge, "holidays") == []
    assert knowledge.get(["p1:b:0"])[0].path == ("Handbook", "Vacation")


def test_a_removed_page_is_gone_from_everything_at_once(knowledge: Knowledge) -> None:
    gone = put(knowledge, "p1", "secret salary", vectors=[unit(1, 0, 0)])
    kept = put(knowledge, "p2", "public menu", vectors=[unit(0, 1, 0)])
    knowledge.remove("p1")
    assert knowledge.page("p1") is None
    assert words(knowledge, "secret salary") == []
    assert knowledge.exact("secret salary", limit=5) == []
    assert [each.chunk for each in knowledge.near(unit(1, 0, 0), MODEL, limit=5).found] == kept
    assert knowledge.get(gone) == []
    assert knowledge.known_vectors([vector_key("secret salary")], MODEL) == set()
    assert knowledge.count() == {"pages": 1, "chunks": 1, "vectors": 1}


def test_erasing_forgets_everything_and_the_index_can_be_used_again(knowledge: Knowledge) -> None:
    put(knowledge, "p1", "secret salary", vectors=[unit(1, 0, 0)])
    assert words(knowledge, "salary") == ["p1:b0:0"]
    knowledge.erase()
    assert knowledge.count() == {"pages": 0, "chunks": 0, "vectors": 0}
    assert words(knowledge, "salary") == []
    put(knowledge, "p2", "a new beginning")
    assert words(knowledge, "beginning") == ["p2:b0:0"]


# --- words


def test_words_are_found_in_every_form_and_titles_are_searched_too(knowledge: Knowledge) -> None:
    put(knowledge, "p1", "Employees are travelling by train", "Invoices go to accounting")
    knowledge.replace(
        KnownPage("p2", "Desk"), [a_chunk("p2", "b", "third floor", path=("Office", "Where desks stand"))]
    )
    assert words(knowledge, "employee travels")[0] == "p1:b0:0"
    assert words(knowledge, "invoice") == ["p1:b1:0"]
    assert words(knowledge, "desk") == ["p2:b:0"]


@pytest.mark.parametrize(
    "query",
    ["on-call", "C++", "foo:bar", '"', "'", "NOT", "AND OR", "", "  ", "(", "*", "text:call", "NEAR(a b)", "^on",
     "a\x00b", "-", "call -on", "{text}: call", "what is the", "\ud800", "☕"],
)  # fmt: skip
def test_any_text_is_a_question_and_none_is_a_syntax(knowledge: Knowledge, query: str) -> None:
    put(knowledge, "p1", "the on-call rota for C++ services, foo:bar", "lunch")
    found = knowledge.words(query, limit=5)
    assert all(each.score > 0 for each in found)
    knowledge.exact(query, limit=5)
    if query in ("on-call", "C++", "foo:bar"):
        assert found[0].chunk == "p1:b0:0"


@pytest.mark.parametrize(
    ("text", "query"),
    [
        pytest.param("東京の会議室は三階にあります", "会議室", id="Japanese"),
        pytest.param("我们的报销政策在这里", "报销", id="two Chinese letters"),
        pytest.param("회의실은 삼층에 있습니다", "회의실", id="Korean without its ending"),
        pytest.param("Die Kantine schließt früh", "fruh", id="without its accent"),
        pytest.param("Отпуск двадцать дней", "отпуск", id="Russian"),
    ],
)
def test_other_scripts_are_searched(knowledge: Knowledge, text: str, query: str) -> None:
    put(knowledge, "p1", text, "something else entirely", "完全不同的内容")
    assert words(knowledge, query) == ["p1:b0:0"]


def test_a_word_that_is_everywhere_still_counts(knowledge: Knowledge) -> None:
    put(knowledge, "p1", "apple pie", "apple cake", "apple tart apple")
    assert sorted(words(knowledge, "apple")) == ["p1:b0:0", "p1:b1:0", "p1:b2:0"]
    assert words(knowledge, "apple pie")[0] == "p1:b0:0"


def test_exact_text_is_found_whatever_its_case_and_spaces(knowledge: Knowledge) -> None:
    put(knowledge, "p1", "See OPS-1234 for the\n  fix", "OPS 1234 is another thing", "ops-12345 too", "++ only marks")
    assert [each.chunk for each in knowledge.exact("ops-1234", limit=5)] == ["p1:b0:0"]
    assert [each.chunk for each in knowledge.exact("for the fix", limit=5)] == ["p1:b0:0"]
    assert [each.chunk for each in knowledge.exact("++", limit=5)] == ["p1:b3:0"]


def test_roots_narrow_every_search(knowledge: Knowledge) -> None:
    put(knowledge, "p1", "budget for travel", root="finance", vectors=[unit(1, 0, 0)])
    put(knowledge, "p2", "budget for food", root="kitchen", vectors=[unit(1, 0.1, 0)])
    assert sorted(words(knowledge, "budget")) == ["p1:b0:0", "p2:b0:0"]
    assert words(knowledge, "budget", roots=["kitchen"]) == ["p2:b0:0"]
    assert [each.chunk for each in knowledge.exact("budget", limit=5, roots=["finance"])] == ["p1:b0:0"]
    near = knowledge.near(unit(1, 0, 0), MODEL, limit=5, roots=["kitchen"], also=["p1:b0:0"])
    assert [each.chunk for each in near.found] == ["p2:b0:0"]
    assert words(knowledge, "budget", roots=["elsewhere"]) == []
    put(knowledge, "p1", "budget for travel", root="kitchen")  # moved
    assert words(knowledge, "budget", roots=["finance"]) == []


# --- vectors


def test_the_nearest_come_first_with_their_cosine(knowledge: Knowledge) -> None:
    put(knowledge, "p1", "a", "b", "c", vectors=[unit(1, 0, 0), unit(1, 1, 0), unit(0, 0, 1)])
    found = knowledge.near(unit(1, 0, 0), MODEL, limit=2).found
    assert [each.chunk for each in found] == ["p1:b0:0", "p1:b1:0"]
    assert [each.score for each in found] == pytest.approx([1.0, math.sqrt(0.5)], abs=1e-6)


def test_only_vectors_that_are_not_known_have_to_be_given(knowledge: Knowledge) -> None:
    put(knowledge, "p1", "same", "other", vectors=[unit(1, 0, 0), unit(0, 1, 0)])
    assert knowledge.known_vectors([vector_key("same"), vector_key("new")], MODEL) == {vector_key("same")}
    assert knowledge.known_vectors([vector_key("same")], "another/3") == set()
    # moved to another place, and renamed: not one vector is needed
    moved = Chunk("p1:b9:0", "p1", "same", ("Elsewhere",), 0, "b9", vector_key("same"))
    knowledge.replace(KnownPage("p1", "P"), [moved])
    assert [each.chunk for each in knowledge.near(unit(1, 0, 0), MODEL, limit=5).found] == ["p1:b9:0"]
    assert knowledge.count()["vectors"] == 1


def test_a_text_on_two_pages_keeps_its_vector_until_both_are_gone(knowledge: Knowledge) -> None:
    put(knowledge, "p1", "same", vectors=[unit(1, 0, 0)])
    put(knowledge, "p2", "same")
    assert [each.chunk for each in knowledge.near(unit(1, 0, 0), MODEL, limit=5).found] == ["p1:b0:0", "p2:b0:0"]
    knowledge.remove("p1")
    assert [each.chunk for each in knowledge.near(unit(1, 0, 0), MODEL, limit=5).found] == ["p2:b0:0"]
    assert knowledge.known_vectors([vector_key("same")], MODEL) == {vector_key("same")}
    knowledge.remove("p2")
    assert knowledge.known_vectors([vector_key("same")], MODEL) == set()


def test_vectors_can_come_later(knowledge: Knowledge) -> None:
    put(knowledge, "p1", "a", "b")
    missing = knowledge.without_vectors(MODEL, limit=10)
    assert {chunk.text for chunk in missing} == {"a", "b"}
    knowledge.add_vectors({vector_key("a"): unit(1, 0, 0), vector_key("gone"): unit(0, 1, 0)}, MODEL)
    assert [chunk.text for chunk in knowledge.without_vectors(MODEL, limit=10)] == ["b"]
    assert [each.chunk for each in knowledge.near(unit(1, 0, 0), MODEL, limit=5).found] == ["p1:b0:0"]
    assert knowledge.known_vectors([vector_key("gone")], MODEL) == set()


def test_vectors_of_two_embedders_never_mix(knowledge: Knowledge) -> None:
    put(knowledge, "p1", "a", vectors=[unit(1, 0, 0)])
    assert knowledge.near(unit(1, 0, 0), "another/3", limit=5).found == ()
    assert [chunk.text for chunk in knowledge.without_vectors("another/3")] == ["a"]


def test_a_vector_of_another_length_is_refused_and_nothing_changes(knowledge: Knowledge) -> None:
    put(knowledge, "p1", "a", vectors=[unit(1, 0, 0)])
    with pytest.raises(StoreError, match="dimension"):
        put(knowledge, "p1", "b", vectors=[unit(1, 0)])
    assert words(knowledge, "a") == [] or knowledge.get(["p1:b0:0"])[0].text == "a"
    assert knowledge.get(["p1:b0:0"])[0].text == "a"


# --- tenants

HOSTILE = ["acme", "ACME", "acme.", "globex", "a" * 128, "t-1:2", "-acme", "acme_db-wal"]


def test_tenants_with_the_same_pages_never_meet(of: Of) -> None:
    for number, tenant in enumerate(HOSTILE):
        put(of(tenant), "p1", f"the code of the door is {number}", vectors=[unit(1, number / 100, 0)])
    for number, tenant in enumerate(HOSTILE):
        own = of(tenant)
        assert own.count() == {"pages": 1, "chunks": 1, "vectors": 1}
        found = {each.chunk for each in own.words("code of the door", limit=50)}
        found |= {each.chunk for each in own.near(unit(1, 0, 0), MODEL, limit=50).found}
        found |= {each.chunk for each in own.exact("the code", limit=50)}
        assert [chunk.text for chunk in own.get([*found])] == [f"the code of the door is {number}"]
    of("acme").erase()
    assert of("acme").count()["chunks"] == 0
    assert of("ACME").get(["p1:b0:0"])[0].text == "the code of the door is 1"


@pytest.mark.parametrize("tenant", ["", "../globex", "a/b", "acme\x00", "a" * 300])
def test_a_name_that_is_no_tenants_is_refused(of: Of, tenant: str) -> None:
    with pytest.raises(ValueError, match="tenant"):
        of(tenant)


def test_words_of_one_tenant_do_not_change_anothers_ranking(of: Of) -> None:
    put(of("acme"), "p1", "alpha beta", "beta gamma", "gamma alpha alpha")
    before = of("acme").words("alpha beta", limit=5)
    put(of("globex"), "p1", *["alpha"] * 30)
    assert of("acme").words("alpha beta", limit=5) == before
