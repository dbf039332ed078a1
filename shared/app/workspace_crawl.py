"""Fill the map of a workspace, and mirror a tree of it: the first time all of it, afterwards what has changed.

What changed is known from three sources, because no single one is complete: deliveries mark what they tell of, the
search lists what was edited since the last time, and once a day every place is looked at again. Versions are given to
the minute, so what was read before the minute of its version was over is read once more.

A `job` names one crawl or one mirror, however often it is stopped: what it has read of a long list counts for it alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from shared import log
from shared.app.deps import Deps
from shared.app.kept_reads import KeptReads, kept_reads
from shared.app.workspace_map import DATA_SOURCE, DATABASE, PAGE, Place, WorkspaceMap
from shared.core.errors import Missing, Rejected
from shared.core.page import Block, Page, page_from_data, page_to_data
from shared.core.run import derived_id
from shared.integrations.notion import reading
from shared.integrations.notion.client import Notion
from shared.integrations.notion.long_lists import Reached, edited_parts, row_parts
from shared.integrations.notion.wire import normal_id
from shared.ports import Put

OVERLAP = timedelta(minutes=10)  # looked at again, because times are given to the minute and clocks differ
BLUR = timedelta(minutes=2)  # a version younger than this when it was read may stand for a later edit as well
WHOLE_EVERY = timedelta(hours=24)
MOST_BLOCKS = 20_000

Taker = Callable[[Place, Sequence[Block]], None]
"""Hears of a page of the map whose blocks were all read, before it counts as listed."""


@dataclass
class Mirrored:
    """What a mirror did, by id; `unchanged` counts what was not read."""

    read: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)  # what Notion does not let us read, or what is too large
    unchanged: int = 0
    whole: bool = False  # every place was looked at


def mirror(deps: Deps, tenant: str, notion: Notion, root: str) -> Mirrored:
    """Bring our copy of a page and of all below it up to date. May be cut short anywhere: the next one goes on.

    What was read is kept page by page, so a mirror that is stopped by the rate budget loses nothing. See `content`.
    """
    places, now, done = WorkspaceMap(deps, tenant, notion), deps.clock.now(), Mirrored()
    name = normal_id(root)
    doc = deps.store.get(tenant, "mirrors", name)
    state: dict[str, Any] = dict(doc.body) if doc else {}
    places.everything()
    whole_at = state.get("whole")
    done.whole = not whole_at or now - datetime.fromisoformat(whole_at) > WHOLE_EVERY
    if done.whole:
        if not state.get("began"):  # so that a mirror that was cut short does not begin anew
            state["began"] = now.isoformat()
            deps.store.put(tenant, Put("mirrors", name, state))
        job = f"mirror {name} {state['began']}"
        _walk(deps, tenant, notion, places, [places.refresh(root)], done, job, since=state["began"])
        began = state.pop("began")
        state |= {"whole": began, "since": began}
    else:
        job, since = f"mirror {name} {state['since']}", datetime.fromisoformat(state["since"]) - OVERLAP
        found = state.get("found")  # else only the reading is left of a mirror that was cut short
        if not found or now - datetime.fromisoformat(found) > OVERLAP:
            state["found"] = take_recent(deps, tenant, notion, places, since, job, _tree(places, root)).isoformat()
            deps.store.put(tenant, Put("mirrors", name, state))
        _walk(deps, tenant, notion, places, list(_tree(places, root).values()), done, job)
        state["since"] = state.pop("found")
    deps.store.put(tenant, Put("mirrors", name, state))
    places.report()
    return done


def content(deps: Deps, tenant: str, place: Place) -> Page | None:
    """Return the page as it was mirrored last; None when it never was."""
    return page_from_data(json.loads(deps.store.get_text(tenant, place.text))) if place.text else None


def needs_reading(place: Place) -> bool:
    """Say whether its content may be other than what we have."""
    if place.trashed:
        return False
    if place.kind == PAGE and not place.text:
        return True
    return place.dirty or not place.read_at or place.read_version != place.version or _was_young(place)


def _was_young(place: Place) -> bool:
    if not place.version:
        return False
    return datetime.fromisoformat(place.read_at) - datetime.fromisoformat(place.version) < BLUR


def _walk(
    deps: Deps,
    tenant: str,
    notion: Notion,
    places: WorkspaceMap,
    start: Sequence[Place | None],
    done: Mirrored,
    job: str,
    *,
    since: str = "",
) -> None:
    """Read what needs it, and go on with what is found in it. `since`: also all that was not read since then."""
    waiting, seen = [place for place in start if place is not None], set[str]()
    while waiting:
        place = places.known(waiting.pop().id)
        if place is None or place.id in seen or place.trashed:
            continue
        seen.add(place.id)
        before = places.children(place.id)
        read_already = place.read_at >= since if since else not needs_reading(place)
        if read_already:
            done.unchanged, places.hits = done.unchanged + 1, places.hits + 1
            waiting += before
            continue
        places.misses += 1
        try:
            found = expand(deps, tenant, notion, places, place, job, keep=True)
        except Missing:
            done.gone += [each.id for each in _forget(places, place)]
            continue
        except Rejected as error:
            _skip(deps, tenant, places, place, error)
            done.refused.append(place.id)
            continue
        if place.kind == PAGE:
            done.read.append(place.id)
        still = {each.id for each in found}
        done.gone += [gone.id for left in before if left.id not in still for gone in _left(places, left, place)]
        waiting += found


def expand(
    deps: Deps,
    tenant: str,
    notion: Notion,
    places: WorkspaceMap,
    place: Place,
    job: str,
    *,
    keep: bool = False,
    taken: Taker | None = None,
) -> list[Place]:
    """Read what is in a place and remember it; return what it holds. `keep` keeps a page's content as well.

    `taken` is handed the content of a page.

    A table or page that the same `job` was stopped in is read on from there. A page that names the version it was
    found at is read without asking for the page object.
    """
    now = deps.clock.now().isoformat()
    if place.kind == DATABASE:
        places.refresh(place.id, DATABASE)
        found = [each for each in places.children(place.id) if each.kind == DATA_SOURCE]
    elif place.kind == DATA_SOURCE:
        found = _rows(deps, tenant, notion, places, place, job)
    else:
        inside: list[dict[str, Any]] = []
        with kept_reads(deps, tenant, derived_id("page-", place.id, job)) as kept:
            blocks = _blocks(notion, place.id, inside, [MOST_BLOCKS], kept, place.version)
        found = [_kept_child(places, each, place.id) for each in inside]
        if keep:
            page = Page(place.id, place.title, tuple(blocks), edited_at=place.version)
            text = json.dumps(page_to_data(page), ensure_ascii=False, sort_keys=True)
            place = places.change(places.known(place.id) or place, text=deps.store.put_text(tenant, text))
        if taken is not None:
            taken(places.known(place.id) or place, blocks)
    now_known = places.known(place.id) or place
    mirrored = {"read_at": now, "read_version": now_known.version, "dirty": False} if keep else {}
    places.change(now_known, listed_at=now, **mirrored)
    return found


def _rows(deps: Deps, tenant: str, notion: Notion, places: WorkspaceMap, place: Place, job: str) -> list[Place]:
    """Remember a table's rows as they are read, and how far that is when something stops it; return all of them."""
    with kept_reads(deps, tenant, derived_id("rows-", place.id, job)) as kept:
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
    return [row for row in (places.known(each) for each in dict.fromkeys(found)) if row is not None]


def _kept_child(places: WorkspaceMap, block: dict[str, Any], page: str) -> Place:
    """Remember a page or database by the block that shows it: it has the title and the version."""
    kind = PAGE if block["type"] == "child_page" else DATABASE
    child, title = normal_id(str(block["id"])), str((block.get(block["type"]) or {}).get("title") or "")
    known = places.known(child) or Place(child, kind)
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
            raise Rejected("notion", f"the page has more than {MOST_BLOCKS} blocks")
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


def take_recent(
    deps: Deps,
    tenant: str,
    notion: Notion,
    places: WorkspaceMap,
    since: datetime,
    job: str,
    tree: Iterable[str] | None = None,
) -> datetime:
    """Take over what the search says was edited since then; of a tree, only what is in it or newly below it.

    Where the same `job` was stopped in it, it goes on. Return when it began: what was edited later may be missing.
    """
    inside, begin = None if tree is None else set(tree), since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:00.000Z")
    with kept_reads(deps, tenant, derived_id("recent-", job)) as kept:
        at: dict[str, str] = json.loads(kept.get("at") or "{}")
        began = at.get("began") or deps.clock.now().isoformat()
        for part, cursor in edited_parts(notion, begin, at.get("cursor", "")):
            for raw in part:
                _take(places, raw, inside)
            kept.note("at", json.dumps({"began": began, "cursor": cursor}))
    return datetime.fromisoformat(began)


def _take(places: WorkspaceMap, raw: dict[str, Any], inside: set[str] | None) -> None:
    parent = raw.get("parent") or {}
    above = parent.get(str(parent.get("type")))
    known = inside is None or normal_id(str(raw["id"])) in inside
    if known or (inside is not None and isinstance(above, str) and normal_id(above) in inside):
        place = places.keep(raw)
        if inside is not None:
            inside.add(place.id)


CRAWL_PART = 20  # places per command


def crawl(deps: Deps, tenant: str, notion: Notion, began: str, *, first: bool, taken: Taker | None = None) -> bool:
    """Do a part of the crawl that began then, the `first` one or another; return whether there is more to do.

    The search finds the roots and most of the rest; going through everything that is found finds what it left out.
    `taken` is handed the content of every page.
    """
    places = WorkspaceMap(deps, tenant, notion)
    if first:
        take_recent(deps, tenant, notion, places, datetime(1970, 1, 1, tzinfo=UTC), f"crawl {began}")
        return True  # by itself, or what stops the rest would have it searched again
    waiting = [each for each in places.everything().values() if not each.trashed and each.listed_at < began]
    # what is in a place that was not found yet comes last, so that of a page is known where it is when it is read
    placed = [each for each in waiting if not each.parent or places.known(each.parent) is not None]
    for place in (placed or waiting)[:CRAWL_PART]:
        try:
            expand(deps, tenant, notion, places, place, began, taken=taken)
        except Missing:
            _forget(places, place)
        except Rejected as error:
            _skip(deps, tenant, places, place, error)
    return any(not each.trashed and each.listed_at < began for each in places.everything().values())


def _skip(deps: Deps, tenant: str, places: WorkspaceMap, place: Place, error: Rejected) -> None:
    """Leave a place as it is known: one odd page must not keep the others from being read."""
    log.line("WARNING", "place not readable", tenant=tenant, place=place.id, detail=str(error)[:200])
    places.change(places.known(place.id) or place, listed_at=deps.clock.now().isoformat())


def _tree(places: WorkspaceMap, root: str) -> dict[str, Place]:
    """Return a place and all that is known below it, by id."""
    top = places.known(root)
    found = {top.id: top} if top else {}
    below: dict[str, list[Place]] = {}
    for place in places.everything().values():
        if not place.trashed:
            below.setdefault(place.parent, []).append(place)
    waiting = list(found)
    while waiting:
        for place in below.get(waiting.pop(), ()):
            if place.id not in found:
                found[place.id] = place
                waiting.append(place.id)
    return found


def _left(places: WorkspaceMap, place: Place, parent: Place) -> list[Place]:
    """What is no longer in its parent was moved or is gone; only Notion knows which."""
    if (places.known(place.id) or place).parent != parent.id:
        return []  # found elsewhere meanwhile
    now = places.refresh(place.id, place.kind)
    return _forget(places, place) if now is None or now.trashed or now.parent == parent.id else []


def _forget(places: WorkspaceMap, place: Place) -> list[Place]:
    gone = list(_tree(places, place.id).values())
    for each in gone:
        places.change(each, trashed=True)
    return gone
