"""Markdown to Notion blocks: what each construct becomes, and what holds for any text."""

from typing import Any

import pytest

from shared.core.page import Block, Span
from shared.integrations.notion.content.blocks import rich_text
from shared.integrations.notion.content.reading import read_written
from shared.integrations.notion.markdown.markdown import parse_blocks, parse_markdown
from tests.support.measures.markdown_pages import Json, check_limits, text_of, words_of

pytestmark = pytest.mark.slow


def outline(blocks: list[Json]) -> list[Any]:
    """Return (type, text, children) of each block, for comparing."""
    shown: list[Any] = []
    for block in blocks:
        body = block[block["type"]]
        below = outline(body.get("children", []))
        if block["type"] == "table_row":
            shown.append(("table_row", [text_of(cell) for cell in body["cells"]]))
            continue
        shown.append((block["type"], text_of(body.get("rich_text", [])), *([below] if below else [])))
    return shown


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        pytest.param("a\n\nb", [("paragraph", "a"), ("paragraph", "b")], id="paragraphs"),
        pytest.param("a\nb  \nc", [("paragraph", "a b\nc")], id="line ends"),
        pytest.param(
            "x\n\n## two\n### three\n#### four\n##### five\n###### six",
            [
                ("paragraph", "x"),
                ("heading_2", "two"),
                ("heading_3", "three"),
                ("heading_4", "four"),
                ("heading_4", "five"),
                ("heading_4", "six"),
            ],
            id="headings fold at four",
        ),
        pytest.param(
            "- a\n  - b\n    - c\n      - d\n- e",
            [
                (
                    "bulleted_list_item",
                    "a",
                    [("bulleted_list_item", "b", [("bulleted_list_item", "c", [("bulleted_list_item", "d")])])],
                ),
                ("bulleted_list_item", "e"),
            ],
            id="nested lists",
        ),
        pytest.param(
            "1. a\n\n   more\n2. b",
            [("numbered_list_item", "a", [("paragraph", "more")]), ("numbered_list_item", "b")],
            id="an item of two paragraphs",
        ),
        pytest.param("> a\n> - b", [("quote", "a", [("bulleted_list_item", "b")])], id="quote"),
        pytest.param("a\n\n---\n\nb", [("paragraph", "a"), ("divider", ""), ("paragraph", "b")], id="divider"),
        pytest.param(
            "| A | B |\n|---|---|\n| 1 | 2 |\n| 3 |",
            [
                ("table", "", [
                    ("table_row", ["A", "B"]), ("table_row", ["1", "2"]), ("table_row", ["3", ""]),
                ]),
            ],
            id="table",
        ),
        pytest.param(
            "<details>\n<summary>More</summary>\n\ninside\n\n- item\n\n</details>\n\nafter",
            [
                ("toggle", "More", [("paragraph", "inside"), ("bulleted_list_item", "item")]),
                ("paragraph", "after"),
            ],
            id="details",
        ),
        pytest.param(
            "<details><summary>A</summary>\n\nx\n\n<details><summary>B</summary>\n\ny\n\n</details>\n\n</details>",
            [("toggle", "A", [("paragraph", "x"), ("toggle", "B", [("paragraph", "y")])])],
            id="details in details",
        ),
        pytest.param(
            "<div onclick=\"x()\">\n<b>hi</b>\n</div>",
            [("paragraph", '<div onclick="x()">'), ("paragraph", "<b>hi</b>"), ("paragraph", "</div>")],
            id="html stays text",
        ),
        pytest.param("a <script>x</script> b", [("paragraph", "a <script>x</script> b")], id="inline html stays text"),
        pytest.param("</details>", [("paragraph", "</details>")], id="a stray end stays text"),
        pytest.param(
            "<details>\n<summary><h2>More</h2></summary>\n\ninside\n\n</details>",
            [("heading_2", "More", [("paragraph", "inside")])],
            id="a heading that folds",
        ),
        pytest.param("> [!NOTE]\n> told\n>\n> - x", [("callout", "told", [("bulleted_list_item", "x")])], id="alert"),
        pytest.param("> [!nothing]\n> told", [("quote", "[!nothing] told")], id="no alert of that name"),
        pytest.param("> \\[!NOTE]\n> told", [("quote", "[!NOTE] told")], id="an escaped alert is text"),
        pytest.param("- \\[x] a", [("bulleted_list_item", "[x] a")], id="an escaped box is text"),
        pytest.param("a\n\n<br>\n\nb", [("paragraph", "a"), ("paragraph", ""), ("paragraph", "b")], id="empty"),
        pytest.param("a<br>b", [("paragraph", "a\nb")], id="break"),
        pytest.param("note[^1]\n\n[^1]: told", [("paragraph", "note[^1]"), ("paragraph", "[^1]: told")], id="notes"),
        pytest.param("| |\n|---|\n| a |", [("table", "", [("table_row", ["a"])])], id="an empty header is none"),
        pytest.param("[f](./f.md)", [("paragraph", "f (./f.md)")], id="a relative link keeps its target"),
        pytest.param("costs $5 or $6, in $HOME/a:$PATH", [("paragraph", "costs $5 or $6, in $HOME/a:$PATH")], id="$"),
        pytest.param("$$\nno end", [("paragraph", "$$ no end")], id="an equation without end"),
        pytest.param(
            "see ![a chart](https://e.example/c.png) here",
            [("paragraph", "see"), ("image", ""), ("paragraph", "here")],
            id="an image splits its paragraph",
        ),
        pytest.param("![plan](./plan.png)", [("paragraph", "plan (./plan.png)")], id="a relative image is text"),
        pytest.param("![dot](data:image/png;base64,AAAA)", [("paragraph", "dot")], id="a data image is its text"),
    ],
)  # fmt: skip
def test_markdown_becomes_blocks(markdown: str, expected: list[Any]) -> None:
    assert outline(parse_markdown(markdown).blocks) == expected


def test_to_dos_know_whether_they_are_done() -> None:
    made = parse_markdown("- [ ] open **task**\n- [x] done\n- [X] also\n- [] no box\n").blocks
    assert [(b["type"], b[b["type"]].get("checked"), text_of(b[b["type"]]["rich_text"])) for b in made] == [
        ("to_do", False, "open task"),
        ("to_do", True, "done"),
        ("to_do", True, "also"),
        ("bulleted_list_item", None, "[] no box"),
    ]


def test_styles_and_links() -> None:
    (made,) = parse_markdown("*a* **b** ~~c~~ `d` [e](https://e.example/x) [f](./f.md) ***g***").blocks
    items = made["paragraph"]["rich_text"]
    styles = {item["text"]["content"]: item.get("annotations", {}) for item in items}
    assert styles["a"] == {"italic": True}
    assert styles["b"] == {"bold": True}
    assert styles["c"] == {"strikethrough": True}
    assert styles["d"] == {"code": True}
    assert styles["g"] == {"bold": True, "italic": True}
    links = {item["text"]["content"]: item["text"]["link"] for item in items}
    assert links["e"] == {"url": "https://e.example/x"}
    assert links[" f (./f.md) "] is None  # Notion refuses relative addresses: the target stays as text


def test_equations() -> None:
    block, within = parse_markdown("$$\n\\frac{a}{b}\n$$\n\nso $a_1$ and x$`b`$, *$c$*").blocks
    assert block == {"object": "block", "type": "equation", "equation": {"expression": "\\frac{a}{b}"}}
    found = [
        (item["equation"]["expression"], item.get("annotations"))
        for item in within["paragraph"]["rich_text"]
        if item["type"] == "equation"
    ]
    assert found == [("a_1", None), ("b", None), ("c", {"italic": True})]


@pytest.mark.parametrize(("name", "emoji"), [("TIP", "💡"), ("warning", "⚠️"), ("🎯", "🎯")])
def test_an_alert_is_a_callout_with_its_icon(name: str, emoji: str) -> None:
    (made,) = parse_markdown(f"> [!{name}]\n> x").blocks
    assert made["callout"]["icon"] == {"type": "emoji", "emoji": emoji}


def test_a_badge_keeps_where_it_leads() -> None:
    (made,) = parse_markdown("[![passing](https://e.example/b.svg)](https://e.example/builds)").blocks
    (caption,) = made["image"]["caption"]
    assert caption["text"] == {"content": "passing", "link": {"url": "https://e.example/builds"}}


@pytest.mark.parametrize(
    ("info", "language"),
    [("py", "python"), ("TS", "typescript"), ("c++ title=x", "c++"), ("", "plain text"), ("klingon", "plain text")],
)
def test_code_has_a_language_notion_knows(info: str, language: str) -> None:
    (made,) = parse_markdown(f"```{info}\n  a = 1\n\n<b>\n```").blocks
    assert made["code"]["language"] == language
    assert text_of(made["code"]["rich_text"]) == "  a = 1\n\n<b>"


def test_the_table_says_that_its_first_row_is_a_header() -> None:
    (made,) = parse_markdown("| A |\n|---|\n| 1 |").blocks
    assert (made["table"]["has_column_header"], made["table"]["table_width"]) == (True, 1)


@pytest.mark.parametrize(
    ("markdown", "name", "title", "properties", "first"),
    [
        ("# A *b*\n\ntext", "f", "A b", {}, ("paragraph", "text")),
        ("---\ntitle: T\nStatus: Plan it\n---\ntext", "f", "T", {"Status": "Plan it"}, ("paragraph", "text")),
        ("---\ntitle: T\n---\n# H\n", "f", "H", {"title": "T"}, None),
        ("Status: Plan it\nBudget: 5\n\ntext", "f", "text", {"Status": "Plan it", "Budget": "5"},
         ("paragraph", "text")),
        ("Status: Plan it\n# H\n\ntext", "f", "H", {"Status": "Plan it"}, ("paragraph", "text")),
        ("---\nTags: [a, 'b']\nWho:\n  - x\n  - y\n---\n", "f", "f", {"Tags": "a, b", "Who": "x, y"}, None),
        ("Note: it works\nas a paragraph", "f", "Note: it works as a paragraph", {},
         ("paragraph", "Note: it works as a paragraph")),
        ("", "notes.md", "notes.md", {}, None),
        ("", "", "Untitled", {}, None),
        ("---\nnot a property\n---\n", "f", "not a property", {}, ("divider", "")),
    ],
)  # fmt: skip
def test_title_and_properties(
    markdown: str, name: str, title: str, properties: dict[str, str], first: tuple[str, str] | None
) -> None:
    page = parse_markdown(markdown, name=name)
    assert (page.title, page.properties) == (title, properties)
    assert (outline(page.blocks) or [None])[0] == first


def test_long_text_is_cut_into_runs_and_blocks_and_stays_whole() -> None:
    words = " ".join(f"w{number}" for number in range(60_000))
    page = parse_markdown(f"intro\n\n{words}")
    said = [text_of(block["paragraph"]["rich_text"]) for block in page.blocks]
    assert "".join(said[1:]) == words
    assert len(said) > 2
    check_limits(page)


def test_a_run_is_never_cut_inside_a_character() -> None:
    items = rich_text("a" + "😀" * 2500)
    assert [len(item["text"]["content"].encode("utf-16-le")) // 2 for item in items] == [1999, 2000, 1002]
    assert text_of(items) == "a" + "😀" * 2500


def test_a_text_nested_too_deeply_keeps_its_words() -> None:
    page = parse_markdown("> " * 500 + "deep\n\n" + "- " * 300 + "list\n\n" + "[" * 3000 + "open")
    assert {"deep", "list", "open"} <= set(words_of(page))
    check_limits(page)


def back(markdown: str) -> list[Block]:
    return [read_written(made) for made in parse_blocks(markdown)]


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
    assert "told" in [block.text for top in found for block in top.walk()]


def test_links_within_the_text_lose_their_place_and_other_links_keep_theirs() -> None:
    (block,) = back("[a](#place) [b](docs/b.md) [c](https://e.example/c 'a title')")
    assert block.spans == (Span("a b (docs/b.md) "), Span("c", href="https://e.example/c"))
