"""What was delivered about a page and nobody has looked at yet, as it waits for a look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.core.documents.codec import sparse, turned, unknown
from shared.core.pages.author import Author, read_author, write_author

KIND = "looks"


def _read_who(text: str) -> Author | None:
    return read_author(text) if text else None


def _write_who(who: Author | None) -> str:
    return write_author(who) if who is not None else ""


@dataclass(frozen=True, slots=True)
class Happening:
    """One delivery about a page: when, who, and what of the page. `who` is None when it was ourselves alone."""

    id: str
    at: str
    who: Author | None = turned(None, _read_who, _write_who)
    type: str = ""
    sets: bool = False  # a property was set, which may be a decision
    properties: tuple[str, ...] = ()  # their ids, where the delivery says
    ours_too: bool = False  # our own bot is among several who did it
    in_table: bool = False  # it is said to be a row of a table


@dataclass(frozen=True, slots=True)
class Look:
    """What waits, under a number; `since` is when it was first waited for."""

    number: int = 0
    since: str = ""
    waiting: tuple[Happening, ...] = ()
    known: tuple[str, ...] = ()  # ids of deliveries, so that one that comes again is known
    looked: str = sparse("")  # when somebody began to look last
    set_at: str | None = sparse(None)  # of when the newest setting is that was seen
    more: Mapping[str, Any] = unknown()
