"""Mirror a tree of a workspace: the first time all of it, afterwards what has changed. Measured by `bench notion`.

What changed is known from the search, which lists what was edited since the last time; once a day every place is
looked at again. Versions are given to the minute, so what was read before the minute of its version was over is read
once more.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from shared.app.engine.deps import Deps
from shared.app.workspace.workspace_crawl import BLUR, OVERLAP, expand, skip, take_recent
from shared.app.workspace.workspace_map import PAGE, WorkspaceMap
from shared.core.documents.places import Place
from shared.core.errors import Missing, Rejected
from shared.core.page import Page, page_from_data
from shared.integrations.notion.client.client import Notion
from shared.integrations.notion.client.wire import normal_id
from shared.ports import Put

WHOLE_EVERY = timedelta(hours=24)


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
        place = places.find_known(waiting.pop().id)
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
            skip(deps, tenant, places, place, error)
            done.refused.append(place.id)
            continue
        if place.kind == PAGE:
            done.read.append(place.id)
        still = {each.id for each in found}
        done.gone += [gone.id for left in before if left.id not in still for gone in _forget_left(places, left, place)]
        waiting += found


def _tree(places: WorkspaceMap, root: str) -> dict[str, Place]:
    """Return a place and all that is known below it, by id."""
    top = places.find_known(root)
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


def _forget_left(places: WorkspaceMap, place: Place, parent: Place) -> list[Place]:
    """What is no longer in its parent was moved or is gone; only Notion knows which."""
    if (places.find_known(place.id) or place).parent != parent.id:
        return []  # found elsewhere meanwhile
    now = places.refresh(place.id, place.kind)
    return _forget(places, place) if now is None or now.trashed or now.parent == parent.id else []


def _forget(places: WorkspaceMap, place: Place) -> list[Place]:
    gone = list(_tree(places, place.id).values())
    for each in gone:
        places.change(each, trashed=True)
    return gone
