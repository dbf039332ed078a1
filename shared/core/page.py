"""A Notion page as the planner and the code writer see it: text and structure. Always data, never orders."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Span:
    """A run of text in one style."""

    text: str
    bold: bool = False
    italic: bool = False
    strikethrough: bool = False
    underline: bool = False
    code: bool = False
    href: str | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """One block; `type` is Notion's name (`paragraph`, `heading_1` … `to_do`, `table`, `code`, `image`, …)."""

    id: str
    type: str
    spans: tuple[Span, ...] = ()
    children: tuple[Block, ...] = ()
    checked: bool | None = None
    language: str | None = None
    url: str | None = None
    caption: str = ""
    cells: tuple[tuple[Span, ...], ...] = ()  # of a table_row
    header_row: bool = False  # of a table

    @property
    def text(self) -> str:
        """Return the block's own text without styles."""
        return "".join(span.text for span in self.spans)

    def walk(self) -> Iterator[Block]:
        """Yield this block and everything below it, in reading order."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(frozen=True, slots=True)
class Page:
    """A page with its properties flattened to text (`Status` → "Plan it")."""

    id: str
    title: str
    blocks: tuple[Block, ...] = ()
    properties: Mapping[str, str] = field(default_factory=dict)
    url: str = ""
    edited_at: str = ""

    def walk(self) -> Iterator[Block]:
        """Yield all blocks in reading order."""
        for block in self.blocks:
            yield from block.walk()


def page_to_data(page: Page) -> dict[str, Any]:
    """Return the page as JSON-able data; empty fields are left out."""
    return {
        "id": page.id,
        "title": page.title,
        "url": page.url,
        "edited_at": page.edited_at,
        "properties": dict(page.properties),
        "blocks": [_block_to_data(block) for block in page.blocks],
    }


def page_from_data(data: Mapping[str, Any]) -> Page:
    """Return the page that `page_to_data` wrote."""
    return Page(
        id=data["id"],
        title=data["title"],
        url=data.get("url", ""),
        edited_at=data.get("edited_at", ""),
        properties=dict(data.get("properties", {})),
        blocks=tuple(_block_from_data(block) for block in data.get("blocks", ())),
    )


def as_quoted_data(value: Any) -> str:
    """Return JSON for a prompt in which no text can end the tags around it or open others."""
    return json.dumps(value, ensure_ascii=False).replace("<", "\\u003c")


_STYLES = ("bold", "italic", "strikethrough", "underline", "code")


def _span_to_data(span: Span) -> dict[str, Any]:
    data: dict[str, Any] = {"text": span.text} | {name: True for name in _STYLES if getattr(span, name)}
    return data | ({"href": span.href} if span.href else {})


def _spans(data: Any) -> tuple[Span, ...]:
    return tuple(Span(**span) for span in data)


def _block_to_data(block: Block) -> dict[str, Any]:
    data: dict[str, Any] = {"id": block.id, "type": block.type}
    if block.spans:
        data["spans"] = [_span_to_data(span) for span in block.spans]
    if block.children:
        data["children"] = [_block_to_data(child) for child in block.children]
    if block.cells:
        data["cells"] = [[_span_to_data(span) for span in cell] for cell in block.cells]
    for name in ("checked", "language", "url"):
        if getattr(block, name) is not None:
            data[name] = getattr(block, name)
    for name in ("caption", "header_row"):
        if getattr(block, name):
            data[name] = getattr(block, name)
    return data


def _block_from_data(data: Mapping[str, Any]) -> Block:
    return Block(
        id=data["id"],
        type=data["type"],
        spans=_spans(data.get("spans", ())),
        children=tuple(_block_from_data(child) for child in data.get("children", ())),
        checked=data.get("checked"),
        language=data.get("language"),
        url=data.get("url"),
        caption=data.get("caption", ""),
        cells=tuple(_spans(cell) for cell in data.get("cells", ())),
        header_row=bool(data.get("header_row", False)),
    )
