"""The requests that a tree of blocks is written with: where to append, what to read."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

Json = dict[str, Any]

TOP = -1  # in place of a block's number: the page or block the tree is written into


class Place(Enum):
    """Where among its siblings a request puts its blocks."""

    END = "end"
    START = "start"
    AFTER = "after"  # the sibling before them


@dataclass(frozen=True, slots=True)
class Append:
    """One request that writes: these blocks, side by side, into `parent`. Blocks go by number in reading order."""

    parent: int
    numbers: tuple[int, ...]
    blocks: tuple[Json, ...]
    place: Place
    after: int = TOP  # the sibling, for Place.AFTER
    rode_before: tuple[Json, ...] = ()  # siblings whose ids nobody knows: they came along with the parent
    rode_behind: tuple[Json, ...] = ()


@dataclass(frozen=True, slots=True)
class Read:
    """One request that learns the ids of the children `parent` was born with."""

    parent: int
    numbers: tuple[int, ...]
    blocks: tuple[Json, ...]


Request = Append | Read


@dataclass(frozen=True, slots=True)
class PagePlan:
    """What a new page is created with, and the requests that follow into it."""

    children: tuple[Json, ...]
    requests: tuple[Request, ...]
