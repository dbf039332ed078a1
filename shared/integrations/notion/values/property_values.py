"""Property values as Notion wants them written, from plain text and the database's own schema."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from shared.core.errors import Rejected
from shared.integrations.notion.content.blocks import MAX_ITEMS, rich_text, units

Value = str | float | bool | Sequence[str] | None
Json = dict[str, Any]

_MAX_OPTION = 100
_TRUE = frozenset({"true", "yes", "1", "on", "x", "done", "checked"})


def property_value(kind: str, value: Value) -> Json:
    """Return a property of that type as written to a page; None or an empty text clears it.

    Raises Rejected when the type cannot be written or the value does not fit it.
    """
    write = _WRITERS.get(kind)
    if write is None:
        raise Rejected("notion", f"properties of type {kind!r} cannot be written")
    return {kind: write(value)}


def _text(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value
    if isinstance(value, int | float):
        return f"{value:g}" if isinstance(value, float) and not value.is_integer() else str(int(value))
    return ", ".join(value)


def _list(value: Value) -> list[str]:
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    if value is None or isinstance(value, bool | int | float):
        return [_text(value)] if value is not None else []
    return [part.strip() for part in value if part.strip()]


def _rich(value: Value) -> Any:
    return rich_text(_text(value))[:MAX_ITEMS]


def _number(value: Value) -> Any:
    if value is None or value == "":
        return None
    try:
        number = float(value if isinstance(value, int | float) else _text(value).replace(" ", "").replace("_", ""))
    except ValueError:
        raise Rejected("notion", f"{_text(value)[:50]!r} is not a number") from None
    if not math.isfinite(number):
        raise Rejected("notion", "a number must be finite")
    return int(number) if number.is_integer() else number


def _option(name: str) -> Json:
    """Option names may not hold commas and, against the schema, not more than 100 characters."""
    return {"name": " ".join(name.replace(",", " ").split())[:_MAX_OPTION]}


def _choice(value: Value) -> Any:
    text = _text(value).strip()
    return _option(text) if text else None


def _choices(value: Value) -> Any:
    names = list(dict.fromkeys(_option(name)["name"] for name in _list(value)))
    return [{"name": name} for name in names[:MAX_ITEMS] if name]


def _ids(value: Value) -> Any:
    return [{"id": each} for each in _list(value)[:MAX_ITEMS]]


def _date(value: Value) -> Any:
    start, _, end = _text(value).replace("→", "/").partition("/")
    if not start.strip():
        return None
    return {"start": start.strip()} | ({"end": end.strip()} if end.strip() else {})


def _short(limit: int) -> Callable[[Value], Any]:
    def write(value: Value) -> Any:
        text = _text(value).strip()
        if units(text) > limit:
            raise Rejected("notion", f"a text of {units(text)} characters is too long for this column ({limit})")
        return text or None

    return write


def _checkbox(value: Value) -> Any:
    return value if isinstance(value, bool) else _text(value).strip().casefold() in _TRUE


def _files(value: Value) -> Any:
    return [
        {"type": "external", "name": url.rsplit("/", 1)[-1][:100] or "file", "external": {"url": url}}
        for url in _list(value)[:MAX_ITEMS]
    ]


_WRITERS: Mapping[str, Callable[[Value], Any]] = {
    "title": _rich,
    "rich_text": _rich,
    "number": _number,
    "select": _choice,
    "status": _choice,
    "multi_select": _choices,
    "date": _date,
    "people": _ids,
    "relation": _ids,
    "checkbox": _checkbox,
    "url": _short(2000),
    "email": _short(100),
    "phone_number": _short(100),
    "files": _files,
}
