"""Blocks of every size: texts cut between characters, trees of thousands of blocks and many levels."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.core.page import Block, Span
from shared.integrations.notion.content import blocks, rich_text
from shared.integrations.notion.content.reading import read_spans, read_written
from shared.integrations.notion.content.writable_blocks import from_blocks

URL = "https://e.example/a"


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(st.sampled_from("a 😀ż"), min_size=1990, max_size=6100))
def test_a_run_is_cut_between_characters_and_reads_back_as_one(text: str) -> None:
    items = rich_text.rich_text([Span(text, href=URL)])
    sizes = [len(item["text"]["content"].encode("utf-16-le")) // 2 for item in items]
    assert max(sizes) <= 2000
    assert all(first + second > 2000 for first, second in pairwise(sizes))
    assert {item["text"]["link"]["url"] for item in items} == {URL}
    assert read_spans(items) == (Span(text, href=URL),)


def test_a_link_is_not_cut_where_a_text_is() -> None:
    before = Span("w " * 990)
    link = Span("the link " * 20, href=URL)
    parts = rich_text.split_text([before, link] * 80)
    assert len(parts) > 1
    assert {span.text for part in parts for span in part if span.href} == {link.text}


@pytest.mark.parametrize("letters", ["word ", "żółć ", "漢字", "😀"])
def test_forty_thousand_characters_fit_one_block(letters: str) -> None:
    text = (letters * 40_000)[:40_000]
    made = blocks.paragraph(text)
    assert len(made["paragraph"]["rich_text"]) <= 100
    assert len(json.dumps(made, ensure_ascii=False).encode()) < 500_000
    assert read_written(made) == Block("", "paragraph", (Span(text),))


def test_a_text_too_long_for_one_block_goes_on_in_paragraphs() -> None:
    text = "word " * 60_000
    made, left_out = from_blocks(
        [Block("b", "quote", (Span(text),)), Block("t", "toggle", (Span(text),), (Block("c", "divider"),))]
    )
    assert left_out == []
    assert [each["type"] for each in made] == ["quote", "paragraph", "toggle"]
    assert [each["type"] for each in made[2]["toggle"]["children"]] == ["paragraph", "divider"]
    assert "".join(read_written(each).text for each in made[:2]) == text


def test_a_tree_of_five_thousand_blocks_comes_back_equal() -> None:
    def tree(level: int, width: int) -> tuple[Block, ...]:
        if level == 12:
            return (Block("", "paragraph", (Span("deep", bold=True),)),)
        return tuple(
            Block("", "bulleted_list_item", (Span(f"{level}.{at}"),), tree(level + 1, 1)) for at in range(width)
        )

    long = Block("", "paragraph", (Span("word " * 8192),))
    found = [*tree(1, 400), *[long] * 5, *[Block("", "to_do", (Span("x"),), checked=True)] * 195]
    assert sum(1 for top in found for _ in top.walk()) == 5000
    made, left_out = from_blocks(found)
    assert left_out == []
    assert [read_written(each) for each in made] == found


def test_sixty_levels_are_no_trouble() -> None:
    deep = Block("", "paragraph", (Span("end"),))
    for level in range(60):
        deep = Block("", "toggle", (Span(str(level)),), (deep,))
    (made,), _ = from_blocks((deep,))
    assert read_written(json.loads(json.dumps(made))) == deep
    assert sum(1 for _ in deep.walk()) == 61
