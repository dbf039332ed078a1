"""What may be told of an answer: kinds of values, and words that are ours or the vendor's own; never a value itself."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

# Words of refusals that are nobody's data; of all others of a message only that they were there is told.
_PLAIN = frozenset({
    "a", "access", "after", "already", "an", "and", "are", "array", "at", "be", "because", "before", "block",
    "blocks", "body", "cannot", "characters", "content", "could", "create", "cursor", "data", "database", "defined",
    "does", "empty", "error", "exist", "exists", "expected", "expired", "failed", "field", "find", "for", "found",
    "has", "have", "header", "id", "in", "input", "instead", "integration", "invalid", "is", "it", "length", "limit",
    "made", "make", "missing", "must", "name", "no", "not", "null", "number", "object", "of", "on", "one", "only",
    "or", "page", "pages", "parameter", "path", "permission", "present", "properties", "property", "provided",
    "query", "rate", "read", "reference", "request", "required", "resource", "right", "sha", "shared", "should",
    "source", "start", "string", "text", "than", "that", "the", "this", "title", "to", "token", "too", "type",
    "undefined", "update", "url", "valid", "validation", "value", "was", "were", "with", "wrong", "your",
})  # fmt: skip
_FIELD = re.compile(r"[A-Za-z_][A-Za-z_]{0,39}")
_CODE = re.compile(r"[a-zA-Z]+(?:_[a-zA-Z]+)+")
_CODES = frozenset({  # of one word; any other single word may be somebody's name
    "conflict", "forbidden", "unauthorized", "INTERNAL", "UNAUTHENTICATED", "UNAVAILABLE", "ratelimited",
})  # fmt: skip


class Words:
    """The texts that a probe itself holds: they may be shown, since nobody's data is in them."""

    def __init__(self, own: Iterable[str] = ()) -> None:
        self.kept: dict[str, str | int] = {}  # what earlier answers gave, by the name it is kept under
        self._own = {text for text in own if text}
        self._single = {word.lower() for text in self._own for word in re.findall(r"[A-Za-z]+", text)} | _PLAIN

    def knows(self, text: str) -> bool:
        """Say whether this very text is one of the probe's own."""
        return text in self._own

    def name_values(self, text: str) -> str:
        """Return a text with the names of what was kept in place of the values."""
        for name, value in self.kept.items():
            if len(str(value)) > 3:
                text = text.replace(str(value), "{" + name + "}")
        return text

    def field(self, name: str) -> str:
        """Return a field's name if it looks like one that a vendor gives; people's names of columns do not count."""
        return name if _FIELD.fullmatch(name) else "(a name)"

    def code(self, text: Any) -> str:
        """Return a vendor's code of a refusal, which is a word like `not_found`; anything else is no code."""
        is_code = isinstance(text, str) and len(text) <= 60 and (text in _CODES or _CODE.fullmatch(text))
        return str(text) if is_code else ""

    def hide_unknown_words(self, text: str) -> str:
        """Return a message with nothing left of it but words that are in nobody's data."""
        kept = [word if word.lower() in self._single else "…" for word in re.findall(r"[A-Za-z]+|\S+", text)]
        short = [word for index, word in enumerate(kept) if word != "…" or kept[index - 1 : index] != ["…"]]
        return "“" + " ".join(short)[:200] + "”"


def collect_texts(shape: Any) -> Iterable[str]:
    """Yield the texts that stand in a shape or in what is asked."""
    if isinstance(shape, str):
        yield from (part.lstrip("=") for part in ([shape] if shape.startswith("==") else shape.split("|")))
    elif isinstance(shape, Mapping):
        for name, inner in shape.items():
            yield str(name).rstrip("?")
            yield from collect_texts(inner)
    elif isinstance(shape, list | tuple):
        for each in shape:
            yield from collect_texts(each)
    else:
        for name in getattr(shape, "__slots__", ()):
            yield from collect_texts(getattr(shape, name))


_LOOKS = (
    ("uuid", r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"),
    ("sha", r"[0-9a-f]{40}"),
    ("minute", r"\d{4}-\d\d-\d\dT\d\d:\d\d:00(\.000)?Z"),
    ("time", r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\S*"),
    ("date", r"\d{4}-\d\d-\d\d"),
    ("url", r"https?://\S+"),
    ("digits", r"\d+"),
    ("empty", r"\s*"),
)


def describe_value(found: Any, words: Words) -> str:
    """Return what kind of value was found; the value itself only where it is a word of the probe's own."""
    if found is None or isinstance(found, bool):
        return {None: "null", True: "true", False: "false"}[found]
    if isinstance(found, int | float):
        return "whole" if isinstance(found, int) else "number"
    if isinstance(found, list):
        inner = list(dict.fromkeys(describe_value(each, words) for each in found[:10]))
        return f"list of {', '.join(inner)}" if inner else "empty list"
    if isinstance(found, Mapping):
        return "object"
    if words.knows(found):
        return f"“{found}”"
    if found in words.kept.values() and len(found) > 3:
        return f"“{words.name_values(found)}”"
    return next((kind for kind, pattern in _LOOKS if re.fullmatch(pattern, found)), "text")
