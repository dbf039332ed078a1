"""How far a tenant's workspace was read: the last pass over it, the map of it, and marks of its pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.core.documents.codec import beside, sparse, unknown

STALE, LOST = "stale", "lost"  # documents, by page
PASS, MAP, CLOCK = ("sync", "pass"), ("sync", "map"), ("sync", "clock")
RETAINED = ("sync", "retention")
ASKING, KNOWLEDGE = ("sync", "asking"), ("sync", "knowledge")


@dataclass(frozen=True, slots=True)
class Pass:
    """When the last pass ended, where to go on tidying, and when that was last done with."""

    ended: str
    ledger: str = ""
    ledger_through: str = ""
    more: Mapping[str, Any] = unknown()


@dataclass(frozen=True, slots=True)
class Retained:
    """On which day (UTC) what the team keeps no longer was removed last."""

    day: str
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


@dataclass(frozen=True, slots=True)
class Asked:
    """What is remembered of the looks at a tenant; times are of our clock, ISO 8601, "" for never."""

    at: str = sparse("")
    active: str = sparse("")  # when somebody was last at work
    open: tuple[str, ...] | None = sparse(None)  # runs that had not ended
    turn: int = sparse(0)  # whose comments come next
    looked: str = sparse("")  # when a look last came to its end
    us: str = sparse("")  # our own bot, where the grant does not name it
    more: Mapping[str, Any] = unknown()


@dataclass(frozen=True, slots=True)
class KnowledgeState:
    """What was read into the index since `began`, counted; times are of our clock, ISO 8601, "" for never."""

    known: int = 0
    read: int = 0
    embedded: int = 0
    reused: int = 0
    removed: int = 0
    failed: int = 0
    how: str = ""  # what the index is made with
    began: str = ""
    ended: str = ""
    alert: str = ""  # for people
    round: str = sparse("")  # when the round began that asks for every known page
    asked: str | None = sparse(None)  # how far it is; "": it came to its end
    acted: str = sparse("")  # when a person last did what may have given access back
    alone: str | None = sparse(None)  # since when the workspace is disconnected
    may_forget: str = sparse("")  # when a person said that much may be forgotten
    gone: int | None = sparse(None)  # pages forgotten because they were not shown, since `gone_since`
    gone_since: str = sparse("")
    more: Mapping[str, Any] = unknown()
