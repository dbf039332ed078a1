"""Reads the tables of a set's files field by field; whatever is wrong is said with the file and the field's name."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from shared.core.errors import ConfigError

Json = dict[str, Any]


class Fields:
    """One table of a file. `place` says where it stands, like `bakery.toml: checks[2]`."""

    def __init__(self, place: str, table: Any) -> None:
        self.place = place
        if not isinstance(table, Mapping):
            raise ConfigError(f"{place} has to be a table, not {_format_value(table)}")
        self._table = table
        self._read: set[str] = set()

    def __contains__(self, name: str) -> bool:
        return name in self._table

    def wrong(self, name: str, what: str) -> ConfigError:
        return ConfigError(f"{self.place}{self._joint}{name} {what}")

    def end(self) -> None:
        """Raise ConfigError for a field that nobody has asked for: a slip of the pen is a check not made."""
        if unknown := sorted(set(self._table) - self._read):
            raise self.wrong(unknown[0], f"is not a field; there are {', '.join(sorted(self._read))}")

    def text(self, name: str, default: str | None = None) -> str:
        """Return a text; with a default it may be left out."""
        return str(self._take(name, str, "a text", default))

    def whole(self, name: str, default: int | None = None, *, minimum: int = 0) -> int:
        value = int(self._take(name, int, "a whole number", default))
        if value < minimum:
            raise self.wrong(name, f"is {value}; it has to be at least {minimum}")
        return value

    def flag(self, name: str) -> bool:
        """Return true or false; false where it is left out."""
        return bool(self._take(name, bool, "true or false", False))

    def one_of(self, name: str, allowed: Sequence[str]) -> str:
        value = self.text(name)
        if value not in allowed:
            raise self.wrong(name, f"is {value!r}; use one of {', '.join(allowed)}")
        return value

    def texts(self, name: str, *, required: bool = False) -> tuple[str, ...]:
        return tuple(self._read_items(name, str, "a text", required))

    def wholes(self, name: str, *, required: bool = False) -> tuple[int, ...]:
        return tuple(self._read_items(name, int, "a whole number", required))

    def choices(self, name: str, *, required: bool = False) -> tuple[tuple[str, ...], ...]:
        """Return a list of texts, each of which may be a list of alternatives."""
        found = []
        for number, each in enumerate(self._list(name, required), 1):
            words = [each] if isinstance(each, str) else each
            if not isinstance(words, list) or not words or not all(isinstance(word, str) and word for word in words):
                raise self.wrong(f"{name}[{number}]", f"has to be a text or a list of texts, not {_format_value(each)}")
            found.append(tuple(words))
        return tuple(found)

    def lines(self, name: str, *, required: bool = False) -> tuple[tuple[str, ...], ...]:
        found = []
        for number, each in enumerate(self._list(name, required), 1):
            if not isinstance(each, list) or not each or not all(isinstance(word, str) for word in each):
                raise self.wrong(f"{name}[{number}]", f"has to be a list of texts, not {_format_value(each)}")
            found.append(tuple(each))
        return tuple(found)

    def table(self, name: str) -> Json:
        """Return a table of any fields; empty where it is left out."""
        return dict(self._take(name, Mapping, "a table", {}))

    def tables(self, name: str, *, required: bool = False) -> list[Json]:
        return [dict(each) for each in self._read_items(name, Mapping, "a table", required)]

    def parts(self, name: str, *, required: bool = False) -> list[Fields]:
        """Return a list of tables, each to be read field by field."""
        return [Fields(f"{self.place}{self._joint}{name}[{number}]", each)
                for number, each in enumerate(self._list(name, required), 1)]  # fmt: skip

    def patterns(self, name: str) -> dict[str, str]:
        """Return a table of regular expressions."""
        found = {key: str(value) for key, value in self.table(name).items()}
        for key, pattern in found.items():
            try:
                re.compile(pattern)
            except re.error as error:
                raise self.wrong(f"{name}.{key}", f"is not a regular expression: {error}") from None
        return found

    @property
    def _joint(self) -> str:
        return "." if "[" in self.place else ": "

    def _list(self, name: str, required: bool) -> list[Any]:
        found: list[Any] = self._take(name, list, "a list", None if required else [])
        if required and not found:
            raise self.wrong(name, "is empty")
        return found

    def _read_items(self, name: str, kind: type, called: str, required: bool) -> list[Any]:
        found = self._list(name, required)
        for number, each in enumerate(found, 1):
            if not isinstance(each, kind) or (kind is int and isinstance(each, bool)):
                raise self.wrong(f"{name}[{number}]", f"has to be {called}, not {_format_value(each)}")
        return found

    def _take(self, name: str, kind: Any, called: str, default: Any) -> Any:
        self._read.add(name)
        if name not in self._table:
            if default is None:
                raise self.wrong(name, f"is missing; it has to be {called}")
            return default
        value = self._table[name]
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)) or (kind is str and not value):
            raise self.wrong(name, f"has to be {called}, not {_format_value(value)}")
        return value


def _format_value(value: Any) -> str:
    return repr(value)[:60]
