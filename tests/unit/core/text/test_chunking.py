"""Pages become chunks that follow their structure, and an edit touches few of them."""

from __future__ import annotations

import sys
from dataclasses import replace
from types import FrameType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.core.knowledge.chunk import Chunk
from shared.core.knowledge.chunking import SIZE, cut, vector_key
from shared.core.knowledge.text_size import size_of
from shared.core.page import Block, Page, Span

pytestmark = pytest.mark.slow


def block(kind: str, text: str = "", id: str = "", /, *children: Block, **more: object) -> Block:
    spans = (Span(text),) if text else ()
    return Block(id or f"{kind}-{text[:12]}", kind, spans, children, **more)  # type: ignore[arg-type]


def heading(level: int, text: str, *children: Block) -> Block:
    return block(f"heading_{level}", text, "", *children)


def words(number: int, word: str = "word") -> str:
    return " ".join(f"{word}{at}" for at in range(number))


def table(*rows: tuple[str, ...], header: bool = True) -> Block:
    cells = [tuple((Span(cell),) for cell in row) for row in rows]
    made = tuple(Block(f"r{at}", "table_row", cells=row) for at, row in enumerate(cells))
    return Block("table", "table", children=made, header_row=header)


def chunks(*blocks: Block, title: str = "Handbook", **more: object) -> list[Chunk]:
    return cut(Page("p1", title, blocks, **more))  # type: ignore[arg-type]


def test_each_section_is_a_chunk_under_its_path() -> None:
    found = chunks(
        block("paragraph", words(150, "intro")),
        heading(1, "Travel"),
        block("paragraph", words(150, "train")),
        heading(2, "Abroad"),
        block("paragraph", words(150, "visa")),
        heading(1, "Pay"),
        block("paragraph", words(150, "money")),
    )
    assert [chunk.path for chunk in found] == [
        ("Handbook",), ("Handbook", "Travel"), ("Handbook", "Travel", "Abroad"), ("Handbook", "Pay"),
    ]  # fmt: skip
    assert [chunk.position for chunk in found] == [0, 1, 2, 3]
    assert "Travel" not in found[1].text  # the path is not embedded


def test_the_path_begins_with_the_pages_above() -> None:
    page = Page("p1", "Rules", (heading(1, "Pets"), block("paragraph", "Dogs may come.")))
    assert cut(page, path_above=("Company", "Office"))[0].path == ("Company", "Office", "Rules", "Pets")


def test_small_sections_side_by_side_become_one_chunk_that_names_each() -> None:
    found = chunks(
        heading(1, "Rooms"), heading(2, "Blue"), block("paragraph", "Six seats."), heading(2, "Green"),
        block("paragraph", "Two seats."), heading(1, "Parking"), heading(2, "Red"), block("paragraph", "Bicycles."),
    )  # fmt: skip
    assert [(chunk.path, chunk.text) for chunk in found] == [
        (("Handbook", "Rooms"), "Blue\nSix seats.\nGreen\nTwo seats."),
        (("Handbook", "Parking", "Red"), "Bicycles."),  # never across parents
    ]


def test_no_chunk_is_longer_than_the_model_reads_and_no_word_is_lost() -> None:
    text = " ".join(f"{words(30, f's{at}x')}." for at in range(40))
    found = chunks(heading(1, "Long"), block("paragraph", text), block("code", words(700, "code"), language="python"))
    assert max(size_of(chunk.text) for chunk in found) <= SIZE
    assert " ".join(chunk.text for chunk in found if chunk.kind == "text").split() == text.split()
    assert all(chunk.text.endswith(".") for chunk in found if chunk.kind == "text")  # cut where sentences end


def test_a_tables_header_stands_above_each_of_its_parts() -> None:
    rows = [(f"room {at}", words(20)) for at in range(40)]
    found = chunks(table(("Name", "Seats"), *rows))
    assert len(found) > 3
    assert all(chunk.text.startswith("Name | Seats\nroom") for chunk in found)
    assert all(chunk.kind == "table" for chunk in found)
    lines = [line for chunk in found for line in chunk.text.split("\n")[1:]]
    assert lines == [f"{name} | {seats}" for name, seats in rows]


def test_a_table_of_a_header_alone_and_one_without_are_kept() -> None:
    assert chunks(table(("Name", "Seats")))[0].text == "Name | Seats"
    assert chunks(table(("a", "b"), ("c", "d"), header=False))[0].text == "a | b\nc | d"


def test_a_lists_items_stay_with_what_is_below_them() -> None:
    items = [
        block("bulleted_list_item", words(40, f"item{at}"), f"i{at}", block("paragraph", words(20, f"below{at}")))
        for at in range(8)
    ]
    found = chunks(*items)
    for chunk in found:
        assert chunk.text.startswith("- item")
        assert chunk.text.count("- item") == chunk.text.count("  below")
    done = block("to_do", "Order desks", "t", checked=True)
    assert chunks(done, block("to_do", "Pay"))[0].text == "[x] Order desks\n[ ] Pay"


def test_toggles_columns_callouts_and_synced_blocks_are_gone_into() -> None:
    found = chunks(
        block("toggle", "Where is the key?", "t", block("paragraph", "Under the mat.")),
        block("column_list", "", "cl", block("column", "", "c", block("paragraph", "In the left column."))),
        block("callout", "Mind the step.", "co", block("paragraph", "It is high.")),
        block("synced_block", "", "sy", block("paragraph", "Synced words.")),
        block("quote", "A quote.", "q"),
        heading(2, "Toggle heading", block("paragraph", "Inside the heading.")),
    )
    text = "\n".join(chunk.text for chunk in found)
    for said in ("Under the mat.", "In the left column.", "Mind the step.", "It is high.", "Synced words.", "A quote.",
                 "Inside the heading."):  # fmt: skip
        assert text.count(said) == 1
    key = next(chunk for chunk in found if "mat" in chunk.text)
    assert key.path == ("Handbook", "Where is the key?") or "Where is the key?" in key.text
    after = next(chunk for chunk in found if "left column" in chunk.text)
    assert "Where is the key?" not in after.path  # a toggle holds what is in it, and no more


def test_captions_files_and_links_are_searchable_and_signed_addresses_are_not_kept() -> None:
    found = chunks(
        block("image", "", "im", caption="Plan of the house", url="https://files.example/x?sig=1", hosted=True),
        block("bookmark", "", "bm", url="https://example.org/menu"),
        block("file", "", "f", name="prices.pdf"),
        block("child_page", "Minutes", "cp"),
    )
    assert found[0].text == "Plan of the house\nhttps://example.org/menu\nprices.pdf\nMinutes"


def test_a_row_of_a_database_is_a_chunk_of_its_properties() -> None:
    found = chunks(
        block("paragraph", "Body."), title="Repair the roof", properties={"Status": "Open", "Due": " ", "Owner": "Ada"}
    )
    assert (found[0].kind, found[0].text) == ("row", "Repair the roof\nStatus: Open\nOwner: Ada")
    assert found[1].text == "Body."


def test_an_empty_page_is_found_by_its_title() -> None:
    assert [(chunk.text, chunk.path) for chunk in chunks()] == [("Handbook", ("Handbook",))]
    assert [chunk.text for chunk in chunks(block("paragraph"), block("divider"))] == ["Handbook"]


def test_code_keeps_its_language_and_is_whole() -> None:
    found = chunks(block("paragraph", words(120)), block("code", "\n".join(["x = 1"] * 30), language="python"))
    assert [chunk.kind for chunk in found] == ["text", "code"]
    assert found[1].text.startswith("```python\nx = 1\n")


def test_halves_of_surrogate_pairs_never_get_further() -> None:
    found = chunks(block("paragraph", "cut \ud83d off"), title="T\udc00")[0]
    assert (found.text, found.path) == ("cut ? off", ("T?",))
    found.key.encode()


# --- what an edit touches


def a_long_page() -> Page:
    blocks = []
    for section in range(12):
        blocks.append(heading(2, f"Section {section}"))
        blocks += [block("paragraph", f"{words(45, f's{section}p{at}x')}.", f"b{section}-{at}") for at in range(6)]
    return Page("p1", "Long", tuple(blocks))


def changed(before: Page, after: Page) -> int:
    return len({chunk.key for chunk in cut(after)} - {chunk.key for chunk in cut(before)})


def test_a_sentence_added_somewhere_costs_few_chunks() -> None:
    page = a_long_page()
    costs = []
    for at, old in enumerate(page.blocks):
        if old.type == "paragraph":
            new = replace(old, spans=(Span(old.text + " One more sentence stands here."),))
            costs.append(changed(page, replace(page, blocks=(*page.blocks[:at], new, *page.blocks[at + 1 :]))))
    assert sorted(costs)[len(costs) // 2] <= 1
    assert max(costs) <= 3  # of 24: never beyond its own section


def test_renaming_a_page_or_a_heading_costs_no_vector() -> None:
    page = a_long_page()
    assert changed(page, replace(page, title="Other")) == 0
    renamed = (heading(2, "Renamed"), *page.blocks[1:])
    assert changed(page, replace(page, blocks=renamed)) == 0


def test_a_section_that_moves_keeps_its_vectors() -> None:
    page = a_long_page()
    assert changed(page, replace(page, blocks=(*page.blocks[14:], *page.blocks[:14]))) == 0


def test_a_text_has_one_key_however_its_letters_are_composed() -> None:
    assert vector_key("caf\u00e9") == vector_key("cafe\u0301") == vector_key("café  \n")
    assert vector_key("Café") != vector_key("café")
    assert vector_key("a\nb") != vector_key("a b")


KINDS = ["paragraph", "heading_1", "heading_2", "heading_3", "toggle", "quote", "callout", "column", "code", "to_do",
         "bulleted_list_item", "table_row", "divider", "unsupported"]  # fmt: skip


@st.composite
def trees(draw: st.DrawFn, depth: int = 2) -> Block:
    children = draw(st.lists(trees(depth - 1), max_size=3)) if depth else []
    text = draw(st.sampled_from(["", "unique", "a line of text", "長い文章" * 90, "x" * 900, "One. Two. " * 90]))
    kind = draw(st.sampled_from(KINDS))
    name = str(draw(st.uuids()))
    spans = (Span(f"{name} {text}"),) if text else ()
    return Block(name, kind, spans, tuple(children))


@given(st.lists(trees(), max_size=5))
def test_any_page_is_cut_into_small_chunks_that_hold_every_block_once(blocks: list[Block]) -> None:
    page = Page("p1", "Title", tuple(blocks))
    found = cut(page)
    assert found
    assert len({chunk.id for chunk in found}) == len(found)
    assert [chunk.position for chunk in found] == list(range(len(found)))
    everything = "\n".join("\n".join((*chunk.path, chunk.text)) for chunk in found)
    for each in page.walk():
        if each.spans and each.type != "table_row":
            assert each.id in everything
    assert max(size_of(chunk.text) for chunk in found) <= SIZE + 24  # a heading's line may come on top


@pytest.mark.parametrize(
    ("text", "size"),
    [("two words", 2), ("don't!", 4), ("", 0), ("日本語", 3), ("x" * 300, 100), ("naïve café", 2), ("한국어 말", 4)],
)
def test_lengths_are_those_a_small_model_sees(text: str, size: int) -> None:
    assert size_of(text) == size


# --- very long blocks


def measured(*blocks: Block) -> int:
    """Return how many characters are measured while a page is cut: what most of the work is."""
    total = 0

    def watch(frame: FrameType, event: str, _: object) -> None:
        nonlocal total
        if event == "call" and frame.f_code is size_of.__code__:
            total += len(frame.f_locals["text"])

    before = sys.getprofile()
    sys.setprofile(watch)
    try:
        chunks(*blocks)
    finally:
        sys.setprofile(before)
    return total


@pytest.mark.parametrize("kind", ["paragraph", "code"])
@pytest.mark.parametrize("text", ["...", "東京", "word ", "e\u0301", "a", "https://example.org/?q=1&", "。"])
def test_a_block_sixteen_times_as_long_is_sixteen_times_the_work(kind: str, text: str) -> None:
    short, long = (measured(block(kind, text * (length // len(text)), "b")) for length in (6_000, 96_000))
    assert long >= 96_000  # that something is measured at all
    assert long <= 16 * 1.1 * short


def test_a_text_without_any_space_is_cut_and_no_letter_is_lost() -> None:
    text = "".join(f"{at}。" if at % 7 else "https://example.org/東京?" for at in range(9000))
    found = chunks(block("code", text, language="x"))
    assert max(size_of(chunk.text) for chunk in found) <= SIZE
    assert "".join(chunk.text for chunk in found).replace("\n", "") == f"```x{text}```"


@pytest.mark.parametrize("head", [words(400, "column"), "я" * 5000], ids=["many words", "one long word"])
def test_a_header_too_long_to_stand_above_each_row_is_told_once(head: str) -> None:
    rows = table((head,), *((f"value {at}",) for at in range(300)))
    found = chunks(rows)
    lines = "\n".join(chunk.text for chunk in found)
    assert max(size_of(chunk.text) for chunk in found) <= SIZE
    assert len(lines) <= 2 * len(head) + 300 * len("value 299\n")
    assert all(f"value {at}" in lines for at in range(300))
    assert "".join(word for word in lines.split() if word[0] in "cя") == head.replace(" ", "")
    assert measured(rows) <= 20 * len(lines)


@pytest.mark.parametrize("letter", ["я", " ", "a", "字", "\u0301"], ids=ascii)
def test_no_chunk_is_larger_than_a_document_of_the_store(letter: str) -> None:
    """Firestore takes about a million bytes; a chunk is far below that whatever a block is made of."""
    text = f"x{letter * 400_000}x"
    page = Page("p" * 32, "Title", (Block("b" * 32, "paragraph", (Span(text),)),))
    assert max(len(chunk.text.encode()) for chunk in cut(page)) < 50_000
