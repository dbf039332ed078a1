"""Properties at the head of a Markdown text: front matter between `---`, leading `Key: value` lines, and Notion's own.

Notion's export of a row writes the columns as `Owner: …` lines below the title, with nothing that sets them apart from
text. They are taken for columns when one of them has a name that only columns have (`property_lines`).
"""

from __future__ import annotations

import re

from shared.core.pages.property_lines import are_properties, split_property

_FENCE = re.compile(r"\A---[ \t]*\n(?:(.*?)\n)??(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_KEY = re.compile(r"""("[^"\n]{1,200}"|'[^'\n]{1,200}'|[^\s#\-&*!|>%@`{\[,:][^:\n]{0,199}?)[ \t]*:(?:[ \t]+(.*))?""")
_BLOCK_TEXT = re.compile(r"[|>][+-]?[0-9]?")
_LONGEST_KEY = 5  # words: a sentence with a colon in it is not a property
_TITLE = re.compile(r"\A\s*# [^\n]*\n+")


def split_front_matter(text: str) -> tuple[dict[str, str], str]:
    """Return the properties and the rest. Front matter may hold any key; without a single one it is text."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    fenced = _FENCE.match(text)
    if fenced:
        found = _parse_keys(fenced.group(1) or "")
        return ({}, text) if found is None else (found, text[fenced.end() :])
    found, rest = _leading(text)
    return (found, rest) if found else _read_title_columns(text)


def _parse_keys(head: str) -> dict[str, str] | None:
    """Return the keys in their order. What stands below a key belongs to it, a list or a map as items with commas."""
    found: dict[str, list[str]] = {}
    key = ""
    for line in head.split("\n"):
        bare = line.strip()
        if not bare or (bare.startswith("#") and not line[:1].isspace()):
            continue
        match = None if line[:1].isspace() else _KEY.fullmatch(line.rstrip())
        if match is not None:
            key = _value(match.group(1))
            value = (match.group(2) or "").strip()
            found.setdefault(key, []).extend([] if _BLOCK_TEXT.fullmatch(value) or not value else [_value(value)])
        elif key:
            found[key].append(_value(re.sub(r"\A-[ \t]+", "", bare)))
        else:
            return None
    if not found and head.strip():
        return None
    return {key: ", ".join(filter(None, values)) for key, values in found.items()}


def _leading(text: str) -> tuple[dict[str, str], str]:
    lines = text.lstrip("\n").split("\n")
    found: dict[str, str] = {}
    for index, line in enumerate(lines):
        key, value = split_property(line)
        if not value or key in found or len(key.split()) > _LONGEST_KEY:
            ends = not line.strip() or line.startswith("#")
            return (found, "\n".join(lines[index:])) if found and ends else ({}, text)
        found[key] = value
    return found, ""


def _read_title_columns(text: str) -> tuple[dict[str, str], str]:
    """Return the columns that stand right below the title, as Notion exports them."""
    title = _TITLE.match(text)
    found, rest = _leading(text[title.end() :]) if title else ({}, "")
    if title is None or not are_properties(found):
        return {}, text
    return found, text[: title.end()] + rest


def _value(text: str) -> str:
    text = text.strip()
    if len(text) >= 2 and text[0] == "[" and text[-1] == "]":
        return ", ".join(filter(None, (_value(part) for part in text[1:-1].split(","))))
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "'\"":
        return text[1:-1]
    return text
