"""Fill the map of a workspace: what the search finds, and all that is found in it.

A `job` names one crawl, however often it is stopped: what it has read of a long list counts for it alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from shared import log
from shared.app.engine.deps import Deps
from shared.app.workspace.crawl_round import Round
from shared.app.workspace.partial_reads import KeptReads, kept_reads
from shared.app.workspace.workspace_map import DATA_SOURCE, DATABASE, PAGE, WorkspaceMap
from shared.core.documents.places import Place
from shared.core.errors import Missing, NotAllowed, Rejected
from shared.core.page import Block
from shared.core.run.run import derive_id
from shared.integrations.notion.client.client import Notion
from shared.integrations.notion.client.wire import normal_id
from shared.integrations.notion.content import reading
from shared.integrations.notion.long_lists import Reached, edited_parts, row_parts

OVERLAP = timedelta(minutes=10)  # looked at again, because times are given to the minute and clocks differ
BLUR = timedelta(minutes=2)  # a version younger than this when it was read may stand for a later edit as well
MAX_BLOCKS = 20_000

Taker = Callable[[Place, Sequence[Block]], None]
"""Hears of a page of the map whose blocks were all read, before it counts as listed."""


def expand(
    deps: Deps,
    tenant: str,
    notion: Notion,
    places: WorkspaceMap,
    place: Place,
    job: str,
    *,
    taken: Taker | None = None,
    heard: Callable[[Sequence[Place]], None] | None = None,
) -> list[Place]:
    """Read what is in a place and remember it; return what it holds.

    `taken` is handed the content of a page, `heard` what the place holds, before it counts as listed.

    A table or page that the same `job` was stopped in is read on from there. A page that names the version it was
    found at is read without asking for the page object.
    """
    now = deps.clock.now().isoformat()
    if place.kind == DATABASE:
        found = places.keep_sources(notion.database(place.id))
    elif place.kind == DATA_SOURCE:
        found = _rows(deps, tenant, notion, places, place, job)
    else:
        inside: list[dict[str, Any]] = []
        with kept_reads(deps, tenant, derive_id("page-", place.id, job)) as kept:
            blocks = _blocks(notion, place.id, inside, [MAX_BLOCKS], kept, place.version)
        found = [_keep_child(places, each, place.id) for each in inside]
        if taken is not None:
            taken(places.find_known(place.id) or place, blocks)
    if heard is not None:
        heard(found)
    now_known = places.find_known(place.id) or place
    places.change(now_known, listed_at=now, refused_at="")
    return found


def _rows(deps: Deps, tenant: str, notion: Notion, places: WorkspaceMap, place: Place, job: str) -> list[Place]:
    """Remember a table's rows as they are read, and how far that is when something stops it; return all of them."""
    with kept_reads(deps, tenant, derive_id("rows-", place.id, job)) as kept:
        at = kept.get("at")
        begin = Reached(**json.loads(at)) if at else Reached()
        found: list[str] = []
        for number in range(begin.parts):
            found += json.loads(kept.get(f"part {number}") or "[]")
        for rows, reached in row_parts(notion, place.id, begin):
            ids = [places.keep(row, place.id).id for row in rows]
            found += ids
            kept.note(f"part {reached.parts - 1}", json.dumps(ids))
            kept.note("at", json.dumps(asdict(reached)))
    return [row for row in (places.find_known(each) for each in dict.fromkeys(found)) if row is not None]


def _keep_child(places: WorkspaceMap, block: dict[str, Any], page: str) -> Place:
    """Remember a page or database by the block that shows it: it has the title and the version."""
    kind = PAGE if block["type"] == "child_page" else DATABASE
    child, title = normal_id(str(block["id"])), str((block.get(block["type"]) or {}).get("title") or "")
    known = places.find_known(child) or Place(child, kind)
    version = str(block.get("last_edited_time") or known.version)
    return places.change(known, title=title or known.title, parent=page, version=version, trashed=False)


def _blocks(
    notion: Notion, id: str, inside: list[dict[str, Any]], room: list[int], kept: KeptReads, version: str
) -> list[Block]:
    """Read the blocks of a page; pages and databases among them go into `inside` and are not entered.

    Lists that were kept of this version of the page are not asked for again.
    """
    found: list[Block] = []
    key = f"{version} {id}"
    text = kept.get(key) if version else None
    children: list[dict[str, Any]] = json.loads(text) if text else notion.children(id)
    if version and not text:
        kept.put(key, json.dumps(children, separators=(",", ":")))
    for raw in children:
        room[0] -= 1
        if room[0] < 0:
            raise Rejected("notion", f"the page has more than {MAX_BLOCKS} blocks")
        if raw.get("type") in ("child_page", "child_database"):
            inside.append(raw)
        enters = raw.get("has_children") and str(raw.get("type")) not in reading.NOT_ENTERED
        below: list[Block] = []
        if enters:
            try:
                below = _blocks(notion, str(raw["id"]), inside, room, kept, version)
            except Missing:
                if raw.get("type") != "synced_block":  # its original may not be shared with us
                    raise
        found.append(reading.read_block(raw, below))
    return found


def take_recent(deps: Deps, tenant: str, notion: Notion, places: WorkspaceMap, since: datetime, job: str) -> datetime:
    """Take over what the search says was edited since then.

    Where the same `job` was stopped in it, it goes on. Return when it began: what was edited later may be missing.
    """
    begin = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:00.000Z")
    with kept_reads(deps, tenant, derive_id("recent-", job)) as kept:
        at: dict[str, str] = json.loads(kept.get("at") or "{}")
        began = at.get("began") or deps.clock.now().isoformat()
        for part, cursor in edited_parts(notion, begin, at.get("cursor", "")):
            for raw in part:
                places.keep(raw)
            kept.note("at", json.dumps({"began": began, "cursor": cursor}))
    return datetime.fromisoformat(began)


CRAWL_PART = 20  # places per command


def crawl(
    deps: Deps,
    tenant: str,
    notion: Notion,
    began: str,
    *,
    first: bool,
    taken: Taker | None = None,
    failed: Callable[[Place, Missing | Rejected], None] | None = None,
) -> bool:
    """Do a part of the crawl that began then, the `first` one or another; return whether there is more to do.

    The search finds the roots and most of the rest; going through everything that is found finds what it left out.
    `taken` is handed the content of every page, `failed` what cannot be read: it says what becomes of it. Without it,
    what is not shown counts as gone.
    """
    places = WorkspaceMap(deps, tenant, notion)
    if first:
        take_recent(deps, tenant, notion, places, datetime(1970, 1, 1, tzinfo=UTC), f"crawl {began}")
        return True  # by itself, or what stops the rest would have it searched again
    left = Round.load(deps, tenant, places, began)
    for place in left.part(CRAWL_PART):
        try:
            expand(deps, tenant, notion, places, place, began, taken=taken, heard=left.note_found)
        except (Missing, Rejected) as error:
            if failed is not None:
                failed(place, error)
            elif isinstance(error, Missing):
                places.change(places.find_known(place.id) or place, trashed=True)
            skip(deps, tenant, places, place, error)
    return not left.end_part()


def skip(deps: Deps, tenant: str, places: WorkspaceMap, place: Place, error: Missing | Rejected) -> None:
    """Leave a place as it is known: one odd page must not keep the others from being read."""
    log.line("WARNING", "place not readable", tenant=tenant, place=place.id, **log.about(error))
    known, now = places.find_known(place.id) or place, deps.clock.now().isoformat()
    if isinstance(error, Missing | NotAllowed):
        places.refuse(known, listed_at=now)
    else:
        places.change(known, listed_at=now)
