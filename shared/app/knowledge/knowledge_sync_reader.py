"""One command's work on a tenant's index: which page is read how, and what becomes of one that is not shown any more.

A page is read completely or not replaced. It is forgotten only because it is in the trash, or because Notion did not
show it twice, ten minutes apart; what it did not show once is served to nobody from then on. Where a large part of a
workspace is gone at once, it is mostly a lost permission: then a person has to say that it may be forgotten.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from shared import log
from shared.app.engine.deps import Deps
from shared.app.engine.tools import Tools
from shared.app.knowledge.knowledge_marks import (
    WEEK,
    count_lost,
    find_last_act,
    is_lost,
    keep_state,
    mark_edited,
    mark_stale,
    state_of,
)
from shared.app.knowledge.knowledge_scope import Scope, address_of, scope_of
from shared.app.knowledge.knowledge_sync_page import Taken, forget_page, take_page, titles_on
from shared.app.workspace.workspace_crawl import expand, skip
from shared.app.workspace.workspace_databases import map_page
from shared.app.workspace.workspace_map import DATA_SOURCE, PAGE, WorkspaceMap, may_be_asked
from shared.app.workspace.workspace_schemas import IDEAS
from shared.core.documents.codec import to_body
from shared.core.documents.places import Place
from shared.core.documents.sync import LOST, STALE, KnowledgeState, Lost
from shared.core.errors import Blocked, Missing, NotAllowed, Rejected
from shared.core.page import Block, Page
from shared.core.pages.marks import OUR_PROPERTIES
from shared.integrations.notion.client.client import Notion
from shared.integrations.notion.content import reading
from shared.ports import Put, get_as
from shared.ports.knowledge import KnownPage

SURE_AFTER = timedelta(minutes=10)  # between the two times that Notion must not show a page before it is forgotten
MAX_LOST = 0.2  # of the known pages that may be lost at once
_FEW = 5  # pages may always be
_MINUTE = timedelta(minutes=1)
_LATER = timedelta(hours=1)
_SAID = timedelta(days=1)
_LATELY = timedelta(days=2)  # in which the round has asked for every page


def _may_forget(state: KnowledgeState, now: datetime) -> bool:
    """Say whether a person has lately said that much may be forgotten."""
    return bool(state.may_forget) and now - datetime.fromisoformat(state.may_forget) < _SAID


def _lately(state: KnowledgeState, now: datetime) -> bool:
    """Say whether the count of pages that were forgotten because they were not shown is of these days."""
    return bool(state.gone_since) and now - datetime.fromisoformat(state.gone_since) < _LATELY


@dataclass
class Reader:
    """One command's work on a tenant's index; `done` counts what it did."""

    deps: Deps
    tools: Tools
    tenant: str
    notion: Notion
    scope: Scope
    places: WorkspaceMap
    ways: WorkspaceMap  # asks Notion nothing: of a page that is shared alone, nobody shows what is above
    done: Taken = field(default_factory=Taken)
    _many: tuple[int, int] | None = None  # lost pages, of how many
    _acted: str | None = None  # when a person last did what may have given access back
    reading: str = ""  # the page that is being read: what is noticed of it is known already

    @classmethod
    def open_for(cls, deps: Deps, tools: Tools, tenant: str, notion: Notion) -> Reader:
        """Return a reader that marks the pages it notices to have changed, beside those it reads."""
        scope, places = scope_of(tools.settings(tenant)), WorkspaceMap(deps, tenant, notion)
        reader = cls(deps, tools, tenant, notion, scope, places, WorkspaceMap(deps, tenant))
        places.noticed = reader.notice
        return reader

    def notice(self, place: Place) -> None:
        """Have a page read that is found to be new, changed or elsewhere."""
        if place.kind == PAGE and not place.trashed and place.id != self.reading:
            mark_edited(self.deps, self.tenant, place.id, place.version)

    @contextmanager
    def keep_counts(self) -> Iterator[None]:
        """Keep what was done, counted, however it ends."""
        try:
            yield
        finally:
            counted = {name: number for name, number in asdict(self.done).items() if number}
            if counted:
                log.line("INFO", "pages read into the index", tenant=self.tenant, **counted)
                keep_state(self.deps, self.tenant, add=counted)
            self.done = Taken()

    def take(self, place: Place, blocks: Sequence[Block], raw: Mapping[str, Any] | None = None) -> None:
        """Take over a page of the map that was just read; a row's columns are asked for where `raw` does not tell."""
        way = self.ways.path(place.id)
        if not self.scope.allows(way):
            self._forget(place.id)
            return
        columns: dict[str, str] = {}
        if len(way) > 1 and way[-2].kind == DATA_SOURCE:
            columns = self._columns(self.notion.page(place.id) if raw is None else raw)
        page = Page(place.id, place.title, tuple(blocks), columns, address_of(self.deps, place.id), place.version)
        above = titles_on(way[:-1])
        self.done += take_page(self.deps, self.tools, self.tenant, page, root=way[0].id, above=above)
        if place.version and abs(self.deps.clock.now() - datetime.fromisoformat(place.version)) < _MINUTE:
            mark_edited(self.deps, self.tenant, place.id, place.version)

    def handle_refusal(self, place: Place, error: Missing | Rejected) -> None:
        """Hear of a place that a crawl could not read: a page that was not shown is asked for once more."""
        if not isinstance(error, Missing | NotAllowed):
            self.done += Taken(failed=1)
        elif place.kind == PAGE:
            self._note_not_shown(place.id, error)
        elif isinstance(error, Missing):
            self.places.change(place, trashed=True)

    def _columns(self, raw: Mapping[str, Any]) -> dict[str, str]:
        """Return what people have filled in of a row."""
        mapped, ours = map_page(self.tools.settings(self.tenant), raw), set[str]()
        if mapped is not None and mapped.kind == IDEAS:
            ours = {name for our_name, name in mapped.map_names(raw).items() if our_name in OUR_PROPERTIES}
        columns = reading.read_page(raw, ()).properties
        return {name: text for name, text in columns.items() if text and name not in ours}

    def read(self, id: str, job: str) -> None:
        """Read one page anew, and note what is found in it; of a table, have read what of it is not in the index."""
        known = self.places.find_known(id)
        if known is not None and known.kind != PAGE:
            self._read_table(known, job)
            return
        self.reading, was_known = id, self._is_in_index(id)
        try:
            raw = self.notion.page(id)
            place = self.places.keep(raw, answered=True)
            if place.trashed:
                self._forget(id)
                return

            def take_found(found: Place, blocks: Sequence[Block]) -> None:
                self.take(found, blocks, raw)

            inside = expand(self.deps, self.tenant, self.notion, self.places, place, job, taken=take_found)
        except (Missing, NotAllowed) as error:
            self._note_not_shown(id, error)
            return
        except Rejected as error:  # one odd page must not keep the others from being read
            self._count_unreadable(id, error)
            return
        self._note_shown(id)
        if not was_known:
            self._bring_back(inside)

    def _count_unreadable(self, page: str, error: Rejected) -> None:
        log.line("WARNING", "page not readable", tenant=self.tenant, page=page, **log.about(error))
        self.done += Taken(failed=1)

    def _read_table(self, place: Place, job: str) -> None:
        """Look into a database or data source, and have read what of it is not in the index."""
        came_back = place.trashed or bool(place.refused_at)
        try:
            now = self.places.refresh(place.id, place.kind)
            if now is not None and not now.trashed and not now.refused_at:
                inside = expand(self.deps, self.tenant, self.notion, self.places, now, job)
                self._bring_back([each for each in inside if came_back or self._may_be_asked(each)])
        except (Missing, Rejected) as error:
            skip(self.deps, self.tenant, self.places, place, error)

    def look_at(self, place: Place) -> None:
        """Look at a place of the map in the slow round: a page that is not in the index is read, one that is asked for.

        It may be missing because it could not be read, or because the index lost its last pages with the power. What
        Notion refused within a week is not asked for. Of tables only those are asked for that were refused.
        """
        known = self.tools.knowledge(self.tenant).page(place.id) if place.kind == PAGE else None
        wanted = place.kind == PAGE or bool(place.refused_at)
        if known is not None:
            self._ask_for(known)
        elif wanted and self._may_be_asked(place) and self._allows(place):
            mark_stale(self.deps, self.tenant, place.id, self.deps.clock.now())

    def _allows(self, place: Place) -> bool:
        """Say whether the owner's lists allow a place; what Notion did not show may be there again."""
        way = self.ways.path(place.id)
        return self.scope.allows([replace(each, trashed=each.trashed and not each.refused_at) for each in way])

    def _may_be_asked(self, place: Place) -> bool:
        if self._acted is None:  # read once per command
            self._acted = find_last_act(self.deps, self.tenant)
        return may_be_asked(place, self.deps.clock.now(), self._acted)

    def _ask_for(self, page: KnownPage) -> None:
        """Ask whether a known page is still there and where it was, and have it read again when it has changed."""
        self.reading = ""
        if self.deps.store.get(self.tenant, STALE, page.id) is not None:  # it is to be read anyway, at its own time
            return
        try:
            raw = self.notion.page(page.id)
        except (Missing, NotAllowed) as error:
            self._note_not_shown(page.id, error)
            return
        except Blocked:  # and so would be the next page
            raise
        except Rejected as error:
            self._count_unreadable(page.id, error)
            return
        place = self.places.keep(raw, answered=True)
        way = self.ways.path(page.id)
        if not self.scope.allows(way):
            self._forget(page.id)
            return
        self._note_shown(page.id)
        if (place.version, way[0].id) != (page.edited_at, page.root):
            mark_edited(self.deps, self.tenant, page.id, place.version)

    def _forget(self, id: str) -> None:
        self.done += Taken(removed=forget_page(self.deps, self.tools, self.tenant, id))

    def _bring_back(self, inside: Sequence[Place]) -> None:
        """Have read what is in a place that is new to the index: it came out of the trash, or from elsewhere."""
        for place in inside:
            missing = place.kind != PAGE or not self._is_in_index(place.id)
            if missing and self.scope.allows(self.ways.path(place.id)):
                mark_stale(self.deps, self.tenant, place.id, self.deps.clock.now())

    def _note_not_shown(self, id: str, error: Missing | NotAllowed) -> None:
        """Note that Notion does not show the page, which is served to nobody from now on; the second time forget it."""
        now, mark = self.deps.clock.now(), get_as(Lost, self.deps.store, (self.tenant, LOST, id))
        place, gone = self.places.find_known(id), isinstance(error, Missing)
        if mark is None and place is not None and place.refused_at and not self._is_in_index(id):
            self.places.refuse(place, trashed=gone)  # as it did before, so once is enough
        elif mark is None:
            self.deps.store.put(self.tenant, Put(LOST, id, to_body(Lost(now, self._is_in_index(id)))))
            mark_stale(self.deps, self.tenant, id, now + SURE_AFTER)
        elif (lost_for := now - mark.since) < SURE_AFTER:
            mark_stale(self.deps, self.tenant, id, now + SURE_AFTER)
        elif self._is_mass_removal():
            mark_stale(self.deps, self.tenant, id, now + min(max(_LATER, lost_for), WEEK))  # rarer and rarer
        else:
            if place is not None:
                self.places.refuse(place, trashed=gone)
            if self._is_in_index(id):
                self._count_gone()
            self._forget(id)

    def _is_in_index(self, id: str) -> bool:
        return self.tools.knowledge(self.tenant).page(id) is not None

    def _note_shown(self, id: str) -> None:
        if is_lost(self.deps, self.tenant, id):
            self.deps.store.put(self.tenant, Put(LOST, id, None))

    def _is_mass_removal(self) -> bool:
        """Say whether so much is gone at once that a person has to say that it may be forgotten.

        What was forgotten lately counts as well: a permission that is lost is mostly found out page by page.
        """
        state, now = state_of(self.deps, self.tenant) or KnowledgeState(), self.deps.clock.now()
        if _may_forget(state, now):
            return False
        if self._many is None:  # counted once per command: there may be thousands
            gone = (state.gone or 0) if _lately(state, now) else 0
            known, lost = self.tools.knowledge(self.tenant).count()["pages"], count_lost(self.deps, self.tenant)
            self._many = (lost + gone, known + gone)
        lost, known = self._many
        if lost <= max(_FEW, MAX_LOST * known):
            return False
        alert = (
            f"Notion no longer shows {lost} of {known} pages; they are kept, but not served, until you say otherwise"
        )
        if state.alert != alert:
            log.line("ERROR", "many pages lost at once", tenant=self.tenant, lost=lost, known=known)
            keep_state(self.deps, self.tenant, alert=alert)
        return True

    def _count_gone(self) -> None:
        """Count a page that is forgotten because it was not shown, unless a person has said that it may be."""
        state, now = state_of(self.deps, self.tenant) or KnowledgeState(), self.deps.clock.now()
        if _may_forget(state, now):
            return
        if _lately(state, now):
            keep_state(self.deps, self.tenant, add={"gone": 1})
        else:
            keep_state(self.deps, self.tenant, gone=1, gone_since=now.isoformat())
