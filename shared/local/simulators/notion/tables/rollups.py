"""Rollups: what a column works out over the rows that another column links to."""

import statistics
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from shared.local.simulators.notion import checks
from shared.local.simulators.notion.refusals import validation_error
from shared.local.simulators.notion.tables import schema

Json = dict[str, Any]
ReadValue = Callable[[Json, Json], Any]  # (column, page) -> the inner value as it reads

_COUNTS = ("count", "count_values", "empty", "not_empty", "unique", "checked", "unchecked")
_PERCENTS = {
    "percent_empty": "empty",
    "percent_not_empty": "not_empty",
    "percent_checked": "checked",
    "percent_unchecked": "unchecked",
}
_NUMBERS = ("sum", "average", "median", "min", "max", "range")
_DATES = ("earliest_date", "latest_date", "date_range")
FUNCTIONS = (
    *_COUNTS,
    *_PERCENTS,
    *_NUMBERS,
    *_DATES,
    "show_unique",
    "show_original",
    "count_per_group",
    "percent_per_group",
)
_PARTS = ("relation_property_name", "relation_property_id", "rollup_property_name", "rollup_property_id", "function")


def config(given: Json, path: str) -> Json:
    """Take the config of a rollup; which columns it means is known once all of them are there."""
    checks.check_exact(given, path, _PARTS, ("function",))
    checks.one_of(given["function"], f"{path}.function", FUNCTIONS)
    for part in ("relation_property", "rollup_property"):
        if f"{part}_name" not in given and f"{part}_id" not in given:
            raise validation_error(f"{path} should name {part}_name or {part}_id.")
    return dict(given)


def resolve(column: Json, columns: list[Json], nodes: Any) -> None:
    """Find the two columns a rollup is about, and keep both their names and their ids."""
    conf = column["config"]
    relation = schema.find(columns, str(conf.get("relation_property_id") or conf.get("relation_property_name")))
    if relation is None or relation["type"] != "relation":
        raise validation_error(f"{column['name']}: the rollup's relation property does not exist.")
    related_columns = nodes[relation["config"]["data_source_id"]]["columns"]
    target = schema.find(related_columns, str(conf.get("rollup_property_id") or conf.get("rollup_property_name")))
    if target is None:
        raise validation_error(f"{column['name']}: the rolled-up property does not exist in the related data source.")
    conf.update(
        relation_property_id=relation["id"],
        relation_property_name=relation["name"],
        rollup_property_id=target["id"],
        rollup_property_name=target["name"],
    )


def value(column: Json, page: Json, world: Any, read_value: ReadValue) -> Json:
    """Work a rollup out, `{type, …, function}`; over another rollup or a column that is gone it is unsupported."""
    conf = column["config"]
    function = conf["function"]
    rows = [world.nodes.get(key) for key in page["values"].get(conf.get("relation_property_id"), [])]
    pairs = []
    for row in rows:
        target = schema.find(world.columns(row), str(conf.get("rollup_property_id"))) if row is not None else None
        if target is None or target["type"] in ("rollup", "formula"):
            return {"type": "unsupported", "unsupported": {}, "function": function}
        if not row["in_trash"]:
            pairs.append((target, read_value(target, row)))
    return {**_answer(function, pairs), "function": function}


def _answer(function: str, pairs: list[tuple[Json, Any]]) -> Json:
    if function in ("show_original", "show_unique"):
        shown = [{"type": target["type"], target["type"]: inner} for target, inner in pairs]
        unique = [item for index, item in enumerate(shown) if item not in shown[:index]]
        return {"type": "array", "array": unique if function == "show_unique" else shown}
    inner = [each for _, each in pairs]
    if function in _COUNTS or function in _PERCENTS:
        return {"type": "number", "number": _count(function, inner)}
    if function in _NUMBERS:
        numbers = [each for each in inner if isinstance(each, int | float) and not isinstance(each, bool)]
        return {"type": "number", "number": _number(function, numbers)}
    if function in _DATES:
        return {"type": "date", "date": _date(function, inner)}
    return {"type": "unsupported", "unsupported": {}}


def _count(function: str, inner: list[Any]) -> float:
    if function in _PERCENTS:
        return _count(_PERCENTS[function], inner) / len(inner) if inner else 0
    filled = [each for each in inner if each not in (None, "", [], False)]
    return {
        "count": len(inner),
        "count_values": sum(len(each) if isinstance(each, list) else 1 for each in filled),
        "empty": len(inner) - len(filled),
        "not_empty": len(filled),
        "unique": len({str(each) for each in filled}),
        "checked": len(filled),
        "unchecked": len(inner) - len(filled),
    }[function]


def _number(function: str, numbers: list[float]) -> float | None:
    if function == "sum":
        return sum(numbers)
    if not numbers:
        return None
    ways: dict[str, Callable[[list[float]], float]] = {
        "average": statistics.fmean,
        "median": statistics.median,
        "min": min,
        "max": max,
        "range": lambda all_of: max(all_of) - min(all_of),
    }
    return ways[function](numbers)


def _date(function: str, inner: list[Any]) -> Json | None:
    dates = [each if isinstance(each, dict) else {"start": each, "end": None} for each in inner if each]
    if not dates:
        return None
    first = min((date["start"] for date in dates), key=_moment)
    last = max((date["end"] or date["start"] for date in dates), key=_moment)
    start = last if function == "latest_date" else first
    return {"start": start, "end": last if function == "date_range" else None, "time_zone": None}


def _moment(text: str) -> datetime:
    parsed = datetime.fromisoformat(text)
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
