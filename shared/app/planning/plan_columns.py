"""What a step does with the columns of a database, checked against them while the plan is made.

What is unambiguous is mended: the case of a name, a status that is a select, a date in words. The rest is told with
what there is: columns, options, the form of a filter. Notion makes an option of a select as it is written, so one that
somebody has named is let through, and people are told of it; a status takes none that is not there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from shared.app.workspace.database_columns import find_kept_column
from shared.core.documents.places import Column, Columns
from shared.core.planning.plan_refusals import Problems

Json = Mapping[str, Any]
_CHOICES = ("select", "status")
_OPTIONS = (*_CHOICES, "multi_select")
_TEXTS = ("title", "rich_text", "url", "email", "phone_number")
_EQUAL = {"equals": "contains", "does_not_equal": "does_not_contain"}
_DATES = ("date", "created_time", "last_edited_time")
_WHEN = ("equals", "before", "after", "on_or_before", "on_or_after")
_WORDS = {"today": 0, "now": 0, "tomorrow": 1, "yesterday": -1}
_MAX_NAMED = 40
_DEEPEST = 3
_STEP = "step:"  # what an earlier step will say


class ColumnCheck:
    """The columns of one data source, and where in the plan they are used."""

    def __init__(self, columns: Columns, today: date, problems: Problems, where: str, named: str = "") -> None:
        """`named` is what the page and the plan say: an option that is not there yet has to stand in it."""
        self._columns, self._today, self._problems, self._where = columns, today, problems, where
        self._named = collapse_spaces(named)
        self.made: list[tuple[str, str]] = []  # options that will be new, with their columns

    def input(self, given: dict[str, Any]) -> dict[str, Any]:
        """Return the input with what could be mended; what could not is noted."""
        result = dict(given)
        if isinstance(given.get("filter"), Mapping):
            result["filter"] = self._filter(given["filter"], "filter", 0)
        for name in ("set", "properties"):
            if isinstance(given.get(name), Mapping):
                result[name] = {key: self._value(key, value, f"{name}.{key}") for key, value in given[name].items()}
        for name in ("columns", "sorts", "measures"):
            for number, each in enumerate(given[name] if isinstance(given.get(name), list) else ()):
                key = {"sorts": "property", "measures": "of"}.get(name, "")
                wanted = each.get(key) if key and isinstance(each, Mapping) else each
                self._find_column(wanted, f"{name}.{number}")
        self._find_column(given.get("group_by"), "group_by")
        return result

    def _find_column(self, wanted: Any, at: str) -> Column | None:
        """Return the column; None, and noted, where there is none of that name."""
        if not isinstance(wanted, str) or not wanted:
            return None
        found = find_kept_column(self._columns, wanted)
        if found is None:
            names = ", ".join(f"{each.name} ({each.type})" for each in self._columns.columns)
            self._problems.add("column", f"{self._where}.{at}", given=wanted[:80], known=names[:400])
        return found

    def _filter(self, given: Json, at: str, depth: int) -> dict[str, Any]:
        result = dict(given)
        for word in ("and", "or"):
            if isinstance(given.get(word), list) and depth < _DEEPEST:
                result[word] = [
                    self._filter(each, f"{at}.{word}.{number}", depth + 1) if isinstance(each, Mapping) else each
                    for number, each in enumerate(given[word])
                ]
        if "timestamp" in given:
            kind = str(given["timestamp"])
            return {**result, kind: self._condition(given.get(kind), kind, (), f"{at}.{kind}")}
        found = self._find_column(given.get("property"), at)
        return self._compare_column(result, found, at) if found else result

    def _compare_column(self, given: dict[str, Any], column: Column, at: str) -> dict[str, Any]:
        kind = column.type
        asked = [key for key in given if key not in ("property", "type")]
        if len(asked) != 1 or kind in ("formula", "rollup"):
            return given
        condition = given[asked[0]]
        if asked[0] != kind:
            condition = _convert_condition(condition, asked[0], kind)
            if condition is None:
                self._problems.add("filter_type", f"{self._where}.{at}", given=asked[0], name=column.name, kind=kind)
                return given
        return {"property": given["property"], kind: self._condition(condition, kind, column.options, f"{at}.{kind}")}

    def _condition(self, given: Any, kind: str, options: tuple[str, ...], at: str) -> Any:
        if not isinstance(given, Mapping):
            return given
        result = dict(given)
        for word, value in given.items():
            if kind in _DATES and word in _WHEN:
                result[word] = self._date(value, f"{at}.{word}")
            elif kind in _OPTIONS and isinstance(value, str) and options:
                result[word] = self._option(value, options, f"{at}.{word}")
        return result

    def _value(self, key: str, value: Any, at: str) -> Any:
        column = self._find_column(key, at)
        if column is None or not value:
            return value
        if column.type == "multi_select" and isinstance(value, list):
            return [self._choose_option(each, column, f"{at}.{number}") for number, each in enumerate(value)]
        if column.type in _OPTIONS:
            return self._choose_option(value, column, at)
        return self._date(value, at) if column.type == "date" else value

    def _choose_option(self, value: Any, column: Column, at: str) -> Any:
        """Return the option that is written; a new one only where Notion makes it and somebody has named it."""
        options = column.options
        if not isinstance(value, str) or value.startswith(_STEP) or not (options or column.type == "status"):
            return value
        wanted = collapse_spaces(value)
        if column.type == "status" or _alike(wanted, options) or not self._is_named(wanted):
            return self._option(value, options, at)
        self.made.append((wanted, column.name))
        return wanted

    def _is_named(self, wanted: str) -> bool:
        mention = re.search(rf"(?<!\w){re.escape(wanted)}(?!\w)", self._named)
        return mention is not None and "," not in wanted  # which Notion takes in no option

    def _option(self, value: str, options: tuple[str, ...], at: str) -> str:
        found = value if value in options else _alike(collapse_spaces(value), options)
        if not found:
            known = ", ".join(options[:_MAX_NAMED])
            self._problems.add("option", f"{self._where}.{at}", given=value[:80], known=known[:400])
        return found or value

    def _date(self, value: Any, at: str) -> Any:
        if not isinstance(value, str):
            return value
        days = _WORDS.get(value.strip().casefold())
        if days is not None:
            return (self._today + timedelta(days=days)).isoformat()
        if not all(_is_date(part.strip()) for part in value.replace("→", "/").split("/")):
            self._problems.add("date", f"{self._where}.{at}", given=value[:40], today=self._today.isoformat())
        return value


def collapse_spaces(text: str) -> str:
    """Return the text with one space wherever there is any."""
    return " ".join(text.split())


def _alike(wanted: str, options: tuple[str, ...]) -> str:
    """Return the option that is written so but for letter case and spaces; "" for none."""
    bare = _bare(wanted)
    return next(
        (each for each in options if each == wanted), next((each for each in options if _bare(each) == bare), "")
    )


def _bare(text: str) -> str:
    return "".join(text.casefold().split())


def _convert_condition(given: Any, asked: str, kind: str) -> Any:
    """Return a condition on another type of column as one on this type; None where it is not plain what is meant."""
    alike = (asked in _CHOICES and kind in _CHOICES) or (asked in _TEXTS and kind in _TEXTS)
    if alike or not isinstance(given, Mapping):
        return given if alike else None
    if asked in _CHOICES and kind == "multi_select":
        return {_EQUAL.get(word, word): value for word, value in given.items()}
    if asked == "multi_select" and kind in _CHOICES:
        back = {new: old for old, new in _EQUAL.items()}
        return {back.get(word, word): value for word, value in given.items()}
    return None


def _is_date(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True
