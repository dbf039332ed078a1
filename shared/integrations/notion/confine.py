"""Writes that stay within one page: everything else is refused before it is sent.

What a request writes to is read off its path and its body; where that is, Notion is asked, because only it knows what
was moved since. What nobody can place counts as outside. A reply in a thread is let through: Notion does not tell where
a discussion is, and we answer only where somebody wrote to us.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from shared.core.errors import Missing, Rejected
from shared.integrations.notion.client.client import Notion
from shared.integrations.notion.ids import normal_id

PAGE, BLOCK, DATABASE, DATA_SOURCE, COMMENT = "page", "block", "database", "data_source", "comment"
LIFT = "workwright confine --lift"
_DEEPEST = 100  # levels; a loop in what Notion answers must end
_THING = re.compile(r"^/v1/(pages|blocks|databases|data_sources|comments)/([0-9a-fA-F-]{32,36})(?:/\w+)?$")
_MAKES = re.compile(r"^/v1/(pages|databases|data_sources|comments)$")
_FILES = re.compile(r"^/v1/file_uploads(/|$)")  # seen by nobody before a page names them
_PARENTS = {"page_id": PAGE, "block_id": BLOCK, "database_id": DATABASE, "data_source_id": DATA_SOURCE}

CONFINED_TO = "confined_to"  # field of a tenant's settings: the page outside of which nothing is written in Notion

Named = tuple[str, str]  # kind and id
Noted = Callable[[str, str, Any], None]  # method, path, JSON body


def confine_writes(page: Callable[[], str], notion: Callable[[], Notion], noted: Noted | None) -> Noted:
    """Return what hears of each write: one outside the page is refused, of any other `noted` hears.

    Which page that is, "" for any, is asked once, before the first write.
    """
    confined: list[Confined | None] = []

    def check_write(method: str, path: str, body: Any) -> None:
        if not confined:
            known = page()
            confined.append(Confined(notion(), known) if known else None)
        if confined[0] is not None:
            confined[0](method, path, body)
        if noted is not None:
            noted(method, path, body)

    return check_write


class Confined:
    """Hears of each write before it is sent, and refuses what is not in the tree of the page."""

    def __init__(self, notion: Notion, page: str) -> None:
        """Know what reads, and the page; what was found inside once is not asked for again."""
        self._notion, self._page = notion, normal_id(page)
        self._inside = {self._page}

    def __call__(self, method: str, path: str, body: Any) -> None:
        """Raise Rejected for a write that goes elsewhere."""
        if _FILES.match(path):
            return
        sent: Mapping[str, Any] = body if isinstance(body, Mapping) else {}
        if path == "/v1/comments" and sent.get("discussion_id"):
            return
        named = targets(path, sent)
        if not named or not all(self._is_inside(each) for each in named):
            where = ", ".join(f"{kind} {key}" for kind, key in named) or "a place that is not known"
            raise Rejected(
                "notion",
                f"{method} was not sent: it would write to {where}, and writes are confined to the page {self._page}"
                f" and what is in it. To lift that: {LIFT}",
            )

    def _is_inside(self, named: Named) -> bool:
        way: list[str] = []
        place: Named | None = named
        while place is not None and len(way) < _DEEPEST:
            if normal_id(place[1]) in self._inside:
                self._inside.update(way)
                return True
            way.append(normal_id(place[1]))
            try:
                place = self._find_above(*place)
            except Missing:
                return False
        return False

    def _find_above(self, kind: str, key: str) -> Named | None:
        notion = self._notion
        read = {
            PAGE: notion.page,
            BLOCK: notion.block,
            DATABASE: notion.database,
            DATA_SOURCE: notion.data_source,
            COMMENT: notion.get_comment,
        }
        return _parent(read[kind](key).get("parent") or {})


def targets(path: str, body: Mapping[str, Any]) -> Sequence[Named]:
    """Return all that a request writes to: what its path names, and where it puts something; () where it is unknown."""
    found = _THING.match(path)
    named: list[Named] = [(found[1].removesuffix("s"), found[2])] if found else []
    if not found and not _MAKES.match(path):
        return ()
    into: list[Named | None] = []
    if "parent" in body:
        into.append(_parent(body["parent"] or {}))
    into += [(kind, str(body[field])) for field, kind in _PARENTS.items() if body.get(field)]
    if None in into:  # the top of the workspace
        return ()
    return [*named, *(each for each in into if each is not None)]


def _parent(parent: Mapping[str, Any]) -> Named | None:
    """Return what something is in; None for the top of the workspace."""
    kinds = ("page_id", "block_id", "data_source_id", "database_id")  # of a data source the nearest comes first
    return next(((_PARENTS[field], str(parent[field])) for field in kinds if parent.get(field)), None)
