"""Blocks that were read, as blocks that can be written: a copy of everything Notion lets one create.

What it does not let one create comes back as a list of `LeftOut`, with the reason, and is never dropped in silence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from shared.core.page import Block, Span
from shared.integrations.notion.content import blocks
from shared.integrations.notion.content.rich_text import COLORS, is_mention, link_target

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A block, or a part of it as `why` says, that could not be written again."""

    type: str
    why: str


def from_blocks(found: Sequence[Block]) -> tuple[list[Json], list[LeftOut]]:
    """Return what can be written of the blocks, and what is left out.

    A text too long for one block goes on in paragraphs after it (below it, where it has children). A column that loses
    all its blocks keeps an empty paragraph; a table that has no rows is left out.
    """
    left_out: list[LeftOut] = []
    return _siblings(found, left_out), left_out


def _siblings(found: Sequence[Block], left_out: list[LeftOut]) -> list[Json]:
    made: list[Json] = []
    for block in found:
        why = NOT_CREATABLE.get(block.type)
        rebuild = _REBUILD.get(block.type)
        if why or rebuild is None:
            left_out.append(LeftOut(block.block_type or block.type, why or _UNKNOWN))
            continue
        below = [] if block.synced_from else _siblings(block.children, left_out)  # a copy's content is its original's
        try:
            made += rebuild(_writable(block, left_out), below)
            made += below if block.type in _CHILDLESS else []
        except ValueError as error:
            left_out.append(LeftOut(block.type, str(error)))
    return made


_UNKNOWN = "Notion does not allow creating it"
NOT_CREATABLE: Mapping[str, str] = {
    "child_page": "a page below a page is created as a page",
    "child_database": "a database is created as a database",
    "link_preview": "only people can make previews, by pasting a link",
    "meeting_notes": "meeting notes are made by Notion",
    "transcription": "meeting notes are made by Notion",
    "template": "template buttons can no longer be created",
    "unsupported": "the API does not show what it holds",
}


def _writable(block: Block, left_out: list[LeftOut]) -> Block:
    """Report the parts that only Notion can set, and return the block without them."""

    def lose(what: str) -> None:
        left_out.append(LeftOut(block.type, what))

    for span in (*block.spans, *block.caption_runs, *(span for cell in block.cells for span in cell)):
        if span.color and span.color not in COLORS:
            lose(f"the colour {span.color!r}")
        if span.mention is not None and not is_mention(span):
            lose(f"the mention {span.text[:100]!r} becomes text, because only Notion can make its kind")
        elif span.href and span.mention is None and link_target(span.href) is None:
            lose(f"the link to {span.href[:100]!r}, which is not an address on the web")
    if block.list_start_index not in (None, 1) or block.list_format not in (None, "numbers"):
        lose("where the list begins and how it counts")
    if block.color and block.color not in COLORS:
        lose(f"the colour {block.color!r}")
        block = replace(block, color="")
    if block.icon is not None:
        try:
            blocks.check_icon(dict(block.icon))
        except ValueError as error:
            lose(str(error))
            block = replace(block, icon=None)
    return replace(
        block,
        spans=_clean(block.spans),
        caption_spans=_clean(block.caption_spans),
        cells=tuple(_clean(cell) for cell in block.cells),
    )


def _clean(spans: Sequence[Span]) -> tuple[Span, ...]:
    return tuple(replace(span, color="") if span.color and span.color not in COLORS else span for span in spans)


def _texts(block: Block) -> tuple[list[Span], list[Json]]:
    """Return the text that fits the block, and paragraphs for what does not."""
    first, *rest = blocks.split_text(block.spans)
    return first, [blocks.paragraph(part) for part in rest]


def _holder(build: Callable[..., Json]) -> Callable[[Block, list[Json]], list[Json]]:
    def rebuild(block: Block, below: list[Json]) -> list[Json]:
        text, over = _texts(block)
        more: Json = {"checked": bool(block.checked)} if block.type == "to_do" else {}
        if block.type in ("paragraph", "callout"):
            more["icon"] = dict(block.icon) if block.icon else None
        if below:
            return [build(text, children=[*over, *below], color=block.color, **more)]
        return [build(text, color=block.color, **more), *over]

    return rebuild


def _heading(block: Block, below: list[Json]) -> list[Json]:
    text, over = _texts(block)
    level, foldable = int(block.type[-1]), block.is_toggleable or bool(below)
    inside = [*over, *below] if foldable else []
    made = blocks.heading(level, text, inside, toggleable=foldable, color=block.color)
    return [made] if foldable else [made, *over]


def _code(block: Block, below: list[Json]) -> list[Json]:
    first, *rest = blocks.split_text(block.spans)
    language = block.language or "plain text"
    return [
        blocks.code(first, language, block.caption_runs),
        *(blocks.code(part, language) for part in rest),
    ]


def _media(block: Block, below: list[Json]) -> list[Json]:
    if block.hosted and not block.upload:
        raise ValueError("its file is stored by Notion under an address that expires; upload it again")
    url = "" if block.upload else block.url or ""
    if block.type == "file":
        return [blocks.file(url, block.caption_runs, upload=block.upload, name=block.name)]
    return [blocks.media(block.type, url, block.caption_runs, upload=block.upload)]


def _table(block: Block, below: list[Json]) -> list[Json]:
    if not below:
        raise ValueError("table.children: a table needs a row")
    width = max(len(row["table_row"]["cells"]) for row in below)
    for row in below:
        row["table_row"]["cells"] += [[] for _ in range(width - len(row["table_row"]["cells"]))]
    body = {"table_width": width, "has_column_header": block.header_row, "has_row_header": block.header_column}
    return [blocks.block("table", body, below)]


def _columns(block: Block, below: list[Json]) -> list[Json]:
    if len(below) < 2:
        raise ValueError("column_list.children: columns come in twos or more")
    return [blocks.block("column_list", {}, below)]


def _rebuild_synced(block: Block, below: list[Json]) -> list[Json]:
    return [blocks.synced_copy(block.synced_from) if block.synced_from else blocks.synced_block(below)]


def _link(block: Block, below: list[Json]) -> list[Json]:
    if block.target_type not in ("page_id", "database_id", "comment_id"):
        raise ValueError(f"link_to_page: a link to {block.target_type or 'nothing'} cannot be written")
    return [blocks.link_to_page(**{block.target_type: block.target})]


_CHILDLESS = frozenset({
    "code", "equation", "divider", "breadcrumb", "table_of_contents", "bookmark", "embed", "image", "video", "audio",
    "pdf", "file", "table_row", "link_to_page",
})  # fmt: skip
_REBUILD: Mapping[str, Callable[[Block, list[Json]], list[Json]]] = {
    "paragraph": _holder(blocks.paragraph),
    "bulleted_list_item": _holder(blocks.bulleted_list_item),
    "numbered_list_item": _holder(blocks.numbered_list_item),
    "to_do": _holder(blocks.to_do),
    "toggle": _holder(blocks.toggle),
    "quote": _holder(blocks.quote),
    "callout": _holder(blocks.callout),
    **{f"heading_{level}": _heading for level in (1, 2, 3, 4)},
    "code": _code,
    "equation": lambda block, below: [blocks.equation(block.text)],
    "divider": lambda block, below: [blocks.divider()],
    "breadcrumb": lambda block, below: [blocks.breadcrumb()],
    "table_of_contents": lambda block, below: [blocks.table_of_contents(color=block.color)],
    "bookmark": lambda block, below: [blocks.bookmark(block.url or "", block.caption_runs)],
    "embed": lambda block, below: [blocks.embed(block.url or "", block.caption_runs)],
    **dict.fromkeys(("image", "video", "audio", "pdf", "file"), _media),
    "table": _table,
    "table_row": lambda block, below: [blocks.table_row(block.cells)],
    "column_list": _columns,
    "column": lambda block, below: [blocks.column(below or [blocks.paragraph("")], block.width_ratio)],
    "tab": lambda block, below: [blocks.tab(below)],
    "synced_block": _rebuild_synced,
    "link_to_page": _link,
}
