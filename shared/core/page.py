"""A Notion page as the planner and the code writer see it: text and structure. Always data, never orders."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any

EARLIER = "earlier"  # in `extra` of an answer that was given about an earlier plan of the page
ANSWER, WISH = "answer", "wish"  # types of blocks that are comments: what people answered us, and said about a plan


@dataclass(frozen=True, slots=True)
class Span:
    """A run of text in one style.

    Of an equation, `text` is the LaTeX. Of a mention it is what readers see, and `mention` is what it stands for, as
    Notion has it (`{"type": "page", "page": {"id": …}}`); of a person only the id, because the rest is not the page's.
    """

    text: str
    bold: bool = False
    italic: bool = False
    strikethrough: bool = False
    underline: bool = False
    code: bool = False
    href: str | None = None
    color: str = ""  # "" is Notion's `default`
    equation: bool = False
    mention: Mapping[str, Any] | None = field(default=None, hash=False)


@dataclass(frozen=True, slots=True)
class Block:
    """One block; `type` is Notion's name (`paragraph`, `heading_1` … `to_do`, `table`, `code`, `image`, …), or ANSWER
    or WISH for a comment.

    Its own text is in `spans`, an equation's LaTeX and a child page's title too. A caption is in `caption`, and also in
    `caption_spans` when it has styles. What Notion says about the type beyond these fields is in `extra`.
    """

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
    header_column: bool = False
    color: str = ""  # "" is Notion's `default`
    icon: Mapping[str, Any] | None = field(default=None, hash=False)
    is_toggleable: bool = False  # of a heading
    list_start_index: int | None = None
    list_format: str | None = None  # numbers, letters or roman
    width_ratio: float | None = None  # of a column, between 0 and 1
    synced_from: str | None = None  # the original's id; an original has none
    target_type: str = ""  # of a link_to_page: page_id, database_id or comment_id
    target: str = ""
    hosted: bool = False  # the file is Notion's, and `url` is signed until `expires_at`
    expires_at: str = ""
    upload: str = ""  # the id of a file upload
    name: str = ""  # of a file
    caption_spans: tuple[Span, ...] = ()
    block_type: str = ""  # what an `unsupported` block really is
    extra: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @property
    def text(self) -> str:
        """Return the block's own text without styles."""
        return "".join(span.text for span in self.spans)

    @property
    def caption_runs(self) -> tuple[Span, ...]:
        """Return the caption with its styles."""
        return self.caption_spans or ((Span(self.caption),) if self.caption else ())

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
        "blocks": [block_to_data(block) for block in page.blocks],
    }


def page_from_data(data: Mapping[str, Any]) -> Page:
    """Return the page that `page_to_data` wrote, in this version or an older one."""
    return Page(
        id=data["id"],
        title=data["title"],
        url=data.get("url", ""),
        edited_at=data.get("edited_at", ""),
        properties=dict(data.get("properties", {})),
        blocks=tuple(block_from_data(block) for block in data.get("blocks", ())),
    )


def block_to_data(block: Block) -> dict[str, Any]:
    """Return one block and all below it as JSON-able data; what is as it always is takes no room."""
    data: dict[str, Any] = {"id": block.id, "type": block.type}
    for name, usual in _BLOCK_FIELDS:
        value = getattr(block, name)
        if value == usual:
            continue
        if name == "children":
            value = [block_to_data(child) for child in value]
        elif name in _SPANS:
            value = [_span_to_data(span) for span in value]
        elif name == "cells":
            value = [[_span_to_data(span) for span in cell] for cell in value]
        data[name] = value
    return data


def block_from_data(data: Mapping[str, Any]) -> Block:
    """Return the block that `block_to_data` wrote."""
    kept = {name: data[name] for name, _ in _BLOCK_FIELDS if name in data}
    for name in _SPANS & kept.keys():
        kept[name] = _spans(kept[name])
    kept["children"] = tuple(block_from_data(child) for child in data.get("children", ()))
    kept["cells"] = tuple(_spans(cell) for cell in data.get("cells", ()))
    return Block(data["id"], data["type"], **kept)


_SPANS = frozenset({"spans", "caption_spans"})
_BLOCK_FIELDS = tuple(
    (each.name, {} if each.default is MISSING else each.default)
    for each in fields(Block)
    if each.name not in ("id", "type")
)
_SPAN_FIELDS = tuple((each.name, each.default) for each in fields(Span) if each.name != "text")
_SPAN_NAMES = frozenset(each.name for each in fields(Span))


def _span_to_data(span: Span) -> dict[str, Any]:
    told = {name: getattr(span, name) for name, usual in _SPAN_FIELDS if getattr(span, name) != usual}
    return {"text": span.text} | told


def _spans(data: Any) -> tuple[Span, ...]:
    return tuple(Span(**{name: value for name, value in span.items() if name in _SPAN_NAMES}) for span in data)
