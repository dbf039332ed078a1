"""The pages of a workspace that Workwright knows, as people look for them: listed from our store, read from Notion.

Shown is what may be shown to everybody of the team: what the knowledge's lists allow, and pages that runs were opened
for. What Notion does not show us, or has in the trash, is not among them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from shared.app.engine.deps import Deps
from shared.app.intake.open_page_run import page_record
from shared.app.knowledge.knowledge_marks import BLUR
from shared.app.knowledge.knowledge_scope import Served, address_of, is_connected, scope_of
from shared.app.workspace.workspace_databases import kind_of
from shared.app.workspace.workspace_map import DATA_SOURCE, PAGE, WorkspaceMap, title_of
from shared.core.documents.page_record import PageRecord
from shared.core.documents.places import MAP, Place
from shared.core.errors import Conflicting, Missing, NotAllowed, NotThere
from shared.integrations.notion.client.client import Notion
from shared.integrations.notion.client.wire import normal_id
from shared.ports import read_as

if TYPE_CHECKING:
    from shared.app.engine.tools import Tools

LOOKED_AT = 500  # objects that one page of the list looks at: it may hold fewer, and be followed by another
_BATCH = 100


@dataclass(frozen=True, slots=True)
class KnownPage:
    """A page or a database; `table` is which of our databases it is a row of, `runs` how many runs it had."""

    place: Place
    url: str
    path: tuple[str, ...]  # the titles of what it is in, from the top of the workspace
    table: str
    run: str
    runs: int

    @property
    def is_tracked(self) -> bool:
        """Say whether something comes of what happens to it: it is a row of a database of ours, or had runs."""
        return bool(self.table or self.runs)


@dataclass(frozen=True, slots=True)
class PageText:
    """A page as Notion has it now; `blurred`: edited just now, so that a later edit may bear the same time."""

    known: KnownPage
    title: str
    edited_at: str
    blurred: bool


class KnownPages:
    """The pages of one team, each told of as often as asked; the way to a page is looked up once."""

    def __init__(self, deps: Deps, tenant: str, settings: Mapping[str, Any]) -> None:
        self._deps, self._tenant, self._settings = deps, tenant, settings
        self._served = Served(deps, tenant, scope_of(settings))
        self._places = WorkspaceMap(deps, tenant)

    def list_page(self, text: str, after: str, limit: int) -> tuple[list[KnownPage], str]:
        """Return pages by ascending id, and the id that the next part begins after, "" at the end.

        `text` is to stand in the title, whatever its case.
        """
        found: list[KnownPage] = []
        looked, last = 0, ""
        for place in self._walk(after):
            if looked == LOOKED_AT or len(found) == limit:
                return found, last
            looked, last = looked + 1, place.id
            known = self._describe(place) if text.casefold() in place.title.casefold() else None
            found += [known] if known is not None else []
        return found, ""

    def find(self, page: str) -> KnownPage:
        """Return one; raises NotThere for what is not known, and for what is not to be shown."""
        place = self._places.find_known(page)
        known = self._describe(place) if place is not None else None
        if known is None:
            raise NotThere("your team has no page with this id that may be shown", way_out="GET /v1/pages lists them.")
        return known

    def _walk(self, after: str) -> Iterator[Place]:
        while docs := self._deps.store.list_docs(self._tenant, MAP, after=after, limit=_BATCH):
            yield from (read_as(Place, doc) for doc in docs)
            after = docs[-1].id

    def _describe(self, place: Place) -> KnownPage | None:
        if place.trashed or place.refused_at or place.kind == DATA_SOURCE:
            return None
        record = page_record(self._deps, self._tenant, place.id)
        way = self._served.way(place.id)
        if not way and not record.run:
            return None
        titles = tuple(each.title for each in way[:-1] if each.kind != DATA_SOURCE)
        url = address_of(self._deps, place.id)
        return KnownPage(place, url, titles, self._find_table(place), record.run, _count_runs(record))

    def _find_table(self, place: Place) -> str:
        return kind_of(self._settings, place.parent) if place.kind == PAGE and place.parent else ""


def _count_runs(record: PageRecord) -> int:
    return record.generation if record.run else 0


def look_at_text(deps: Deps, tools: Tools, tenant: str, page: str) -> PageText:
    """Return what Notion says of a page now, without its text; raises NotThere, and Conflicting while unconnected."""
    known = KnownPages(deps, tenant, tools.settings(tenant)).find(normal_id(page))
    if known.place.kind != PAGE:
        raise NotThere("this is a database and has no text", way_out="GET /v1/pages lists the pages in it.")
    if not is_connected(deps, tenant):
        raise Conflicting("Notion is not connected", way_out="Connect it again: workwright connect notion.")
    try:
        raw = _notion(tools, tenant).page(known.place.id)
    except (Missing, NotAllowed):
        raise _not_shown() from None
    if raw.get("in_trash"):
        raise _not_shown()
    edited_at = str(raw.get("last_edited_time") or deps.clock.now().isoformat())
    return PageText(known, title_of(raw), edited_at, deps.clock.now() - datetime.fromisoformat(edited_at) < BLUR)


def read_text(tools: Tools, tenant: str, page: str) -> tuple[str, bool]:
    """Return a page as Markdown, and whether it is cut; raises NotThere for what Notion does not show us any more."""
    try:
        read = _notion(tools, tenant).markdown(normal_id(page))
    except (Missing, NotAllowed):
        raise _not_shown() from None
    return read.markdown, read.truncated


def _notion(tools: Tools, tenant: str) -> Notion:
    return tools.accounts.connect_for(tenant)(Notion)


def _not_shown() -> NotThere:
    way_out = "Share the page with Workwright in Notion: ••• › Connections."
    return NotThere("Notion does not show us this page any more", way_out=way_out)
