"""Notion's own Markdown to blocks, and back: for reading and editing by its Markdown endpoints."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from shared.core.page import Block, Span
from shared.integrations.notion.content.code_languages import notion_language
from shared.integrations.notion.markdown.inline import HTML, Style, parse_inline, plain
from shared.integrations.notion.markdown.notion_markdown_out import to_notion_markdown

__all__ = ["from_notion_markdown", "to_notion_markdown"]

_SUFFIX = re.compile(r'(?: |(?<!\\))\{((?:[\w-]+="[^"]*" ?)+)\}$')
_TAG = re.compile(r'<(/?)([a-z_-]+)((?:\s+[\w-]+="[^"]*")*)\s*(/?)>')
_ATTRIBUTE = re.compile(r'([\w-]+)="([^"]*)"')
_ONE_LINE = re.compile(r"<(page|database|audio|video|pdf|file)\b([^>]*)>(.*)</\1>")
_IMAGE = re.compile(r"!\[(.*)\]\((.*)\)")
_SUMMARY = re.compile(r"<summary>(.*)</summary>")
_OF_TABLE = re.compile(r"\\.|<(/?)(tr|td|th)\b[^>]{0,500}>", re.DOTALL)
_STARTS = re.compile(r"(#{1,6} |- \[[ xX]\] ?|- |\d+\. |> ?|-$)")
_ID = re.compile(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}")
_DEEPEST = 100
_LINE_KINDS = {"- ": "bulleted_list_item", "-": "bulleted_list_item", "> ": "quote", ">": "quote"}


def from_notion_markdown(text: str) -> list[Block]:
    """Return the blocks of a text in Notion's dialect. What it shows as `<unknown …/>` is kept as `unsupported`."""
    return _Reader(text.replace("\r\n", "\n").split("\n")).siblings(0, "")


def _attributes(text: str) -> dict[str, str]:
    return {name: html.unescape(value) for name, value in _ATTRIBUTE.findall(text)}


def _color(attributes: Mapping[str, str]) -> str:
    color = attributes.get("color", "")
    return "" if color == "default" else color.removesuffix("_bg") + "_background" * color.endswith("_bg")


def _id_of(url: str) -> str:
    found = _ID.findall(url.lower())
    bare = found[-1].replace("-", "") if found else ""
    return "-".join((bare[:8], bare[8:12], bare[12:16], bare[16:20], bare[20:])) if bare else ""


def _mentioned(kind: str) -> Style:
    def mention(span: Span, attributes: Mapping[str, str]) -> Span:
        target = _id_of(attributes.get("url", ""))
        return replace(span, mention={"type": kind, kind: {"id": target}}) if target else span

    return mention


def _date(span: Span, attributes: Mapping[str, str]) -> Span:
    def moment(end: str) -> str:
        day, time = attributes.get(end, ""), attributes.get(f"{end}Time", "")
        return f"{day}T{time}" if day and time else day

    date = {"start": moment("start"), "end": moment("end"), "time_zone": attributes.get("timeZone", "")}
    kept = {name: value for name, value in date.items() if value}
    shown = " → ".join(kept[name] for name in ("start", "end") if name in kept)
    return replace(span, text=shown or span.text, mention={"type": "date", "date": kept} if shown else None)


def _dressed(span: Span, attributes: Mapping[str, str]) -> Span:
    underline = span.underline or attributes.get("underline") == "true"
    return replace(span, underline=underline, color=_color(attributes) or span.color)


_TAGS: Mapping[str, Style] = {
    **HTML,
    "span": _dressed,
    "mention-user": _mentioned("user"),
    "mention-page": _mentioned("page"),
    "mention-database": _mentioned("database"),
    "mention-date": _date,
}


def _spans(text: str) -> tuple[Span, ...]:
    return tuple(plain(parse_inline(text, _TAGS)))


class _Reader:
    """Goes through the lines once. Blank lines mean nothing; a tab more than its parent makes a child."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = lines
        self._at = 0
        self._level = 0

    def siblings(self, depth: int, end: str) -> list[Block]:
        """Return the blocks at this depth, up to a shallower line or the end tag, which is taken."""
        self._level += 1
        try:
            return self._siblings(depth, end)
        finally:
            self._level -= 1

    def _siblings(self, depth: int, end: str) -> list[Block]:
        found: list[Block] = []
        while self._at < len(self._lines):
            line = self._lines[self._at]
            bare = line.lstrip("\t")
            if not bare.strip():
                self._at += 1
            elif end and bare.rstrip() == end:
                self._at += 1
                return found
            elif len(line) - len(bare) < depth and not end:
                return found
            else:
                self._at += 1
                found.append(self._block(bare, len(line) - len(bare)))
        return found

    def _block(self, text: str, depth: int) -> Block:
        if self._level > _DEEPEST:  # what is nested still deeper is taken line by line
            return Block("", "paragraph", _spans(text))
        if text.startswith("```"):
            return self._code(text, depth)
        if text.rstrip() == "$$":
            return Block("", "equation", _literal(self._until("$$", depth)))
        if text.rstrip() == "---":
            return Block("", "divider")
        if one := _ONE_LINE.fullmatch(text.rstrip()):
            return _one_line(*one.groups())
        tag = _TAG.fullmatch(text.rstrip())
        if tag and not tag.group(1) and tag.group(2) in _TAGGED:
            return _TAGGED[tag.group(2)](self, _attributes(tag.group(3)), depth, tag.group(2))
        if picture := _IMAGE.fullmatch(text.rstrip()):
            (link,) = _spans(f"[{picture.group(1) or 'x'}]({picture.group(2)})")[:1] or (Span(""),)
            caption = link.text if picture.group(1) else ""
            return Block("", "image", url=link.href or picture.group(2), caption=caption)
        return self._line(text, depth)

    def _line(self, text: str, depth: int) -> Block:
        """Return a block that is one line, with the children below it."""
        suffix = _SUFFIX.search(text)
        told = _attributes(suffix.group(1)) if suffix else {}
        text = text[: suffix.start()] if suffix else text
        start = _STARTS.match(text)
        mark = start.group(1) if start else ""
        fields: dict[str, Any] = {"spans": _spans(text[len(mark) :]), "color": _color(told)}
        kind = _LINE_KINDS.get(mark, "paragraph")
        if mark.startswith("#"):
            kind = f"heading_{min(len(mark) - 1, 4)}"
            fields["is_toggleable"] = told.get("toggle") == "true"
        elif mark.startswith("- ["):
            kind, fields["checked"] = "to_do", mark[3] in "xX"
        elif mark[:1].isdigit():
            kind = "numbered_list_item"
        return Block("", kind, children=tuple(self.siblings(depth + 1, "")), **fields)

    def _until(self, end: str, depth: int) -> str:
        lines: list[str] = []
        while self._at < len(self._lines):
            line = self._lines[self._at]
            self._at += 1
            inner = line[min(depth, len(line) - len(line.lstrip("\t"))) :]
            if inner.rstrip() == end:
                break
            lines.append(inner)
        return "\n".join(lines)

    def _code(self, text: str, depth: int) -> Block:
        fence = text[: len(text) - len(text.lstrip("`"))]
        language = notion_language(text[len(fence) :])
        return Block("", "code", _literal(self._until(fence, depth)), language=language)

    # --- tags of several lines ---

    def _empty(self, told: Mapping[str, str], depth: int, tag: str) -> Block:
        return Block("", "paragraph", children=tuple(self.siblings(depth + 1, "")))

    def _contents(self, told: Mapping[str, str], depth: int, tag: str) -> Block:
        return Block("", "table_of_contents", color=_color(told))

    def _unknown(self, told: Mapping[str, str], depth: int, tag: str) -> Block:
        below = tuple(self.siblings(depth + 1, ""))
        return Block("", "unsupported", children=below, url=told.get("url"), block_type=told.get("alt", ""))

    def _inside(self, depth: int, tag: str) -> tuple[Block, ...]:
        return tuple(self.siblings(depth, f"</{tag}>"))

    def _details(self, told: Mapping[str, str], depth: int, tag: str) -> Block:
        summary = None
        while summary is None and self._at < len(self._lines) and not self._lines[self._at].strip():
            self._at += 1
        if self._at < len(self._lines) and (summary := _SUMMARY.fullmatch(self._lines[self._at].strip("\t "))):
            self._at += 1
        spans = _spans(summary.group(1)) if summary else ()
        return Block("", "toggle", spans, self._inside(depth, tag), color=_color(told))

    def _callout(self, told: Mapping[str, str], depth: int, tag: str) -> Block:
        inside = self._inside(depth, tag)
        spans: tuple[Span, ...] = ()
        if inside and inside[0].type == "paragraph" and not inside[0].children:
            spans, inside = inside[0].spans, inside[1:]
        icon = {"type": "emoji", "emoji": told["icon"]} if told.get("icon") else None
        return Block("", "callout", spans, inside, color=_color(told), icon=icon)

    def _holder(self, told: Mapping[str, str], depth: int, tag: str) -> Block:
        return Block("", {"columns": "column_list"}.get(tag, tag), children=self._inside(depth, tag))

    def _synced(self, told: Mapping[str, str], depth: int, tag: str) -> Block:
        source = _id_of(told.get("url", ""))
        inside = self._inside(depth, tag)
        if tag == "synced_block":
            return Block(source, "synced_block", children=inside)
        return Block("", "synced_block", children=inside, synced_from=source)

    def _table(self, told: Mapping[str, str], depth: int, tag: str) -> Block:
        rows = [
            Block("", "table_row", cells=tuple(_spans(cell.replace("\n", " ")) for cell in row))
            for row in _rows(self._until("</table>", depth))
        ]
        header_row, header_column = (told.get(name) == "true" for name in ("header-row", "header-column"))
        return Block("", "table", children=tuple(rows), header_row=header_row, header_column=header_column)


def _rows(text: str) -> list[list[str]]:
    """Return the cells of a table as they are written, by row."""
    rows: list[list[str]] = []
    begin: int | None = None
    for tag in _OF_TABLE.finditer(text):
        if tag.group(2) is None:  # an escape
            continue
        if tag.group(2) == "tr":
            rows += [] if tag.group(1) else [[]]
        elif not tag.group(1):
            begin = tag.end()
        elif begin is not None and rows:
            rows[-1].append(text[begin : tag.start()])
            begin = None
    return rows


def _literal(text: str) -> tuple[Span, ...]:
    return (Span(text),) if text else ()


def _one_line(tag: str, attributes: str, inner: str) -> Block:
    told = _attributes(attributes)
    spans = _spans(inner)
    if tag in ("page", "database"):
        return Block(_id_of(told.get("url", "")), f"child_{tag}", spans)
    caption = "".join(span.text for span in spans)
    styled = () if spans in ((), (Span(caption),)) else spans
    return Block("", tag, url=told.get("src", ""), caption=caption, caption_spans=styled, color=_color(told))


_TAGGED: Mapping[str, Callable[[_Reader, Mapping[str, str], int, str], Block]] = {
    "empty-block": _Reader._empty,
    "table_of_contents": _Reader._contents,
    "unknown": _Reader._unknown,
    "details": _Reader._details,
    "callout": _Reader._callout,
    "columns": _Reader._holder,
    "column": _Reader._holder,
    "synced_block": _Reader._synced,
    "synced_block_reference": _Reader._synced,
    "table": _Reader._table,
}
