"""Pages: create, read, update, move."""

from typing import Any
from urllib.parse import unquote

from shared.local.simulators.notion import async_tasks, checks
from shared.local.simulators.notion.calls import Call, path_id, render_object, trash_flag, trash_keys
from shared.local.simulators.notion.content import block_shapes, signed_files, templates
from shared.local.simulators.notion.content.blocks import announce_blocks, put_in_trash
from shared.local.simulators.notion.content.page_values import give_number, mirror_relations, with_title, write_values
from shared.local.simulators.notion.markdown.markdown_calls import refuse_references, trees_of
from shared.local.simulators.notion.refusals import invalid, missing, validation_error
from shared.local.simulators.notion.tables import values

Json = dict[str, Any]

_CREATE = [
    "parent",
    "properties",
    "icon",
    "cover",
    "content",
    "children",
    "markdown",
    "template",
    "position",
    "allow_async",
]  # all that exist
_CONTENT = ("children", "content", "markdown")
_UPDATE = ("properties", "icon", "cover", "is_locked", "is_archived", "template", "erase_content")


def render_page(call: Call, page: Json) -> Json:
    """Return a page as it reads, its long lists cut."""
    world = call.world
    columns = world.columns(page)
    wanted = [unquote(key) for key in call.request.args.getlist("filter_properties")]
    if wanted:
        columns = [column for column in columns if unquote(column["id"]) in wanted or column["name"] in wanted]
    base = render_object(call, page)
    address = f"{world.simulator.base_url}/p/{page['id']}"
    return {
        **base,
        "is_archived": page["is_archived"],
        "is_locked": page["is_locked"],
        "icon": signed_files.read(world, page["icon"]),
        "cover": signed_files.read(world, page["cover"]),
        "properties": {column["name"]: values.read(column, page, world) for column in columns},
        "url": address,
        "public_url": None,
    }


def get(call: Call, page_id: str) -> Json:
    """GET /v1/pages/{id}."""
    return render_page(call, call.world.find(call.caller, path_id(page_id, "page_id"), "page"))


def create(call: Call) -> Json:
    """POST /v1/pages."""
    world, caller = call.world, call.caller
    body = call.body(tuple(_CREATE))
    later = checks.boolean(body.get("allow_async", False), "body.allow_async")
    parent, place = _place(call, body.get("parent"))
    template = templates.parse_template(call, body.get("template"), parent, ("none", "default", "template_id"))
    trees = _content(call, body)
    if later and "markdown" in body and async_tasks.is_put_off(call, len(body["markdown"])):
        return async_tasks.put_off(call, "POST /v1/pages")
    if template is not None and any(key in body for key in _CONTENT):
        raise validation_error("A page made from a template takes no content of its own.")
    page = {
        "values": {},
        "icon": checks.icon(body.get("icon"), "body.icon"),
        "cover": checks.cover(body.get("cover"), "body.cover"),
    }
    columns = parent["columns"] if parent and parent["object"] == "data_source" else None
    columns = columns or world.columns({"parent": {"type": "page_id"}})
    written = write_values(
        call, page, columns, with_title(columns, body.get("properties", {}), trees, "markdown" in body)
    )
    at = _index(call, parent, body.get("position"))
    signed_files.attach(call, [trees, page])
    world.count_blocks(caller, trees, pages=1)
    node = world.new_node("page", place, caller, is_archived=False, is_locked=False, **page)
    mirror_relations(call, node, {})
    give_number(parent, node)
    if parent is not None:
        world.attach(parent, [node["id"]], at)
        world.stamp_edit(parent, caller)
    elif caller.bot is not None:
        caller.bot["roots"].append(node["id"])
    _announce_page(call, node, parent, written)
    announce_blocks(world, caller, node, world.add_blocks(node, trees, caller))
    if template is not None:
        templates.put_off(call, node, template)
    call.committed = {"committed_resource_id": node["id"]}
    return render_page(call, node)


def _announce_page(call: Call, node: Json, parent: Json | None, written: Json) -> None:
    world = call.world
    world.effect(
        "page.create", call.caller, id=node["id"], parent=node["parent"], title=world.title(node), properties=written
    )
    world.announce("page.created", node, call.caller, {})
    if parent is not None:
        world.announce_content(parent, call.caller, [node])


def _place(call: Call, value: Any) -> tuple[Json | None, Json]:
    """Return the parent node and the parent as stored."""
    if value is None or (isinstance(value, dict) and "workspace" in value):
        bot = call.caller.bot
        if bot is not None and bot["owner"] is None:
            raise validation_error(
                "Provided parent is invalid: an internal integration cannot create pages at the top level."
            )
        return None, {"type": "workspace"}
    given = checks.check_exact(value, "body.parent", ("type", "page_id", "database_id", "data_source_id", "workspace"))
    kinds = [kind for kind in ("page_id", "database_id", "data_source_id") if kind in given]
    if len(kinds) != 1:
        raise invalid("body.parent.page_id", "defined", ...)
    if "type" in given:
        checks.one_of(given["type"], "body.parent.type", (kinds[0],))
    target = checks.object_id(given[kinds[0]], f"body.parent.{kinds[0]}")
    node = call.world.editable(call.world.find(call.caller, target, kinds[0].removesuffix("_id")))
    if node["object"] == "database":
        if len(node["data_sources"]) != 1:
            raise validation_error("Databases with multiple data sources are not supported here: use data_source_id.")
        node = call.world.nodes[node["data_sources"][0]]
    if node["object"] == "data_source":
        database = node["parent"]["database_id"]
        return node, {"type": "data_source_id", "data_source_id": node["id"], "database_id": database}
    return node, {"type": "page_id", "page_id": node["id"]}


def _content(call: Call, body: Json) -> list[Json]:
    ways = [key for key in _CONTENT if key in body]
    if len(ways) > 1:
        raise invalid(f"body.{ways[1]}", "not present", body[ways[1]])
    if "markdown" in body:
        read = trees_of(call, checks.string(body["markdown"], "body.markdown"))
        refuse_references(read)
        return read
    if not ways:
        return []
    trees = block_shapes.new_blocks(body[ways[0]], f"body.{ways[0]}", call.world.name_of)
    for tree in trees:
        block_shapes.check_child("page", tree["type"])
    return trees


def _index(call: Call, parent: Json | None, value: Any) -> int | None:
    if value is None or parent is None:
        return None
    position = checks.check_object(value, "body.position", ("type",))
    kind = checks.one_of(position["type"], "body.position.type", ("page_start", "page_end", "after_block"))
    if kind == "page_end" or parent["object"] == "data_source":
        return None
    if kind == "page_start":
        return 0
    sibling = checks.check_object(position.get("after_block"), "body.position.after_block", ("id",))
    after = checks.object_id(sibling["id"], "body.position.after_block.id")
    if after not in parent["children"]:
        raise missing("block", after)
    return int(parent["children"].index(after)) + 1


def update(call: Call, page_id: str) -> Json:
    """PATCH /v1/pages/{id}."""
    world, caller = call.world, call.caller
    page = world.find(caller, path_id(page_id, "page_id"), "page")
    body = call.body((*_UPDATE, *trash_keys(call)))
    trash = trash_flag(call, body)
    if trash is not False:
        world.editable(page)
    ways: Json = {
        "icon": checks.icon,
        "cover": checks.cover,
        "is_locked": checks.boolean,
        "is_archived": checks.boolean,
    }
    looks = {key: check(body[key], f"body.{key}") for key, check in ways.items() if key in body}
    erase = checks.boolean(body.get("erase_content", False), "body.erase_content")
    template = templates.parse_template(call, body.get("template"), _source_of(call, page), ("default", "template_id"))
    signed_files.attach(call, looks)
    before = dict(page["values"])
    written = write_values(call, page, world.columns(page), body.get("properties", {}))
    mirror_relations(call, page, before)
    page.update(looks)
    if written or looks:
        world.stamp_edit(page, caller)
        world.effect("page.update", caller, id=page["id"], title=world.title(page), properties=written, **looks)
        _announce_update(call, page, written, looks)
    for child in list(page["children"]) if erase else ():
        if not world.nodes[child]["in_trash"]:
            put_in_trash(world, caller, world.nodes[child], True)
    if template is not None:
        templates.put_off(call, page, template)
    if trash is not None and trash != page["in_trash"]:
        put_in_trash(world, caller, page, trash)
    return render_page(call, page)


def _source_of(call: Call, page: Json) -> Json | None:
    source: Json | None = call.world.nodes.get(str(page["parent"].get("data_source_id")))
    return source


def _announce_update(call: Call, page: Json, written: Json, looks: Json) -> None:
    columns = call.world.columns(page)
    ids = [column["id"] for column in columns if column["name"] in written]
    if ids or "icon" in looks or "cover" in looks:
        call.world.announce("page.properties_updated", page, call.caller, {"updated_properties": ids})
    if "is_locked" in looks:
        kind = "page.locked" if looks["is_locked"] else "page.unlocked"
        call.world.announce(kind, page, call.caller, {})


def move(call: Call, page_id: str) -> Json:
    """POST /v1/pages/{id}/move."""
    world = call.world
    page = world.editable(world.find(call.caller, path_id(page_id, "page_id"), "page"))
    body = call.body(None, ("parent",))
    checks.check_exact(body["parent"], "body.parent", ("type", "page_id", "data_source_id"))
    parent, place = _place(call, body["parent"])
    assert parent is not None
    if any(above["id"] == page["id"] for above in world.up(parent)):
        raise validation_error("A page cannot be moved into itself.")
    before = world.nodes.get(str(page["parent"].get(page["parent"]["type"])))
    if before is not None:
        before["children"].remove(page["id"])
    page["parent"] = place
    world.attach(parent, [page["id"]])
    world.nodes.to_the_end(page)
    world.stamp_edit(page, call.caller)
    world.effect("page.move", call.caller, id=page["id"], parent=place)
    world.announce("page.moved", page, call.caller, {})
    return render_page(call, page)
