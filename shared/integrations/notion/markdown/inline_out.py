"""Runs of text as Markdown that reads back as the same runs: marks where they hold, HTML tags where they would not."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.core.page import Span
from shared.integrations.notion.content.rich_text import link_target

_ASCII_PUNCTUATION = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")
_UNSPEAKABLE = frozenset("\x0b\x1c\x1d\x1e\x1f\x85")  # space that a parser takes away, and no entity stands for
_ESCAPED = frozenset("\\`*[]|$~")
_ESCAPED_BY_NOTION = _ESCAPED | frozenset("<>{}^")
_OPENS_A_LINE = frozenset("#-+=>:")
_NUMBERED = re.compile(r"(\d{1,9})([.)])(?=\s|$)")
_SAFE_URL = re.compile(r"[\w:/?#@!$'*+,;=.~%-]+", re.ASCII)
_AUTOLINK = re.compile(r"https?://[^\s<>|]+")
_TICKS = re.compile("`+")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a text stands: whether it may go on in a new line, and what must not be in it."""

    lines: bool = True
    heading: bool = False
    cell: bool = False
    html: bool = False  # tags are looked for there before anything else is
    notion: bool = False  # Notion's own dialect


PARAGRAPH = Place()
LINE = Place(lines=False)
HEADING = Place(lines=False, heading=True)
CELL = Place(lines=False, cell=True)
SUMMARY = Place(lines=False, html=True)
NOTION = Place(lines=False, notion=True)


def inline_markdown(spans: Sequence[Span], place: Place = PARAGRAPH) -> str:
    """Return the runs as Markdown for that place.

    Colours and what a mention stands for are left out, because Markdown has neither; the text of a mention stays.
    """
    runs = [span for span in spans if span.text]
    out = ""
    for at, span in enumerate(runs):
        following = runs[at + 1] if at + 1 < len(runs) else None
        first, last = at == 0, following is None
        out += _run(span, out[-1:], _first_of(following, place), place, first=first, last=last)
    return out


def _first_of(span: Span | None, place: Place) -> str:
    """Return what the next run begins with; a letter when that is not known, which is the strictest."""
    if span is None:
        return ""
    if _is_plain(span):
        return _escaped(span.text, place, first=False, last=False)[:1]
    return "[" if _target(span) else "a"


def _is_plain(span: Span) -> bool:
    return not (span.bold or span.italic or span.strikethrough or span.underline or span.code or span.equation) and (
        not _target(span)
    )


def _target(span: Span) -> str:
    return (link_target(span.href) or span.href or "") if span.href else ""


def _run(span: Span, before: str, after: str, place: Place, *, first: bool, last: bool) -> str:
    target = _target(span)
    if target and target == span.text and _AUTOLINK.fullmatch(target) and _is_plain(Span(span.text)):
        styled = span.bold or span.italic or span.strikethrough or span.underline or span.code or span.equation
        if not styled:
            return f"<{target}>"
    if target:
        before, after = "[", "]"
    inner = _core(span, before, after, place, first=first and not target, last=last and not target)
    emphasis = "*" * (span.italic + 2 * span.bold)
    if span.strikethrough:
        inner = _wrapped(inner, "~~" if not emphasis or place.notion else "", before, after, ("s",), place)
    if emphasis:
        tags = (*(("b",) if span.bold else ()), *(("i",) if span.italic else ()))
        inner = _wrapped(inner, emphasis if not span.strikethrough or place.notion else "", before, after, tags, place)
    if place.notion:
        inner = _tagged(span, inner)
    elif span.underline:
        inner = f"<u>{inner}</u>"
    return f"[{inner}]({_destination(target, place)})" if target else inner


def _tagged(span: Span, inner: str) -> str:
    """Put Notion's tags around a text: its colour and underline, and what it mentions."""
    marks = {"color": span.color.replace("_background", "_bg"), "underline": "true" if span.underline else ""}
    told = "".join(f' {name}="{value}"' for name, value in marks.items() if value)
    tag, attributes = _mention_tag(span.mention or {})
    if tag:
        inner = f"<{tag}{attributes}/>" if tag == "mention-date" else f"<{tag}{attributes}>{inner}</{tag}>"
    return f"<span{told}>{inner}</span>" if told else inner


def _mention_tag(mention: Mapping[str, Any]) -> tuple[str, str]:
    kind = mention.get("type")
    if kind == "user":
        return "mention-user", f' url="user://{mention["user"]["id"]}"'
    if kind in ("page", "database"):
        return f"mention-{kind}", f' url="https://www.notion.so/{mention[kind]["id"].replace("-", "")}"'
    if kind != "date":
        return "", ""
    names = {"start": "start", "end": "end", "time_zone": "timeZone"}
    given = ((ours, mention["date"].get(theirs)) for theirs, ours in names.items())
    return "mention-date", "".join(f' {name}="{html.escape(value)}"' for name, value in given if value)


def _wrapped(inner: str, mark: str, before: str, after: str, tags: Sequence[str], place: Place) -> str:
    """Put a style around a text: by a mark where CommonMark's flanking rules let it both open and close.

    Else by tags, which Notion's dialect has not: there space goes outside the marks.
    """
    opens, closes = inner[:1], inner[-1:]
    if (
        mark
        and not opens.isspace()
        and not closes.isspace()
        and (opens.isalnum() or _is_edge(before))
        and (closes.isalnum() or _is_edge(after))
        and mark[0] not in (before, after, opens, closes)
    ):
        return f"{mark}{inner}{mark}"
    if place.notion:
        words = inner.strip(" ")
        left, _, right = inner.partition(words) if words else (inner, "", "")
        return f"{left}{mark}{words}{mark}{right}" if words else inner
    for tag in reversed(tags):
        inner = f"<{tag}>{inner}</{tag}>"
    return inner


def _is_edge(character: str) -> bool:
    return not character or character in " \n" or character in _ASCII_PUNCTUATION


def _core(span: Span, before: str, after: str, place: Place, *, first: bool, last: bool) -> str:
    if span.equation:
        made = _math(span.text.replace("\n", " "), before, after, styled=not _is_plain(Span(span.text)))
        return made.replace("|", "\\|") if place.cell else made
    if not span.code:
        return _escaped(span.text, place, first=first, last=last)
    text = span.text
    if place.notion:
        text = text.replace("\n", " ")
    elif "\n" in text or text != text.strip() or (place.html and "<" in text):
        return f"<code>{_escaped(text, place, first=False, last=False)}</code>"
    ticks = _fence(text)
    pad = " " if (text[:1] in "` " and text[-1:] in "` ") or "`" in (text[:1], text[-1:]) else ""
    made = f"{ticks}{pad}{text}{pad}{ticks}"
    return made.replace("|", "\\|") if place.cell else made


def _fence(text: str) -> str:
    """Return the shortest row of backticks that is not in the text."""
    taken = {len(run) for run in _TICKS.findall(text)}
    return "`" * next(length for length in range(1, len(taken) + 2) if length not in taken)


def _math(expression: str, before: str, after: str, *, styled: bool) -> str:
    bare = (
        "$" not in expression
        and expression[:1] != "`"
        and "\\" not in expression[-1:]
        and expression == expression.strip()
    )
    if bare and not before.isalnum() and before not in ("$", "\\") and not after.isalnum() and after != "$":
        return f"${expression}$"
    ticks = _fence(expression)
    padded = expression[:1] in "` " or expression[-1:] in "` "
    pad = " " if padded else ""
    return f"${ticks}{pad}{expression}{pad}{ticks}$"


def _destination(url: str, place: Place) -> str:
    if not _SAFE_URL.fullmatch(url):
        url = url.replace("\\", "\\\\").replace("<", "\\<").replace(">", "\\>").replace("&", "&amp;").replace("\n", "")
        url = f"<{url}>"
    return url.replace("|", "\\|") if place.cell else url


def _escaped(text: str, place: Place, *, first: bool, last: bool) -> str:
    """Return the text so that nothing in it means anything; `first` and `last` say that it meets its block's edge."""
    out: list[str] = []
    line_starts = first
    for at, character in enumerate(text):
        before, after = text[at - 1 : at], text[at + 1 : at + 2]
        if character == "\n":
            alone = at == 0 and len(text) == 1 and first and last and not place.notion
            broken = place.lines and bool(before.strip()) and bool(after.strip())
            out.append("&#10;" if alone else "\\\n" if broken else "<br>")
            line_starts = broken
            continue
        edge = not place.notion and ((first and at == 0) or (last and at == len(text) - 1))
        out.append(_character(character, text, at, place, edge=edge, line_starts=line_starts))
        line_starts = False
    return "".join(out)


def _character(character: str, text: str, at: int, place: Place, *, edge: bool, line_starts: bool) -> str:
    after = text[at + 1 : at + 2]
    if character in _UNSPEAKABLE:
        return f"<i></i>{character}<i></i>" if edge else character
    if character.isspace():
        return f"&#{ord(character)};" if edge or character == "\t" else character
    if (
        character in (_ESCAPED_BY_NOTION if place.notion else _ESCAPED)
        or (character in _OPENS_A_LINE and line_starts)
        or (character == "#" and place.heading)
    ):
        return "\\" + character
    if character == "<":
        return "&lt;"
    if character == "&":
        return "&amp;" if not after or after == "#" or after.isalnum() else "&"
    if character == "!" and (not after or after == "["):
        return "\\!"
    if character == "_":
        between = text[at - 1 : at].isalnum() and after.isalnum() and at > 0
        return "_" if between else "\\_"
    if character in ".)" and _ends_a_number(text, at):
        return "\\" + character
    return character


def _ends_a_number(text: str, at: int) -> bool:
    """Say whether this would begin a numbered list: digits from the line's begin to here, a space behind."""
    start = at
    while start > 0 and at - start < 10 and text[start - 1].isascii() and text[start - 1].isdigit():
        start -= 1
    begins = start == 0 or text[start - 1] == "\n"
    return start < at and begins and text[at + 1 : at + 2] in ("", " ", "\t", "\n")
