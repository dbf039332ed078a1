"""Databases: the containers that hold data sources, made, read and changed."""

from typing import Any

from shared.local.simulators.notion import checks
from shared.local.simulators.notion.calls import Call, path_id, render_object, trash_flag
from shared.local.simulators.notion.content import signed_files
from shared.local.simulators.notion.content.blocks import put_in_trash
from shared.local.simulators.notion.content.rich_text import rich_text
from shared.local.simulators.notion.refusals import validation_error
from shared.local.simulators.notion.tables import schema
from shared.local.simulators.notion.tables.sources import add_source, check_relations

Json = dict[str, Any]

_DEFAULT_COLUMNS: Json = {"Name": {"title": {}}}
_CONFIG_KEYS = ("title", "description", "icon", "cover", "is_inline", "is_locked")


def database_shown(call: Call, database: Json) -> Json:
    """Return a database as it reads: the container and the names of its tables."""
    sources = [call.world.nodes[source] for source in database["data_sources"]]
    base = {key: part for key, part in render_object(call, database).items() if not key.endswith("_by")}
    return {
        **base,
        **{key: database[key] for key in _CONFIG_KEYS},
        **{key: signed_files.read(call.world, database[key]) for key in ("icon", "cover")},
        "data_sources": [{"id": s["id"], "name": call.world.title(s)} for s in sources if not s["in_trash"]],
        "url": f"{call.world.simulator.base_url}/p/{database['id']}",
        "public_url": None,
    }


def create_database(call: Call) -> Json:
    """POST /v1/databases."""
    world = call.world
    body = call.body(None, ("parent",))
    parent, place = _place(call, body["parent"])
    fields = _fields(call, body)
    initial = checks.check_object(body.get("initial_data_source", {}), "body.initial_data_source")
    path = "body.initial_data_source.properties"
    columns = schema.new_columns(initial.get("properties", _DEFAULT_COLUMNS), path, world.number())
    check_relations(call, columns)
    signed_files.attach(call, fields)
    world.count_blocks(call.caller, [], pages=1)
    database = world.new_node("database", place, call.caller, data_sources=[], **fields)
    if parent is not None:
        world.attach(parent, [database["id"]])
        world.stamp_edit(parent, call.caller)
    elif call.caller.bot is not None:
        call.caller.bot["roots"].append(database["id"])
    world.effect("database.create", call.caller, id=database["id"], parent=place, title=world.title(database))
    world.announce("database.created", database, call.caller, {})
    add_source(call, database, fields["title"], fields["icon"], columns)
    if parent is not None:
        world.announce_content(parent, call.caller, [database])
    call.committed = {"committed_resource_id": database["id"]}
    return database_shown(call, database)


def _place(call: Call, value: Any) -> tuple[Json | None, Json]:
    given = checks.check_exact(value, "body.parent", ("type", "page_id", "workspace"))
    if "workspace" in given:
        if call.caller.bot is not None and call.caller.bot["owner"] is None:
            raise validation_error("An internal integration cannot create databases at the top level.")
        return None, {"type": "workspace"}
    target = checks.object_id(given.get("page_id", ...), "body.parent.page_id")
    page = call.world.editable(call.world.find(call.caller, target, "page"))
    return page, {"type": "page_id", "page_id": page["id"]}


def _fields(call: Call, body: Json) -> Json:
    names = call.world.name_of
    return {
        "title": rich_text(body.get("title", []), "body.title", names),
        "description": rich_text(body.get("description", []), "body.description", names),
        "icon": checks.icon(body.get("icon"), "body.icon"),
        "cover": checks.cover(body.get("cover"), "body.cover"),
        "is_inline": checks.boolean(body.get("is_inline", False), "body.is_inline"),
        "is_locked": checks.boolean(body.get("is_locked", False), "body.is_locked"),
    }


def get_database(call: Call, database_id: str) -> Json:
    """GET /v1/databases/{id}."""
    return database_shown(call, call.world.find(call.caller, path_id(database_id, "database_id"), "database"))


def update_database(call: Call, database_id: str) -> Json:
    """PATCH /v1/databases/{id}: the container only, never columns."""
    world = call.world
    database = world.find(call.caller, path_id(database_id, "database_id"), "database")
    body = call.body(None)
    fields = {key: value for key, value in _fields(call, body).items() if key in body}
    trash = trash_flag(call, body)
    if trash is not False:
        world.editable(database)
    if "parent" in body:
        _move_database(call, database, body["parent"])
    if fields:
        signed_files.attach(call, fields)
        database.update(fields)
        world.stamp_edit(database, call.caller)
        world.effect("database.update", call.caller, id=database["id"], changed=sorted(fields))
    if trash is not None and trash != database["in_trash"]:
        put_in_trash(world, call.caller, database, trash)
    return database_shown(call, database)


def _move_database(call: Call, database: Json, value: Any) -> None:
    world = call.world
    parent, place = _place(call, value)
    if parent is not None and any(above["id"] == database["id"] for above in world.up(parent)):
        raise validation_error("A database cannot be moved into itself.")
    before = world.nodes.get(str(database["parent"].get(database["parent"]["type"])))
    if before is not None:
        before["children"].remove(database["id"])
    database["parent"] = place
    if parent is not None:
        world.attach(parent, [database["id"]])
    world.stamp_edit(database, call.caller)
    world.effect("database.move", call.caller, id=database["id"], parent=place)
    world.announce("database.moved", database, call.caller, {})
