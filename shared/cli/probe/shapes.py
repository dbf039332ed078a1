"""Shapes: what an answer must look like, as data, and where an answer is something else.

A shape is written as what it describes. A text names kinds, with `|` between them: "uuid", "text|null", "=list|=page"
(`=` is exactly that text). None, True, False and numbers are themselves. A list of one shape is a list of such things.
An object is one with these fields; "name?" may be missing, and "*" stands for all fields that people name themselves.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.cli.probe.value_kinds import Words, describe_value

MISSING, TYPE, VALUE, MORE = "missing", "type", "value", "more"  # kinds of difference; `more` breaks nothing of ours


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where an answer is not what was expected; both sides as shapes, never as values."""

    where: str
    kind: str
    expected: str
    found: str


@dataclass(frozen=True, slots=True)
class Says:
    """A text that holds all of these words, whatever stands between them; upper and lower case are the same."""

    words: tuple[str, ...]

    def __init__(self, *words: str) -> None:
        object.__setattr__(self, "words", words)


@dataclass(frozen=True, slots=True)
class Rows:
    """A list of so many entries, each of one shape."""

    count: int
    each: Any = "any"


@dataclass(frozen=True, slots=True)
class InOrder:
    """A list of exactly these values, in this order."""

    values: tuple[Any, ...]

    def __init__(self, *values: Any) -> None:
        object.__setattr__(self, "values", values)


@dataclass(frozen=True, slots=True)
class Either:
    """One of several shapes."""

    shapes: tuple[Any, ...]

    def __init__(self, *shapes: Any) -> None:
        object.__setattr__(self, "shapes", shapes)


def compare(shape: Any, found: Any, words: Words, where: str = "") -> Iterator[Difference]:
    """Yield each place where what was found is not of the shape."""
    if isinstance(shape, Mapping):
        yield from _compare_object(shape, found, words, where)
    elif isinstance(shape, list):
        yield from _compare_list(shape[0], found, words, where)
    elif isinstance(shape, Rows):
        yield from _compare_rows(shape, found, words, where)
    elif isinstance(shape, InOrder):
        if found != list(shape.values):
            yield Difference(where, VALUE, describe_shape(shape), describe_value(found, words))
    elif isinstance(shape, Says):
        if not isinstance(found, str):
            yield Difference(where, TYPE, describe_shape(shape), describe_value(found, words))
        elif not all(word.lower() in found.lower() for word in shape.words):
            yield Difference(where, VALUE, describe_shape(shape), words.hide_unknown_words(found))
    elif isinstance(shape, Either):
        tried = [list(compare(each, found, words, where)) for each in shape.shapes]
        if all(any(each.kind != MORE for each in differences) for differences in tried):
            yield min(tried, key=len)[0]
    else:
        yield from _compare_one(shape, found, words, where)


def _compare_object(shape: Mapping[str, Any], found: Any, words: Words, where: str) -> Iterator[Difference]:
    if not isinstance(found, Mapping):
        yield Difference(where, TYPE, "object", describe_value(found, words))
        return
    rest, known = shape.get("*"), {name.rstrip("?") for name in shape}
    for name, inner in shape.items():
        field = name.rstrip("?")
        if name == "*":
            continue
        if field in found:
            yield from compare(inner, found[field], words, _join_path(where, field))
        elif not name.endswith("?"):
            yield Difference(_join_path(where, field), MISSING, describe_shape(inner), "nothing")
    for name in found:
        if name in known:
            continue
        if rest is not None:
            yield from compare(rest, found[name], words, _join_path(where, "*"))
        else:
            yield Difference(_join_path(where, words.field(name)), MORE, "nothing", describe_value(found[name], words))


def _compare_list(shape: Any, found: Any, words: Words, where: str) -> Iterator[Difference]:
    if not isinstance(found, list):
        yield Difference(where, TYPE, "list", describe_value(found, words))
        return
    told_already: set[Difference] = set()  # the same in every entry is one difference
    for each in found:
        for difference in compare(shape, each, words, f"{where}[]"):
            if difference not in told_already:
                told_already.add(difference)
                yield difference


def _compare_rows(shape: Rows, found: Any, words: Words, where: str) -> Iterator[Difference]:
    if isinstance(found, list) and len(found) != shape.count:
        yield Difference(where, VALUE, describe_shape(shape), f"{len(found)} entries")
    yield from _compare_list(shape.each, found, words, where)


def _compare_one(shape: Any, found: Any, words: Words, where: str) -> Iterator[Difference]:
    if not isinstance(shape, str):
        if found != shape or isinstance(found, bool) != isinstance(shape, bool):
            yield Difference(where, VALUE, describe_shape(shape), describe_value(found, words))
        return
    if any(_is(kind, found) for kind in _kinds(shape)):
        return
    exact = all(kind.startswith("=") for kind in _kinds(shape)) and isinstance(found, str)
    yield Difference(where, VALUE if exact else TYPE, describe_shape(shape), describe_value(found, words))


def _kinds(shape: str) -> Sequence[str]:
    """Return the kinds that a text names; what an earlier answer gave may hold a bar, and is one text then."""
    parts = shape.split("|")
    is_one = shape.startswith("==") or any(not part.startswith("=") and part not in _KINDS for part in parts)
    return [shape] if is_one else parts


def _is(kind: str, found: Any) -> bool:
    if kind.startswith("=="):  # a text that may hold a bar
        return bool(found == kind[2:])
    if kind.startswith("="):
        return bool(found == kind[1:])
    return _KINDS[kind](found)


def _join_path(where: str, field: str) -> str:
    return f"{where}.{field}" if where else field


def describe_shape(shape: Any) -> str:
    """Return a shape as a person reads it."""
    if isinstance(shape, Mapping):
        return "object"
    if isinstance(shape, list):
        return "list"
    if isinstance(shape, Rows):
        return f"{shape.count} entries"
    if isinstance(shape, Says):
        return "text with " + ", ".join(f"“{word}”" for word in shape.words)
    if isinstance(shape, InOrder):
        return "in this order: " + ", ".join(
            describe_shape(f"={each}" if isinstance(each, str) else each) for each in shape.values
        )
    if isinstance(shape, Either):
        return " or ".join(dict.fromkeys(describe_shape(each) for each in shape.shapes))
    if shape is None or isinstance(shape, bool):
        return {None: "null", True: "true", False: "false"}[shape]
    return " or ".join(f"“{kind.lstrip('=')}”" if kind.startswith("=") else kind for kind in _kinds(str(shape)))


def pick(found: Any, path: str) -> Any:
    """Return what stands at a path such as `results[].id` or `results[0].title`; None where there is nothing."""
    for step in re.findall(r"[^.\[\]]+|\[\d*\]", path):
        if step == "[]":
            rest = path.partition("[]")[2].lstrip(".")
            return [pick(each, rest) if rest else each for each in found] if isinstance(found, list) else None
        if step.startswith("["):
            number = int(step[1:-1])
            found = found[number] if isinstance(found, list) and number < len(found) else None
        else:
            found = found.get(step) if isinstance(found, Mapping) else None
    return found


def _matches(pattern: str) -> Callable[[Any], bool]:
    compiled = re.compile(pattern)
    return lambda found: isinstance(found, str) and compiled.fullmatch(found) is not None


def _is_time(found: Any) -> bool:
    if not isinstance(found, str) or len(found) < 19:
        return False
    try:
        datetime.fromisoformat(found)
    except ValueError:
        return False
    return True


_KINDS: Mapping[str, Callable[[Any], bool]] = {
    "any": lambda found: True,
    "null": lambda found: found is None,
    "text": lambda found: isinstance(found, str),
    "words": lambda found: isinstance(found, str) and bool(found.strip()),
    "empty": lambda found: found == "",
    "flag": lambda found: isinstance(found, bool),
    "whole": lambda found: isinstance(found, int) and not isinstance(found, bool),
    "number": lambda found: isinstance(found, int | float) and not isinstance(found, bool),
    "list": lambda found: isinstance(found, list),
    "object": lambda found: isinstance(found, Mapping),
    "uuid": _matches(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"),
    "sha": _matches(r"[0-9a-f]{40}"),
    "url": _matches(r"https?://\S+"),
    "date": _matches(r"\d{4}-\d\d-\d\d"),
    "digits": _matches(r"\d+"),
    "minute": _matches(r"\d{4}-\d\d-\d\dT\d\d:\d\d:00\.000Z"),
    "time": _is_time,
    "code": _matches(r"[A-Za-z][A-Za-z0-9_]*"),
}
