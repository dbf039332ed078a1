"""Blocks as written: how deep children may go, how many there may be, and what is filled in."""

from typing import Any

from shared.local.simulators.notion import checks
from shared.local.simulators.notion.content.block_fields import DEFAULTS, FIELDS, MEDIA, REQUIRED, block_type
from shared.local.simulators.notion.content.rich_text import NameOf, plain
from shared.local.simulators.notion.refusals import invalid, validation_error

Json = dict[str, Any]

MAX_BLOCKS = 1000
DEEPEST = 3  # tiers of children in one request, the top one counted
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


def new_blocks(value: Any, path: str, name_of: NameOf) -> list[Json]:
    """Take a `children` array; return `{type, data, children}` trees, checked whole before anything is stored."""
    total = _count(value)
    if total > MAX_BLOCKS:
        raise invalid(f"{path} block count", f"≤ `{MAX_BLOCKS}`", total)
    return [_new(item, f"{path}[{i}]", 1, name_of) for i, item in enumerate(checks.array(value, path))]


def single(kind: str, fields: Json, path: str, name_of: NameOf) -> Json:
    """Take one block without what is below it; no limit of a request applies to how many there are."""
    checks.check_exact(fields, path, tuple(FIELDS[kind]))
    data = {name: FIELDS[kind][name](part, f"{path}.{name}", name_of) for name, part in fields.items()}
    return {"type": kind, "data": fill_defaults(kind, data), "children": []}


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
    return _build_block(kind, value[kind], f"{path}.{kind}", tier, name_of)


def _build_block(kind: str, value: Any, path: str, tier: int, name_of: NameOf) -> Json:
    takes_children = kind in PARENTS and (tier < DEEPEST)
    allowed = (*FIELDS[kind], "children") if takes_children else tuple(FIELDS[kind])
    given = checks.check_exact(value, path, allowed, REQUIRED.get(kind, ()))
    if kind == "link_to_page" and not {"page_id", "database_id", "comment_id"} & set(given):
        raise invalid(f"{path}.page_id", "defined", ...)
    if kind in MEDIA:
        one_source(given, path)
    data = {
        name: check(given[name], f"{path}.{name}", name_of) for name, check in FIELDS[kind].items() if name in given
    }
    children = _children(kind, given, path, tier, name_of)
    if kind.startswith("heading") and children and not data.get("is_toggleable"):
        raise validation_error(f"{path}.children should be not present: only a toggleable heading takes children.")
    if kind == "table":
        for row in children:
            check_row(row["data"], data["table_width"])
    return {"type": kind, "data": fill_defaults(kind, data), "children": children}


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
    items = checks.array(given["children"], f"{path}.children", min_items=_CHILDREN_NEEDED.get(kind, 0))
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
        blocks.append(_build_block(found, item[found], f"{inner}.{found}", tier + (found != "column"), name_of))
    return blocks


def check_row(row: Json, width: int) -> None:
    """Refuse a row whose cells do not fill its table exactly."""
    if len(row["cells"]) != width:
        raise validation_error("Number of cells in table row must match the table width of the parent table")


def check_child(parent_type: str, kind: str) -> None:
    """Refuse a child its parent cannot hold."""
    only = _ONLY_CHILD.get(parent_type)
    if (only is not None and kind != only) or (only is None and kind in ("table_row", "column")):
        raise validation_error(f"A block of type {kind} cannot be a child of a {parent_type}.")


def parse_update(kind: str, value: Any, path: str, name_of: NameOf) -> Json:
    """Take the fields of an update of one block; children and a table's width cannot change."""
    allowed = tuple(name for name in FIELDS[kind] if name != "table_width")
    given = checks.check_exact(value, path, allowed)
    if kind in MEDIA and ("external" in given or "file_upload" in given):
        one_source(given, path)
    return {name: FIELDS[kind][name](part, f"{path}.{name}", name_of) for name, part in given.items()}


def fill_defaults(kind: str, data: Json) -> Json:
    """Fill in what a read shows although nobody wrote it."""
    full: Json = {}
    for name, check in FIELDS[kind].items():
        if name in data:
            full[name] = data[name]
        elif check in DEFAULTS:
            full[name] = DEFAULTS[check]
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
