"""Properties at the head of a Markdown text: front matter between `---`, or leading `Key: value` lines."""

from __future__ import annotations

import re

_FENCE = re.compile(r"\A---[ \t]*\n(?:(.*?)\n)??(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_LINE = re.compile(r"([^\W\d_][\w .()/&-]{0,59}):(?:[ \t]+(.*))?")
_LONGEST_KEY = 5  # words: a sentence with a colon in it is not a property


def split_front_matter(text: str) -> tuple[dict[str, str], str]:
    """Return the properties and the rest. A head that is not wholly properties is left in the text."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    fenced = _FENCE.match(text)
    if fenced:
        found = _fenced(fenced.group(1) or "")
        return ({}, text) if found is None else (found, text[fenced.end() :])
    return _leading(text)


def _fenced(head: str) -> dict[str, str] | None:
    found: dict[str, str] = {}
    key = ""
    for line in head.split("\n"):
        bare = line.strip()
        if not bare or bare.startswith("#"):
            continue
        entry = re.fullmatch(r"-[ \t]+(.*)", bare)
        if entry and key:
            found[key] = ", ".join(filter(None, (found[key], _value(entry.group(1)))))
            continue
        match = None if line[:1].isspace() else _LINE.fullmatch(bare)
        if match is None or match.group(1).strip() in found:
            return None
        key = match.group(1).strip()
        found[key] = _value(match.group(2) or "")
    return found


def _leading(text: str) -> tuple[dict[str, str], str]:
    lines = text.lstrip("\n").split("\n")
    found: dict[str, str] = {}
    for index, line in enumerate(lines):
        match = _LINE.fullmatch(line.rstrip())
        key = match.group(1).strip() if match else ""
        if not match or not match.group(2) or key in found or len(key.split()) > _LONGEST_KEY:
            ends = not line.strip() or line.startswith("#")
            return (found, "\n".join(lines[index:])) if found and ends else ({}, text)
        found[key] = match.group(2).strip()
    return found, ""


def _value(text: str) -> str:
    text = text.strip()
    if len(text) >= 2 and text[0] == "[" and text[-1] == "]":
        return ", ".join(filter(None, (_value(part) for part in text[1:-1].split(","))))
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "'\"":
        return text[1:-1]
    return text
