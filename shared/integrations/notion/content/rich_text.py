"""Rich text as we write it: text, equations and mentions, within Notion's limits (notion-api: sizes, rich text)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from shared.core.page import Span

Json = dict[str, Any]
Text = str | Iterable[Span]

MAX_UNITS = 2000  # of one rich-text item; UTF-16 code units, because the server counts as JavaScript does
MAX_ITEMS = 100  # of any array
MAX_BLOCK_UNITS = MAX_UNITS * MAX_ITEMS
MAX_BLOCK_BYTES = 400_000  # our own: keeps the largest block, as it is sent, below the 500 KB of a request
MAX_URL = 2000
MAX_EXPRESSION = 1000  # of an equation within text

_HUES = ("default", "gray", "brown", "orange", "yellow", "green", "blue", "purple", "pink", "red")
COLORS = frozenset([*_HUES, *(f"{hue}_background" for hue in _HUES)])
STYLES = ("bold", "italic", "strikethrough", "underline", "code")
WRITABLE_MENTIONS = frozenset({"user", "date", "page", "database", "template_mention", "custom_emoji"})

_LONE_SURROGATES = re.compile("[\ud800-\udfff]")
_ID = re.compile(r"[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}")
_WITHIN_NOTION = re.compile(r"/(?:[\w-]+/)*[\w-]*[0-9a-f]{32}(?:[?#]\S*)?")


def units(text: str) -> int:
    """Return the length in UTF-16 code units."""
    return len(text) + sum(character > "\uffff" for character in text)


def pieces(text: str, limit: int = MAX_UNITS, *, at_spaces: bool = False) -> Iterator[str]:
    """Cut a text into pieces of at most `limit` UTF-16 units, never inside a character, or at a nearby space."""
    if 2 * len(text) <= limit:
        yield from (text,) if text else ()
        return
    start = used = space = index = 0
    while index < len(text):
        width = 2 if text[index] > "\uffff" else 1
        if used + width > limit:
            end = space if at_spaces and space > start + (index - start) // 2 else index
            yield text[start:end]
            start = index = end
            used = 0
            continue
        used += width
        index += 1
        if text[index - 1].isspace():
            space = index
    if start < len(text):
        yield text[start:]


def is_web_address(url: str) -> bool:
    """Say whether Notion takes this as a link or an image address."""
    if not 0 < units(url) <= MAX_URL or any(character.isspace() or not character.isprintable() for character in url):
        return False
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    if parts.scheme == "mailto":
        return "@" in parts.path
    return parts.scheme in ("http", "https") and re.fullmatch(r"[^\s<>\"'\\^`{|}%@/]+", host) is not None


def link_target(href: str | None) -> str | None:
    """Return the address to write for a link; None when Notion would refuse it. Notion reads its own without a host."""
    if href and _WITHIN_NOTION.fullmatch(href):
        href = f"https://www.notion.so{href}"
    return href if href and is_web_address(href) else None


def _spans(text: Text) -> Iterator[Span]:
    for span in (Span(text),) if isinstance(text, str) else text:
        clean = _LONE_SURROGATES.sub("", span.text)  # half of a character, which nobody can read
        if clean or span.mention:
            yield replace(span, text=clean)


def rich_text(text: Text, *, at_spaces: bool = True) -> list[Json]:
    """Return rich-text items; a long run becomes several. The list itself may be longer than one block takes.

    Raises ValueError naming the field when an equation, a colour or a mention cannot be written.
    """
    return [_item(part) for span in _spans(text) for part in _parts(span, at_spaces=at_spaces)]


def _parts(span: Span, *, at_spaces: bool) -> Iterator[Span]:
    if span.equation or is_mention(span):  # these have no text to cut
        yield span
        return
    for piece in pieces(span.text, at_spaces=at_spaces):
        yield replace(span, text=piece)


def is_mention(span: Span) -> bool:
    """Say whether this is written as a mention; those that only Notion makes are written as text and link."""
    return span.mention is not None and span.mention.get("type") in WRITABLE_MENTIONS


def _item(span: Span) -> Json:
    annotations: Json = {name: True for name in STYLES if getattr(span, name)}
    if span.color:
        annotations["color"] = check_color(span.color, "annotations.color")
    item: Json
    if span.mention is not None and is_mention(span):
        kind = str(span.mention["type"])
        item = {"type": "mention", "mention": {"type": kind, kind: dict(span.mention[kind])}}
    elif span.equation:
        if not 0 < units(span.text) <= MAX_EXPRESSION:
            raise ValueError(f"equation.expression: {units(span.text)} characters, of at most {MAX_EXPRESSION}")
        item = {"type": "equation", "equation": {"expression": span.text}}
    else:
        target = link_target(span.href)
        item = {"type": "text", "text": {"content": span.text, "link": {"url": target} if target else None}}
    return item | ({"annotations": annotations} if annotations else {})


def split_text(text: Text) -> list[list[Span]]:
    """Cut a text into parts that each fit one block; always at least one part.

    A block takes 100 runs of 2,000 UTF-16 units and, as JSON, 400 KB: 40,000 characters fit one in any script. What
    is over becomes further blocks, which stay apart when read again. A run is cut only where it alone is too long.
    """
    parts: list[list[Span]] = [[]]
    room, items = MAX_BLOCK_BYTES, MAX_ITEMS
    for span in _spans(text):
        for piece in _parts(span, at_spaces=True):
            size = len(json.dumps(_item(piece), ensure_ascii=False).encode())
            if parts[-1] and (size > room or items == 0):
                parts.append([])
                room, items = MAX_BLOCK_BYTES, MAX_ITEMS
            parts[-1].append(piece)
            room, items = room - size, items - 1
    return parts


def write_block_text(text: Text, field: str = "rich_text") -> list[Json]:
    """Return rich text for one block; raises ValueError when it needs several (see `split_text`)."""
    spans = list(_spans(text))
    items = rich_text(spans)
    if len(items) > MAX_ITEMS:
        items = rich_text(spans, at_spaces=False)
    if len(items) > MAX_ITEMS:
        raise ValueError(f"{field}: {len(items)} runs of text do not fit one block; split_text cuts them")
    return items


def check_color(color: str, field: str = "color") -> str:
    """Return the colour; raises ValueError when Notion has none of that name."""
    if color not in COLORS:
        raise ValueError(f"{field} must be one of {', '.join(sorted(COLORS))}, got {color[:50]!r}")
    return color


def check_id(value: str, field: str) -> str:
    """Return an id of Notion; raises ValueError when it cannot be one."""
    if not _ID.fullmatch(value):
        raise ValueError(f"{field}: {value[:50]!r} is not a Notion id")
    return value


def equation(expression: str) -> Span:
    """Return an equation within text, in LaTeX, of at most 1,000 characters."""
    return Span(expression, equation=True)
