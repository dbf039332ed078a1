"""Markdown to Notion blocks. Text is never lost: what cannot be expressed becomes plain text, and HTML stays text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from shared.core.page import Span
from shared.integrations.notion import blocks
from shared.integrations.notion.front_matter import split_front_matter
from shared.integrations.notion.inline import Inline, Picture, merged, plain

Json = dict[str, Any]

_DEEPEST = 60  # markdown-it drops what is nested deeper; such a text is taken line by line instead
_BOX = re.compile(r"\[([ xX])\](?:\s+|$)")
# The lengths are bounded because an open end would be searched for again from every start.
_FOLD = re.compile(
    r"<details\b[^>]{0,500}>|</details\s{0,9}>|<summary\b[^>]{0,500}>(.{0,2000}?)</summary\s{0,9}>",
    re.IGNORECASE | re.DOTALL,
)


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
    top = _Blocks()
    nodes = _parse(body)
    if nodes is None:
        top.lines(body)
    else:
        top.nodes(nodes)
    made = top.close()
    title = _first_heading(made)
    if title and made[0]["type"] == "heading_1":
        made = made[1:]
    if not title:
        named = next((key for key in properties if key.casefold() == "title" and properties[key].strip()), None)
        title = properties.pop(named) if named else _first_line(made) or name
    return MarkdownPage(title.strip() or name or "Untitled", properties, made)


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"maxNesting": _DEEPEST}).enable(["table", "strikethrough"])


def _parse(text: str) -> Sequence[SyntaxTreeNode] | None:
    """Return the syntax tree's top, or None when the text is nested so deeply that the parser would drop some."""
    try:
        tokens = _parser().parse(text)
        if any(token.level >= _DEEPEST - 2 for token in tokens):
            return None
        return SyntaxTreeNode(tokens).children
    except RecursionError:
        return None


def _first_heading(made: Sequence[Json]) -> str:
    for block in made:
        if block["type"] == "heading_1" and (text := _text_of(block).strip()):
            return text
    return ""


def _first_line(made: Sequence[Json]) -> str:
    for block in made:
        text = _text_of(block).strip()
        if text:
            return text.splitlines()[0][:200]
    return ""


def _text_of(block: Json) -> str:
    return "".join(item["text"]["content"] for item in block[block["type"]].get("rich_text", ()))


@dataclass(slots=True)
class _Fold:
    """An open `<details>`; its summary may come later."""

    summary: list[Span] = field(default_factory=list)
    inside: list[Json] = field(default_factory=list)


class _Blocks:
    """Builds the blocks of one container: the page, a list item, a quote. `<details>` opens within its container."""

    def __init__(self) -> None:
        self._made: list[Json] = []
        self._folds: list[_Fold] = []

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
            self._sized("heading", plain(Inline.of(node)), level=int(node.tag[1:]))
        elif kind == "paragraph":
            self._paragraph(Inline.of(node))
        elif kind in ("bullet_list", "ordered_list"):
            for item in node.children:
                self._item(item, "bulleted" if kind == "bullet_list" else "numbered")
        elif kind == "blockquote":
            self._container("quote", _Blocks.below(node.children))
        elif kind in ("fence", "code_block"):
            language = node.info.split()[0] if node.info.split() else ""
            for part in blocks.split_text(node.content.removesuffix("\n")):
                self.add(blocks.code(part, language))
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

    @classmethod
    def below(cls, nodes: Sequence[SyntaxTreeNode]) -> list[Json]:
        """Return the blocks of a container of its own."""
        inner = cls()
        inner.nodes(nodes)
        return inner.close()

    def _sized(self, builder: str, spans: Sequence[Span], level: int = 1) -> None:
        """Add a text as one block, what is over the limit as paragraphs after it."""
        first, *rest = blocks.split_text(spans)
        if builder == "heading":
            self.add(blocks.heading(level, first))
        elif first:
            self.add(blocks.paragraph(first))
        self.add(*(blocks.paragraph(part) for part in rest))

    def _paragraphs(self, spans: Sequence[Span]) -> None:
        self._sized("paragraph", spans)

    def _paragraph(self, found: Sequence[Span | Picture]) -> None:
        """Add a paragraph; a picture inside it stands between two."""
        text: list[Span] = []
        for each in found:
            if isinstance(each, Span):
                text.append(each)
                continue
            self._paragraphs(merged(text, strip=True))
            text = []
            self.add(*_picture(each))
        self._paragraphs(merged(text, strip=True))

    def _item(self, item: SyntaxTreeNode, kind: str) -> None:
        made = _Blocks.below(item.children)
        head = made[0] if made and made[0]["type"] == "paragraph" else None
        box = _BOX.match(_text_of(head)) if head else None
        if head and box:
            _drop_prefix(head, box.end())
            self._container("to_do", made, checked=box.group(1) in "xX")
        else:
            self._container(kind, made)

    def _container(self, kind: str, made: list[Json], *, checked: bool = False) -> None:
        """Add a block whose text is its first paragraph and whose children are the rest."""
        text: list[Json] = []
        if made and made[0]["type"] == "paragraph":
            text = made[0]["paragraph"]["rich_text"]
            made = made[1:]
        name = {"bulleted": "bulleted_list_item", "numbered": "numbered_list_item"}.get(kind, kind)
        body: Json = {"rich_text": text}
        self.add(blocks.block(name, body | ({"checked": checked} if kind == "to_do" else {}), made))

    def _table(self, node: SyntaxTreeNode) -> None:
        rows = [[plain(Inline.of(cell)) for cell in row.children] for part in node.children for row in part.children]
        width = max(len(row) for row in rows)
        longest = max((len(blocks.split_text(cell)) for row in rows for cell in row), default=1)
        widest = max(sum(blocks.units(span.text) for cell in row for span in cell) for row in rows)
        if width <= blocks.MAX_ITEMS and longest == 1 and widest <= blocks.MAX_BLOCK_UNITS:
            self.add(blocks.table(rows, header_row=True))
            return
        for row in rows:
            self._paragraphs([span for cell in row for span in (*cell, Span(" | "))][:-1])

    def _html(self, content: str) -> None:
        """Take `<details>` as a toggle and everything else as the text it is."""
        at = 0
        for found in _FOLD.finditer(content):
            self.lines(content[at : found.start()])
            at = found.end()
            tag = found.group(0).lower()
            if tag.startswith("<details"):
                self._folds.append(_Fold())
            elif tag.startswith("</"):
                if self._folds:
                    self._close_fold()
                else:
                    self.lines(found.group(0))
            elif self._folds and not self._folds[-1].summary:
                self._folds[-1].summary = plain(Inline.parse(_parser(), found.group(1)))
            else:
                self.lines(found.group(0))
        self.lines(content[at:])

    def _close_fold(self) -> None:
        fold = self._folds.pop()
        first, *rest = blocks.split_text(fold.summary)
        over = [blocks.paragraph(part) for part in rest]
        self.add(blocks.toggle(first, [*over, *fold.inside]))


def _drop_prefix(paragraph: Json, length: int) -> None:
    """Remove the first characters of a paragraph's text: the box of a to-do."""
    kept: list[Json] = []
    for item in paragraph["paragraph"]["rich_text"]:
        content = item["text"]["content"]
        cut = min(length, len(content))
        length -= cut
        if content[cut:]:
            kept.append(item | {"text": item["text"] | {"content": content[cut:]}})
    paragraph["paragraph"]["rich_text"] = kept


def _picture(picture: Picture) -> list[Json]:
    caption, *rest = blocks.split_text(picture.alt)
    over = [blocks.paragraph(part) for part in rest]
    if blocks.is_web_address(picture.url) and picture.url.startswith("http"):
        return [blocks.image(picture.url, caption), *over]
    shown = [blocks.paragraph(part) for part in blocks.split_text(picture.as_text())]
    return shown if shown[0]["paragraph"]["rich_text"] else []
