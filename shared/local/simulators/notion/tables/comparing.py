"""One value against one condition of a filter: texts, numbers, dates, and what counts as empty."""

import calendar
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from shared.local.simulators.notion import checks
from shared.local.simulators.notion.tables import values

Json = dict[str, Any]

TEXT = ("title", "rich_text", "url", "email", "phone_number")
SELECT = ("select", "status")
DATE = ("date", "created_time", "last_edited_time")
PEOPLE = ("people", "created_by", "last_edited_by")
EMPTY = ("is_empty", "is_not_empty")
RANGES = ("this_week", "past_week", "past_month", "past_year", "next_week", "next_month", "next_year")


@dataclass(frozen=True, slots=True)
class Context:
    """What a filter needs to know: the columns, who is who, what day it is, and who asks."""

    columns: list[Json]
    world: values.Look
    now: datetime
    me: str


def is_empty(value: Any) -> bool:
    return value is None or value == "" or value == []


def comparison(context: Context, kind: str, operator: str, wanted: Any, path: str) -> Callable[[Any], bool]:
    if kind in TEXT:
        return _text_comparison(operator, checks.string(wanted, path))
    if kind in ("number", "unique_id"):
        return _number_comparison(operator, checks.number(wanted, path))
    if kind == "checkbox":
        flag = checks.boolean(wanted, path)
        return lambda value: (value == flag) == (operator == "equals")
    if kind in SELECT:
        names = _names(wanted, path)
        return lambda value: (value in names) == (operator == "equals")
    if kind in DATE:
        return _date_comparison(context, operator, wanted, path)
    if kind == "multi_select":
        names = _names(wanted, path)
    else:
        me = context.me if wanted == "me" and kind in PEOPLE else wanted
        names = [checks.object_id(me, path)]
    return lambda value: bool(set(names) & set(value)) == (operator == "contains")


def _names(wanted: Any, path: str) -> list[str]:
    if isinstance(wanted, str):
        return [wanted]
    return [checks.string(item, f"{path}[{i}]") for i, item in enumerate(checks.array(wanted, path, min_items=1))]


def _text_comparison(operator: str, wanted: str) -> Callable[[Any], bool]:
    low = wanted.lower()
    tests: dict[str, Callable[[str], bool]] = {
        "equals": lambda text: text == low,
        "does_not_equal": lambda text: text != low,
        "contains": lambda text: low in text,
        "does_not_contain": lambda text: low not in text,
        "starts_with": lambda text: text.startswith(low),
        "ends_with": lambda text: text.endswith(low),
    }
    return lambda value: tests[operator]((value or "").lower())


def _number_comparison(operator: str, wanted: float) -> Callable[[Any], bool]:
    tests: dict[str, Callable[[float], bool]] = {
        "equals": lambda number: number == wanted,
        "does_not_equal": lambda number: number != wanted,
        "greater_than": lambda number: number > wanted,
        "less_than": lambda number: number < wanted,
        "greater_than_or_equal_to": lambda number: number >= wanted,
        "less_than_or_equal_to": lambda number: number <= wanted,
    }
    return lambda value: operator == "does_not_equal" if value is None else tests[operator](value)


def moment(text: str) -> tuple[datetime, bool]:
    """Read a date or a time; say whether it was a whole day. A time without a zone is UTC."""
    parsed = datetime.fromisoformat(text)
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)), len(text) == 10


def _months(day: date, count: int) -> date:
    month = day.month - 1 + count
    year, month = day.year + month // 12, month % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def _find_named_days(today: date) -> dict[str, date]:
    return {
        "today": today,
        "tomorrow": today + timedelta(1),
        "yesterday": today - timedelta(1),
        "one_week_ago": today - timedelta(7),
        "one_week_from_now": today + timedelta(7),
        "one_month_ago": _months(today, -1),
        "one_month_from_now": _months(today, 1),
    }


def _range(operator: str, today: date) -> tuple[date, date]:
    sunday = today - timedelta((today.weekday() + 1) % 7)
    return {
        "this_week": (sunday, sunday + timedelta(6)),
        "past_week": (today - timedelta(7), today),
        "past_month": (_months(today, -1), today),
        "past_year": (_months(today, -12), today),
        "next_week": (today, today + timedelta(7)),
        "next_month": (today, _months(today, 1)),
        "next_year": (today, _months(today, 12)),
    }[operator]


def _date_comparison(context: Context, operator: str, wanted: Any, path: str) -> Callable[[Any], bool]:
    today = context.now.date()
    if operator in RANGES:
        first, last = _range(operator, today)
        return lambda value: value is not None and first <= moment(value)[0].date() <= last
    named = _find_named_days(today).get(wanted) if isinstance(wanted, str) else None
    at, whole_day = moment(named.isoformat() if named else checks.date_text(wanted, path))

    def compare(value: Any) -> bool:
        if value is None:
            return False
        row, row_is_day = moment(value)
        # A whole day on either side compares days, otherwise moments are compared.
        left: Any = row.date() if whole_day or row_is_day else row
        right: Any = at.date() if whole_day or row_is_day else at
        tests: dict[str, bool] = {
            "equals": left == right,
            "before": left < right,
            "after": left > right,
            "on_or_before": left <= right,
            "on_or_after": left >= right,
        }
        return tests[operator]

    return compare
