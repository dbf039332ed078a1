"""Pages come back from JSON as they were, and are walked in reading order."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shared.core.page import Block, Page, Span, page_from_data, page_to_data

WORDS = st.text(max_size=6)
SPANS = st.lists(
    st.builds(Span, WORDS, *[st.booleans()] * 5, href=st.none() | st.text(min_size=1, max_size=9)), max_size=3
).map(tuple)
LEAVES = st.builds(
    Block,
    WORDS,
    WORDS,
    SPANS,
    checked=st.none() | st.booleans(),
    language=st.none() | WORDS,
    url=st.none() | WORDS,
    caption=WORDS,
    cells=st.lists(SPANS, max_size=3).map(tuple),
    header_row=st.booleans(),
)
BLOCKS = st.recursive(
    LEAVES,
    lambda inner: st.builds(Block, WORDS, WORDS, SPANS, st.lists(inner, max_size=3).map(tuple)),
    max_leaves=6,
)
PAGES = st.builds(
    Page, WORDS, WORDS, st.lists(BLOCKS, max_size=4).map(tuple), st.dictionaries(WORDS, WORDS, max_size=3), WORDS, WORDS
)


@given(PAGES)
def test_every_page_comes_back_from_json_as_it_was(page: Page) -> None:
    assert page_from_data(json.loads(json.dumps(page_to_data(page)))) == page


def test_empty_fields_take_no_room() -> None:
    page = Page("p", "Title", (Block("b", "divider"), Block("c", "paragraph", (Span("x", italic=True),))))
    assert page_to_data(page)["blocks"] == [
        {"id": "b", "type": "divider"},
        {"id": "c", "type": "paragraph", "spans": [{"text": "x", "italic": True}]},
    ]


def test_a_page_is_walked_in_reading_order() -> None:
    inner = Block("3", "paragraph", (Span("in"), Span("ner", bold=True)))
    page = Page("p", "", (Block("1", "toggle", children=(Block("2", "toggle", children=(inner,)),)), Block("4", "x")))
    assert [block.id for block in page.walk()] == ["1", "2", "3", "4"]
    assert inner.text == "inner"


def test_a_page_kept_by_an_older_version_may_lack_fields() -> None:
    kept: dict[str, Any] = {"id": "p", "title": "Old", "blocks": [{"id": "b", "type": "to_do", "checked": False}]}
    assert page_from_data(kept) == Page("p", "Old", (Block("b", "to_do", checked=False),))
