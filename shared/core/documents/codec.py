"""Stored documents as frozen dataclasses: one codec reads and writes them all, by the types of their fields.

A kind of document is a frozen dataclass of `stored` fields. Reading gives a field that is missing its default, because
an older version has not known it; what the class does not know, because a newer version does, is kept in its field
`more` and written back. So two versions may work on the same documents side by side.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from shared.core.errors import StoreCorrupt

D = TypeVar("D")
Turn = Callable[[Any], Any]

MORE = "more"
_SPARSE, _BESIDE = "sparse", "beside"


def sparse(default: Any) -> Any:
    """Declare a field that is left out of the document while it has its default."""
    return dataclasses.field(default=default, metadata={_SPARSE: True})


def beside(default: Any) -> Any:
    """Declare a field that is known of the document and is no part of it, like the version it was read at."""
    return dataclasses.field(default=default, metadata={_BESIDE: True})


def unknown() -> Any:
    """Declare `more`: what this version does not know."""
    return dataclasses.field(default_factory=dict, metadata={_BESIDE: True}, compare=False)


def from_body(of: type[D], body: Mapping[str, Any], **known: Any) -> D:
    """Return the document that a body holds, with what is `known` beside it.

    Raises StoreCorrupt for a part that is missing and has no default.
    """
    shape = _shape_of(of)
    found = {each.name: each.read(body[each.name]) for each in shape.parts if each.name in body}
    lacking = [each.name for each in shape.parts if each.needed and each.name not in body]
    if lacking:
        raise StoreCorrupt(f"a stored {of.__name__} has no {', '.join(lacking)}")
    if shape.keeps_more:
        found[MORE] = {name: value for name, value in body.items() if name not in shape.names}
    return of(**found, **known)


def to_body(document: Any) -> dict[str, Any]:
    """Return the body of a document, as it is stored: what it knows, and what was in it beside that."""
    shape = _shape_of(type(document))
    body: dict[str, Any] = dict(document.more) if shape.keeps_more else {}
    for each in shape.parts:
        value = getattr(document, each.name)
        if not (each.sparse and value == each.default):
            body[each.name] = each.write(value)
    return body


@dataclass(frozen=True, slots=True)
class _Part:
    name: str
    read: Turn
    write: Turn
    needed: bool
    sparse: bool
    default: Any


@dataclass(frozen=True, slots=True)
class _Shape:
    parts: tuple[_Part, ...]
    names: frozenset[str]
    keeps_more: bool


_SHAPES: dict[type[Any], _Shape] = {}  # worked out when a class is first met


def _shape_of(of: type[Any]) -> _Shape:
    known = _SHAPES.get(of)
    if known is None:
        hints, fields = get_type_hints(of), dataclasses.fields(of)
        parts = tuple(_part(each, hints[each.name]) for each in fields if not each.metadata.get(_BESIDE))
        names = frozenset(each.name for each in parts)
        known = _SHAPES[of] = _Shape(parts, names, any(each.name == MORE for each in fields))
    return known


def _part(each: dataclasses.Field[Any], hint: Any) -> _Part:
    read, write = _turns(hint)
    needed = each.default is dataclasses.MISSING and each.default_factory is dataclasses.MISSING
    return _Part(each.name, read, write, needed, bool(each.metadata.get(_SPARSE)), each.default)


def _same(value: Any) -> Any:
    return value


def _turns(hint: Any) -> tuple[Turn, Turn]:
    """Return how a value of this type is read, and how it is written."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return _optional(*_turns(next(each for each in inner if each is not type(None))))
    if origin is tuple:
        read, write = _turns(inner[0])
        return lambda found: tuple(map(read, found)), lambda value: list(map(write, value))
    if origin is not None and issubclass(origin, Mapping):
        if inner[1] is Any:
            return _same, _same
        read, write = _turns(inner[1])
        return _each_value(read), _each_value(write)
    if hint is datetime:
        return datetime.fromisoformat, datetime.isoformat
    if dataclasses.is_dataclass(hint):
        return lambda found: from_body(hint, found), to_body  # type: ignore[arg-type]
    return _same, _same


def _optional(read: Turn, write: Turn) -> tuple[Turn, Turn]:
    return (
        lambda found: None if found is None else read(found),
        lambda value: None if value is None else write(value),
    )


def _each_value(turn: Turn) -> Turn:
    return lambda found: {name: turn(value) for name, value in found.items()}
