"""What a plan names in Notion becomes what a step needs: an address, a name or a database's id → the data source.

Looked up while the plan is made, each once, so that a mistake is told before people approve. Where Notion cannot be
asked the step stays as it is, and is checked when it runs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from shared.app.plan_columns import ColumnCheck
from shared.app.workspace_databases import bare, database_of
from shared.app.workspace_map import title_of
from shared.app.workspace_schemas import SCHEMAS
from shared.core.errors import IntegrationError, Missing, Rejected
from shared.core.plan_refusals import Problems
from shared.integrations.notion.client import Notion
from shared.integrations.notion.wire import normal_id

SOURCES = ("data_source", "to_data_source", "relates_to")  # fields that name a data source
_COLLECTION = "collection://"
_ID = re.compile(r"[0-9a-f]{32}$|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
_STEP = "step:"
_MOST_NAMED = 8
_LONGEST_NAME = 200

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Source:
    """A data source; `columns` is None where Notion could not be asked, and `wrong` says why it cannot be one."""

    id: str = ""
    columns: Json | None = None
    wrong: str = ""


class NamedPlaces:
    """The data sources that one plan names, each looked up once; `said` is what the page says."""

    def __init__(self, connect: Callable[[], Notion], settings: Json, today: date, said: str = "") -> None:
        self._connect, self._settings, self.today, self.said = connect, settings, today, said
        self._seen: dict[str, Source | None] = {}

    def source(self, given: str) -> Source | None:
        """Return what is meant; None where nobody can tell now."""
        key = given.strip()
        if key not in self._seen:
            try:
                self._seen[key] = self._looked_up(key)
            except IntegrationError:
                self._seen[key] = None
        return self._seen[key]

    def _looked_up(self, given: str) -> Source | None:
        named = given.removeprefix(_COLLECTION) if given.startswith(_COLLECTION) else given
        found = _ID.search(named.lower().partition("?")[0].partition("#")[0].rstrip("/"))
        if found is None:
            return self._called(named)
        wanted = normal_id(found[0])
        notion = self._connect()
        ours = next((one for one in self._ours() if bare(one.database) == bare(wanted)), None)
        if ours is not None:
            return self._opened(notion, normal_id(ours.data_source))
        try:
            return self._opened(notion, wanted)
        except (Missing, Rejected):
            return self._of_database(notion, wanted)

    def _opened(self, notion: Notion, id: str) -> Source:
        raw = notion.data_source(id)
        return Source(normal_id(str(raw.get("id") or id)), raw.get("properties") or {})

    def _of_database(self, notion: Notion, id: str) -> Source | None:
        try:
            sources = notion.database(id).get("data_sources") or ()
        except (Missing, Rejected):
            return self._if_page(notion, id)
        if len(sources) == 1:
            return self._opened(notion, str(next(iter(sources))["id"]))
        names = "; ".join(f"{each.get('name', '')} ({each['id']})" for each in sources[:_MOST_NAMED])
        return Source(wrong=f"{id} is a database with {len(sources)} data sources; name one of: {names}")

    def _if_page(self, notion: Notion, id: str) -> Source | None:
        try:
            title = title_of(notion.page(id))
        except (Missing, Rejected):
            return None
        return Source(wrong=f"{id} is the page “{title[:80]}”, not a database; {self._to_name()}")

    def _called(self, name: str) -> Source | None:
        """Return the data source of that title: one of the team's own, else the only one that Notion finds."""
        if not name or len(name) > _LONGEST_NAME:
            return None
        notion = self._connect()
        for one in self._ours():
            if name.casefold() in (one.kind.casefold(), SCHEMAS[one.kind].title.casefold()):
                return self._opened(notion, normal_id(one.data_source))
        found = [each for each in notion.search(name, "data_source") if title_of(each).casefold() == name.casefold()]
        if len(found) == 1:
            return self._opened(notion, str(found[0]["id"]))
        if found:
            ids = ", ".join(str(each["id"]) for each in found[:_MOST_NAMED])
            return Source(wrong=f"{len(found)} databases are called {name!r}; name one by its id: {ids}")
        return Source(wrong=f"no database is called {name!r}; {self._to_name()}")

    def _ours(self) -> list[Any]:
        return [one for kind in SCHEMAS if (one := database_of(self._settings, kind)) is not None]

    def _to_name(self) -> str:
        listed = "; ".join(f"{SCHEMAS[one.kind].title} ({one.data_source})" for one in self._ours())
        return f"name one of: {listed}" if listed else "give the id of a database"


def with_places(
    proposed: list[Any], places: NamedPlaces, problems: Problems, said: str = ""
) -> tuple[list[Any], list[str]]:
    """Return the steps with data sources in place of what was given, and what people are told of new options.

    What they do with columns is checked; `said` is what the plan says beside its steps' input.
    """
    made: dict[tuple[str, str], None] = {}
    steps = [
        {**step, "input": _resolved(step["input"], f"steps[{number}].input", (places, said), problems, made)}
        if isinstance(step, Mapping)
        and str(step.get("kind")).startswith("notion.")
        and isinstance(step.get("input"), Mapping)
        else step
        for number, step in enumerate(proposed)
    ]
    return steps, [f"“{option}” becomes a new option of the column “{column}”." for option, column in made]


def _resolved(
    given: Json, where: str, named: tuple[NamedPlaces, str], problems: Problems, made: dict[tuple[str, str], None]
) -> dict[str, Any]:
    places, said = named
    result: dict[str, Any] = {}
    columns: Json | None = None
    for name, value in given.items():
        if name in SOURCES and isinstance(value, str) and value.strip() and not value.strip().startswith(_STEP):
            source = places.source(value)
            if source is not None and source.wrong:
                problems.add("place", f"{where}.{name}", error=source.wrong)
            elif source is not None:
                value = source.id
                columns = source.columns if name == "data_source" else columns
        elif isinstance(value, Mapping):
            value = _nested(value, f"{where}.{name}", named, problems, made)
        result[name] = value
    if not columns:
        return result
    check = ColumnCheck(columns, places.today, problems, where, f"{places.said}\n{said}")
    result = check.input(result)
    made.update(dict.fromkeys(check.made))
    return result


def _nested(
    given: Json, where: str, named: tuple[NamedPlaces, str], problems: Problems, made: dict[tuple[str, str], None]
) -> dict[str, Any]:
    """Return columns that are to be made, of which one may lead to another database."""
    if not any(isinstance(each, Mapping) and "relates_to" in each for each in given.values()):
        return dict(given)
    return {
        name: _resolved(each, f"{where}.{name}", named, problems, made) if isinstance(each, Mapping) else each
        for name, each in given.items()
    }
