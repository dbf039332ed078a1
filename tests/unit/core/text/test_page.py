"""Pages come back from JSON as they were, and are walked in reading order."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.core.page import Block, Page, Span, page_from_data, page_to_data

WORDS = st.text(max_size=6)
KEPT = st.dictionaries(WORDS, st.none() | st.integers() | WORDS, max_size=2)
SPANS = st.lists(
    st.builds(
        Span,
        WORDS,
        *[st.booleans()] * 5,
        href=st.none() | st.text(min_size=1, max_size=9),
        color=WORDS,
        equation=st.booleans(),
        mention=st.none() | KEPT,
    ),
    max_size=3,
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
    header_column=st.booleans(),
    color=WORDS,
    icon=st.none() | KEPT,
    is_toggleable=st.booleans(),
    list_start_index=st.none() | st.integers(0, 9),
    list_format=st.none() | WORDS,
    width_ratio=st.none() | st.floats(0, 1),
    synced_from=st.none() | WORDS,
    target_type=WORDS,
    target=WORDS,
    hosted=st.booleans(),
    expires_at=WORDS,
    upload=WORDS,
    name=WORDS,
    caption_spans=SPANS,
    block_type=WORDS,
    extra=KEPT,
)
BLOCKS = st.recursive(
    LEAVES,
    lambda inner: st.builds(Block, WORDS, WORDS, SPANS, st.lists(inner, max_size=3).map(tuple)),
    max_leaves=6,
)
PAGES = st.builds(
    Page, WORDS, WORDS, st.lists(BLOCKS, max_size=4).map(tuple), st.dictionaries(WORDS, WORDS, max_size=3), WORDS, WORDS
)


@pytest.mark.slow
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


def test_a_page_kept_by_the_version_before_is_read_whole() -> None:
    """Written out here as that version wrote it."""
    kept: dict[str, Any] = {
        "id": "p", "title": "Old", "url": "u", "edited_at": "t", "properties": {"Status": "Plan it"},
        "blocks": [
            {"id": "a", "type": "toggle", "spans": [{"text": "x", "bold": True, "href": "https://e.example"}],
             "children": [{"id": "b", "type": "image", "url": "https://e.example/i", "caption": "c"}]},
            {"id": "c", "type": "table", "children": [
                {"id": "d", "type": "table_row", "cells": [[{"text": "1"}], []]}], "header_row": True},
            {"id": "e", "type": "code", "spans": [{"text": "y", "code": True}], "language": "python"},
        ],
    }  # fmt: skip
    image = Block("b", "image", url="https://e.example/i", caption="c")
    assert page_from_data(kept) == Page(
        "p",
        "Old",
        (
            Block("a", "toggle", (Span("x", bold=True, href="https://e.example"),), (image,)),
            Block("c", "table", children=(Block("d", "table_row", cells=((Span("1"),), ())),), header_row=True),
            Block("e", "code", (Span("y", code=True),), language="python"),
        ),
        {"Status": "Plan it"},
        "u",
        "t",
    )
    assert page_to_data(page_from_data(kept)) == kept
