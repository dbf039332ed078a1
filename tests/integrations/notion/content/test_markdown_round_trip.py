"""Blocks to Markdown and back, and Markdown to blocks and back: nothing is lost of what Markdown can say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.core.page import Block, Span, block_to_data
from shared.integrations.notion.content.reading import read_written
from shared.integrations.notion.markdown.markdown import parse_blocks, parse_markdown
from shared.integrations.notion.markdown.markdown_out import to_markdown
from tests.support.measures.markdown_pages import HOSTILE, PIECES, TEXTS

pytestmark = pytest.mark.slow

QUIET = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def back(markdown: str) -> list[Block]:
    return [read_written(made) for made in parse_blocks(markdown)]


def told(blocks: Sequence[Block]) -> list[Any]:
    """Return blocks as data, which shows a difference better."""
    return [block_to_data(block) for block in blocks]


# --- trees of blocks, built without our writer ---

LETTERS = st.sampled_from([*"aab1 2*_`~[]()<>#+-.!|\\$&:;=\"'/@^{}", "ż", "😀", "\n", "\t", "\u00a0", "\u0301"])
ODD = st.text(LETTERS, min_size=1, max_size=8)
TELLING = st.sampled_from(
    [
        *("- x", "1. x", "2) y", "# h", "> q", "```", "~~~", "---", "===", "a\n===", "a|b\n-|-", "a\n:-:"),
        *("| a |", "    x"),
        *("[x]: /u", "[^1]: note", "[^1]", "[ ] box", "[!NOTE]", "&amp;", "&#42;", "<br>", "<b>x</b>"),
        *("</details>", "<!--"),
        *("snake_case_name", "a\\", "$5 and $6", "$x$", "$$", "x  ", "  x", "https://e.example/a_b*c"),
        *("![x](y)", "hi!"),
        *("\n", "\n\n", " ", "title: x", "<https://e.example>", "1986\\. x", "*", "**a**", "`a` ``b``", "+"),
        *("-", "1."),
    ]
)  # fmt: skip
WORDS = st.lists(st.text("abcż", min_size=1, max_size=4), min_size=1, max_size=3).map(" ".join)
STRINGS = st.one_of(WORDS, WORDS, ODD, TELLING)
LINKS = st.sampled_from(
    [*[None] * 4, "https://e.example/a(b)c?d=1&copy=2", "https://e.example/&amp;|*_x", "mailto:ada@e.example",
     "https://żółć.example/ą%20b"]
)  # fmt: skip


def normal(spans: Sequence[Span]) -> tuple[Span, ...]:
    """Leave no two neighbours of one style: nobody can see where one ends."""
    kept: list[Span] = []
    for span in spans:
        if kept and not span.equation and replace(kept[-1], text="") == replace(span, text=""):
            kept[-1] = replace(kept[-1], text=kept[-1].text + span.text)
        else:
            kept.append(span)
    return tuple(kept)


TEXT_SPANS = st.builds(
    Span,
    STRINGS,
    *[st.sampled_from([False, False, True])] * 5,
    href=LINKS,
)
EQUATIONS = st.builds(
    Span,
    st.sampled_from(["x", "a_1", "\\frac{a}{b}", "\\$5", "a $ b", "`", "x`y", " x ", "a|b", "\\\\", "$", "``", "5"]),
    bold=st.booleans(),
    equation=st.just(True),
)
SPANS = st.lists(st.one_of(TEXT_SPANS, TEXT_SPANS, EQUATIONS, st.builds(Span, STRINGS)), max_size=4).map(normal)
CODE_TEXT = st.one_of(
    STRINGS,
    st.lists(st.sampled_from(["```", "  x", "", "\ty", "~~~", "``", "</details>", "- a"]), max_size=4).map("\n".join),
)
LANGUAGES = st.sampled_from(["plain text", "python", "c++", "java/c/c++/c#", "visual basic", "objective-c", "llvm ir"])
IMAGES = st.builds(
    lambda url, caption: Block("", "image", url=url, caption=caption),
    st.sampled_from(
        ["https://e.example/i.png", "https://e.example/i (1)_*.png".replace(" ", "%20"), "http://e.example/]"]
    ),
    st.one_of(st.just(""), STRINGS),
)


def rows_of(cells: list[list[tuple[Span, ...]]], header: bool) -> Block:
    width = max(len(row) for row in cells)
    full = [tuple(row + [()] * (width - len(row))) for row in cells]
    if header and len(full) > 1 and not any(full[0]):
        full[0] = ((Span("h"),), *full[0][1:])  # an empty header reads back as none
    return Block("", "table", children=tuple(Block("", "table_row", cells=row) for row in full), header_row=header)


TABLES = st.builds(rows_of, st.lists(st.lists(SPANS, min_size=1, max_size=3), min_size=1, max_size=3), st.booleans())
LEAVES = st.one_of(
    st.builds(Block, st.just(""), st.just("paragraph"), SPANS),
    st.builds(Block, st.just(""), st.sampled_from([f"heading_{level}" for level in (1, 2, 3, 4)]), SPANS),
    st.builds(
        lambda text, language: Block("", "code", (Span(text),) if text else (), language=language), CODE_TEXT, LANGUAGES
    ),
    st.builds(
        lambda text: Block("", "equation", (Span(text),) if text else ()),
        st.sampled_from(["x = 1", "a\n$$\nb", "  a\n  b", "", "\\begin{x}\n\n\\end{x}", "$$$", "a $$", "> x\n- y"]),
    ),
    st.just(Block("", "divider")),
    IMAGES,
    TABLES,
)


def holder(kind: str, spans: tuple[Span, ...], children: list[Block], checked: bool, emoji: str) -> Block:
    if kind == "to_do":
        return Block("", kind, spans, tuple(children), checked=checked)
    if kind == "callout":
        return Block("", kind, spans, tuple(children), icon={"type": "emoji", "emoji": emoji} if emoji else None)
    return Block("", kind, spans, tuple(children), is_toggleable=kind.startswith("heading"))


KINDS = st.sampled_from(
    [*("bulleted_list_item", "numbered_list_item", "to_do") * 2, "quote", "toggle", "callout", "heading_1", "heading_4"]
)
EMOJI = st.sampled_from(["ℹ️", "💡", "⚠️", "🎯", "1️⃣", ""])
TREES = st.recursive(
    LEAVES,
    lambda inner: st.builds(
        holder, KINDS, SPANS, st.lists(inner, max_size=3), st.booleans(), EMOJI
    ),
    max_leaves=8,
)  # fmt: skip


@QUIET
@given(st.lists(TREES, max_size=4))
def test_blocks_come_back_from_markdown(blocks: list[Block]) -> None:
    markdown = to_markdown(blocks)
    assert told(back(markdown)) == told(blocks), markdown


# --- texts ---

MORE = st.one_of(
    PIECES,
    TELLING,
    st.sampled_from(
        [
            *("> [!NOTE]\n> told\n>\n> - more", "> [!WARNING]\n>\n> | a | b |\n> |---|---|\n> | 1 | 2 |"),
            *("> [!TIP] no",),
            *("$$\nx^2\n$$", "$$ x $$", "$$\nno end", "- a\n\n  $$\n  y\n  $$", "costs $5 or $6", "so $a_1$, $`b`$."),
            *("- [ ] a\n  - [x] b\n\n    c\n1. d", "-\n  - a", "- # h\n  text", "1. a\n\n\n2. b", "* a\n+ b\n- c"),
            *("<details>\n<summary><h2>T</h2></summary>\n\nx\n</details>", "<details><summary>a<b>b</b></summary>"),
            *("a<br>b", "a  \nb", "a\\\nb", "<br>", "<br><br>", "| a<br>b | `c\\|d` |\n|---|---|"),
            *("|  |  |\n|--|--|\n| 1 | 2 |",),
            *("[x]: https://e.example\n\n[x] and [y]", "text[^1]\n\n[^1]: the note"),
            *("[a](u 'title') [b](./c.md) [d](#e)",),
            *("[![alt](https://e.example/i.png)](https://e.example)",),
            *("<u>u</u> <ins>*i*</ins> <b>x <i>y</b> z</i>", "***a** b*"),
            *("``` c++ title=x\n`` ` ``\n```", "````\n```\n````", "    indented\n\n    code", "a\n---\nb\n==="),
            *("<https://e.example/a_b>",),
            *("[**a** `b` $c$](https://e.example)", "**a**b*c*~~d~~", "a&nbsp;b &lt;x&gt; \\* &copy;"),
            *("![a *b*](https://e.example/i)",),
        ]
    ),
)  # fmt: skip
DOCUMENTS = st.builds(str.join, st.sampled_from(["\n", "\n\n", "\n\n"]), st.lists(MORE, max_size=8))


@QUIET
@given(st.one_of(DOCUMENTS, DOCUMENTS, TEXTS, HOSTILE))
def test_markdown_comes_back_from_blocks(text: str) -> None:
    once = back(text)
    assert told(back(to_markdown(once))) == told(once), to_markdown(once)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(DOCUMENTS)
def test_a_page_comes_back_with_its_title(text: str) -> None:
    page = parse_markdown(text, name="a *file*.md")
    again = parse_markdown(to_markdown([read_written(made) for made in page.blocks], title=page.title))
    assert (again.title, again.blocks) == (page.title, page.blocks)


def test_toggles_nested_without_end_stay_within_what_can_be_written() -> None:
    text = "<details>\n<summary>s</summary>\n\n- <details>\n\n" * 300 + "told\n\n" + "</details>\n\n" * 600
    found = back(text)
    deepest = 0
    waiting = [(1, block) for block in found]
    while waiting:
        level, block = waiting.pop()
        deepest = max(deepest, level)
        waiting += [(level + 1, child) for child in block.children]
    assert deepest < 70
    assert "told" in to_markdown(found)


def test_links_within_the_text_lose_their_place_and_other_links_keep_theirs() -> None:
    (block,) = back("[a](#place) [b](docs/b.md) [c](https://e.example/c 'a title')")
    assert block.spans == (Span("a b (docs/b.md) "), Span("c", href="https://e.example/c"))
