"""Which places a crawl still has to list: each is met once, and no part of the crawl reads the map again.

The crawl goes through the map by ascending ids and remembers how far it is. What it finds behind itself, and what is
in a place that was not found yet, gets a document of its own (`unlisted`) and is done afterwards: what has its place
first, so that of a page is known where it is when it is read. What was listed since the crawl began is passed over, so
a part that is done again goes on where it was stopped. So is what Notion refused within the last week.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from shared.app.engine.deps import Deps
from shared.app.knowledge.knowledge_marks import find_last_act
from shared.app.workspace.workspace_map import WorkspaceMap, may_be_asked
from shared.core.documents.codec import to_body
from shared.core.documents.places import CRAWL, MAP, CrawlState, Place
from shared.ports import Put, get_as, read_as

KIND = "unlisted"
_FOUND, _UNPLACED = "1.", "2."  # what their ids begin with: the order in which they are done


@dataclass
class Round:
    """The crawl that began then, between two of its parts; `at` and `through` say how far it is in the map."""

    deps: Deps
    tenant: str
    places: WorkspaceMap
    began: str
    at: str = ""
    through: bool = False
    acted: str = ""  # when a person last did what may have given access back
    _done: list[str] = field(default_factory=list)  # documents of what this part does

    @classmethod
    def load(cls, deps: Deps, tenant: str, places: WorkspaceMap, began: str) -> Round:
        """Return it as it was left."""
        known = get_as(CrawlState, deps.store, (tenant, *CRAWL))
        state = known if known is not None and known.crawl == began else CrawlState(began)
        return cls(deps, tenant, places, began, state.at, state.through, find_last_act(deps, tenant))

    def part(self, limit: int) -> list[Place]:
        """Return some places to list, at most so many; none when all are listed, but for what was not found yet."""
        while not self.through:
            docs = self.deps.store.list_docs(self.tenant, MAP, after=self.at, limit=limit)
            self.at, self.through = docs[-1].id if docs else self.at, len(docs) < limit
            if chosen := [place for place in (read_as(Place, doc) for doc in docs) if self._is_next(place)]:
                return chosen
        return self._list_left(limit)

    def note_found(self, found: Sequence[Place]) -> None:
        """Hear what a place holds, before it counts as listed: what the round will not meet any more is noted."""
        behind = [each for each in found if self._waits(each) and (self.through or each.id <= self.at)]
        for each in behind:
            self.deps.store.put(self.tenant, Put(KIND, _FOUND + each.id, {"crawl": self.began}))

    def end_part(self) -> bool:
        """Remember that the part is done; say whether it was the last one."""
        for name in self._done:
            self.deps.store.put(self.tenant, Put(KIND, name, None))
        state = CrawlState(self.began, self.at, self.through)
        self.deps.store.put(self.tenant, Put(*CRAWL, to_body(state)))
        return self.through and not self.deps.store.list_docs(self.tenant, KIND, limit=1)

    def _list_left(self, limit: int) -> list[Place]:
        """Return what was noted, the placed ones first; what needs nothing any more is only crossed out."""
        docs = self.deps.store.list_docs(self.tenant, KIND, limit=limit)
        if any(doc.id.startswith(_FOUND) for doc in docs):
            docs = [doc for doc in docs if doc.id.startswith(_FOUND)]
        self._done = [doc.id for doc in docs]
        known = [(doc.id, self.places.find_known(doc.id[len(_FOUND) :])) for doc in docs]
        return [place for name, place in known if place is not None and self._is_next(place, name[: len(_FOUND)])]

    def _is_next(self, place: Place, noted: str = "") -> bool:
        """Say whether to list it now; one that is in a place nobody has found yet is noted for the end."""
        if not self._waits(place):
            return False
        if noted == _UNPLACED or not place.parent or self.places.find_known(place.parent) is not None:
            return True
        self.deps.store.put(self.tenant, Put(KIND, _UNPLACED + place.id, {"crawl": self.began}))
        return False

    def _waits(self, place: Place) -> bool:
        waits = not place.trashed and place.listed_at < self.began
        return waits and may_be_asked(place, self.deps.clock.now(), self.acted)
