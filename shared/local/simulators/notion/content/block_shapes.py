"""Blocks as written: which fields each type takes, how deep children may go, and how many there may be."""

from collections.abc import Callable
from typing import Any

from shared.local.simulators.notion import checks
from shared.local.simulators.notion.content.code_languages import LANGUAGES
from shared.local.simulators.notion.content.rich_text import NameOf, plain, rich_text
from shared.local.simulators.notion.refusals import invalid, refused

Json = dict[str, Any]
Check = Callable[[Any, str, NameOf], Any]

MOST_BLOCKS = 1000
DEEPEST = 3  # tiers of children in one request, the top one counted


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
    return {"url": checks.url(checks.closed(value, path, ("url",), ("url",))["url"], f"{path}.url")}


def _upload(value: Any, path: str, name_of: NameOf) -> Json:
    return {"id": checks.object_id(checks.closed(value, path, ("id",), ("id",))["id"], f"{path}.id")}


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


def _synced(value: Any, path: str, name_of: NameOf) -> Json | None:
    if value is None:
        return None
    given = checks.closed(value, path, ("type", "block_id"), ("block_id",))
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
    "synced_block": {"synced_from": _synced},
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
_CHILDREN_NEEDED = {"table": 1, "column_list": 2, "column": 1, "tab": 1}
PARENTS = frozenset(
    [
        "paragraph",
        "bulleted_list_item",
        "numbered_list_item",
        "to_do",
        "toggle",
        "quote",
        "callout",
        "table",
        "column_list",
        "column",
        "tab",
        "synced_block",
        "heading_1",
        "heading_2",
        "heading_3",
        "heading_4",
    ]
)
_ONLY_CHILD = {"table": "table_row", "column_list": "column", "tab": "paragraph"}
_DEFAULTS: dict[Check, Any] = {_color: "default", _flag: False}


def block_type(value: Any, path: str, extra: tuple[str, ...] = ()) -> str:
    """Return the type of one block as written; exactly one type key must be there."""
    given = checks.opened(value, path)
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


def new_blocks(value: Any, path: str, name_of: NameOf) -> list[Json]:
    """Take a `children` array; return `{type, data, children}` trees, checked whole before anything is stored."""
    total = _count(value)
    if total > MOST_BLOCKS:
        raise invalid(f"{path} block count", f"≤ `{MOST_BLOCKS}`", total)
    return [_new(item, f"{path}[{i}]", 1, name_of) for i, item in enumerate(checks.array(value, path))]


def single(kind: str, fields: Json, path: str, name_of: NameOf) -> Json:
    """Take one block without what is below it; no limit of a request applies to how many there are."""
    checks.closed(fields, path, tuple(FIELDS[kind]))
    data = {name: FIELDS[kind][name](part, f"{path}.{name}", name_of) for name, part in fields.items()}
    return {"type": kind, "data": completed(kind, data), "children": []}


def _count(value: Any) -> int:
    if not isinstance(value, list):
        return 0
    total = 0
    for item in value:
        total += 1
        if isinstance(item, dict):
            total += sum(_count(inner.get("children")) for inner in item.values() if isinstance(inner, dict))
    return total


def _new(value: Any, path: str, tier: int, name_of: NameOf) -> Json:
    kind = block_type(value, path)
    if (tier > 1 and kind in ("column_list", "column")) or (tier > 2 and kind in ("table", "tab")):
        raise invalid(f"{path}.{kind}", "not present", value[kind])
    return _typed(kind, value[kind], f"{path}.{kind}", tier, name_of)


def _typed(kind: str, value: Any, path: str, tier: int, name_of: NameOf) -> Json:
    takes_children = kind in PARENTS and (tier < DEEPEST)
    allowed = (*FIELDS[kind], "children") if takes_children else tuple(FIELDS[kind])
    given = checks.closed(value, path, allowed, REQUIRED.get(kind, ()))
    if kind == "link_to_page" and not {"page_id", "database_id", "comment_id"} & set(given):
        raise invalid(f"{path}.page_id", "defined", ...)
    if kind in MEDIA:
        one_source(given, path)
    data = {
        name: check(given[name], f"{path}.{name}", name_of) for name, check in FIELDS[kind].items() if name in given
    }
    children = _children(kind, given, path, tier, name_of)
    if kind.startswith("heading") and children and not data.get("is_toggleable"):
        raise refused(f"{path}.children should be not present: only a toggleable heading takes children.")
    if kind == "table":
        for row in children:
            check_row(row["data"], data["table_width"])
    return {"type": kind, "data": completed(kind, data), "children": children}


def one_source(given: Json, path: str) -> None:
    """Refuse a medium that names no file, or two."""
    named = [key for key in ("external", "file_upload") if key in given]
    if not named:
        raise invalid(f"{path}.external", "defined", ...)
    if len(named) > 1:
        raise invalid(f"{path}.file_upload", "not present", given["file_upload"])
    if "type" in given:
        checks.one_of(given["type"], f"{path}.type", (named[0],))


def _children(kind: str, given: Json, path: str, tier: int, name_of: NameOf) -> list[Json]:
    if "children" not in given:
        return []
    items = checks.array(given["children"], f"{path}.children", least=_CHILDREN_NEEDED.get(kind, 0))
    only = _ONLY_CHILD.get(kind)
    blocks = []
    for index, item in enumerate(items):
        inner = f"{path}.children[{index}]"
        if only is None:
            blocks.append(_new(item, inner, tier + 1, name_of))
            continue
        found = block_type(item, inner)
        if found != only:
            raise invalid(f"{inner}.{only}", "defined", ...)
        # Columns spend no tier of their own: a block and one level below it fit into each of them.
        blocks.append(_typed(found, item[found], f"{inner}.{found}", tier + (found != "column"), name_of))
    return blocks


def check_row(row: Json, width: int) -> None:
    """Refuse a row whose cells do not fill its table exactly."""
    if len(row["cells"]) != width:
        raise refused("Number of cells in table row must match the table width of the parent table")


def check_child(parent_type: str, kind: str) -> None:
    """Refuse a child its parent cannot hold."""
    only = _ONLY_CHILD.get(parent_type)
    if (only is not None and kind != only) or (only is None and kind in ("table_row", "column")):
        raise refused(f"A block of type {kind} cannot be a child of a {parent_type}.")


def updated(kind: str, value: Any, path: str, name_of: NameOf) -> Json:
    """Take the fields of an update of one block; children and a table's width cannot change."""
    allowed = tuple(name for name in FIELDS[kind] if name != "table_width")
    given = checks.closed(value, path, allowed)
    if kind in MEDIA and ("external" in given or "file_upload" in given):
        one_source(given, path)
    return {name: FIELDS[kind][name](part, f"{path}.{name}", name_of) for name, part in given.items()}


def completed(kind: str, data: Json) -> Json:
    """Fill in what a read shows although nobody wrote it."""
    full: Json = {}
    for name, check in FIELDS[kind].items():
        if name in data:
            full[name] = data[name]
        elif check in _DEFAULTS:
            full[name] = _DEFAULTS[check]
        elif name in ("caption", "rich_text"):
            full[name] = []
        elif name == "icon":
            full[name] = None
    if kind in MEDIA:
        full["type"] = "external" if "external" in data else "file_upload"
    if kind == "file" and "name" not in full and "external" in data:
        full["name"] = data["external"]["url"].rstrip("/").rsplit("/", 1)[-1][: checks.LONGEST_SHORT]
    if kind == "link_to_page":
        full["type"] = next(key for key in ("page_id", "database_id", "comment_id") if key in data)
    return full


def text_of(data: Json) -> str:
    """Return the plain text of a block's own content."""
    if "rich_text" in data:
        return plain(data["rich_text"])
    if "cells" in data:
        return " | ".join(plain(cell) for cell in data["cells"])
    return str(data.get("url") or data.get("expression") or data.get("title") or "")
