"""Notion's own Markdown: what its documentation shows reads as blocks, and blocks come back from it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.core.page import Block, Span
from shared.integrations.notion.markdown.notion_markdown import from_notion_markdown, to_notion_markdown
from tests.integrations.notion.content.test_markdown_round_trip import EMOJI, TELLING, WORDS, told

ID = "0a0b0c0d-0000-4000-8000-00000000000f"

PAGE = f"""\
# Title {{color="red"}}
Hello **bold** <span color="blue_bg" underline="true">x</span> \\<y\\> $a$ {{color="gray"}}
\tchild
## Folds {{toggle="true"}}
\tbelow
- [x] done
\t1. one
<callout icon="🎯" color="blue_bg">
\ttold
\t- a
</callout>
<details color="red">
<summary>More</summary>
\t```python
\tdef f():
\t\treturn "\\n"
\t```
</details>
<table header-row="true" header-column="true">
\t<tr>
\t\t<td>A</td>
\t\t<td>B \\</td\\><br>C</td>
\t</tr>
</table>
<columns>
\t<column>
\t\ta
\t</column>
\t<column>
\t\tb
\t</column>
</columns>
<synced_block_reference url="https://www.notion.so/{ID.replace("-", "")}">
</synced_block_reference>
$$
x
$$
---
<empty-block/>
<table_of_contents/>
<unknown url="https://www.notion.so/x#y" alt="bookmark"/>
<mention-user url="user://{ID}">Ada</mention-user> on <mention-date start="2026-11-22"/>
<page url="https://www.notion.so/{ID.replace("-", "")}">P</page>
<pdf src="https://e.example/a.pdf?b=1&amp;c=2">*the* plan</pdf>
![cap](https://e.example/i.png)
> q<br>r
"""


def rows(*cells: str) -> Block:
    return Block("", "table_row", cells=tuple((Span(cell),) for cell in cells))


def column(text: str) -> Block:
    return Block("", "column", children=(Block("", "paragraph", (Span(text),)),))


BLOCKS = [
    Block("", "heading_1", (Span("Title"),), color="red"),
    Block(
        "",
        "paragraph",
        (
            Span("Hello "),
            Span("bold", bold=True),
            Span(" "),
            Span("x", underline=True, color="blue_background"),
            Span(" <y> "),
            Span("a", equation=True),
        ),
        (Block("", "paragraph", (Span("child"),)),),
        color="gray",
    ),
    Block("", "heading_2", (Span("Folds"),), (Block("", "paragraph", (Span("below"),)),), is_toggleable=True),
    Block("", "to_do", (Span("done"),), (Block("", "numbered_list_item", (Span("one"),)),), checked=True),
    Block(
        "",
        "callout",
        (Span("told"),),
        (Block("", "bulleted_list_item", (Span("a"),)),),
        color="blue_background",
        icon={"type": "emoji", "emoji": "🎯"},
    ),
    Block(
        "",
        "toggle",
        (Span("More"),),
        (Block("", "code", (Span('def f():\n\treturn "\\n"'),), language="python"),),
        color="red",
    ),
    Block("", "table", children=(rows("A", "B </td>\nC"),), header_row=True, header_column=True),
    Block("", "column_list", children=(column("a"), column("b"))),
    Block("", "synced_block", synced_from=ID),
    Block("", "equation", (Span("x"),)),
    Block("", "divider"),
    Block("", "paragraph"),
    Block("", "table_of_contents"),
    Block("", "unsupported", url="https://www.notion.so/x#y", block_type="bookmark"),
    Block(
        "",
        "paragraph",
        (
            Span("Ada", mention={"type": "user", "user": {"id": ID}}),
            Span(" on "),
            Span("2026-11-22", mention={"type": "date", "date": {"start": "2026-11-22"}}),
        ),
    ),
    Block(ID, "child_page", (Span("P"),)),
    Block(
        "",
        "pdf",
        url="https://e.example/a.pdf?b=1&c=2",
        caption="the plan",
        caption_spans=(Span("the", italic=True), Span(" plan")),
    ),
    Block("", "image", url="https://e.example/i.png", caption="cap"),
    Block("", "quote", (Span("q\nr"),)),
]


def test_the_dialect_is_read() -> None:
    assert told(from_notion_markdown(PAGE)) == told(BLOCKS)


def test_the_dialect_is_written() -> None:
    assert to_notion_markdown(BLOCKS) == PAGE


def test_what_the_dialect_cannot_show_is_named() -> None:
    found = from_notion_markdown(to_notion_markdown([Block(ID, "bookmark", url="https://e.example")]))
    assert [(block.type, block.block_type) for block in found] == [("unsupported", "bookmark")]


def test_a_text_nested_without_end_keeps_its_words() -> None:
    deep = from_notion_markdown("\n".join("\t" * level + f"w{level}" for level in range(400)))
    assert [block.text for top in deep for block in top.walk()] == [f"w{level}" for level in range(400)]
    assert from_notion_markdown("<callout>\n" * 900 + "told")


# --- any tree ---

CLEAN = st.one_of(WORDS, TELLING.map(str.strip).filter(bool))
STYLED = st.builds(
    Span,
    CLEAN.filter(lambda text: "\n" not in text),
    *[st.sampled_from([False, False, True])] * 5,
    href=st.sampled_from([None, None, "https://e.example/a"]),
    color=st.sampled_from(["", "red", "gray_background"]),
)
SPANS = st.lists(st.one_of(STYLED, st.builds(Span, CLEAN)), max_size=3).map(
    lambda spans: tuple(run for at, span in enumerate(spans) for run in ((Span(" "), span) if at else (span,)))
)


def joined(spans: tuple[Span, ...]) -> tuple[Span, ...]:
    made: list[Span] = []
    for span in spans:
        if made and replace(made[-1], text="") == replace(span, text=""):
            made[-1] = replace(made[-1], text=made[-1].text + span.text)
        else:
            made.append(span)
    return tuple(made)


COLORS = st.sampled_from(["", "", "blue", "pink_background"])
LINES = st.sampled_from(
    ["paragraph", "heading_3", "bulleted_list_item", "numbered_list_item", "to_do", "quote", "toggle"]
)


def line(kind: str, spans: tuple[Span, ...], children: list[Block], color: str, checked: bool) -> Block:
    return Block(
        "",
        kind,
        joined(spans),
        tuple(children),
        color=color if spans else "",
        checked=checked if kind == "to_do" else None,
        is_toggleable=kind.startswith("heading"),
    )


def callout(spans: tuple[Span, ...], children: list[Block], emoji: str) -> Block:
    icon = {"type": "emoji", "emoji": emoji} if emoji else None
    return Block("", "callout", joined(spans), tuple(children), icon=icon)


LEAVES = st.one_of(
    st.builds(line, LINES, SPANS, st.just([]), COLORS, st.booleans()),
    st.builds(
        lambda text: Block("", "code", (Span(text),), language="sql"), TELLING.filter(lambda text: text.strip("`"))
    ),
    st.builds(
        lambda cells: Block("", "table", children=(Block("", "table_row", cells=tuple(map(joined, cells))),)),
        st.lists(SPANS, min_size=1, max_size=3),
    ),
    st.just(Block("", "divider")),
    st.just(Block("", "equation", (Span("x = 1\n\ty"),))),
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(line, LINES, SPANS, st.lists(inner, max_size=3), COLORS, st.booleans()),
        st.builds(callout, SPANS, st.lists(inner, max_size=3), EMOJI),
    ),
    max_leaves=8,
)


@pytest.mark.slow
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(TREES, max_size=4))
def test_blocks_come_back_from_the_dialect(blocks: list[Block]) -> None:
    text = to_notion_markdown(blocks)
    assert told(from_notion_markdown(text)) == told(blocks), text
