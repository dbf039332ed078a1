"""Pages made of Markdown: their outline, their words, and whether they keep to the limits."""

import json
import re
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

from shared.integrations.notion.content.blocks import LANGUAGES
from shared.integrations.notion.markdown.markdown import MarkdownPage

Json = dict[str, Any]


def text_of(items: list[Json]) -> str:
    return "".join(item["text"]["content"] if "text" in item else item["equation"]["expression"] for item in items)


FRAGMENTS = st.sampled_from(
    [
        *("# ", "## ", "- ", "1. ", "- [ ] ", "- [x] ", "> ", "```", "```py\n", "~~~", "|", "|---|---|", "---", "***"),
        *("**", "*", "_", "`", "[", "](", ")", "![", "<details>", "</details>", "<summary>s</summary>", "<b>", "<!--"),
        *("-->", "\n", "\n\n", "    ", "\t", "  \n", "\\", "<https://e.example>", "https://e.example", "title: ", ": "),
        *("word", "żółć", "😀", "\u200b", "a b", "0", "\r\n", "~~", "'", '"', "\x00", "<?", "<![CDATA[", "](x)"),
    ]
)
DEFINITIONS = st.sampled_from(["&amp;", "[x]: /u", "&nbsp;", "&#0;"])
TEXTS = st.one_of(st.text(max_size=200), st.lists(st.one_of(FRAGMENTS, st.text(max_size=5)), max_size=40).map("".join))
HOSTILE = st.lists(st.one_of(FRAGMENTS, DEFINITIONS), max_size=60).map("".join)


def all_blocks(blocks: list[Json]) -> Iterator[Json]:
    for block in blocks:
        yield block
        yield from all_blocks(block[block["type"]].get("children", []))


def texts_of(block: Json) -> Iterator[list[Json]]:
    body = block[block["type"]]
    yield from (body[name] for name in ("rich_text", "caption") if name in body)
    yield from body.get("cells", [])


def check_limits(page: MarkdownPage) -> None:
    """Hold every block against Notion's published limits."""
    for block in all_blocks(page.blocks):
        assert len(json.dumps(block)) < 450_000 or block[block["type"]].get("children")
        for items in texts_of(block):
            assert len(items) <= 100
            for item in items:
                if item["type"] == "equation":
                    assert 0 < len(item["equation"]["expression"].encode("utf-16-le")) // 2 <= 1000
                    continue
                content = item["text"]["content"]
                assert 0 < len(content.encode("utf-16-le")) // 2 <= 2000
                link = item["text"]["link"]
                assert link is None or re.match(r"(https?://|mailto:)\S+$", link["url"])
        if block["type"] == "code":
            assert block["code"]["language"] in LANGUAGES
        if block["type"] == "table":
            rows = block["table"]["children"]
            assert rows
            assert {len(row["table_row"]["cells"]) for row in rows} == {block["table"]["table_width"]}


def words_of(page: MarkdownPage) -> list[str]:
    said = [text_of(items) for block in all_blocks(page.blocks) for items in texts_of(block)]
    said += [page.title, *page.properties, *page.properties.values()]
    return re.findall(r"[^\W_]+", " ".join(said))


WORDS = st.lists(st.text("abcdefghżół", min_size=3, max_size=8), min_size=1, max_size=8).map(" ".join)
STYLED = st.one_of(
    WORDS, WORDS.map("**{}**".format), WORDS.map("`{}`".format), WORDS.map("[{}](https://e.example)".format)
)
PIECES = st.one_of(
    st.tuples(
        st.sampled_from(["", "# ", "##### ", "- ", "  - ", "1. ", "- [x] ", "> ", "> > ", "    ", "<p>"]), STYLED
    ).map("".join),
    WORDS.map("```js\n{}\n```".format),
    st.tuples(WORDS, WORDS).map(lambda pair: f"| {pair[0]} | {pair[1]} |\n|---|---|\n| {pair[1]} | {pair[0]} |"),
    st.tuples(WORDS, WORDS).map(lambda pair: f"<details>\n<summary>{pair[0]}</summary>\n\n{pair[1]}\n\n</details>"),
    WORDS.map("![{}](https://e.example/i.png)".format),
    WORDS.map("![{}](i.png)".format),
)  # fmt: skip
