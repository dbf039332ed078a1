"""How far a tenant's workspace was read: the last pass over it, the map of it, and marks of its pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.core.documents.codec import beside, sparse, unknown

STALE, LOST = "stale", "lost"  # documents, by page
PASS, MAP, CLOCK = ("sync", "pass"), ("sync", "map"), ("sync", "clock")


@dataclass(frozen=True, slots=True)
class Pass:
    """When the last pass ended, where to go on tidying, and when that was last done with."""

    ended: str
    ledger: str = ""
    ledger_through: str = ""
    more: Mapping[str, Any] = unknown()


@dataclass(frozen=True, slots=True)
class MapState:
    """Since when the map lacks nothing, which crawl is under way and its last part, and when one came to its end."""

    since: str = sparse("")
    crawl: str = sparse("")
    part: str = sparse("")
    crawled: str = sparse("")
    more: Mapping[str, Any] = unknown()


@dataclass(frozen=True, slots=True)
class WrongClock:
    """By how much Notion's clock is ahead of ours; kept only while it is off."""

    ahead_s: float
    at: str
    more: Mapping[str, Any] = unknown()


@dataclass(frozen=True, slots=True)
class Stale:
    """A page that is read again, from `due` on."""

    due: datetime
    id: str = beside("")
    version: str = beside("")
    more: Mapping[str, Any] = unknown()


@dataclass(frozen=True, slots=True)
class Lost:
    """A page that Notion does not show since then; whether it was in the index, where that was kept."""

    since: datetime
    known: bool | None = sparse(None)
    more: Mapping[str, Any] = unknown()

    @property
    def was_known(self) -> bool:
        """Say whether it was in the index, as far as we know."""
        return self.known is not False
