"""What every Knowledge promises: pages, chunks, words, vectors, and that tenants never meet."""

from __future__ import annotations

import pytest

from shared.core.knowledge.chunk import Chunk
from shared.core.knowledge.chunking import vector_key
from shared.ports.knowledge import Knowledge, KnownPage
from tests.support.builders.indexed_pages import MODEL, Of, a_chunk, put, unit, words

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
    assert knowledge.find_near(unit(1, 0, 0), MODEL, limit=5).found == ()
    assert knowledge.known_vectors(["k"], MODEL) == set()
    assert knowledge.list_without_vectors(MODEL) == []
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
    assert [each.chunk for each in knowledge.find_near(unit(1, 0, 0), MODEL, limit=5).found] == kept
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


# --- tenants

HOSTILE = ["acme", "ACME", "acme.", "globex", "a" * 128, "t-1:2", "-acme", "acme_db-wal"]


def test_tenants_with_the_same_pages_never_meet(of: Of) -> None:
    for number, tenant in enumerate(HOSTILE):
        put(of(tenant), "p1", f"the code of the door is {number}", vectors=[unit(1, number / 100, 0)])
    for number, tenant in enumerate(HOSTILE):
        own = of(tenant)
        assert own.count() == {"pages": 1, "chunks": 1, "vectors": 1}
        found = {each.chunk for each in own.words("code of the door", limit=50)}
        found |= {each.chunk for each in own.find_near(unit(1, 0, 0), MODEL, limit=50).found}
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
