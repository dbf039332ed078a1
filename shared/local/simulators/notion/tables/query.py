"""Filters and sorts of a data source query: each filter becomes a test of one row."""

from collections.abc import Callable
from functools import partial
from typing import Any

from shared.local.simulators.notion import checks
from shared.local.simulators.notion.content.rich_text import plain
from shared.local.simulators.notion.refusals import invalid, validation_error
from shared.local.simulators.notion.tables import schema, values
from shared.local.simulators.notion.tables.comparing import (
    DATE,
    EMPTY,
    PEOPLE,
    RANGES,
    SELECT,
    TEXT,
    Context,
    comparison,
    is_empty,
    moment,
)

Json = dict[str, Any]
Test = Callable[[Json], bool]
_OPERATORS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(
        TEXT,
        ("equals", "does_not_equal", "contains", "does_not_contain", "starts_with", "ends_with", *EMPTY),
    ),
    **dict.fromkeys(
        ("number", "unique_id"),
        (
            "equals",
            "does_not_equal",
            "greater_than",
            "less_than",
            "greater_than_or_equal_to",
            "less_than_or_equal_to",
            *EMPTY,
        ),
    ),
    "checkbox": ("equals", "does_not_equal"),
    **dict.fromkeys(SELECT, ("equals", "does_not_equal", *EMPTY)),
    **dict.fromkeys(("multi_select", "relation", *PEOPLE), ("contains", "does_not_contain", *EMPTY)),
    "files": EMPTY,
}
_DATE_OPERATORS = ("equals", "before", "after", "on_or_before", "on_or_after", *EMPTY, *RANGES)
_OPERATORS.update(dict.fromkeys(DATE, _DATE_OPERATORS))


def filter_of(context: Context, value: Any, path: str, depth: int = 0) -> Test:
    """Make a test out of a filter; `and`/`or` nest two levels deep."""
    given = checks.check_object(value, path)
    for word in ("and", "or"):
        if word in given:
            checks.check_exact(given, path, (word,))
            if depth == 2:
                raise invalid(f"{path}.{word}", "not present", given[word])
            parts = checks.array(given[word], f"{path}.{word}")
            tests = [filter_of(context, part, f"{path}.{word}[{i}]", depth + 1) for i, part in enumerate(parts)]
            joined = all if word == "and" else any
            return lambda row: joined(test(row) for test in tests)
    if "timestamp" in given:
        kind = checks.one_of(given["timestamp"], f"{path}.timestamp", ("created_time", "last_edited_time"))
        checks.check_exact(given, path, ("timestamp", "type", kind), (kind,))
        column: Json = {"id": "", "name": kind, "type": kind, "config": {}}
        return _test(context, kind, given[kind], f"{path}.{kind}", lambda row: _value(context, column, row))
    return _property_filter(context, given, path)


def _property_filter(context: Context, given: Json, path: str) -> Test:
    if "property" not in given:
        raise invalid(f"{path}.or", "defined", ...)
    name = checks.string(given["property"], f"{path}.property")
    column = schema.find(context.columns, name)
    if column is None:
        raise validation_error(f"Could not find property with name or id: {name}")
    kinds = [key for key in given if key not in ("property", "type")]
    if kinds == ["rollup"] and column["type"] == "rollup":
        return _rollup_test(context, column, given["rollup"], f"{path}.rollup")
    if kinds == ["formula"] and column["type"] == "formula":
        raise validation_error(f"{name}: formulas are not worked out here, so that they cannot be filtered by.")
    if len(kinds) != 1 or kinds[0] not in _OPERATORS:
        raise invalid(f"{path}.{kinds[0] if kinds else column['type']}", "not present" if kinds else "defined", ...)
    if kinds[0] != column["type"]:
        raise validation_error(
            f"The property type in the database does not match the property type of the filter provided: database "
            f"property {column['type']} does not match filter {kinds[0]}"
        )
    extract = partial(_value, context, column)
    return _test(context, kinds[0], given[kinds[0]], f"{path}.{kinds[0]}", extract)


def _test(context: Context, kind: str, condition: Any, path: str, extract: Callable[[Json], Any]) -> Test:
    """Make a test of what `extract` gives for a row."""
    given = checks.check_object(condition, path)
    for key in given:
        if key not in _OPERATORS[kind]:
            raise invalid(f"{path}.{key}", "not present", given[key])
    if len(given) != 1:
        raise invalid(f"{path}.{_OPERATORS[kind][0]}", "defined", ...)
    operator, wanted = next(iter(given.items()))
    inner = f"{path}.{operator}"
    if operator in EMPTY:
        if wanted is not True:
            raise invalid(inner, "`true`", wanted)
        return lambda row: is_empty(extract(row)) == (operator == "is_empty")
    if operator in RANGES:
        checks.check_exact(wanted, inner, ())
    compare = comparison(context, kind, operator, wanted, inner)
    return lambda row: compare(extract(row))


def _rollup_test(context: Context, column: Json, condition: Any, path: str) -> Test:
    """A rollup is compared as the number or date it is, or by each of the values it shows."""
    given = checks.check_object(condition, path)
    way = next(iter(given), "any")
    if len(given) != 1 or way not in ("any", "every", "none", "number", "date"):
        raise invalid(f"{path}.{way}", "not present" if given else "defined", given.get(way, ...))

    def read_rollup(row: Json) -> Json:
        rolled: Json = values.read(column, row, context.world, cut=False)["rollup"]
        return rolled

    if way in ("number", "date"):
        return _test(context, way, given[way], f"{path}.{way}", lambda row: _comparable(way, read_rollup(row).get(way)))
    inner = checks.check_object(given[way], f"{path}.{way}")
    kind = next(iter(inner), "")
    if len(inner) != 1 or kind not in _OPERATORS:
        raise invalid(f"{path}.{way}.{kind or 'rich_text'}", "not present" if inner else "defined", ...)
    test = _test(context, kind, inner[kind], f"{path}.{way}.{kind}", lambda item: _comparable(kind, item.get(kind)))

    def keeps(row: Json) -> bool:
        found = [test(item) for item in read_rollup(row).get("array", [])]
        return all(found) if way == "every" else any(found) == (way == "any")

    return keeps


def _value(context: Context, column: Json, row: Json) -> Any:
    kind = column["type"]
    value = values.read(column, row, context.world, cut=False)[kind]
    if kind in ("rollup", "formula"):
        return _comparable(value["type"], value[value["type"]])
    return _comparable(kind, value)


def _comparable(kind: str, value: Any) -> Any:
    """Return what a filter compares: plain text, a number, a flag, option names, ids, or a start date."""
    if kind in ("title", "rich_text"):
        return plain(value or [])
    if kind in SELECT:
        return value["name"] if value else None
    if kind == "multi_select":
        return [option["name"] for option in value]
    if kind == "unique_id":
        return value["number"]
    if kind in ("people", "relation"):
        return [item["id"] for item in value]
    if kind in ("created_by", "last_edited_by"):
        return [value["id"]]
    if kind == "date":
        return value["start"] if value else None
    return None if kind == "unsupported" else value


def sort_rows(context: Context, rows: list[Json], value: Any) -> list[Json]:
    """Sort rows as asked, the first sort the strongest, empty values last; newest first when nothing is asked."""
    asked = checks.array(value, "body.sorts")
    ordered = list(rows) if asked else list(reversed(rows))
    for index, part in reversed(list(enumerate(asked))):
        path = f"body.sorts[{index}]"
        given = checks.check_exact(part, path, ("property", "timestamp", "direction"), ("direction",))
        down = checks.one_of(given["direction"], f"{path}.direction", ("ascending", "descending")) == "descending"
        column = _find_sort_column(context, given, path)
        empty = [row for row in ordered if is_empty(_value(context, column, row))]
        filled = [row for row in ordered if not is_empty(_value(context, column, row))]
        filled.sort(key=lambda row: _sort_key(context, column, row), reverse=down)
        ordered = filled + empty
    return ordered


def _find_sort_column(context: Context, given: Json, path: str) -> Json:
    if "timestamp" in given:
        kind = checks.one_of(given["timestamp"], f"{path}.timestamp", ("created_time", "last_edited_time"))
        return {"id": "", "name": kind, "type": kind, "config": {}}
    if "property" not in given:
        raise invalid(f"{path}.property", "defined", ...)
    column = schema.find(context.columns, str(given["property"]))
    if column is None:
        raise validation_error(f"Could not find sort property with name or id: {given['property']}")
    return column


def _sort_key(context: Context, column: Json, row: Json) -> Any:
    value = _value(context, column, row)
    if column["type"] in SELECT:  # options sort in the order of the column, not of the alphabet
        return [option["name"] for option in column["config"]["options"]].index(value)
    if column["type"] in DATE:
        return moment(value)[0]
    if isinstance(value, list):
        return [str(item).lower() for item in value]
    return value.lower() if isinstance(value, str) else value
