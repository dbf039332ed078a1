"""Markdown to Notion blocks. Text is never lost: what cannot be expressed becomes plain text, and HTML stays text."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from markdown_it.tree import SyntaxTreeNode

from shared.core.page import Span
from shared.integrations.notion.content import blocks
from shared.integrations.notion.markdown import inline
from shared.integrations.notion.markdown.front_matter import split_front_matter
from shared.integrations.notion.markdown.inline import Found, Picture, inline_of, parse_inline, plain, strip_spans
from shared.integrations.notion.markdown.markdown_rules import DEEPEST, parser

Json = dict[str, Any]

# The lengths are bounded because an open end would be searched for again from every start.
_FOLD = re.compile(r"</?(?:details|summary)\b[^>]{0,500}>", re.IGNORECASE)
_FOLDED_HEADING = re.compile(r"<h([1-4])>(.*)</h\1>", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class MarkdownPage:
    """A page's title, properties by column name, and blocks ready for `Notion.append_tree`."""

    title: str
    properties: dict[str, str] = field(default_factory=dict)
    blocks: list[Json] = field(default_factory=list)


def parse_markdown(text: str, *, name: str = "") -> MarkdownPage:
    """Return the page a Markdown text describes. `name` (a file's) is the title where the text has none.

    The title is the first `# heading`, else front matter's `title`, else the first line, else `name`.
    """
    properties, body = split_front_matter(text)
    made = parse_blocks(body)
    title = _find_heading(made)
    if title and made[0]["type"] == "heading_1":
        made = made[1:]
    if not title:
        named = next((key for key in properties if key.casefold() == "title" and properties[key].strip()), None)
        title = properties.pop(named) if named else _find_line(made) or name
    return MarkdownPage(title.strip() or name or "Untitled", properties, made)


def parse_blocks(text: str) -> list[Json]:
    """Return the blocks of a Markdown text, its first heading too.

    CommonMark with tables, strikethrough, tasks, `> [!NOTE]` callouts, `<details>` toggles, `$x$` and `$$` equations,
    `<br>`, `<b>`, `<i>`, `<s>`, `<u>` and `<code>`. Other HTML is text. A link to no address on the web keeps it as
    text. A text too long for one block goes on in paragraphs. Lost, because Notion cannot hold it: titles of links,
    links to a place in the same text, the number a list begins with, alignment in tables.
    """
    top = _Blocks()
    nodes = _parse(text)
    if nodes is None:
        top.lines(text)
    else:
        top.nodes(nodes)
    return top.close()


def _parse(text: str) -> Sequence[SyntaxTreeNode] | None:
    """Return the syntax tree's top, or None when the text is nested so deeply that the parser would drop some."""
    try:
        tokens = parser().parse(text)
        if any(token.level >= DEEPEST - 2 for token in tokens):
            return None
        return SyntaxTreeNode(tokens).children
    except RecursionError:
        return None


def _find_heading(made: Sequence[Json]) -> str:
    for block in made:
        if block["type"] == "heading_1" and (text := _text_of(block).strip()):
            return text
    return ""


def _find_line(made: Sequence[Json]) -> str:
    for block in made:
        text = _text_of(block).strip()
        if text:
            return text.splitlines()[0][:200]
    return ""


def _text_of(block: Json) -> str:
    items = block[block["type"]].get("rich_text", ())
    return "".join(item["text"]["content"] if "text" in item else item["equation"]["expression"] for item in items)


@dataclass(slots=True)
class _Fold:
    """An open `<details>`; its summary may come later. As a heading it has a level."""

    level: int = 0
    summary: list[Span] = field(default_factory=list)
    inside: list[Json] = field(default_factory=list)


class _Blocks:
    """Builds the blocks of one container: the page, a list item, a quote. `<details>` opens within its container."""

    def __init__(self, level: int = 0) -> None:
        self._level = level
        self._made: list[Json] = []
        self._folds: list[_Fold] = []
        self._too_deep = 0  # `<details>` that are text, and whose ends are

    def close(self) -> list[Json]:
        """Return the blocks; what was left open ends here."""
        while self._folds:
            self._close_fold()
        return self._made

    def add(self, *made: Json) -> None:
        """Add finished blocks to the innermost open place."""
        (self._folds[-1].inside if self._folds else self._made).extend(made)

    def nodes(self, nodes: Sequence[SyntaxTreeNode]) -> None:
        """Add what the parser found."""
        for node in nodes:
            self._node(node)

    def lines(self, text: str) -> None:
        """Add plain text, a paragraph per line."""
        for line in text.splitlines():
            if line.strip():
                self._paragraphs([Span(line.strip())])

    def _node(self, node: SyntaxTreeNode) -> None:
        kind = node.type
        if kind == "heading":
            self._add_text("heading", plain(inline_of(node)), level=int(node.tag[1:]))
        elif kind == "paragraph":
            self._paragraph(inline_of(node))
        elif kind in ("bullet_list", "ordered_list"):
            for item in node.children:
                self._item(item, "bulleted" if kind == "bullet_list" else "numbered")
        elif kind == "blockquote":
            self._quote(node)
        elif kind in ("fence", "code_block"):
            language = node.info.split()[0] if node.info.split() else ""
            for part in blocks.split_text(node.content.removesuffix("\n")):
                self.add(blocks.code(part, language))
        elif kind == "math_block":
            self.add(blocks.equation(node.content))
        elif kind == "hr":
            self.add(blocks.divider())
        elif kind == "table":
            self._table(node)
        elif kind == "html_block":
            self._html(node.content)
        elif node.children:
            self.nodes(node.children)
        elif node.content:
            self.lines(node.content)

    def _read_children(self, nodes: Sequence[SyntaxTreeNode]) -> list[Json]:
        """Return the blocks of a container of its own."""
        inner = _Blocks(self._level + len(self._folds) + 1)
        inner.nodes(nodes)
        return inner.close()

    def _add_text(self, builder: str, spans: Sequence[Span], level: int = 1) -> None:
        """Add a text as one block, what is over the limit as paragraphs after it."""
        first, *rest = blocks.split_text(spans)
        if builder == "heading":
            self.add(blocks.heading(level, first))
        elif first:
            self.add(blocks.paragraph(first))
        self.add(*(blocks.paragraph(part) for part in rest))

    def _paragraphs(self, spans: Sequence[Span]) -> None:
        self._add_text("paragraph", spans)

    def _paragraph(self, found: Sequence[Found]) -> None:
        """Add a paragraph; a picture inside it stands between two."""
        text: list[Span] = []
        after = False  # a picture
        for each in found:
            if isinstance(each, Span):
                text.append(each)
                continue
            self._paragraphs(strip_spans(text, left=after, right=True))
            text, after = [], True
            self.add(*_picture(each))
        self._paragraphs(strip_spans(text, left=after, right=False))

    def _item(self, item: SyntaxTreeNode, kind: str) -> None:
        checked = item.meta.get("checked")
        if checked is None:
            self._container(kind, self._read_children(item.children))
            return
        text, *over = blocks.split_text(plain(inline_of(item.children[0])))
        below = [blocks.paragraph(part) for part in over] + self._read_children(item.children[1:])
        self.add(blocks.to_do(text, bool(checked), below))

    def _quote(self, node: SyntaxTreeNode) -> None:
        icon = node.meta.get("icon")
        if icon is None:
            self._container("quote", self._read_children(node.children))
            return
        body: Json = {"icon": blocks.check_icon(icon)} if icon else {}
        self._container("callout", self._read_children(node.children), **body)

    def _container(self, kind: str, made: list[Json], **more: Any) -> None:
        """Add a block whose text is its first paragraph and whose children are the rest."""
        text: list[Json] = []
        if made and made[0]["type"] == "paragraph":
            text = made[0]["paragraph"]["rich_text"]
            made = made[1:]
        name = {"bulleted": "bulleted_list_item", "numbered": "numbered_list_item"}.get(kind, kind)
        self.add(blocks.block(name, {"rich_text": text, **more}, made))

    def _table(self, node: SyntaxTreeNode) -> None:
        """Add a table. Markdown has none without a header: one that is empty says that there is no header."""
        rows = [[plain(inline_of(cell)) for cell in row.children] for part in node.children for row in part.children]
        header = len(rows) == 1 or any(rows[0])
        shown = rows if header else rows[1:]
        width = max(len(row) for row in shown)
        fits = width <= blocks.MAX_ITEMS and all(len(blocks.split_text(cell)) == 1 for row in shown for cell in row)
        if fits:
            made = blocks.table(shown, header_row=header)
            if max(len(json.dumps(row)) for row in made["table"]["children"]) <= blocks.MAX_BLOCK_BYTES:
                self.add(made)
                return
        for row in shown:
            self._paragraphs([span for cell in row for span in (*cell, Span(" | "))][:-1])

    def _html(self, content: str) -> None:
        """Take `<details>` as a toggle, `<br>` alone as an empty paragraph, and everything else as the text it is."""
        at = 0
        tags = list(_FOLD.finditer(content))
        for index, found in enumerate(tags):
            if found.start() < at:
                continue
            self._html_lines(content[at : found.start()])
            at = found.end()
            tag = found.group(0).lower()
            closing = tags[index + 1] if index + 1 < len(tags) else None
            if tag.startswith("<details") and self._level + len(self._folds) < DEEPEST:
                self._folds.append(_Fold())
            elif tag.startswith("</details") and self._folds and not self._too_deep:
                self._close_fold()
            elif self._takes_summary(tag, closing):
                assert closing is not None
                self._summary(content[at : closing.start()])
                at = closing.end()
            else:
                self._too_deep += ("details" in tag and bool(self._folds)) * (-1 if tag.startswith("</") else 1)
                self.lines(found.group(0))
        self._html_lines(content[at:])

    def _takes_summary(self, tag: str, closing: re.Match[str] | None) -> bool:
        if not tag.startswith("<summary") or not self._folds or self._folds[-1].summary:
            return False
        return closing is not None and closing.group(0).lower().startswith("</summary")

    def _summary(self, text: str) -> None:
        fold = self._folds[-1]
        heading = _FOLDED_HEADING.fullmatch(text.strip(" \n"))
        fold.level = int(heading.group(1)) if heading else 0
        fold.summary = plain(parse_inline((heading.group(2) if heading else text).replace("\n", " ").strip(" ")))

    def _html_lines(self, text: str) -> None:
        for line in text.split("\n"):
            if inline.BREAK.fullmatch(line.strip()):
                self.add(blocks.paragraph(""))
            else:
                self.lines(line)

    def _close_fold(self) -> None:
        fold = self._folds.pop()
        first, *rest = blocks.split_text(fold.summary)
        inside = [*(blocks.paragraph(part) for part in rest), *fold.inside]
        if fold.level:
            self.add(blocks.heading(fold.level, first, inside, toggleable=True))
        else:
            self.add(blocks.toggle(first, inside))


def _picture(picture: Picture) -> list[Json]:
    spans = [Span(picture.alt or picture.href or "", href=picture.href)]
    if blocks.is_web_address(picture.url) and picture.url.startswith("http"):
        caption, *rest = blocks.split_text(spans)
        return [blocks.image(picture.url, caption), *(blocks.paragraph(part) for part in rest)]
    shown = [blocks.paragraph(part) for part in blocks.split_text([Span(picture.to_plain(), href=picture.href)])]
    return shown if shown[0]["paragraph"]["rich_text"] else []
