"""The tree of a tenant's pages, databases and data sources, kept in our store: who asks for a place asks Notion rarely.

One document per object. It is filled by `workspace_crawl`, kept fresh by deliveries and by the sweep, and read here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any

from shared.app.engine.deps import Deps
from shared.app.knowledge.knowledge_marks import WEEK
from shared.core.documents.codec import to_body
from shared.core.documents.places import COUNTED, MAP, LookUps, Place
from shared.core.errors import Busy, Missing, NotAllowed
from shared.integrations.notion.client.client import Notion
from shared.integrations.notion.client.wire import normal_id
from shared.ports import Put, change_as, read_as

PAGE, DATABASE, DATA_SOURCE = "page", "database", "data_source"
_DEEPEST = 100  # levels; a loop in what Notion answers must end


def may_be_asked(place: Place, now: datetime, acted: str) -> bool:
    """Say whether to ask for a place: not if Notion refused it within a week, unless a person has `acted` since."""
    refused = place.refused_at
    return not refused or refused < acted or now - datetime.fromisoformat(refused) >= WEEK


class WorkspaceMap:
    """Answers where things are. With `notion`, what is not known yet is asked for once and remembered."""

    def __init__(self, deps: Deps, tenant: str, notion: Notion | None = None) -> None:
        self._deps, self._tenant, self._notion = deps, tenant, notion
        self.hits = self.misses = 0
        self.noticed: Callable[[Place], None] | None = None  # hears of what is new, edited or moved, before it is kept
        self._all: dict[str, Place] | None = None

    def get(self, id: str) -> Place | None:
        """Return the object; None when it is not known, or Notion does not show it to us."""
        place = self.look_up(id)
        return place if place is not None or self._notion is None else self.refresh(id)

    def look_up(self, id: str) -> Place | None:
        """Return the object if it is known, without asking Notion."""
        place = self.find_known(id)
        self.hits, self.misses = self.hits + (place is not None), self.misses + (place is None)
        return place

    def path(self, id: str) -> list[Place]:
        """Return the way to the object from the top of the workspace, the object last."""
        way: list[Place] = []
        place = self.get(id)
        while place is not None and len(way) < _DEEPEST and place not in way:
            way.insert(0, place)
            place = self.get(place.parent) if place.parent else None
        return way

    def children(self, id: str) -> list[Place]:
        """Return what is directly in it and not in the trash, by title."""
        wanted = normal_id(id)
        found = [place for place in self.list_all().values() if place.parent == wanted and not place.trashed]
        return sorted(found, key=lambda place: (place.title, place.id))

    def find(self, title: str, kind: str = "") -> list[Place]:
        """Return what is called so, whatever its case, and not in the trash."""
        wanted = title.strip().casefold()
        return [
            place
            for place in self.list_all().values()
            if place.title.strip().casefold() == wanted and not place.trashed and kind in ("", place.kind)
        ]

    def find_known(self, id: str) -> Place | None:
        """Return the object as it was remembered, without asking Notion and without counting."""
        if self._all is not None:
            return self._all.get(normal_id(id))
        doc = self._deps.store.get(self._tenant, MAP, normal_id(id))
        return read_as(Place, doc) if doc else None

    def list_all(self) -> dict[str, Place]:
        """Return all objects by id; read from the store once."""
        if self._all is None:
            self._all, after = {}, ""
            while docs := self._deps.store.list_docs(self._tenant, MAP, after=after):
                self._all |= {doc.id: read_as(Place, doc) for doc in docs}
                after = docs[-1].id
        return self._all

    def refresh(self, id: str, kind: str = "") -> Place | None:
        """Read one object from Notion as it is now and remember it; what is gone is remembered as trashed."""
        assert self._notion is not None, "a map that asks Notion is given one"
        known = self.find_known(id)
        for each in [kind] if kind else [known.kind] if known else [PAGE, DATABASE, DATA_SOURCE]:
            read = {PAGE: self._notion.page, DATABASE: self._notion.database, DATA_SOURCE: self._notion.data_source}
            try:
                return self.keep(read[each](normal_id(id)), answered=True)
            except Missing:
                continue
            except NotAllowed:
                return self.refuse(known) if known else None
        return self.refuse(known, trashed=True) if known else None

    def refuse(self, place: Place, **fields: Any) -> Place:
        """Remember that Notion refuses a place now: it is asked for when something speaks for that, or in a week."""
        return self.change(place, refused_at=self._deps.clock.now().isoformat(), **fields)

    def keep(self, raw: Mapping[str, Any], parent: str = "", *, answered: bool = False) -> Place:
        """Remember an object as Notion gives it. `parent` is where it was found, for one that names a block.

        It was `answered` when it was asked for by its id: then it is not refused, or not any more.
        """
        place_id, kind = normal_id(str(raw["id"])), str(raw["object"])
        known = self.find_known(place_id) or Place(place_id, kind)
        version = str(raw.get("last_edited_time") or known.version)
        place = replace(
            known,
            kind=kind,
            title=title_of(raw) if _has_title(raw) else known.title,
            parent=parent or self._parent(raw, known),
            version=version,
            trashed=bool(raw.get("in_trash")),
            refused_at="" if answered or known.trashed or version != known.version else known.refused_at,
        )
        self._save(place)
        for source in raw.get("data_sources") or () if kind == DATABASE else ():
            self._keep_source(normal_id(str(source["id"])), str(source.get("name") or ""), place_id)
        return place

    def keep_sources(self, raw: Mapping[str, Any]) -> list[Place]:
        """Remember a database as Notion gives it; return the data sources in it."""
        self.keep(raw)
        sources = [self.find_known(str(source["id"])) for source in raw.get("data_sources") or ()]
        return [source for source in sources if source is not None]

    def change(self, place: Place, **fields: Any) -> Place:
        """Remember something of an object that is known."""
        changed = replace(place, **fields)
        self._save(changed)
        return changed

    def report(self) -> None:
        """Count the look-ups among the tenant's metrics; `GET /v1/usage` shows them."""
        if not self.hits and not self.misses:
            return

        def add(known: LookUps | None) -> LookUps:
            before = known or LookUps()
            return replace(before, hits=before.hits + self.hits, misses=before.misses + self.misses)

        with suppress(Busy):  # a count is not worth a failure
            change_as(LookUps, self._deps.store, (self._tenant, *COUNTED), add, self._deps.stand_back)
            self.hits = self.misses = 0

    def _keep_source(self, id: str, name: str, database: str) -> None:
        known = self.find_known(id) or Place(id, DATA_SOURCE)
        wanted = replace(known, title=name or known.title, parent=database, trashed=False)
        if wanted != known:
            self._save(wanted)

    def _save(self, place: Place) -> None:
        known = self.find_known(place.id)
        if known != place:
            moved = known is None or (known.version, known.parent) != (place.version, place.parent)
            if self.noticed is not None and (moved or (known is not None and known.trashed and not place.trashed)):
                self.noticed(place)
            self._deps.store.put(self._tenant, Put(MAP, place.id, to_body(place)))
        if self._all is not None:
            self._all[place.id] = place

    def _parent(self, raw: Mapping[str, Any], known: Place) -> str:
        parent = raw.get("parent") or {}
        kind = str(parent.get("type") or "")
        if kind == "block_id":
            return self._page_of_block(str(parent["block_id"]), known)
        return normal_id(str(parent[kind])) if isinstance(parent.get(kind), str) else ""

    def _page_of_block(self, block: str, known: Place) -> str:
        """Return the page around a block: what is in a toggle or a column is on the page."""
        for _ in range(_DEEPEST):
            if self._notion is None:
                break
            try:
                parent = self._notion.block(block).get("parent") or {}
            except (Missing, NotAllowed):
                break
            kind = str(parent.get("type") or "")
            if kind != "block_id":
                return normal_id(str(parent[kind])) if isinstance(parent.get(kind), str) else ""
            block = str(parent["block_id"])
        return known.parent


def title_of(raw: Mapping[str, Any]) -> str:
    """Return the title of a page, database or data source as plain text."""
    if raw.get("object") == PAGE:
        values = (raw.get("properties") or {}).values()
        items = next((value.get("title") or [] for value in values if value.get("type") == "title"), [])
    else:
        items = raw.get("title") or []
    return "".join(str(part.get("plain_text") or "") for part in items)


def _has_title(raw: Mapping[str, Any]) -> bool:
    """Say whether the object is whole: search may leave the properties out."""
    return bool(raw.get("properties")) if raw.get("object") == PAGE else "title" in raw
