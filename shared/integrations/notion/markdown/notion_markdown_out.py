"""Blocks to Notion's own Markdown, for its Markdown endpoints (notion-api: Markdown endpoints)."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from shared.core.page import Block, Span
from shared.integrations.notion.markdown.inline_out import NOTION, inline_markdown

_BACKTICKS = re.compile("`{3,}")


def to_notion_markdown(blocks: Sequence[Block]) -> str:
    """Return the blocks in Notion's dialect, children a tab deeper. `from_notion_markdown` reads it back.

    Lost, because the dialect has no word for it: icons that are no emoji, widths of columns, captions of code, where a
    list begins, line ends of code within a text, the colour of an empty paragraph, the style of mere space. What it
    cannot show stands as `<unknown alt="…"/>`: to send that back deletes nothing and creates nothing.
    """
    return "".join(f"{line}\n" for line in _all(blocks, ""))


def _all(blocks: Iterable[Block], indent: str) -> list[str]:
    return [line for block in blocks for line in _block(block, indent)]


def _block(block: Block, indent: str) -> list[str]:
    write = _WRITERS.get(block.type)
    if write is not None:
        return write(block, indent)
    start = _LINES.get(block.type)
    return _unknown(block, indent) if start is None else _line(start, block, indent)


def _line(start: str, block: Block, indent: str) -> list[str]:
    """Return one line and the children below it."""
    text = inline_markdown(block.spans, NOTION)
    if not text.strip() and block.type == "paragraph":
        return [f"{indent}<empty-block/>", *_all(block.children, indent + "\t")]
    if block.type == "to_do":
        start = "- [x] " if block.checked else "- [ ] "
    told = {"toggle": "true" if block.is_toggleable else "", "color": _color(block)}
    suffix = " ".join(f'{name}="{value}"' for name, value in told.items() if value)
    line = f"{indent}{start}{text}{f' {{{suffix}}}' if suffix else ''}"
    return [line, *_all(block.children, indent + "\t")]


def _color(block: Block) -> str:
    return block.color.replace("_background", "_bg")


def _attributes(**given: str) -> str:
    told = ((name.replace("_", "-"), value) for name, value in given.items() if value)
    return "".join(f' {name}="{html.escape(value)}"' for name, value in told)


def _tagged(tag: str, attributes: str, inside: Sequence[str], indent: str) -> list[str]:
    return [f"{indent}<{tag}{attributes}>", *inside, f"{indent}</{tag}>"]


def _toggle(block: Block, indent: str) -> list[str]:
    summary = f"{indent}<summary>{inline_markdown(block.spans, NOTION)}</summary>"
    inside = [summary, *_all(block.children, indent + "\t")]
    return _tagged("details", _attributes(color=_color(block)), inside, indent)


def _callout(block: Block, indent: str) -> list[str]:
    icon = block.icon or {}
    emoji = str(icon.get("emoji") or "")
    text = inline_markdown(block.spans, NOTION) or "<empty-block/>"
    inside = [f"{indent}\t{text}", *_all(block.children, indent + "\t")]
    return _tagged("callout", _attributes(icon=emoji, color=_color(block)), inside, indent)


def _code(block: Block, indent: str) -> list[str]:
    fence = "`" * max([3, *(len(run) + 1 for run in _BACKTICKS.findall(block.text))])
    language = "" if block.language in (None, "plain text") else block.language
    inside = [f"{indent}{line}" for line in block.text.split("\n")] if block.text else []
    return [f"{indent}{fence}{language}", *inside, f"{indent}{fence}"]


def _equation(block: Block, indent: str) -> list[str]:
    inside = [f"{indent}{line}" for line in block.text.split("\n")] if block.text else []
    return [f"{indent}$$", *inside, f"{indent}$$"]


def _table(block: Block, indent: str) -> list[str]:
    told = _attributes(
        header_row="true" if block.header_row else "", header_column="true" if block.header_column else ""
    )
    lines: list[str] = []
    for row in block.children:
        cells = [f"{indent}\t\t<td>{inline_markdown(cell, NOTION)}</td>" for cell in row.cells]
        lines += [f"{indent}\t<tr>", *cells, f"{indent}\t</tr>"]
    return _tagged("table", told, lines, indent)


def _columns(block: Block, indent: str) -> list[str]:
    return _tagged("columns", "", _all(block.children, indent + "\t"), indent)


def _column(block: Block, indent: str) -> list[str]:
    return _tagged("column", "", _all(block.children, indent + "\t"), indent)


def _synced(block: Block, indent: str) -> list[str]:
    if block.synced_from:
        told = _attributes(url=page_url(block.synced_from))
        return _tagged("synced_block_reference", told, _all(block.children, indent + "\t"), indent)
    told = _attributes(url=page_url(block.id) if block.id else "")
    return _tagged("synced_block", told, _all(block.children, indent + "\t"), indent)


def page_url(id: str) -> str:
    """Return the address of anything in Notion."""
    return f"https://www.notion.so/{id.replace('-', '')}"


def _image(block: Block, indent: str) -> list[str]:
    link = inline_markdown([Span(block.caption or "x", href=block.url)], NOTION)
    shown = link if block.caption else link.replace("[x]", "[]", 1)
    return [f"{indent}!{shown}"] if block.url and shown.startswith("[") else _unknown(block, indent)


def _media(block: Block, indent: str) -> list[str]:
    if not block.url:
        return _unknown(block, indent)
    told = _attributes(src=block.url, color=_color(block))
    return [f"{indent}<{block.type}{told}>{inline_markdown(block.caption_runs, NOTION)}</{block.type}>"]


def _child(block: Block, indent: str) -> list[str]:
    tag = "page" if block.type == "child_page" else "database"
    return [f"{indent}<{tag}{_attributes(url=page_url(block.id))}>{inline_markdown(block.spans, NOTION)}</{tag}>"]


def _unknown(block: Block, indent: str) -> list[str]:
    url = block.url if block.type == "unsupported" else page_url(block.id) if block.id else ""
    told = _attributes(url=url or "", alt=block.block_type or block.type)
    return [f"{indent}<unknown{told}/>", *_all(block.children, indent + "\t")]


_LINES: Mapping[str, str] = {
    "paragraph": "",
    **{f"heading_{level}": "#" * level + " " for level in (1, 2, 3, 4)},
    "bulleted_list_item": "- ",
    "numbered_list_item": "1. ",
    "to_do": "- [ ] ",
    "quote": "> ",
}
_WRITERS: Mapping[str, Callable[[Block, str], list[str]]] = {
    "toggle": _toggle,
    "callout": _callout,
    "code": _code,
    "equation": _equation,
    "divider": lambda block, indent: [f"{indent}---"],
    "table_of_contents": lambda block, indent: [f"{indent}<table_of_contents{_attributes(color=_color(block))}/>"],
    "table": _table,
    "column_list": _columns,
    "column": _column,
    "synced_block": _synced,
    "image": _image,
    **dict.fromkeys(("video", "audio", "pdf", "file"), _media),
    **dict.fromkeys(("child_page", "child_database"), _child),
}
