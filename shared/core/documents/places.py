"""The map of a workspace: its objects, the columns of its databases, how often it was asked, and how far a crawl is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from shared.core.documents.codec import beside, sparse, unknown

MAP = "map"  # documents, by object
COLUMNS = "columns"  # documents, by data source
COUNTED = ("metrics", "workspace-map")
CRAWL = ("sync", "crawl")


@dataclass(frozen=True, slots=True)
class Place:
    """One object of the workspace. `version` is its last_edited_time, which Notion gives to the minute."""

    id: str
    kind: str  # page, database or data_source
    title: str = ""
    parent: str = ""  # the page, database or data source it is in; "" at the top of the workspace
    version: str = ""
    trashed: bool = False
    listed_at: str = ""  # when a crawl read what it holds
    refused_at: str = ""  # when Notion refused it last, or did not show it; "" when that was not its last word
    more: Mapping[str, Any] = unknown()


@dataclass(frozen=True, slots=True)
class LookUps:
    """How many look-ups the map has answered, and how many not."""

    hits: int = 0
    misses: int = 0
    more: Mapping[str, Any] = unknown()


@dataclass(frozen=True, slots=True)
class CrawlState:
    """The crawl that began then: the last object that was passed, and whether it is past the last one."""

    crawl: str
    at: str = ""
    through: bool = False
    more: Mapping[str, Any] = unknown()


@dataclass(frozen=True, slots=True)
class Column:
    """One column: `options` of a choice, `leads_to` the data source of a relation."""

    name: str
    type: str
    options: tuple[str, ...] = ()
    leads_to: str = ""
    id: str = ""


@dataclass(frozen=True, slots=True)
class Columns:
    """A database as far as a plan needs it."""

    title: str
    data_source: str
    columns: tuple[Column, ...]
    at: str = field(default="", compare=False)  # when it was looked up
    more: Mapping[str, Any] = unknown()


@dataclass(frozen=True, slots=True)
class Setup:
    """The databases an owner wishes for, under a number, and what came of it; before that there is no outcome."""

    state: str = ""
    page: str = ""
    adopt: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[str, str] = field(default_factory=dict)
    number: int = sparse(0)
    problem: str | None = sparse(None)
    questions: tuple[Mapping[str, Any], ...] | None = sparse(None)
    pages: tuple[Mapping[str, Any], ...] | None = sparse(None)
    found: tuple[Mapping[str, Any], ...] | None = sparse(None)
    why: str = sparse("")  # what the problem comes from: an `Obstacle`
    lacking: tuple[str, ...] = sparse(())  # rights that the connection lacks, as it was looked at last
    guest: bool = sparse(False)  # who gave the connection is a guest of the workspace
    version: str = beside("")
    more: Mapping[str, Any] = unknown()

    def wish_for(self, page: str, adopt: Mapping[str, str], answers: Mapping[str, str], state: str) -> Setup:
        """Return the next wish: databases to adopt and answers beside those that were given before."""
        adopt, answers = {**self.adopt, **adopt}, {**self.answers, **answers}
        return replace(self, page=page, adopt=adopt, answers=answers, number=self.number + 1, state=state)
