"""What columns a database has, with types and options: looked up once, and then known for a while.

A look costs one call of Notion. What was found is kept in the store, so that the next plan, and the next attempt at
this one, ask nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from shared.app.engine.deps import Deps
from shared.app.workspace.workspace_databases import Mapped
from shared.app.workspace.workspace_map import title_of
from shared.core.documents.places import COLUMNS, Column, Columns
from shared.core.errors import Busy
from shared.integrations.notion.client.client import Notion
from shared.integrations.notion.ids import normal_id
from shared.integrations.notion.values.writable_values import find_column
from shared.ports import change_as, get_as

FRESH = timedelta(minutes=10)
_CHOICES = ("select", "multi_select", "status")


def columns_of(deps: Deps, tenant: str, notion: Notion, data_source: str) -> Columns:
    """Return the columns of a data source, from Notion where nothing fresh is kept; raises IntegrationError."""
    known = load_columns(deps, tenant, data_source)
    return known if known is not None else columns_now(deps, tenant, notion, data_source)


def columns_now(deps: Deps, tenant: str, notion: Notion, data_source: str) -> Columns:
    """Return the columns of a data source as Notion has them now; raises IntegrationError."""
    found = columns_in(notion.data_source(normal_id(data_source)))
    _keep(deps, tenant, found)
    return found


def load_columns(deps: Deps, tenant: str, data_source: str) -> Columns | None:
    """Return what was looked up lately; asks Notion nothing."""
    known = get_as(Columns, deps.store, (tenant, COLUMNS, normal_id(data_source)))
    if known is None or deps.clock.now() - datetime.fromisoformat(known.at) > FRESH:
        return None
    return known if all(each.id for each in known.columns) else None  # kept before ids were


def find_kept_column(known: Columns, wanted: str) -> Column | None:
    """Return a column by its name, its id, or "title"."""
    schema = {each.name: {"id": each.id, "type": each.type} for each in known.columns}
    found = find_column(schema, wanted)
    return next((each for each in known.columns if found and each.name == found[0]), None)


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
    kept = replace(found, at=deps.clock.now().isoformat())
    with suppress(Busy):  # others have just looked, too
        change_as(Columns, deps.store, (tenant, COLUMNS, found.data_source), lambda _: kept)
