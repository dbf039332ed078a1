"""Mirror a tree of a workspace: the first time all of it, afterwards what has changed. Measured by `bench notion`.

What changed is known from the search, which lists what was edited since the last time. Versions are given to the
minute, so what was read before the minute of its version was over is read once more.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from shared.app.engine.deps import Deps
from shared.app.workspace.workspace_crawl import BLUR, OVERLAP, expand, take_recent
from shared.app.workspace.workspace_map import WorkspaceMap
from shared.core.documents.places import Place
from shared.core.page import Block, Page, page_from_data, page_to_data
from shared.integrations.notion.client.client import Notion
from shared.integrations.notion.client.wire import normal_id
from shared.ports import Put

_STATE, _MIRRORED = "mirrors", "mirrored"  # documents, by root and by place


def mirror(deps: Deps, tenant: str, notion: Notion, root: str) -> list[str]:
    """Bring our copy of a page and of all below it up to date; return what was read, by id.

    May be cut short anywhere: what was read is kept page by page, and the next one goes on.
    """
    places, name = WorkspaceMap(deps, tenant, notion), normal_id(root)
    places.list_all()
    doc = deps.store.get(tenant, _STATE, name)
    state: dict[str, Any] = dict(doc.body) if doc else {"began": deps.clock.now().isoformat()}
    if "since" not in state:
        deps.store.put(tenant, Put(_STATE, name, state))
        places.refresh(root)
        read = _walk(deps, tenant, notion, places, root, f"mirror {name} {state['began']}", state["began"])
        state = {"since": state["began"]}
    else:
        job = f"mirror {name} {state['since']}"
        if "found" not in state:
            since = datetime.fromisoformat(state["since"]) - OVERLAP
            state["found"] = take_recent(deps, tenant, notion, places, since, job).isoformat()
            deps.store.put(tenant, Put(_STATE, name, state))
        read = _walk(deps, tenant, notion, places, root, job)
        state = {"since": state["found"]}
    deps.store.put(tenant, Put(_STATE, name, state))
    return read


def read_mirrored(deps: Deps, tenant: str, page: str) -> Page | None:
    """Return the page as it was mirrored last; None when it never was."""
    doc = deps.store.get(tenant, _MIRRORED, page)
    return page_from_data(json.loads(deps.store.get_text(tenant, doc.body["text"]))) if doc else None


def _walk(
    deps: Deps, tenant: str, notion: Notion, places: WorkspaceMap, root: str, job: str, since: str = ""
) -> list[str]:
    """Read what needs it, and go on with what is in it; return the pages. `since`: all that was not read since then."""
    read: list[str] = []

    def keep(place: Place, blocks: Sequence[Block]) -> None:
        page = Page(place.id, place.title, tuple(blocks), edited_at=place.version)
        text = deps.store.put_text(tenant, json.dumps(page_to_data(page), ensure_ascii=False, sort_keys=True))
        _note(deps, tenant, place, text)
        read.append(place.id)

    waiting = [normal_id(root)]
    while waiting:
        place = places.find_known(waiting.pop())
        if place is None or place.trashed:
            continue
        if _is_mirrored(deps, tenant, place, since):
            inside = places.children(place.id)
        else:
            inside = expand(deps, tenant, notion, places, place, job, taken=keep)
            if place.id not in read:
                _note(deps, tenant, place, "")
        waiting += [each.id for each in inside]
    return read


def _note(deps: Deps, tenant: str, place: Place, text: str) -> None:
    body = {"version": place.version, "at": deps.clock.now().isoformat(), "text": text}
    deps.store.put(tenant, Put(_MIRRORED, place.id, body))


def _is_mirrored(deps: Deps, tenant: str, place: Place, since: str) -> bool:
    doc = deps.store.get(tenant, _MIRRORED, place.id)
    if doc is None or since:
        return doc is not None and str(doc.body["at"]) >= since
    version, at = str(doc.body["version"]), datetime.fromisoformat(doc.body["at"])
    return version == place.version and (not version or at - datetime.fromisoformat(version) >= BLUR)
