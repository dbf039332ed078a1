"""Property values that were read, as they are written again; and values of a plan, for columns by name or id."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import unquote
from zoneinfo import ZoneInfo

from shared.core.errors import Rejected
from shared.core.text.outgoing_text import may_link, plain
from shared.integrations.notion.content.blocks import MAX_ITEMS
from shared.integrations.notion.content.reading import plain_text, property_text, read_spans
from shared.integrations.notion.content.rich_text import rich_text
from shared.integrations.notion.values.property_values import Value, property_value

Json = dict[str, Any]

_AS_IT_IS = frozenset({"number", "checkbox", "url", "email", "phone_number", "place"})
_IDS = frozenset({"people", "relation"})
_CHOICES = frozenset({"select", "status", "multi_select"})
_TEXTS = frozenset({"title", "rich_text"})
WRITABLE = _AS_IT_IS | _IDS | _CHOICES | _TEXTS | {"date", "files"}


def value_again(value: Mapping[str, Any], *, by_name: bool = False) -> Json | None:
    """Return a property value of a page as it is written; None for a type that only Notion fills in.

    `by_name` names options instead of giving their ids, for a column that is made anew. Raises ValueError saying what
    cannot be written again: files that lie with Notion, more than 100 entries.
    """
    kind = str(value.get("type"))
    content = value.get(kind)
    if kind not in WRITABLE:
        return None
    if isinstance(content, list) and len(content) > MAX_ITEMS and kind not in _TEXTS:
        raise ValueError(f"it has {len(content)} entries, and Notion takes only {MAX_ITEMS} at once")
    if kind in _TEXTS:
        items = rich_text(read_spans(content))
        if len(items) > MAX_ITEMS:
            raise ValueError(f"its text has {len(items)} runs, and Notion takes only {MAX_ITEMS} at once")
        return {kind: items}
    if kind in _IDS:
        return {kind: [{"id": each["id"]} for each in content or ()]}
    if kind == "files":
        return {kind: [_file(each) for each in content or ()]}
    if kind == "multi_select":
        return {kind: [_option(each, by_name) for each in content or ()]}
    if kind in _CHOICES:
        return {kind: _option(content, by_name) if content else None}
    if kind == "date" and isinstance(content, Mapping):
        return {kind: {name: content[name] for name in ("start", "end", "time_zone") if content.get(name)}}
    return {kind: content}


def _option(option: Mapping[str, Any], by_name: bool) -> Json:
    return {"name": option["name"]} if by_name or not option.get("id") else {"id": option["id"]}


def _file(file: Mapping[str, Any]) -> Json:
    if "external" not in file:
        raise ValueError("it holds files that Notion stores under addresses that expire")
    return {"type": "external", "name": str(file.get("name") or "file")[:100], "external": dict(file["external"])}


def means_the_same(read: Mapping[str, Any], written: Mapping[str, Any]) -> bool:
    """Say whether a value that was read is what `property_value` or `value_again` has written."""
    kind = str(read.get("type"))
    if kind not in written:
        return False
    here, sent = read.get(kind), written[kind]
    if kind in _TEXTS:
        return plain_text(here) == plain_text(sent)
    if kind in _IDS:
        return sorted(_bare(each) for each in here or ()) == sorted(_bare(each) for each in sent or ())
    if kind == "multi_select":
        key = "id" if any("id" in each for each in sent or ()) else "name"
        return sorted(str(each.get(key)) for each in here or ()) == sorted(str(each.get(key)) for each in sent or ())
    if kind in _CHOICES:
        key = "id" if "id" in (sent or {}) else "name"
        return (here or {}).get(key) == (sent or {}).get(key)
    if kind == "date":
        return _span_of(here) == _span_of(sent)
    return bool(here == sent)


CHANGED = "somebody has changed it since"


def back_again(now: Mapping[str, Any], former: Mapping[str, Any], written: Mapping[str, Any] | None) -> Json | None:
    """Return what brings a former value back where the property still holds what we `written`; None: it is back.

    Without `written` we have left it empty. Raises ValueError where somebody has changed it since, or it cannot be
    written again.
    """
    kind = str(former.get("type"))
    if kind not in WRITABLE or (now.get("type") == kind and now.get(kind) == former.get(kind)):
        return None
    ours = means_the_same(now, written) if written is not None else not _holds(now)
    if not ours:
        raise ValueError(CHANGED)
    return value_again(former)


def _holds(value: Mapping[str, Any]) -> bool:
    return (value.get("type") != "checkbox" and property_text(dict(value)) != "") or value.get("checkbox") is True


def _bare(each: Mapping[str, Any]) -> str:
    return str(each["id"]).replace("-", "").lower()


def _span_of(date: Any) -> tuple[Any, Any]:
    if not isinstance(date, Mapping):
        return None, None
    zone = str(date.get("time_zone") or "UTC")
    return _moment(date.get("start"), zone), _moment(date.get("end"), zone)


def _moment(text: Any, zone: str) -> Any:
    """Return a day as it is, and a time as one instant however it was spelled."""
    try:
        if not text or len(text) <= len("2026-12-01"):
            return text or None
        moment = datetime.fromisoformat(text)
        return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))
    except (ValueError, KeyError):
        return text


def find_column(columns: Mapping[str, Json], wanted: str) -> tuple[str, Json] | None:
    """Return name and form of a column by its name, its id, or "title"."""
    if wanted in columns:
        return wanted, columns[wanted]
    for name, column in columns.items():
        if name.casefold() == wanted.casefold() or unquote(str(column.get("id"))) == unquote(wanted):
            return name, column
    if wanted.casefold() == "title":
        return next(((name, column) for name, column in columns.items() if column.get("type") == "title"), None)
    return None


def column_of(columns: Mapping[str, Json], wanted: str) -> tuple[str, Json]:
    """Return name and form of a column; raises Rejected naming those that exist."""
    found = find_column(columns, wanted)
    if found is None:
        names = ", ".join(sorted(columns))[:500]
        raise Rejected("notion", f"there is no column {wanted[:100]!r}; the columns are: {names}")
    return found


def planned_values(columns: Mapping[str, Json], values: Mapping[str, Value], hosts: Iterable[str] = ()) -> Json:
    """Return a plan's values as they are written, by column id; `columns` are a schema or a page's properties.

    Texts are made harmless, and an address may lead only to Notion and `hosts` (security 7.3).
    """
    known = frozenset(hosts)
    written: Json = {}
    for wanted, value in values.items():
        name, column = column_of(columns, wanted)
        kind = str(column.get("type"))
        if kind == "files":
            raise Rejected("notion", f"{name}: use notion.attach_file to put files there")
        if kind == "url" and value and not may_link(str(value), known):
            raise Rejected("notion", f"{name}: we do not write addresses outside Notion; put it into a text column")
        if kind in _TEXTS and isinstance(value, str):
            value = plain(value, known)
        written[str(column["id"])] = property_value(kind, value)
    return written


def number_of(value: Mapping[str, Any]) -> float | None:
    """Return the number a property holds or computes; None when it holds none."""
    kind = str(value.get("type"))
    content = value.get(kind)
    if kind in ("formula", "rollup") and isinstance(content, Mapping):
        return number_of(content)
    if kind == "unique_id" and isinstance(content, Mapping):
        content = content.get("number")
    if isinstance(content, bool):
        return float(content)
    return float(content) if isinstance(content, int | float) else None


def labels_of(value: Mapping[str, Any]) -> list[str]:
    """Return what a row counts under when rows are grouped by this property; each entry of a list is one."""
    kind = str(value.get("type"))
    content = value.get(kind)
    if kind in ("multi_select", "people", "relation") and isinstance(content, list):
        return [str(each.get("name") or each.get("id")) for each in content] or [""]
    return [property_text(dict(value))]
