"""Which fields each type of block takes, and what each field may hold."""

from collections.abc import Callable
from typing import Any

from shared.local.simulators.notion import checks
from shared.local.simulators.notion.content.code_languages import LANGUAGES
from shared.local.simulators.notion.content.rich_text import NameOf, rich_text
from shared.local.simulators.notion.refusals import invalid

Json = dict[str, Any]
Check = Callable[[Any, str, NameOf], Any]


def _rich(value: Any, path: str, name_of: NameOf) -> list[Json]:
    return rich_text(value, path, name_of)


def _color(value: Any, path: str, name_of: NameOf) -> str:
    return checks.one_of(value, path, checks.TEXT_COLORS)


def _flag(value: Any, path: str, name_of: NameOf) -> bool:
    return checks.boolean(value, path)


def _icon(value: Any, path: str, name_of: NameOf) -> Json | None:
    return checks.icon(value, path)


def _language(value: Any, path: str, name_of: NameOf) -> str:
    return checks.one_of(value, path, LANGUAGES)


def _url(value: Any, path: str, name_of: NameOf) -> str:
    return checks.url(value, path)


def _external(value: Any, path: str, name_of: NameOf) -> Json:
    return {"url": checks.url(checks.check_exact(value, path, ("url",), ("url",))["url"], f"{path}.url")}


def _upload(value: Any, path: str, name_of: NameOf) -> Json:
    return {"id": checks.object_id(checks.check_exact(value, path, ("id",), ("id",))["id"], f"{path}.id")}


def _name(value: Any, path: str, name_of: NameOf) -> str:
    return checks.string(value, path, checks.LONGEST_SHORT, 1)


def _expression(value: Any, path: str, name_of: NameOf) -> str:
    return checks.string(value, path, 1000)


def _id(value: Any, path: str, name_of: NameOf) -> str:
    return checks.object_id(value, path)


def _width(value: Any, path: str, name_of: NameOf) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise invalid(path, "an integer", value)
    if value < 1:
        raise invalid(path, "≥ `1`", value)
    return value


def _ratio(value: Any, path: str, name_of: NameOf) -> float:
    ratio = checks.number(value, path)
    if not 0 < ratio < 1:
        raise invalid(path, "> `0` and < `1`", value)
    return ratio


def _cells(value: Any, path: str, name_of: NameOf) -> list[Any]:
    return [rich_text(cell, f"{path}[{i}]", name_of) for i, cell in enumerate(checks.array(value, path))]


def _check_synced_from(value: Any, path: str, name_of: NameOf) -> Json | None:
    if value is None:
        return None
    given = checks.check_exact(value, path, ("type", "block_id"), ("block_id",))
    return {"type": "block_id", "block_id": checks.object_id(given["block_id"], f"{path}.block_id")}


_TEXT: dict[str, Check] = {"rich_text": _rich, "color": _color}
_MEDIA: dict[str, Check] = {
    "external": _external,
    "file_upload": _upload,
    "type": lambda v, p, n: checks.one_of(v, p, ("external", "file_upload")),
}
_HEADING = {**_TEXT, "is_toggleable": _flag}
_MEDIUM = {**_MEDIA, "caption": _rich}

FIELDS: dict[str, dict[str, Check]] = {
    "paragraph": {**_TEXT, "icon": _icon},
    **{f"heading_{level}": _HEADING for level in (1, 2, 3, 4)},
    "bulleted_list_item": _TEXT,
    "numbered_list_item": _TEXT,
    "to_do": {**_TEXT, "checked": _flag},
    "toggle": _TEXT,
    "quote": _TEXT,
    "callout": {**_TEXT, "icon": _icon},
    "code": {"rich_text": _rich, "language": _language, "caption": _rich},
    "equation": {"expression": _expression},
    "divider": {},
    "breadcrumb": {},
    "table_of_contents": {"color": _color},
    "bookmark": {"url": _url, "caption": _rich},
    "embed": {"url": _url, "caption": _rich},
    **dict.fromkeys(("image", "video", "pdf", "audio"), _MEDIUM),
    "file": {**_MEDIUM, "name": _name},
    "table": {"table_width": _width, "has_column_header": _flag, "has_row_header": _flag},
    "table_row": {"cells": _cells},
    "column_list": {},
    "column": {"width_ratio": _ratio},
    "tab": {},
    "synced_block": {"synced_from": _check_synced_from},
    "link_to_page": {
        "type": lambda v, p, n: checks.one_of(v, p, ("page_id", "database_id", "comment_id")),
        "page_id": _id,
        "database_id": _id,
        "comment_id": _id,
    },
}
REQUIRED: dict[str, tuple[str, ...]] = {
    **{kind: ("rich_text",) for kind, fields in FIELDS.items() if "rich_text" in fields},
    "code": ("rich_text", "language"),
    "equation": ("expression",),
    "bookmark": ("url",),
    "embed": ("url",),
    "table": ("table_width", "children"),
    "table_row": ("cells",),
    "column_list": ("children",),
    "column": ("children",),
    "tab": ("children",),
    "synced_block": ("synced_from",),
}
MEDIA = ("image", "video", "pdf", "audio", "file")
DEFAULTS: dict[Check, Any] = {_color: "default", _flag: False}


def block_type(value: Any, path: str, extra: tuple[str, ...] = ()) -> str:
    """Return the type of one block as written; exactly one type key must be there."""
    given = checks.check_object(value, path)
    found = [key for key in given if key in FIELDS]
    for key in given:
        if key not in FIELDS and key not in ("object", "type", *extra):
            raise invalid(f"{path}.{key}", "not present", given[key])
    if not found:
        raise invalid(f"{path}.{given.get('type') or 'paragraph'}", "defined", ...)
    if len(found) > 1:
        raise invalid(f"{path}.{found[1]}", "not present", given[found[1]])
    if "object" in given:
        checks.one_of(given["object"], f"{path}.object", ("block",))
    if "type" in given:
        checks.one_of(given["type"], f"{path}.type", (found[0],))
    return found[0]
