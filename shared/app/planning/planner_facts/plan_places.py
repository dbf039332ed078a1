"""Where and when a plan takes place: the day, and the databases that it may mean, with columns, types and options.

Told are the team's Tasks and Ideas, what the page links to, and what it calls by its title. Where Notion does not
answer, the plan goes on with what is known without it, and is told so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from shared.app.engine.deps import Deps
from shared.app.knowledge.knowledge_scope import scope_of
from shared.app.schedule.time_zones import zone_named
from shared.app.workspace.database_columns import columns_agreed, columns_of, load_columns
from shared.app.workspace.workspace_databases import database_of
from shared.app.workspace.workspace_map import DATA_SOURCE, DATABASE, WorkspaceMap
from shared.app.workspace.workspace_schemas import IDEAS, SCHEMAS, TASKS
from shared.core.documents.places import Column, Columns, Place
from shared.core.errors import IntegrationError
from shared.core.page import Page
from shared.core.text.outgoing_text import fold
from shared.integrations.notion.client.client import Notion
from shared.integrations.notion.ids import ids_in, normal_id
from shared.mind.context import Part
from shared.mind.page_text import page_words

if TYPE_CHECKING:
    from shared.app.engine.tools import Tools

OURS = (TASKS, IDEAS)  # what a plan may mean without naming it
MAX, MAX_COLUMNS, MAX_OPTIONS = 6, 20, 12
_MAX_LINKS = 8  # of a page that are looked up: each may cost a call
_SHORTEST = 3  # letters of a title that is looked for among a page's words
_UNSEEN = "its columns could not be looked up"
_AGREED = "as it was set up; its columns could not be looked up now"


@dataclass(frozen=True, slots=True)
class Told:
    """One database as it is told; `kind` is what it is to us, `note` what is to be known of the look at it."""

    columns: Columns
    kind: str = ""
    note: str = ""

    def describe(self, *, columns: bool) -> str:
        """Return it as a line, with its columns where they are asked for."""
        source = self.columns
        return self.line if columns else f"Database {_shorten(source.title)!r}, data source {source.data_source}"

    @property
    def line(self) -> str:
        """Return it as a line with all that is known of it."""
        source = self.columns
        note = f" ({self.note})" if self.note else ""
        shown = [_column_line(each) for each in source.columns[:MAX_COLUMNS]]
        left = len(source.columns) - len(shown)
        more = [f"{left} more columns are not shown"] if left > 0 else []
        name = f"Database {_shorten(source.title)!r}, data source {source.data_source}"
        return f"{name}{note}: {'; '.join([*shown, *more])}"


@dataclass(frozen=True, slots=True)
class Places:
    """The day where the team is, and the databases; `left_out` are titles of further ones."""

    today: str = ""
    day: str = ""
    databases: tuple[Told, ...] = ()
    left_out: tuple[str, ...] = ()
    ours: Mapping[str, Any] = field(default_factory=dict)  # by our names, for a planner by rules

    def part(self, name: str = "today, and the team's databases", *, columns: bool = True) -> Part:
        """Return it as a part of a prompt; the day stands first and is never cut. `columns`: those of databases too."""
        lines = [f"Today is {self.day}.", *(each.describe(columns=columns) for each in self.databases)]
        if self.left_out:
            lines.append(f"Further databases, not shown: {', '.join(map(_shorten, self.left_out))}")
        return Part("input", name, "\n".join(lines), must=True, share=0.2)

    def data(self) -> dict[str, Any]:
        """Return it as structure, for a planner by rules."""
        return {**self.ours, "today": self.today}


def today_of(settings: Mapping[str, Any], now: datetime) -> tuple[str, str]:
    """Return the date where the team is, as ISO and with weekday and zone in words."""
    name = str(settings.get("time_zone") or "UTC")
    day = now.astimezone(zone_named(name)).date()
    return day.isoformat(), f"{day:%A}, {day.isoformat()}, in the time zone {name}"


def places_of(deps: Deps, tools: Tools, tenant: str, page: Page) -> Places:
    """Return the day and the databases for a plan of this page; asks Notion for columns that are not known."""
    settings = tools.settings(tenant)
    try:
        notion = tools.accounts.connect_for(tenant)(Notion)
    except IntegrationError:
        return list_known_places(deps, settings, tenant, page_words(page))
    places = WorkspaceMap(deps, tenant, notion)
    return _places(deps, settings, tenant, page, places, lambda source: columns_of(deps, tenant, notion, source))


def list_known_places(deps: Deps, settings: Mapping[str, Any], tenant: str, text: str) -> Places:
    """Return the day, and the databases for a text, as far as they are known without a call of Notion."""
    page = Page("", text, ())
    places = WorkspaceMap(deps, tenant)
    return _places(deps, settings, tenant, page, places, lambda source: load_columns(deps, tenant, source))


def _places(
    deps: Deps,
    settings: Mapping[str, Any],
    tenant: str,
    page: Page,
    places: WorkspaceMap,
    look: Callable[[str], Columns | None],
) -> Places:
    day, words = today_of(settings, deps.clock.now())
    mapped = {database.data_source: database for kind in OURS if (database := database_of(settings, kind)) is not None}
    titles = {normal_id(source): SCHEMAS[database.kind].title for source, database in mapped.items()}
    own = {normal_id(source): database for source, database in mapped.items()}
    for place in [*_find_linked(page, places), *_find_named(page, WorkspaceMap(deps, tenant), settings)]:
        titles.setdefault(place.id, place.title)
    described = []
    for source in list(titles)[:MAX]:
        database, seen = own.get(source), _look_up_columns(look, source)
        if seen is not None:
            described.append(Told(seen, database.kind if database else ""))
        elif database is not None:
            described.append(Told(columns_agreed(database, titles[source]), database.kind, _AGREED))
        else:
            described.append(Told(Columns(titles[source], source, ()), "", _UNSEEN))
    ours = {
        database.kind: {"data_source": database.data_source, "columns": dict(database.properties)}
        for database in mapped.values()
    }
    return Places(day, words, tuple(described), tuple(titles[source] for source in list(titles)[MAX:]), ours)


def _look_up_columns(look: Callable[[str], Columns | None], source: str) -> Columns | None:
    try:
        return look(source)
    except IntegrationError:  # a plan can do without, and is told so
        return None


def _find_linked(page: Page, places: WorkspaceMap) -> Iterator[Place]:
    """Return the data sources that the page links to, mentions or holds."""
    for wanted in list(dict.fromkeys(_ids(page)))[:_MAX_LINKS]:
        try:
            place = places.get(wanted)
        except IntegrationError:
            continue
        if place is None or place.trashed:
            continue
        if place.kind == DATABASE:
            yield from (each for each in places.children(place.id) if each.kind == DATA_SOURCE)
        elif place.kind == DATA_SOURCE:
            yield place


def _find_named(page: Page, places: WorkspaceMap, settings: Mapping[str, Any]) -> Iterator[Place]:
    """Return the data sources that the page calls by their titles, the longest title first."""
    scope, text = scope_of(settings), f" {_plain(page_words(page))} "
    sources = [each for each in places.list_all().values() if each.kind == DATA_SOURCE and not each.trashed]
    for place in sorted(sources, key=lambda each: (-len(each.title), each.title, each.id)):
        title = _plain(place.title)
        if len(title) >= _SHORTEST and f" {title} " in text and scope.allows(places.path(place.id)):
            yield place


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", fold(text)))


def _ids(page: Page) -> Iterator[str]:
    for block in page.walk():
        spans = [*block.spans, *(span for cell in block.cells for span in cell), *block.caption_spans]
        texts = [block.target, block.url or "", *(span.href or "" for span in spans)]
        texts += [str(dict(span.mention)) for span in spans if span.mention] + [span.text for span in spans]
        if block.type == "child_database":
            yield normal_id(block.id)
        for text in texts:
            yield from ids_in(text)


def _column_line(column: Column) -> str:
    shown = [_shorten(each) for each in column.options[:MAX_OPTIONS]]
    left = len(column.options) - len(shown)
    options = f" ({', '.join([*shown, *([f'{left} more'] if left > 0 else [])])})" if shown else ""
    leads_to = f" to data source {column.leads_to}" if column.leads_to else ""
    return f"{_shorten(column.name)}: {column.type or 'of a type that is not known'}{options}{leads_to}"


def _shorten(text: str) -> str:
    return " ".join(text.split())[:100]
