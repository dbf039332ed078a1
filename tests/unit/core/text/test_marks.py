"""What we write into a page never counts as a change of it; what people write always does."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.core.page import Block, Page, Span
from shared.core.pages.marks import OUR_PROPERTIES, content_hash, is_ours, mark

URL = "https://workwright.example/v1/runs/run-1"


def text(block_id: str, *words: str, **fields: Any) -> Block:
    return Block(block_id, fields.pop("type", "paragraph"), tuple(Span(word) for word in words), **fields)


def ours(block_id: str, what: str = "plan-publish", **fields: Any) -> Block:
    return Block(block_id, "callout", (Span("Plan", href=mark(URL, what)), Span(" — written")), **fields)


PAGE = Page(
    "p1",
    "Bakery",
    (text("b1", "We open"), text("b2", "Bread", type="toggle", children=(text("b3", "Rye"),))),
    {"Owner": "Mira", "Status": "Plan it"},
    "https://notion.example/p1",
    "2026-11-21T09:00:00Z",
)
BEFORE = content_hash(PAGE)


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(replace(PAGE, blocks=(*PAGE.blocks, ours("x"))), id="our plan at the end"),
        pytest.param(replace(PAGE, blocks=(ours("x"), *PAGE.blocks)), id="our plan moved to the top"),
        pytest.param(
            replace(PAGE, blocks=(*PAGE.blocks, ours("x", children=(text("y", "to do"),)))), id="our plan with to-dos"
        ),
        pytest.param(
            replace(PAGE, blocks=(PAGE.blocks[0], replace(PAGE.blocks[1], children=(text("b3", "Rye"), ours("x"))))),
            id="our plan moved into a toggle",
        ),
        pytest.param(replace(PAGE, properties={"Owner": "Mira"}), id="no status"),
        pytest.param(
            replace(PAGE, properties={"Owner": "Mira", **dict.fromkeys(OUR_PROPERTIES, "new")}), id="all we write"
        ),
        pytest.param(replace(PAGE, edited_at="2026-11-22T09:00:00Z"), id="the time of the last edit"),
        pytest.param(replace(PAGE, url="https://notion.example/moved"), id="another address"),
    ],
)
def test_what_we_write_changes_nothing(page: Page) -> None:
    assert content_hash(page) == BEFORE


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(replace(PAGE, title="Bakery!"), id="the title"),
        pytest.param(replace(PAGE, blocks=PAGE.blocks[:1]), id="a block taken away"),
        pytest.param(replace(PAGE, blocks=PAGE.blocks[::-1]), id="another order"),
        pytest.param(replace(PAGE, blocks=(*PAGE.blocks, text("b4", ""))), id="an empty block"),
        pytest.param(
            replace(PAGE, blocks=(PAGE.blocks[0], replace(PAGE.blocks[1], children=(text("b3", "rye"),)))),
            id="a word far down",
        ),
        pytest.param(replace(PAGE, blocks=(text("b1", "We open", checked=True), PAGE.blocks[1])), id="a checked box"),
        pytest.param(
            replace(PAGE, blocks=(replace(PAGE.blocks[0], spans=(Span("We open", bold=True),)), PAGE.blocks[1])),
            id="bold",
        ),
        pytest.param(
            replace(PAGE, blocks=(replace(PAGE.blocks[0], spans=(Span("We open", href=URL),)), PAGE.blocks[1])),
            id="a link to a run without our mark",
        ),
        pytest.param(replace(PAGE, properties={"Owner": "Ada", "Status": "Plan it"}), id="a property of theirs"),
        pytest.param(replace(PAGE, properties={**PAGE.properties, "status": "x"}), id="a property named like ours"),
    ],
)
def test_what_people_write_counts(page: Page) -> None:
    assert content_hash(page) != BEFORE


def test_a_mark_is_the_runs_address_with_what_it_marks() -> None:
    assert mark(URL, "plan-publish") == URL + "#workwright-plan-publish"
    assert is_ours(ours("x"))
    assert not is_ours(text("y", "see " + mark(URL, "plan")))  # words about a mark are no mark


WORDS = st.text(st.characters(), max_size=6)  # halves of characters too: Notion cuts emoji
BLOCKS = st.recursive(
    st.builds(Block, WORDS, st.sampled_from(["paragraph", "to_do"]), st.lists(st.builds(Span, WORDS)).map(tuple)),
    lambda inner: st.builds(Block, WORDS, st.just("toggle"), children=st.lists(inner, max_size=3).map(tuple)),
    max_leaves=6,
)


@given(st.lists(BLOCKS, max_size=4), st.data())
def test_ours_anywhere_among_any_blocks_changes_nothing(blocks: list[Block], data: st.DataObject) -> None:
    plain = content_hash(Page("p", "t", tuple(blocks)))

    def sprinkled(among: tuple[Block, ...]) -> tuple[Block, ...]:
        found = [replace(block, children=sprinkled(block.children)) for block in among]
        for place in range(len(found), -1, -1):
            if data.draw(st.booleans()):
                found.insert(place, ours("ours"))
        return tuple(found)

    assert content_hash(Page("p", "t", sprinkled(tuple(blocks)))) == plain


def hosted(url: str, **fields: Any) -> Page:
    return replace(PAGE, blocks=(Block("i", "image", url=url, hosted=True, **fields),))


def test_a_file_whose_address_is_signed_anew_is_the_same_file() -> None:
    first = content_hash(hosted("https://files.example/a/cat.png?sig=1", expires_at="2026-11-22T10:00:00Z"))
    assert content_hash(hosted("https://files.example/a/cat.png?sig=2", expires_at="2026-11-22T11:00:00Z")) == first
    assert content_hash(hosted("https://files.example/b/cat.png?sig=1")) != first
    elsewhere = [replace(PAGE, blocks=(Block("i", "image", url=f"https://e.example/i?v={v}"),)) for v in (1, 2)]
    assert content_hash(elsewhere[0]) != content_hash(elsewhere[1])


def test_dress_makes_no_other_page() -> None:
    dressed = (
        replace(
            PAGE.blocks[0], spans=(Span("We open", color="red"),), icon={"type": "emoji", "emoji": "🥐"}, color="blue"
        ),
        replace(PAGE.blocks[1], extra={"new": 1}, list_start_index=3, list_format="roman", width_ratio=0.5, name="x"),
    )
    assert content_hash(replace(PAGE, blocks=dressed)) == BEFORE


def test_the_hash_is_the_one_that_runs_already_hold() -> None:
    """Computed by the version before colours, mentions and the rest were read; a plan awaiting approval holds it."""
    told = Page(
        "p1",
        "Bakery",
        (
            text("b1", "We open", checked=True),
            Block("b2", "code", (Span("x = 1", code=True, href="https://e.example"),), language="python"),
            Block("b3", "image", url="https://e.example/i.png", caption="Bread"),
            Block("b4", "table", (), (Block("b5", "table_row", cells=((Span("A", bold=True),), ())),), header_row=True),
        ),
        {"Owner": "Mira"},
    )
    assert content_hash(told) == "5c2ba356fb05847d4c3d75533ce3ada9"


@pytest.mark.parametrize(
    "span",
    [
        Span("We open", equation=True),
        Span("We open", mention={"type": "user", "user": {"id": "u-1"}}),
        Span("We open", mention={"type": "user", "user": {"id": "u-2"}}),
    ],
)
def test_whom_a_mention_means_counts(span: Span) -> None:
    other = replace(span, mention={"type": "user", "user": {"id": "u-3"}})
    hashes = {content_hash(replace(PAGE, blocks=(Block("b1", "paragraph", (each,)),))) for each in (span, other)}
    assert len(hashes) == 2
