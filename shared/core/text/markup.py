"""HTML of hostile authors as tags and texts, in one pass: no input takes more than time proportional to its length.

It reads what browsers read of damaged pages, roughly: a comment or a tag without an end hides the rest. (The parser of
the standard library takes quadratic time for some pages, and raises for others.)
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape

_TAG = re.compile(r"</?([A-Za-z][^\s/>]*)")
_SPACE = re.compile(r"[\s/]*+")
_NAME = re.compile(r"=?[^\s/>=]*+")
_IS = re.compile(r"\s*+=\s*+")
_BARE = re.compile(r"[^\s>]*+")
_RAW = ("script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes")  # no tags within
_READ = ("textarea", "title")  # of these: what is written there is read
_ENDS = {name: re.compile(rf"</{name}(?=[\s/>])", re.I) for name in _RAW}


@dataclass(frozen=True, slots=True)
class Tag:
    """A start tag, or an end tag; names are in small letters."""

    name: str
    end: bool = False
    attributes: dict[str, str] = field(default_factory=dict)


def pieces(html: str) -> Iterator[Tag | str]:
    """Return tags and the texts between them, in order; texts of scripts and styles are left out."""
    at, size = 0, len(html)
    while at < size:
        begins = html.find("<", at)
        if begins < 0:
            yield unescape(html[at:])
            return
        if begins > at:
            yield unescape(html[at:begins])
        found = _TAG.match(html, begins)
        if found is None:
            if html[begins + 1 : begins + 2] not in ("!", "?", "/"):
                yield "<"
                at = begins + 1
            else:
                at = _find_comment_end(html, begins)
            continue
        attributes, at = _attributes(html, found.end())
        if at < 0:
            return
        tag = Tag(found[1].lower(), html[begins + 1] == "/", attributes)
        yield tag
        if tag.name in _RAW and not tag.end:
            ends = _ENDS[tag.name].search(html, at)
            upto = ends.start() if ends else size
            if tag.name in _READ:
                yield unescape(html[at:upto])
            at = upto


def _find_comment_end(html: str, at: int) -> int:
    """Return where what follows a comment, a declaration or a broken end tag begins."""
    mark = "-->" if html.startswith("<!--", at) else ">"
    if html.startswith(("<!-->", "<!--->"), at):
        mark = ">"
    ends = html.find(mark, at)
    return len(html) if ends < 0 else ends + len(mark)


def _attributes(html: str, at: int) -> tuple[dict[str, str], int]:
    """Return the attributes from there, and where the tag ends; -1 when it does not. The first of a name counts."""
    found: dict[str, str] = {}
    while True:
        at = _to(_SPACE, html, at)
        if at >= len(html):
            return found, -1
        if html[at] == ">":
            return found, at + 1
        upto = _to(_NAME, html, at)
        name, at = html[at:upto].lower(), upto
        value = ""
        given = _IS.match(html, at)
        if given:
            at = given.end()
            quote = html[at : at + 1]
            if quote in ('"', "'") and quote:
                closes = html.find(quote, at + 1)
                if closes < 0:
                    return found, -1
                value, at = html[at + 1 : closes], closes + 1
            else:
                upto = _to(_BARE, html, at)
                value, at = html[at:upto], upto
        found.setdefault(name, unescape(value))


def _to(pattern: re.Pattern[str], html: str, at: int) -> int:
    found = pattern.match(html, at)
    return found.end() if found else at
