"""Data sources: made, read, changed and asked; the table inside a database, with its columns."""

import copy
from typing import Any

from shared.local.simulators.notion import checks
from shared.local.simulators.notion.calls import Call, path_id, render_object, trash_flag
from shared.local.simulators.notion.content import signed_files
from shared.local.simulators.notion.content.blocks import put_in_trash
from shared.local.simulators.notion.content.pages import render_page as page_shown
from shared.local.simulators.notion.content.rich_text import rich_text
from shared.local.simulators.notion.refusals import validation_error
from shared.local.simulators.notion.tables import comparing, query, retyped, rollups, schema, views

Json = dict[str, Any]


def source_shown(call: Call, source: Json) -> Json:
    """Return a data source with its columns."""
    nodes = call.world.nodes
    database = nodes[source["parent"]["database_id"]]
    targets = [c["config"]["data_source_id"] for c in source["columns"] if c["type"] == "relation"]
    database_of = {key: nodes[key]["parent"]["database_id"] for key in targets if key in nodes}
    above = database["parent"]
    return {
        **render_object(call, source),
        "database_parent": {"type": "workspace", "workspace": True} if above["type"] == "workspace" else above,
        "title": source["title"],
        "description": database["description"],
        "is_inline": database["is_inline"],
        "icon": signed_files.read(call.world, source["icon"]),
        "cover": signed_files.read(call.world, database["cover"]),
        "properties": {column["name"]: schema.render_column(column, database_of) for column in source["columns"]},
        "url": f"{call.world.simulator.base_url}/p/{database['id']}",
        "public_url": None,
    }


def add_source(call: Call, database: Json, title: list[Json], icon: Json | None, columns: list[Json]) -> Json:
    world = call.world
    place = {"type": "database_id", "database_id": database["id"]}
    source = world.new_node("data_source", place, call.caller, title=title, icon=icon, columns=columns)
    database["data_sources"].append(source["id"])
    for column in columns:
        _add_reverse(call, source, column)
    world.effect(
        "data_source.create",
        call.caller,
        id=source["id"],
        database_id=database["id"],
        columns={column["name"]: column["type"] for column in columns},
    )
    world.announce("data_source.created", source, call.caller, {})
    views.add_default(world, database, source, call.caller)
    return source


def check_relations(call: Call, columns: list[Json], among: list[Json] | None = None) -> None:
    for column in columns:
        if column["type"] == "relation":
            call.world.find(call.caller, column["config"]["data_source_id"], "data_source")
        if column["type"] == "rollup":
            column["config"] = rollups.config(column["config"], f"body.properties.{column['name']}.rollup")
            rollups.resolve(column, among or columns, call.world.nodes)


def _add_reverse(call: Call, source: Json, column: Json) -> None:
    """A two-way relation makes its other column in the other table."""
    dual = column["config"].get("dual_property")
    if column["type"] != "relation" or dual is None or "synced_property_id" in dual:
        return
    other = call.world.nodes[column["config"]["data_source_id"]]
    name = dual.get("synced_property_name") or f"Related to {call.world.title(source) or 'Untitled'}"
    part = {"relation": {"data_source_id": source["id"], "dual_property": {}}}
    reverse = schema.new_column(other["columns"], name, part, "body.properties", call.world.number())
    reverse["config"]["dual_property"] = {
        "synced_property_id": column["id"],
        "synced_property_name": column["name"],
    }
    other["columns"].append(reverse)
    dual.update({"synced_property_id": reverse["id"], "synced_property_name": name})


def _move_source(call: Call, source: Json, value: Any) -> None:
    world = call.world
    given = checks.check_exact(value, "body.parent", ("type", "database_id"), ("database_id",))
    target = checks.object_id(given["database_id"], "body.parent.database_id")
    database = world.editable(world.find(call.caller, target, "database"))
    world.nodes[source["parent"]["database_id"]]["data_sources"].remove(source["id"])
    database["data_sources"].append(source["id"])
    source["parent"] = {"type": "database_id", "database_id": database["id"]}
    for row in source["children"]:
        world.nodes[row]["parent"]["database_id"] = database["id"]
    world.effect("data_source.move", call.caller, id=source["id"], database_id=database["id"])
    world.announce("data_source.moved", source, call.caller, {})


def create_source(call: Call) -> Json:
    """POST /v1/data_sources: one more table in a database."""
    body = call.body(None, ("parent", "properties"))
    given = checks.check_exact(body["parent"], "body.parent", ("type", "database_id"), ("database_id",))
    target = checks.object_id(given["database_id"], "body.parent.database_id")
    database = call.world.editable(call.world.find(call.caller, target, "database"))
    columns = schema.new_columns(body["properties"], "body.properties", call.world.number())
    check_relations(call, columns)
    title = rich_text(body.get("title", []), "body.title", call.world.name_of)
    source = add_source(call, database, title, checks.icon(body.get("icon"), "body.icon"), columns)
    call.committed = {"committed_resource_id": source["id"]}
    return source_shown(call, source)


def get_source(call: Call, source_id: str) -> Json:
    """GET /v1/data_sources/{id}."""
    return source_shown(call, call.world.find(call.caller, path_id(source_id, "data_source_id"), "data_source"))


def update_source(call: Call, source_id: str) -> Json:
    """PATCH /v1/data_sources/{id}: columns are added, renamed, reconfigured or, with null, removed."""
    world = call.world
    source = world.find(call.caller, path_id(source_id, "data_source_id"), "data_source")
    body = call.body(None)
    trash = trash_flag(call, body)
    if trash is not False:
        world.editable(source)
    changed: list[Json] = []
    if "parent" in body:
        _move_source(call, source, body["parent"])
    if "properties" in body:
        # Work on a copy: a refused change of the third column must not leave the first two changed.
        columns = copy.deepcopy(source["columns"])
        for key, part in checks.check_object(body["properties"], "body.properties").items():
            changed.append(_change_column(call, columns, key, part))
        schema.check_size(columns)
        retyped.convert(world, source, source["columns"], columns)
        source["columns"] = columns
    for key, taken in (("title", lambda v: rich_text(v, "body.title", world.name_of)),
                       ("icon", lambda v: checks.icon(v, "body.icon"))):  # fmt: skip
        if key in body:
            source[key] = taken(body[key])
    if set(body) & {"properties", "title", "icon"}:
        _source_changed(call, source, changed)
    if trash is not None and trash != source["in_trash"]:
        put_in_trash(world, call.caller, source, trash)
    return source_shown(call, source)


def _source_changed(call: Call, source: Json, changed: list[Json]) -> None:
    for column in list(source["columns"]):
        _add_reverse(call, source, column)
    call.world.stamp_edit(source, call.caller)
    call.world.effect("data_source.update", call.caller, id=source["id"], columns=changed)
    call.world.announce("data_source.schema_updated", source, call.caller, {"updated_properties": changed})


def _change_column(call: Call, columns: list[Json], key: str, part: Any) -> Json:
    path = f"body.properties.{key}"
    column = schema.find(columns, key)
    if column is None:
        if part is None:
            raise validation_error(f"{key} is not a property that exists.")
        column = schema.new_column(columns, key, part, path, call.world.number())
        if column["type"] == "title":
            raise validation_error("Cannot create new title property.")
        check_relations(call, [column], columns)
        columns.append(column)
        return {"id": column["id"], "name": column["name"], "action": "created"}
    if part is None:
        if column["type"] == "title":
            raise validation_error("Cannot delete title property.")
        columns.remove(column)
        return {"id": column["id"], "name": column["name"], "action": "deleted"}
    _reconfigure(columns, column, checks.check_object(part, path), path)
    if set(part) & {"relation", "rollup"}:
        check_relations(call, [column], columns)
    return {"id": column["id"], "name": column["name"], "action": "updated"}


def _reconfigure(columns: list[Json], column: Json, given: Json, path: str) -> None:
    if set(given) - {"name", "description"}:
        kind = schema.config_type(given, path)
        if column["type"] == "title" and kind != "title":
            raise validation_error("Cannot change the type of the title property.")
        before = column["config"] if kind == column["type"] else None
        column["config"] = schema.config(kind, given[kind], f"{path}.{kind}", before)
        column["type"] = kind
    if "description" in given:
        column["description"] = schema.description(given, path)
    if "name" in given:
        name = checks.string(given["name"], f"{path}.name", checks.LONGEST_SHORT, 1)
        if any(other["name"] == name for other in columns if other is not column):
            raise validation_error(f"Property {name} already exists.")
        column["name"] = name


_QUERY = ("filter", "sorts", "start_cursor", "page_size", "in_trash", "result_type")


def query_source(call: Call, source_id: str) -> Json:
    """POST /v1/data_sources/{id}/query."""
    world = call.world
    body = call.body((*_QUERY, "archived") if call.old else _QUERY)
    source = world.find(call.caller, path_id(source_id, "data_source_id"), "data_source")
    wanted = trash_flag(call, body) or False
    context = comparing.Context(source["columns"], world, world.simulator.now(), call.caller.id)
    keeps = query.filter_of(context, body["filter"], "body.filter") if "filter" in body else None
    ids, complete = call.find_snapshot() or _rows(call, source, body, wanted, context, keeps)
    call.snapshot = (ids, complete)
    status: Json = {"type": "complete"}
    if not complete:
        status = {"type": "incomplete", "incomplete_reason": "query_result_limit_reached"}
    nodes = world.nodes
    return call.page(ids, "page_or_data_source", lambda row: page_shown(call, nodes[row]), request_status=status)


def _rows(
    call: Call, source: Json, body: Json, wanted: bool, context: comparing.Context, keeps: query.Test | None
) -> tuple[list[str], bool]:
    """Return the ids of the rows that fit, in order, and whether they are all; the cap cuts the rest (limits)."""
    rows = [call.world.nodes[row] for row in source["children"]]
    rows = [row for row in rows if row["in_trash"] == wanted and (keeps is None or keeps(row))]
    rows = query.sort_rows(context, rows, body.get("sorts", []))
    cap = int(call.world.state["config"]["query_cap"])
    return [row["id"] for row in rows[:cap]], len(rows) <= cap
