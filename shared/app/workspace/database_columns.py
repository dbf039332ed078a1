"""What columns a database has, with types and options: looked up once, and then known for a while.

A look costs one call of Notion. What was found is kept in the store, so that the next plan, and the next attempt at
this one, ask nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from shared.app.engine.deps import Deps
from shared.app.workspace.workspace_databases import Mapped
from shared.app.workspace.workspace_map import title_of
from shared.core.errors import VersionConflict
from shared.integrations.notion.client.client import Notion
from shared.integrations.notion.ids import normal_id
from shared.integrations.notion.values.values_again import find_column
from shared.ports import Put

KIND = "columns"  # documents, by data source
FRESH = timedelta(minutes=10)
_CHOICES = ("select", "multi_select", "status")


@dataclass(frozen=True, slots=True)
class Column:
    """One column: `options` of a choice, `leads_to` the data source of a relation."""

    name: str
    type: str
    options: tuple[str, ...] = ()
    leads_to: str = ""
    id: str = ""


@dataclass(frozen=True, slots=True)
class Columns:
    """A database as far as a plan needs it."""

    title: str
    data_source: str
    columns: tuple[Column, ...]

    def find(self, wanted: str) -> Column | None:
        """Return a column by its name, its id, or "title"."""
        schema = {each.name: {"id": each.id, "type": each.type} for each in self.columns}
        found = find_column(schema, wanted)
        return next((each for each in self.columns if found and each.name == found[0]), None)


def columns_of(deps: Deps, tenant: str, notion: Notion, data_source: str) -> Columns:
    """Return the columns of a data source, from Notion where nothing fresh is kept; raises IntegrationError."""
    known = kept_columns(deps, tenant, data_source)
    return known if known is not None else columns_now(deps, tenant, notion, data_source)


def columns_now(deps: Deps, tenant: str, notion: Notion, data_source: str) -> Columns:
    """Return the columns of a data source as Notion has them now; raises IntegrationError."""
    found = columns_in(notion.data_source(normal_id(data_source)))
    _keep(deps, tenant, found)
    return found


def kept_columns(deps: Deps, tenant: str, data_source: str) -> Columns | None:
    """Return what was looked up lately; asks Notion nothing."""
    doc = deps.store.get(tenant, KIND, normal_id(data_source))
    if doc is None or deps.clock.now() - datetime.fromisoformat(doc.body["at"]) > FRESH:
        return None
    if not all("id" in each for each in doc.body["columns"]):  # kept before ids were
        return None
    columns = tuple(Column(**{**each, "options": tuple(each["options"])}) for each in doc.body["columns"])
    return Columns(doc.body["title"], doc.body["data_source"], columns)


def columns_in(raw: Mapping[str, Any]) -> Columns:
    """Return the columns of a data source as Notion gives it."""
    found = (_column(name, each) for name, each in (raw.get("properties") or {}).items())
    return Columns(title_of(raw), normal_id(str(raw["id"])), tuple(found))


def columns_agreed(mapped: Mapped, title: str) -> Columns:
    """Return the columns as they were when the database was set up: what there is where Notion does not answer."""
    options = tuple(dict.fromkeys(mapped.options.values()))
    found = (
        Column(name, mapped.types.get(name, ""), options if name == "Status" else ()) for name in mapped.properties
    )
    return Columns(title, normal_id(mapped.data_source), tuple(found))


def _column(name: str, raw: Mapping[str, Any]) -> Column:
    kind = str(raw.get("type") or "")
    inner: Mapping[str, Any] = raw.get(kind) or {}
    options: Iterable[Any] = inner.get("options") or () if kind in _CHOICES else ()
    leads_to = str(inner.get("data_source_id") or "") if kind == "relation" else ""
    names = tuple(str(each.get("name", "")) for each in options)
    return Column(name, kind, names, normal_id(leads_to) if leads_to else "", str(raw.get("id") or ""))


def _keep(deps: Deps, tenant: str, found: Columns) -> None:
    doc = deps.store.get(tenant, KIND, found.data_source)
    body = {**asdict(found), "at": deps.clock.now().isoformat()}
    with suppress(VersionConflict):  # somebody else has just looked, too
        deps.store.put(tenant, Put(KIND, found.data_source, body, doc.version if doc else ""))
