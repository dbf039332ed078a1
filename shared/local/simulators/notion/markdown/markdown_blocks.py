"""Notion's Markdown read into blocks, as many and as deep as there are; what names a stored block stays a reference."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from shared.local.simulators.notion import checks
from shared.local.simulators.notion.content import block_shapes
from shared.local.simulators.notion.content.code_languages import LANGUAGES
from shared.local.simulators.notion.content.rich_text import NameOf
from shared.local.simulators.notion.markdown.markdown_inline import attributes, color_in, id_in, read
from shared.local.simulators.notion.refusals import validation_error

Json = dict[str, Any]
UploadOf = Callable[[str], str | None]  # the upload behind a signed address

_LOOK = re.compile(r"\s*(?<!\\)\{((?:[a-z]+=\"[^\"]*\"\s*)+)\}\s*$")
_HEADING = re.compile(r"(#{1,6}) (.*)")
_TO_DO = re.compile(r"[-*+] \[([ xX])\](?: (.*)|)")
_BULLET = re.compile(r"[-*+](?: (.*)|)")
_NUMBER = re.compile(r"\d+[.)](?: (.*)|)")
_QUOTE = re.compile(r">(?: ?(.*))")
_IMAGE = re.compile(r"!\[((?:[^\]\\]|\\.)*)\]\(((?:[^()\\]|\\.|\([^()]*\))+)\)")
_MEDIUM = re.compile(r"<(file|video|audio|pdf) src=\"([^\"]*)\"[^>]*>(.*)</\1>")
_REFERENCE = re.compile(r"<(page|database|unknown) ([^>]*?)(?:/>|>(.*)</\1>)")
_TOC = re.compile(r"<table_of_contents([^>]*)/>")
_CONTAINER = re.compile(r"<(details|callout|columns|column|synced_block|synced_block_reference)((?:\s[^>]*)?)>(.*)")
_DIV = re.compile(r":{3,}\s*callout\s*(?:\{(.*)\})?\s*")
_FENCE = re.compile(r"(`{3,})([^`]*)")
_TABLE_PARTS = re.compile(r"<tr[^>]*>(.*?)</tr>", re.DOTALL)
_CELLS = re.compile(r"<t[dh][^>]*>(.*?)</t[dh]>", re.DOTALL)
_RULE = re.compile(r"\|?\s*:?-{3,}:?\s*(\|\s*:?-{3,}:?\s*)*\|?")


@dataclass(slots=True)
class _Line:
    indent: int
    text: str
    raw: str


def trees(text: str, name_of: NameOf, upload_of: UploadOf) -> list[Json]:
    """Return `{type, data, children}` trees as they are stored, and `{ref, children}` for what is there already."""
    return [_check_block(block, name_of) for block in _Parser(text, upload_of).parse(0, None)]


def _check_block(block: Json, name_of: NameOf) -> Json:
    if "ref" in block:
        return {"ref": block["ref"], "children": []}
    kind, children = block["type"], block.get("children", [])
    if kind == "column_list" and len(children) < 2:
        raise validation_error("body.markdown: columns need two of them at least.")
    tree = block_shapes.single(kind, block["fields"], "body.markdown", name_of)
    return {**tree, "children": [_check_block(child, name_of) for child in children]}


def _block(kind: str, text: str | None = None, look: Json | None = None, **fields: Any) -> Json:
    given = {} if text is None else {"rich_text": read(text)}
    color = color_in((look or {}).get("color"))
    return {"type": kind, "fields": {**given, **fields, **({"color": color} if color else {})}, "children": []}


class _Parser:
    """Reads lines; a line that stands deeper than the one before belongs to it."""

    def __init__(self, text: str, upload_of: UploadOf) -> None:
        self.lines = [_line(raw) for raw in text.replace("\r\n", "\n").split("\n")]
        self.at = 0
        self.upload_of = upload_of

    def parse(self, min_indent: int, stop: str | None) -> list[Json]:
        """Read blocks until a line stands less deep than `min_indent`, or until the line `stop`."""
        blocks: list[Json] = []
        while self.at < len(self.lines):
            line = self.lines[self.at]
            if not line.text:
                self.at += 1
            elif stop and line.text.startswith(stop):
                self.at += 1
                return blocks
            elif line.indent < min_indent and not stop:
                return blocks
            else:
                self._take(line, blocks)
        return blocks

    def _take(self, line: _Line, blocks: list[Json]) -> None:
        block = self._block(line)
        blocks.append(block)
        below = self.parse(line.indent + 1, None) if self._deeper(line.indent) else []
        kind = block.get("type", "")
        holds = kind in block_shapes.PARENTS and (
            not kind.startswith("heading") or block["fields"].get("is_toggleable", False)
        )
        if holds and kind not in ("table", "column_list"):
            block["children"] += below
        else:
            blocks += below

    def _deeper(self, indent: int) -> bool:
        following = next((line for line in self.lines[self.at :] if line.text), None)
        return following is not None and following.indent > indent

    def _block(self, line: _Line) -> Json:
        self.at += 1
        text = line.text
        for way in (self._parse_fence, self._equation, self._container, self._table, self._pipes):
            if (found := way(line)) is not None:
                return found
        return self._tag(text) or _plain(text)

    def _parse_fence(self, line: _Line) -> Json | None:
        found = _FENCE.fullmatch(line.text)
        if found is None:
            return None
        inside = []
        while self.at < len(self.lines) and self.lines[self.at].raw.strip() != found[1]:
            inside.append(self.lines[self.at].raw)
            self.at += 1
        self.at += 1
        tabs = "\t" * line.indent
        if all(raw.startswith(tabs) or not raw.strip() for raw in inside):
            inside = [raw[line.indent :] for raw in inside]
        language = found[2].strip().lower()
        code = [{"text": {"content": piece}} for piece in checks.pieces("\n".join(inside))]
        fields = {"rich_text": code, "language": language if language in LANGUAGES else "plain text"}
        return {"type": "code", "fields": fields, "children": []}

    def _equation(self, line: _Line) -> Json | None:
        if line.text == "$$":
            inside = []
            while self.at < len(self.lines) and self.lines[self.at].text != "$$":
                inside.append(self.lines[self.at].text)
                self.at += 1
            self.at += 1
            return _block("equation", expression="\n".join(inside))
        found = re.fullmatch(r"\$\$(.+)\$\$", line.text)
        return _block("equation", expression=found[1].strip()) if found else None

    def _container(self, line: _Line) -> Json | None:
        if div := _DIV.fullmatch(line.text):
            return self._callout(attributes(div[1] or ""), self.parse(line.indent + 1, ":::"))
        found = _CONTAINER.fullmatch(line.text)
        if found is None:
            return None
        tag, given, rest = found[1], attributes(found[2]), found[3]
        if rest:
            self._split(line, tag, rest)
        if tag == "details":
            return self._toggle(given, line)
        below = self.parse(line.indent, f"</{tag}>")
        if tag == "callout":
            return self._callout(given, below)
        if tag in ("columns", "column"):
            return {"type": "column_list" if tag == "columns" else "column", "fields": {}, "children": below}
        source = id_in(given.get("url", "")) if tag == "synced_block_reference" else None
        fields = {"synced_from": {"type": "block_id", "block_id": source} if source else None}
        return {"type": "synced_block", "fields": fields, "children": [] if source else below}

    def _split(self, line: _Line, tag: str, rest: str) -> None:
        """Put what follows an opening tag on the same line onto lines of its own."""
        tabs = "\t" * line.indent
        rest = rest.replace(f"</{tag}>", f"\n{tabs}</{tag}>").replace("</summary>", f"</summary>\n{tabs}\t")
        self.lines[self.at : self.at] = [_line(tabs + piece) for piece in rest.split("\n") if piece.strip()]

    def _toggle(self, given: dict[str, str], line: _Line) -> Json:
        title = ""
        if self.at < len(self.lines) and (
            found := re.fullmatch(r"<summary>(.*?)</summary>(.*)", self.lines[self.at].text)
        ):
            title = found[1]
            self.at += 1
            if found[2]:
                self._split(line, "details", found[2])
        return {**_block("toggle", title, given), "children": self.parse(line.indent, "</details>")}

    @staticmethod
    def _callout(given: dict[str, str], below: list[Json]) -> Json:
        icon = {"icon": {"type": "emoji", "emoji": given["icon"]}} if given.get("icon") else {}
        block = _block("callout", "", given, **icon)
        if below and below[0].get("type") == "paragraph" and not below[0]["children"]:
            block["fields"]["rich_text"] = below.pop(0)["fields"]["rich_text"]
        return {**block, "children": below}

    def _table(self, line: _Line) -> Json | None:
        if not re.match(r"<table[\s>]", line.text):
            return None
        text = line.text
        while "</table>" not in text and self.at < len(self.lines):
            text += "\n" + self.lines[self.at].text
            self.at += 1
        given = attributes(text[: text.index(">")])
        rows = [[cell.strip() for cell in _CELLS.findall(row)] for row in _TABLE_PARTS.findall(text)]
        return _rows(rows, given.get("header-row") == "true", given.get("header-column") == "true")

    def _pipes(self, line: _Line) -> Json | None:
        following = self.lines[self.at].text if self.at < len(self.lines) else ""
        if not line.text.startswith("|") or not _RULE.fullmatch(following):
            return None
        rows = [_cells(line.text)]
        self.at += 1
        while self.at < len(self.lines) and self.lines[self.at].text.startswith("|"):
            rows.append(_cells(self.lines[self.at].text))
            self.at += 1
        return _rows(rows, True, False)

    def _tag(self, text: str) -> Json | None:
        if found := _IMAGE.fullmatch(text):
            return self._medium("image", re.sub(r"\\(.)", r"\1", found[2]), found[1])
        if found := _MEDIUM.fullmatch(text):
            return self._medium(found[1], attributes(f'src="{found[2]}"')["src"], found[3])
        if (found := _REFERENCE.fullmatch(text)) and (target := id_in(attributes(found[2]).get("url", ""))):
            return {"ref": target}
        if found := _TOC.fullmatch(text):
            return _block("table_of_contents", None, attributes(found[1]))
        if re.fullmatch(r"<empty-block\s*/>", text):
            return _block("paragraph", "")
        return _block("divider") if re.fullmatch(r"-{3,}", text) else None

    def _medium(self, kind: str, url: str, caption: str) -> Json:
        upload = self.upload_of(url)
        source: Json = {"file_upload": {"id": upload}} if upload else {"external": {"url": url}}
        return _block(kind, None, None, **source, caption=read(caption))


def _line(raw: str) -> _Line:
    text = raw.lstrip(" \t")
    lead = raw[: len(raw) - len(text)]
    return _Line(lead.count("\t") + lead.count(" ") // 2, text.rstrip(), raw)


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]


def _rows(rows: list[list[str]], header_row: bool, header_column: bool) -> Json:
    width = max((len(row) for row in rows), default=0)
    if width == 0:
        raise validation_error("body.markdown: a table needs a row with a cell.")
    filled = [[read(cell) for cell in row] + [[]] * (width - len(row)) for row in rows]
    children = [{"type": "table_row", "fields": {"cells": cells}, "children": []} for cells in filled]
    fields = {"table_width": width, "has_column_header": header_row, "has_row_header": header_column}
    return {"type": "table", "fields": fields, "children": children}


def _plain(text: str) -> Json:
    """Read a line that is text: a heading, an item of a list, a quote or a paragraph."""
    look: dict[str, str] = {}
    if found := _LOOK.search(text):
        look, text = attributes(found[1]), text[: found.start()]
    if found := _HEADING.fullmatch(text):
        toggle = {"is_toggleable": True} if look.get("toggle") == "true" else {}
        return _block(f"heading_{min(len(found[1]), 4)}", found[2], look, **toggle)
    if found := _TO_DO.fullmatch(text):
        return _block("to_do", found[2] or "", look, checked=found[1] != " ")
    for pattern, kind in ((_BULLET, "bulleted_list_item"), (_NUMBER, "numbered_list_item"), (_QUOTE, "quote")):
        if found := pattern.fullmatch(text):
            return _block(kind, found[1] or "", look)
    return _block("paragraph", text, look)
