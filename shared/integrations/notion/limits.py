"""What Notion refuses for its size or form, found before anything is sent. Source: notion-api, section 5.

Every error names the field as a path in the body, the limit, and what was given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from shared.core.errors import Rejected
from shared.http_client import json_bytes
from shared.integrations.notion.content.blocks import MAX_ITEMS, MAX_UNITS, MAX_URL, Text, rich_text, units

MAX_BODY_BYTES = 500_000
MAX_BODY_BLOCKS = 1000
MAX_SHORT = 100  # option names, file names, e-mail addresses, phone numbers
MAX_EXPRESSION = 1000
MAX_DESCRIPTION = 280
MAX_FILTER_LEVELS = 2

Json = dict[str, Any]

_BLOCK_LISTS = frozenset({"children", "content"})
_CHOICES = frozenset({"select", "status", "multi_select"})


def refuse(path: str, problem: str) -> Rejected:
    """Return the error for one field."""
    return Rejected("notion", f"{path}: {problem}")


def check_body(body: Json) -> None:
    """Raise Rejected for the first thing in a request's body that Notion would not take."""
    blocks = _check(body, "body", "", 0)
    if blocks > MAX_BODY_BLOCKS:
        raise refuse("body", f"{blocks} blocks in one request; Notion takes at most {MAX_BODY_BLOCKS}")
    try:
        size = len(json_bytes(body))
    except ValueError:
        raise refuse("body", "it holds what JSON cannot express: half a character, or an infinite number") from None
    if size > MAX_BODY_BYTES:
        raise refuse("body", f"{size} bytes in one request; Notion takes at most {MAX_BODY_BYTES}")


def _check(value: Any, path: str, name: str, blocks: int) -> int:
    """Check a value and all below it; return the number of blocks seen so far."""
    if isinstance(value, Mapping):
        _check_object(value, path, name)
        for key, each in value.items():
            own = "" if name == "properties" else str(key)  # there the keys are people's names of columns
            blocks = _check(each, f"{path}.{key}", own, blocks)
    elif isinstance(value, list | tuple):
        if len(value) > MAX_ITEMS:
            raise refuse(path, f"{len(value)} entries; Notion takes at most {MAX_ITEMS}")
        holds_blocks = name in _BLOCK_LISTS
        for index, each in enumerate(value):
            blocks = _check(each, f"{path}[{index}]", name if name in _CHOICES or name == "options" else "", blocks)
            blocks += holds_blocks and isinstance(each, Mapping)
    elif isinstance(value, str) and name in _TEXTS:
        _TEXTS[name](value, path)
    return blocks


def _check_object(value: Mapping[str, Any], path: str, name: str) -> None:
    text = value.get("text")
    if isinstance(text, Mapping) and isinstance(text.get("content"), str):
        _longest(MAX_UNITS)(text["content"], f"{path}.text.content")
    equation = value.get("equation")
    in_line = path.endswith("]") and not path.rpartition(".")[2].startswith(("children[", "content["))
    if in_line and isinstance(equation, Mapping) and isinstance(equation.get("expression"), str):
        _longest(MAX_EXPRESSION)(equation["expression"], f"{path}.equation.expression")
    if (name in _CHOICES or name == "options") and isinstance(value.get("name"), str):
        check_option(value["name"], f"{path}.name")


def check_option(name: str, path: str) -> None:
    """Check the name of one choice of a select, multi-select or status."""
    _longest(MAX_SHORT)(name, path)
    if "," in name:
        raise refuse(path, f"{name!r} holds a comma, which is not allowed in an option; write it without one")
    if not name.strip():
        raise refuse(path, "an option needs a name; give null to clear the value")


def _longest(limit: int) -> Callable[[str, str], None]:
    def check(value: str, path: str) -> None:
        if units(value) > limit:
            raise refuse(path, f"{units(value)} characters; Notion takes {limit}")

    return check


def _clearable(limit: int) -> Callable[[str, str], None]:
    longest = _longest(limit)

    def check(value: str, path: str) -> None:
        if not value:
            raise refuse(path, "an empty text is refused; give null to clear the value")
        longest(value, path)

    return check


_TEXTS: Mapping[str, Callable[[str, str], None]] = {
    "url": _clearable(MAX_URL),
    "email": _clearable(MAX_SHORT),
    "phone_number": _clearable(MAX_SHORT),
}


def check_schema(properties: Mapping[str, Any], path: str) -> None:
    """Check the columns of a data source beyond what every body is checked for."""
    for name, column in properties.items():
        described = column.get("description") if isinstance(column, Mapping) else None
        if isinstance(described, str) and not 1 <= units(described) <= MAX_DESCRIPTION:
            raise refuse(f"{path}.{name}.description", f"{units(described)} characters; Notion takes 1 to 280")


def check_files(properties: Mapping[str, Any]) -> None:
    """Check the names in files properties."""
    for name, value in properties.items():
        files = value.get("files") if isinstance(value, Mapping) else None
        for index, file in enumerate(files if isinstance(files, list) else ()):
            if isinstance(file, Mapping) and isinstance(file.get("name"), str):
                path = f"properties.{name}.files[{index}].name"
                _clearable(MAX_SHORT)(file["name"], path)


def check_filter(filter: Mapping[str, Any] | None) -> None:
    """Refuse a filter whose `and`/`or` are nested deeper than two levels."""
    if filter and (found := _levels(filter)) > MAX_FILTER_LEVELS:
        raise refuse("filter", f"{found} levels of and/or; Notion takes at most {MAX_FILTER_LEVELS}: flatten it")


def _levels(filter: Mapping[str, Any]) -> int:
    below: list[Any] = [*(filter.get("and") or ()), *(filter.get("or") or ())]
    deepest = max((_levels(each) for each in below if isinstance(each, Mapping)), default=0)
    return 1 + deepest if "and" in filter or "or" in filter else 0


def text_items(text: Text | Sequence[Json], field: str) -> list[Json]:
    """Return rich text for one field from a text, spans, or items as written; raises Rejected naming the field."""
    if isinstance(text, list) and all(isinstance(each, dict) for each in text):
        items: list[Json] = text
    else:
        items = rich_text(text)  # type: ignore[arg-type]
    if len(items) > MAX_ITEMS:
        raise refuse(field, f"{len(items)} runs of text; Notion takes at most {MAX_ITEMS}: shorten it or split it")
    return items
