"""Closed lists of what a request may contain: unknown fields, wrong types and missing fields are refused by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

ANY, TEXT, NUMBER, WHOLE, FLAG = "any", "text", "number", "whole", "flag"


@dataclass(frozen=True, slots=True)
class Words:
    """One of these words."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Listed:
    """A list of these."""

    each: Any


@dataclass(frozen=True, slots=True)
class Either:
    """Any of these, told apart by their JSON type."""

    kinds: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class ByField:
    """Objects told apart by the word in one field, which has a default where it may be left out."""

    field: str
    kinds: Mapping[str, Any]
    default: str = ""


@dataclass(frozen=True, slots=True)
class Closed:
    """An object of these fields alone; those in `needed` must be there. None stands for a field left out."""

    fields: Mapping[str, Any]
    needed: tuple[str, ...] = ()


class BadShape(Exception):
    """A request of another shape: `where` is the path of the field, `problem` one of unknown, missing, type, word."""

    def __init__(self, where: str, problem: str, detail: str = "") -> None:
        super().__init__(f"{where}: {problem} {detail}")
        self.where, self.problem, self.detail = where, problem, detail


def words(*each: str) -> Words:
    """Return one of these words."""
    return Words(each)


def either(*kinds: Any) -> Either:
    """Return any of these."""
    return Either(kinds)


def check(value: Any, spec: Any, where: str = "") -> None:
    """Raise BadShape unless the value has the shape."""
    if isinstance(spec, Words):
        if value not in spec.words:
            raise BadShape(where, "word", f"one of {', '.join(spec.words)}, not {value!r}")
    elif isinstance(spec, Listed):
        if not isinstance(value, list):
            raise BadShape(where, "type", "an array")
        for index, each in enumerate(value):
            check(each, spec.each, f"{where}[{index}]")
    elif isinstance(spec, Either):
        _check_either(value, spec, where)
    elif isinstance(spec, ByField):
        _check_by_field(value, spec, where)
    elif isinstance(spec, Closed):
        _check_closed(value, spec, where)
    elif not _is(value, spec):
        raise BadShape(where, "type", str(spec))


def _check_either(value: Any, spec: Either, where: str) -> None:
    for kind in spec.kinds:
        plain = isinstance(kind, str) and _is(value, kind)
        word = isinstance(kind, Words) and value in kind.words
        several = isinstance(kind, Listed) and isinstance(value, list)
        if plain or word or several or (isinstance(kind, Closed | ByField) and isinstance(value, dict)):
            check(value, kind, where)
            return
    raise BadShape(where, "type", "another type")


def _check_by_field(value: Any, spec: ByField, where: str) -> None:
    if not isinstance(value, dict):
        raise BadShape(where, "type", "an object")
    word = value.get(spec.field, spec.default)
    if word not in spec.kinds:
        raise BadShape(f"{where}.{spec.field}".lstrip("."), "word", f"one of {', '.join(spec.kinds)}, not {word!r}")
    check(value, spec.kinds[word], where)


def _check_closed(value: Any, spec: Closed, where: str) -> None:
    if not isinstance(value, dict):
        raise BadShape(where, "type", "an object")
    for name, each in value.items():
        at = f"{where}.{name}".lstrip(".")
        if name not in spec.fields:
            raise BadShape(at, "unknown")
        if each is not None:
            check(each, spec.fields[name], at)
    for name in spec.needed:
        if value.get(name) is None:
            raise BadShape(f"{where}.{name}".lstrip("."), "missing")


def _is(value: Any, kind: str) -> bool:
    plain = isinstance(value, int | float) and not isinstance(value, bool)
    return {
        ANY: True,
        TEXT: isinstance(value, str),
        NUMBER: plain,
        WHOLE: plain and value == int(value),
        FLAG: isinstance(value, bool),
        "object": isinstance(value, dict),
    }[kind]
