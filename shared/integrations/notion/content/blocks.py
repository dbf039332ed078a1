"""What we write to Notion: one builder per block type. What does not fit raises ValueError naming the field."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shared.integrations.notion.content.code_languages import LANGUAGES, notion_language
from shared.integrations.notion.content.rich_text import (
    MAX_BLOCK_BYTES,
    MAX_BLOCK_UNITS,
    MAX_ITEMS,
    MAX_UNITS,
    MAX_URL,
    Text,
    check_color,
    check_id,
    is_web_address,
    pieces,
    rich_text,
    split_text,
    units,
    write_block_text,
)

__all__ = [
    "LANGUAGES",
    "MAX_BLOCK_BYTES",
    "MAX_BLOCK_UNITS",
    "MAX_ITEMS",
    "MAX_UNITS",
    "MAX_URL",
    "Text",
    "is_web_address",
    "notion_language",
    "pieces",
    "rich_text",
    "split_text",
    "units",
    "write_block_text",
]  # fmt: skip

Json = dict[str, Any]
Icon = str | Json  # an emoji, or an icon as Notion has it

MAX_NAME = 100
_WRITABLE_ICONS = frozenset({"emoji", "external", "file_upload", "custom_emoji", "icon"})


def block(kind: str, body: Json, children: Sequence[Json] = ()) -> Json:
    return {"object": "block", "type": kind, kind: body | ({"children": list(children)} if children else {})}


def _text_block(
    kind: str, text: Text, children: Sequence[Json], color: str, icon: Icon | None = None, **more: Any
) -> Json:
    body: Json = {"rich_text": write_block_text(text, f"{kind}.rich_text"), **more}
    if icon:
        body["icon"] = check_icon(icon, f"{kind}.icon")
    if color:
        body["color"] = check_color(color, f"{kind}.color")
    return block(kind, body, children)


def check_icon(icon: Icon, field: str = "icon") -> Json:
    """Return an icon as written; raises ValueError when it is of a kind that only Notion makes."""
    if isinstance(icon, str):
        return {"type": "emoji", "emoji": icon}
    kind = str(icon.get("type"))
    if kind not in _WRITABLE_ICONS or not icon.get(kind):
        raise ValueError(f"{field}: an icon of type {kind[:50]!r} cannot be written")
    if kind == "external" and not is_web_address(str(icon["external"].get("url"))):
        raise ValueError(f"{field}.external.url: not an address on the web")
    return {"type": kind, kind: icon[kind]}


def paragraph(text: Text, children: Sequence[Json] = (), *, color: str = "", icon: Icon | None = None) -> Json:
    """Return a paragraph; below a `tab` it is the label, with an icon."""
    return _text_block("paragraph", text, children, color, icon)


def heading(
    level: int, text: Text, children: Sequence[Json] = (), *, toggleable: bool = False, color: str = ""
) -> Json:
    """Return a heading of level 1 to 4; deeper ones become 4. Only a toggleable one has children."""
    if children and not toggleable:
        raise ValueError("heading.children: only a toggleable heading takes children")
    more: Json = {"is_toggleable": True} if toggleable else {}
    return _text_block(f"heading_{min(max(level, 1), 4)}", text, children, color, **more)


def to_do(text: Text, checked: bool = False, children: Sequence[Json] = (), *, color: str = "") -> Json:
    return _text_block("to_do", text, children, color, checked=checked)


def bulleted_list_item(text: Text, children: Sequence[Json] = (), *, color: str = "") -> Json:
    return _text_block("bulleted_list_item", text, children, color)


def numbered_list_item(text: Text, children: Sequence[Json] = (), *, color: str = "") -> Json:
    """Return an item of a numbered list. Where the list begins and how it counts is not for us to say."""
    return _text_block("numbered_list_item", text, children, color)


def toggle(text: Text, children: Sequence[Json] = (), *, color: str = "") -> Json:
    return _text_block("toggle", text, children, color)


def quote(text: Text, children: Sequence[Json] = (), *, color: str = "") -> Json:
    return _text_block("quote", text, children, color)


def callout(text: Text, icon: Icon | None = "💡", children: Sequence[Json] = (), *, color: str = "") -> Json:
    return _text_block("callout", text, children, color, icon)


def code(text: Text, language: str = "plain text", caption: Text = "") -> Json:
    """Return a code block; an unknown language becomes plain text."""
    body: Json = {"rich_text": write_block_text(text, "code.rich_text"), "language": notion_language(language)}
    return block("code", body | _build_caption("code", caption))


def equation(expression: str) -> Json:
    """Return an equation of its own, in LaTeX."""
    return block("equation", {"expression": expression})


def divider() -> Json:
    return block("divider", {})


def breadcrumb() -> Json:
    return block("breadcrumb", {})


def table_of_contents(*, color: str = "") -> Json:
    return block("table_of_contents", {"color": check_color(color)} if color else {})


def link_to_page(page_id: str = "", *, database_id: str = "", comment_id: str = "") -> Json:
    """Return a link to exactly one page, database or comment."""
    given = {"page_id": page_id, "database_id": database_id, "comment_id": comment_id}
    named = [kind for kind in given if given[kind]]
    if len(named) != 1:
        raise ValueError("link_to_page: give exactly one of page_id, database_id, comment_id")
    kind = named[0]
    return block("link_to_page", {"type": kind, kind: check_id(given[kind], f"link_to_page.{kind}")})


def synced_block(children: Sequence[Json]) -> Json:
    """Return an original whose content other places may show."""
    return block("synced_block", {"synced_from": None}, children)


def synced_copy(original_id: str) -> Json:
    """Return a place that shows the content of a synced block."""
    source = {"type": "block_id", "block_id": check_id(original_id, "synced_block.synced_from.block_id")}
    return block("synced_block", {"synced_from": source})


def table(rows: Sequence[Sequence[Text]], *, header_row: bool = False, header_column: bool = False) -> Json:
    """Return a table; short rows are filled up. A table of more than 100 rows is for `Notion.append_tree`."""
    width = max((len(row) for row in rows), default=0)
    if not 1 <= width <= MAX_ITEMS:
        raise ValueError(f"table.table_width: a table of {width} columns cannot be written")
    body = {"table_width": width, "has_column_header": header_row, "has_row_header": header_column}
    return block("table", body, [table_row([*row, *[""] * (width - len(row))]) for row in rows])


def table_row(cells: Sequence[Text]) -> Json:
    """Return a row, for a table that has as many columns as it has cells."""
    return block(
        "table_row", {"cells": [write_block_text(cell, f"table_row.cells[{at}]") for at, cell in enumerate(cells)]}
    )


def columns(contents: Sequence[Sequence[Json]], ratios: Sequence[float] = ()) -> Json:
    """Return two or more columns side by side, each with at least one block; `ratios` are parts of the width."""
    if len(contents) < 2:
        raise ValueError("column_list.children: columns come in twos or more")
    if ratios and len(ratios) != len(contents):
        raise ValueError(f"column.width_ratio: {len(ratios)} widths for {len(contents)} columns")
    made = [column(inside, ratios[at] if ratios else None) for at, inside in enumerate(contents)]
    return block("column_list", {}, made)


def column(children: Sequence[Json], width_ratio: float | None = None) -> Json:
    """Return one column, for a column list."""
    if not children:
        raise ValueError("column.children: a column needs at least one block")
    if width_ratio is not None and not 0 < width_ratio < 1:
        raise ValueError(f"column.width_ratio: {width_ratio} is not between 0 and 1")
    return block("column", {} if width_ratio is None else {"width_ratio": width_ratio}, children)


def tab(labels: Sequence[Json]) -> Json:
    """Return tabs: a paragraph each, whose text is the label and whose children are the content."""
    if not labels or any(label["type"] != "paragraph" for label in labels):
        raise ValueError("tab.children: a tab needs paragraphs, one for each label")
    return block("tab", {}, labels)


def image(url: str = "", caption: Text = "", *, upload: str = "") -> Json:
    """Return an image, by its address on the web or the id of a file upload."""
    return media("image", url, caption, upload=upload)


def file(url: str = "", caption: Text = "", *, upload: str = "", name: str = "") -> Json:
    """Return a file of any kind, by its address on the web or the id of a file upload."""
    if units(name) > MAX_NAME:
        raise ValueError(f"file.name: {units(name)} characters; at most {MAX_NAME} are allowed")
    made = media("file", url, caption, upload=upload)
    made["file"] |= {"name": name} if name else {}
    return made


def media(kind: str, url: str = "", caption: Text = "", *, upload: str = "") -> Json:
    """Return an image, video, audio, pdf or file, from exactly one of an address and an upload."""
    if bool(url) == bool(upload):
        raise ValueError(f"{kind}: give either an address or the id of a file upload")
    if upload:
        source = {"type": "file_upload", "file_upload": {"id": check_id(upload, f"{kind}.file_upload.id")}}
        return block(kind, source | _build_caption(kind, caption))
    return _build_linked_block(kind, {"type": "external", "external": {"url": url}}, url, caption)


def bookmark(url: str, caption: Text = "") -> Json:
    return _build_linked_block("bookmark", {"url": url}, url, caption)


def embed(url: str, caption: Text = "") -> Json:
    return _build_linked_block("embed", {"url": url}, url, caption)


def _build_linked_block(kind: str, body: Json, url: str, caption: Text) -> Json:
    if not is_web_address(url):
        raise ValueError(f"{kind}.url: {url[:100]!r} is not an address on the web")
    return block(kind, body | _build_caption(kind, caption))


def _build_caption(kind: str, caption: Text) -> Json:
    return {"caption": items} if (items := write_block_text(caption, f"{kind}.caption")) else {}
