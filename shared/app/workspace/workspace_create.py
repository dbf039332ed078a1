"""Create the tenant's databases under a page, each once, with an example page: what is there already is found again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from shared.accounts.accounts import Accounts
from shared.app.engine.deps import Deps
from shared.app.engine.effects import Effects
from shared.app.workspace.workspace_databases import bare, database_of, keep_mapping, mapping_of
from shared.app.workspace.workspace_schemas import KINDS, SCHEMAS, SELF, Column
from shared.core.errors import Missing
from shared.integrations.notion.client.client import Notion
from shared.integrations.notion.content import blocks
from shared.ports.documents import all_settings
from shared.steps._kind import Repeat

Json = dict[str, Any]
_MADE = "Made by Workwright ("


def create_databases(
    deps: Deps, accounts: Accounts, tenant: str, parent_page: str, kinds: Sequence[str] = KINDS
) -> Mapping[str, Any]:
    """Create those of the databases that the tenant does not have yet; return its settings.

    Killed anywhere and called again it goes on where it was: a database is found by its title and our mark, and nothing
    is asked for twice while an earlier request may still arrive. Raises the errors of the integration.
    """
    notion = accounts.connect_for(tenant)(Notion)
    for kind in KINDS:
        if kind in kinds and database_of(settings_of(deps, tenant), kind) is None:
            _create(deps, notion, tenant, parent_page, kind)
    return settings_of(deps, tenant)


def settings_of(deps: Deps, tenant: str) -> Mapping[str, Any]:
    return all_settings(deps.store, tenant)


def data_sources_of(deps: Deps, tenant: str) -> dict[str, str]:
    """Return the data sources of the databases the tenant has, by kind."""
    settings = settings_of(deps, tenant)
    return {kind: database.data_source for kind in KINDS if (database := database_of(settings, kind)) is not None}


def namesake(notion: Notion, tenant: str, parent_page: str, kind: str) -> Json | None:
    """Return a database under the page that has our title without being ours: `{"database", "title"}`."""
    for database, title in _find_titled(notion, parent_page, SCHEMAS[kind].title):
        source = _source_of(notion, database)
        if source is not None and mark_of(tenant) not in _descriptions(source):
            return {"database": database, "title": title}
    return None


def mark_of(tenant: str) -> str:
    """Return what the description of a title column says in a database that we made for this tenant."""
    return f"{_MADE}{tenant.removeprefix('t-')[:8]})."


def is_made_for_another(source: Mapping[str, Any], tenant: str) -> bool:
    """Say whether we made the database of this data source for another tenant, who may work there still."""
    descriptions = _descriptions(source)
    return _MADE in descriptions and mark_of(tenant) not in descriptions


def _create(deps: Deps, notion: Notion, tenant: str, parent: str, kind: str) -> None:
    schema, sources = SCHEMAS[kind], data_sources_of(deps, tenant)
    gone = str((settings_of(deps, tenant).get("gone_databases") or {}).get(kind) or "")
    scope = f"databases.{bare(parent)}.{kind}{f'.{bare(gone)}' if gone else ''}"
    effect = Effects(deps, tenant, scope, f"databases.{kind}", "notion")
    columns = [column for column in schema.columns if _can_be_made(column, sources)]
    made = effect(
        "database",
        lambda: _describe_made(*notion.create_database(parent, schema.title, _configs(columns, sources, tenant))),
        repeat=Repeat.LOOK,
        look=lambda: find_made(notion, tenant, parent, kind),
    )
    database, source = str(made["database"]), str(made["data_source"])
    read = notion.data_source(source)
    missing = [c for c in schema.columns if c.leads_to == SELF and c.name not in read["properties"]]
    if missing:  # a relation to its own rows needs an id that is there only now
        configs = {column.name: column.config({SELF: source}) for column in missing}
        notion.update_data_source(source, properties=configs)
        read = notion.data_source(source)
    effect(
        "example",
        lambda: {"page": str(_write_example(notion, source, kind)["id"])},
        repeat=Repeat.LOOK,
        look=lambda: _example(notion, source, kind),
    )
    names = {column.name: column.name for column in schema.columns if column.name in read["properties"]}
    status = schema.column("Status")
    options = {name: name for name in (status.options if status else ())}
    keep_mapping(deps, tenant, kind, mapping_of(kind, database, read, names, options))


def _can_be_made(column: Column, sources: Mapping[str, str]) -> bool:
    return not column.leads_to or column.leads_to in sources


def _configs(columns: Sequence[Column], sources: Mapping[str, str], tenant: str) -> Json:
    return {c.name: c.config(sources, mark_of(tenant) if c.type == "title" else "") for c in columns}


def _describe_made(database: str, source: str) -> Json:
    return {"database": database, "data_source": source}


def find_made(notion: Notion, tenant: str, parent: str, kind: str) -> Json | None:
    """Return the database under the page that we made for this tenant: `{"database", "data_source"}`."""
    for database, _ in _find_titled(notion, parent, SCHEMAS[kind].title):
        source = _source_of(notion, database)
        if source is not None and mark_of(tenant) in _descriptions(source):
            return {"database": database, "data_source": str(source["id"])}
    return None


def _find_titled(notion: Notion, parent: str, title: str) -> list[tuple[str, str]]:
    databases = (child for child in notion.children(parent) if child.get("type") == "child_database")
    named = ((str(child["id"]), str(child["child_database"].get("title", ""))) for child in databases)
    return [(database, name) for database, name in named if name == title]


def _source_of(notion: Notion, database: str) -> Json | None:
    """Return the only data source of a database; None when it has several, or is not shared with us."""
    try:
        sources: list[Json] = notion.database(database).get("data_sources") or []
        return notion.data_source(str(sources[0]["id"])) if len(sources) == 1 else None
    except Missing:
        return None


def _descriptions(source: Mapping[str, Any]) -> str:
    return "\n".join(str(column.get("description") or "") for column in source["properties"].values())


def _write_example(notion: Notion, source: str, kind: str) -> Json:
    schema = SCHEMAS[kind]
    properties = {"Name": {"title": blocks.rich_text(schema.example)}, **schema.example_values}
    head = blocks.callout(f"How {schema.title} works. This page is an example; delete it whenever you like.", "💡")
    children = [head, *(blocks.bulleted_list_item(line) for line in schema.explains)]
    return notion.create_page(data_source_id=source, properties=properties, children=children)


def _example(notion: Notion, source: str, kind: str) -> Json | None:
    rows = notion.query(source, {"property": "Name", "title": {"equals": SCHEMAS[kind].example}})
    return {"page": str(rows[0]["id"])} if rows else None
