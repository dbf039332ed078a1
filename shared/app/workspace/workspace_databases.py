"""Which databases of the workspace are a tenant's Ideas, Tasks, Routines and Runs, and how its columns are called.

Columns and options are remembered by id, so that people may rename them. Other modules ask `database_of` and read and
write through what it returns.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from shared.app.engine.deps import Deps
from shared.app.workspace.workspace_schemas import IDEAS, PAUSED, SCHEMAS
from shared.core.pages.marks import INSTEAD
from shared.core.text.outgoing_text import fold
from shared.ports import change_doc

Json = Mapping[str, Any]
TOPIC = "databases"  # of the command that sets databases up
SETUP = ("setup", "databases")  # where an owner's wish for databases and its outcome are kept
WORKING, ASKING, CHOOSING, DONE, FAILED = "working", "asking", "choosing", "done", "failed"
REFUSED, PLANNING = "refused", "planning"  # of the settings: what Notion refuses; of that: the plan of the day


@dataclass(frozen=True, slots=True)
class Mapped:
    """One database of the tenant. `our_name` is always a name of `workspace_schemas`, like "Pull request"."""

    kind: str
    database: str
    data_source: str
    properties: Mapping[str, str]  # our name → property id
    options: Mapping[str, str] = field(default_factory=dict)  # our status → the option's name
    option_ids: Mapping[str, str] = field(default_factory=dict)  # our status → the option's id
    types: Mapping[str, str] = field(default_factory=dict)  # our name → the column's type
    by_name: bool = False  # made before columns were remembered by id: they have our names

    def value(self, page: Json, our_name: str) -> Json:
        """Return the property as Notion gives it, `{"id", "type", <type>: …}`; {} when the page has none.

        A property that is there with a type we cannot use counts as not there.
        """
        properties: Json = page.get("properties") or {}
        found: Json = {}
        if self.by_name:
            found = properties.get(our_name) or {}
        elif our_name in self.properties:
            wanted = unquote(self.properties[our_name])
            found = next((prop for prop in properties.values() if unquote(str(prop.get("id", ""))) == wanted), {})
        elif our_name == PAUSED and self.kind == IDEAS:
            found = properties.get(PAUSED) or {}
        column = SCHEMAS[self.kind].column(our_name)
        return found if column is None or found.get("type") in column.types else {}

    def name(self, our_name: str) -> str:
        """Return the key to write the property under (its id); "" when the database has none."""
        return our_name if self.by_name else self.properties.get(our_name, "")

    def map_names(self, page: Json) -> dict[str, str]:
        """Return how our columns are called on this page now, by our name."""
        properties: Json = page.get("properties") or {}
        if self.by_name:
            return {c.name: c.name for c in SCHEMAS[self.kind].columns if c.name in properties}
        ids = {unquote(value): name for name, value in self.properties.items()}
        names = {unquote(str(prop.get("id", ""))): name for name, prop in properties.items()}
        found = {ids[key]: name for key, name in names.items() if key in ids}
        return {**found, PAUSED: PAUSED} if PAUSED not in found and self.value(page, PAUSED) else found

    def status(self, page: Json) -> str:
        """Return the page's status in our words; an option that is none of ours as it is called; "" for none.

        Where a status decides, an option counts as ours only as it was agreed: one that happens to have the name of a
        status for which another option was chosen says nothing, and neither does one of ours renamed to another's name.
        """
        value = self.value(page, "Status")
        chosen = value.get(str(value.get("type"))) if value else None
        if not isinstance(chosen, Mapping):
            return ""
        name, key = str(chosen.get("name", "")), str(chosen.get("id", ""))
        by_id = {value: ours for ours, value in self.option_ids.items()}
        by_name = {value: ours for ours, value in self.options.items()}
        ours = by_id.get(key) or by_name.get(name, "")
        agreed = self.options.get(ours, "")
        if self.kind == IDEAS and self.options and name != agreed:
            others = {fold(each) for each in (*self.options, *self.options.values())} - {fold(ours), fold(agreed)}
            if fold(name) in others:
                return ""
        return ours or name

    def translate_status(self, our_status: str) -> str:
        """Return the status that stands for this one here: of a newer one that nobody has agreed to, the one before."""
        return INSTEAD.get(our_status, our_status) if our_status not in self.options else our_status

    def status_value(self, page: Json, our_status: str) -> dict[str, Any]:
        """Return the status as it is written to this page; {} when the page has none.

        The id decides, so that a renamed option is met; the name brings a deleted one back where Notion allows that.
        """
        kind = str(self.value(page, "Status").get("type", ""))
        return self.status_of_type(kind, our_status) if kind else {}

    def status_of_type(self, kind: str, our_status: str) -> dict[str, Any]:
        """Return the status as it is written to a column of that type ("select" or "status")."""
        our_status = self.translate_status(our_status)
        option = {"name": self.options.get(our_status, our_status)}
        if our_status in self.option_ids:
            option["id"] = self.option_ids[our_status]
        return {kind: option}


def database_of(settings: Mapping[str, Any], kind: str) -> Mapped | None:
    """Return the tenant's database of that kind ("ideas", "tasks", "routines" or "runs"); None when it has none."""
    known = (settings.get("databases") or {}).get(kind)
    if known:
        return Mapped(
            kind,
            str(known["database"]),
            str(known["data_source"]),
            dict(known["properties"]),
            dict(known.get("options") or {}),
            dict(known.get("option_ids") or {}),
            dict(known.get("types") or {}),
        )
    if kind == IDEAS and settings.get("ideas_data_source"):
        return Mapped(
            kind, str(settings.get("ideas_database", "")), str(settings["ideas_data_source"]), {}, by_name=True
        )
    return None


def sources_of(settings: Mapping[str, Any]) -> list[str]:
    """Return the data sources of the tenant's databases."""
    listed = [str(database.get("data_source") or "") for database in (settings.get("databases") or {}).values()]
    listed.append(str(settings.get("ideas_data_source") or ""))
    return sorted({each for each in listed if each})


def kind_of(settings: Mapping[str, Any], data_source: str) -> str:
    """Return which of the tenant's databases a data source is; "" for none."""
    wanted = bare(data_source)
    mapped = (database_of(settings, kind) for kind in SCHEMAS)
    return next(
        (database.kind for database in mapped if database is not None and bare(database.data_source) == wanted), ""
    )


def map_page(settings: Mapping[str, Any], page: Json) -> Mapped | None:
    """Return the tenant's database that this page is a row of; None for any other page."""
    parent: Json = page.get("parent") or {}
    kind = kind_of(settings, str(parent.get("data_source_id") or ""))
    return database_of(settings, kind) if kind else None


def mapping_of(kind: str, database: str, source: Json, columns: Mapping[str, str], options: Json) -> dict[str, Any]:
    """Return what is remembered of a database.

    `columns` are current column names by our name, `options` the names of its status options by our status.
    """
    schema: Json = source.get("properties") or {}
    status = schema.get(columns.get("Status", "")) or {}
    have = {str(o["name"]): str(o["id"]) for o in (status.get(str(status.get("type"))) or {}).get("options") or ()}
    known = {c.name: schema[columns[c.name]] for c in SCHEMAS[kind].columns if c.name in columns}
    return {
        "database": database,
        "data_source": str(source["id"]),
        "properties": {name: str(column["id"]) for name, column in known.items()},
        "types": {name: str(column["type"]) for name, column in known.items()},
        "options": dict(options),
        "option_ids": {name: have[value] for name, value in options.items() if value in have},
    }


def keep_mapping(
    deps: Deps, tenant: str, kind: str, mapping: Mapping[str, Any], instead_of: Mapping[str, Any] | None = None
) -> Mapping[str, Any]:
    """Remember a database of the tenant; return its settings. Whoever changes another field at once is not undone.

    With `instead_of`, only if that is what is remembered still: an owner may have chosen another database meanwhile.
    """

    def keep(settings: Json | None) -> Json | None:
        known = (settings or {}).get("databases") or {}
        if instead_of is not None and known.get(kind) != instead_of:
            return settings
        body = {**(settings or {}), "databases": {**known, kind: dict(mapping)}}
        if kind == IDEAS:  # where what was written before looks for it
            body |= {"ideas_database": mapping["database"], "ideas_data_source": mapping["data_source"]}
        return body

    return change_doc(deps.store, (tenant, "settings", "tenant"), keep, deps.stand_back) or {}


def forget_mapping(deps: Deps, tenant: str, kind: str, database: str) -> None:
    """Forget a database that is gone; which one it was is kept, so that another can be made in its place."""

    def forget(settings: Json | None) -> Json | None:
        known = dict((settings or {}).get("databases") or {})
        if settings is None or str((known.get(kind) or {}).get("database")) != database:
            return settings
        known.pop(kind)
        gone = {**settings.get("gone_databases", {}), kind: database}
        left = ("ideas_database", "ideas_data_source") if kind == IDEAS else ()
        kept = {name: value for name, value in settings.items() if name not in left}
        return {**kept, "databases": known, "gone_databases": gone}

    change_doc(deps.store, (tenant, "settings", "tenant"), forget, deps.stand_back)


def bare(notion_id: str) -> str:
    """Return an id without what differs between two ways to write it."""
    return notion_id.replace("-", "").lower()
