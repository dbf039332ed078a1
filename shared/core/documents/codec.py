"""Stored documents as frozen dataclasses: one codec reads and writes them all, by the types of their fields.

Reading gives a field that is missing its default, because an older version has not known it; what the class does not
know, because a newer version does, is kept in its field `more` and written back, where it has one. So two versions may
work on the same documents side by side.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from shared.core.documents.generate import BESIDE, SPARSE, TURNS, codec_of
from shared.core.errors import StoreCorrupt

D = TypeVar("D")
UNREADABLE = (ArithmeticError, AttributeError, LookupError, StoreCorrupt, TypeError, ValueError)


def sparse(default: Any) -> Any:
    """Declare a field that is left out of the document while it has its default."""
    return dataclasses.field(default=default, metadata={SPARSE: True})


def turned(default: Any, read: Callable[[Any], Any], write: Callable[[Any], Any], *, sparse: bool = False) -> Any:
    """Declare a field whose value is stored as these make of it, not as its type says."""
    return dataclasses.field(default=default, metadata={TURNS: (read, write), SPARSE: sparse})


def beside(default: Any) -> Any:
    """Declare a field that is no part of the document: its version, which is known of it, or what is added later."""
    return dataclasses.field(default=default, metadata={BESIDE: True})


def unknown() -> Any:
    """Declare `more`: what this version does not know."""
    return dataclasses.field(default_factory=dict, metadata={BESIDE: True}, compare=False)


def stands_beside(of: type[Any]) -> tuple[str, ...]:
    """Return what of a stored document itself the class has a field for: its id, its version."""
    return codec_of(of).beside


def from_body(of: type[D], body: Mapping[str, Any], **known: Any) -> D:
    """Return the document that a body holds, with what is `known` beside it.

    Raises StoreCorrupt, naming the part, for one that is missing and has no default, or that cannot be read.
    """
    read = codec_of(of).read
    try:
        found: D = read(body, **known)
    except UNREADABLE as error:
        raise StoreCorrupt(describe_damage(of, body) or f"a stored {of.__name__} cannot be read: {error}") from error
    return found


def to_body(document: Any) -> dict[str, Any]:
    """Return the body of a document, as it is stored: what it knows, and what was in it beside that."""
    body: dict[str, Any] = codec_of(type(document)).write(document)
    return body


def describe_damage(of: type[Any], body: Mapping[str, Any]) -> str:
    """Return what of a document is missing or cannot be read, "" where each part can."""
    codec = codec_of(of)
    if not isinstance(body, Mapping):
        return ""
    if lacking := [name for name in codec.needed if name not in body]:
        return f"a stored {of.__name__} has no {', '.join(lacking)}"
    damaged = [name for name, turn in codec.turns.items() if name in body and not _can_read(turn(), body[name])]
    return f"the {', '.join(damaged)} of a stored {of.__name__} cannot be read" if damaged else ""


def _can_read(read: Callable[[Any], Any], value: Any) -> bool:
    try:
        read(value)
    except UNREADABLE:
        return False
    return True
