"""A Notion page as the planner and the code writer see it: text and structure. Always data, never orders."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.core.documents.codec import from_body, to_body
from shared.core.documents.generate import Form, store_as

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


store_as(Form(sparse=True), Block, Span)
store_as(Form(first=("id", "title", "url", "edited_at", "properties", "blocks")), Page)


def page_to_data(page: Page) -> dict[str, Any]:
    """Return the page as JSON-able data; what is as it always is takes no room in its blocks."""
    return to_body(page)


def page_from_data(data: Mapping[str, Any]) -> Page:
    """Return the page that `page_to_data` wrote, in this version or an older one."""
    return from_body(Page, data)
