"""What a plan names in Notion becomes what a step needs: an address, a name or a database's id → the data source.

Looked up while the plan is made, each once, so that a mistake is told before people approve. Where Notion cannot be
asked the step stays as it is, and is checked when it runs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from shared.app.engine.deps import Deps
from shared.app.planning.plan_columns import ColumnCheck
from shared.app.workspace.database_columns import columns_now, load_columns
from shared.app.workspace.workspace_databases import bare, database_of
from shared.app.workspace.workspace_map import DATA_SOURCE, DATABASE, PAGE, WorkspaceMap, title_of
from shared.app.workspace.workspace_schemas import SCHEMAS
from shared.core.documents.places import Columns, Place
from shared.core.errors import IntegrationError, Missing, Rejected
from shared.core.planning.plan_refusals import Problems
from shared.integrations.notion.client.client import Notion
from shared.integrations.notion.ids import id_named, normal_id

SOURCES = ("data_source", "to_data_source", "relates_to")  # fields that name a data source
_COLLECTION = "collection://"
_STEP = "step:"
_MAX_NAMED = 8
_LONGEST_NAME = 200

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Source:
    """A data source; `columns` is None where Notion could not be asked, and `wrong` says why it cannot be one."""

    id: str = ""
    columns: Columns | None = None
    wrong: str = ""


class NamedPlaces:
    """The data sources that one plan names, each looked up once; `page_text` is what the page says.

    What is kept of places and columns is not asked for again; columns that do not fit a plan are looked at anew, once.
    """

    def __init__(
        self, deps: Deps, tenant: str, connect: Callable[[], Notion], settings: Json, today: date, page_text: str = ""
    ) -> None:
        self._deps, self._tenant, self._connect, self._settings = deps, tenant, connect, settings
        self.today, self.page_text = today, page_text
        self._seen: dict[str, Source | None] = {}
        self._now: dict[str, Columns | None] = {}  # as Notion has them; None where it could not be asked

    @cached_property
    def _notion(self) -> Notion:
        return self._connect()

    @cached_property
    def _map(self) -> WorkspaceMap:
        return WorkspaceMap(self._deps, self._tenant, self._notion)

    def source(self, given: str) -> Source | None:
        """Return what is meant; None where nobody can tell now."""
        key = given.strip()
        if key not in self._seen:
            try:
                self._seen[key] = self._looked_up(key)
            except IntegrationError:
                self._seen[key] = None
        return self._seen[key]

    def columns_now(self, source: str) -> Columns | None:
        """Return its columns as Notion has them, asked for once; None where it cannot be asked now."""
        if source not in self._now:
            try:
                self._now[source] = columns_now(self._deps, self._tenant, self._notion, source)
            except IntegrationError:
                self._now[source] = None
        return self._now[source]

    def _looked_up(self, given: str) -> Source | None:
        named = given.removeprefix(_COLLECTION)
        wanted = id_named(named)
        if not wanted:
            return self._find_called(named)
        ours = next((database for database in self._ours() if bare(database.database) == bare(wanted)), None)
        return self._find_by_id(normal_id(ours.data_source) if ours is not None else wanted)

    def _find_by_id(self, id: str) -> Source | None:
        known = self._map.find_known(id)
        for kind, look in ((DATA_SOURCE, self._open_source), (DATABASE, self._read_database), (PAGE, self._find_page)):
            if known is None or known.kind == kind:
                with suppress(Missing, Rejected):
                    return look(id)
        return None

    def _open_source(self, id: str) -> Source:
        columns = load_columns(self._deps, self._tenant, id)
        if columns is None:
            columns = self._now[id] = columns_now(self._deps, self._tenant, self._notion, id)
        return Source(columns.data_source, columns)

    def _read_database(self, id: str) -> Source:
        known = self._map.find_known(id) is not None
        sources = [each for each in self._map.children(id) if each.kind == DATA_SOURCE] if known else []
        sources = sources or self._map.keep_sources(self._notion.database(id))
        if len(sources) == 1:
            return self._open_source(sources[0].id)
        names = "; ".join(f"{each.title} ({each.id})" for each in sources[:_MAX_NAMED])
        return Source(wrong=f"{id} is a database with {len(sources)} data sources; name one of: {names}")

    def _find_page(self, id: str) -> Source | None:
        page = self._map.find_known(id) or self._map.refresh(id, PAGE)
        if page is None:
            return None
        return Source(wrong=f"{id} is the page “{page.title[:80]}”, not a database; {self._to_name()}")

    def _find_called(self, name: str) -> Source | None:
        """Return the data source of that title: one of the team's own, else the only one that there is."""
        if not name or len(name) > _LONGEST_NAME:
            return None
        for database in self._ours():
            if name.casefold() in (database.kind.casefold(), SCHEMAS[database.kind].title.casefold()):
                return self._open_source(normal_id(database.data_source))
        found = self._find_titled(name)
        if len(found) == 1:
            return self._open_source(found[0].id)
        if found:
            ids = ", ".join(each.id for each in found[:_MAX_NAMED])
            return Source(wrong=f"{len(found)} databases are called {name!r}; name one by its id: {ids}")
        return Source(wrong=f"no database is called {name!r}; {self._to_name()}")

    def _find_titled(self, name: str) -> list[Place]:
        """Return the data sources of that title: those that are known, else those that Notion finds."""
        if known := self._map.find(name, DATA_SOURCE):
            return known
        found = [
            each for each in self._notion.search(name, "data_source") if title_of(each).casefold() == name.casefold()
        ]
        return [self._map.keep(each) for each in found]

    def _ours(self) -> list[Any]:
        return [database for kind in SCHEMAS if (database := database_of(self._settings, kind)) is not None]

    def _to_name(self) -> str:
        listed = "; ".join(f"{SCHEMAS[database.kind].title} ({database.data_source})" for database in self._ours())
        return f"name one of: {listed}" if listed else "give the id of a database"


def resolve_places(
    proposed: list[Any], places: NamedPlaces, problems: Problems, plan_text: str = ""
) -> tuple[list[Any], list[str]]:
    """Return the steps with data sources in place of what was given, and what people are told of new options.

    What they do with columns is checked; `plan_text` is what the plan says beside its steps' input.
    """
    made: dict[tuple[str, str], None] = {}
    steps = [
        {**step, "input": _resolve_places(step["input"], f"steps[{number}].input", (places, plan_text), problems, made)}
        if isinstance(step, Mapping)
        and str(step.get("kind")).startswith("notion.")
        and isinstance(step.get("input"), Mapping)
        else step
        for number, step in enumerate(proposed)
    ]
    return steps, [f"“{option}” becomes a new option of the column “{column}”." for option, column in made]


def _resolve_places(
    given: Json, where: str, named: tuple[NamedPlaces, str], problems: Problems, made: dict[tuple[str, str], None]
) -> dict[str, Any]:
    places = named[0]
    result: dict[str, Any] = {}
    into: Source | None = None
    for name, value in given.items():
        if name in SOURCES and isinstance(value, str) and value.strip() and not value.strip().startswith(_STEP):
            source = places.source(value)
            if source is not None and source.wrong:
                problems.add("place", f"{where}.{name}", error=source.wrong)
            elif source is not None:
                value = source.id
                into = source if name == "data_source" else into
        elif isinstance(value, Mapping):
            value = _resolve_nested(value, f"{where}.{name}", named, problems, made)
        result[name] = value
    return _fit_columns(result, into, where, named, problems, made) if into is not None else result


def _fit_columns(
    given: dict[str, Any],
    source: Source,
    where: str,
    named: tuple[NamedPlaces, str],
    problems: Problems,
    made: dict[tuple[str, str], None],
) -> dict[str, Any]:
    """Return an input with its columns checked: with those that are kept, and what does not fit with those of now."""
    places, plan_text = named
    columns, noted, text = source.columns, Problems(), f"{places.page_text}\n{plan_text}"
    if columns is not None:
        first = ColumnCheck(columns, places.today, noted, where, text)
        result = first.input(given)
        if not noted and not first.made:
            return result
        columns = places.columns_now(source.id)
    if columns is None:
        return given
    check = ColumnCheck(columns, places.today, problems, where, text)
    result = check.input(given)
    made.update(dict.fromkeys(check.made))
    return result


def _resolve_nested(
    given: Json, where: str, named: tuple[NamedPlaces, str], problems: Problems, made: dict[tuple[str, str], None]
) -> dict[str, Any]:
    """Return columns that are to be made, of which one may lead to another database."""
    if not any(isinstance(each, Mapping) and "relates_to" in each for each in given.values()):
        return dict(given)
    return {
        name: _resolve_places(each, f"{where}.{name}", named, problems, made) if isinstance(each, Mapping) else each
        for name, each in given.items()
    }
