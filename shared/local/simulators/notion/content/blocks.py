"""Blocks: read, list, append, update, delete."""

from typing import Any

from shared.local.simulators.notion import checks
from shared.local.simulators.notion.calls import Call, path_id, render_object, trash_flag, trash_keys
from shared.local.simulators.notion.content import block_fields, block_shapes, signed_files
from shared.local.simulators.notion.refusals import ApiError, invalid, missing, validation_error
from shared.local.simulators.notion.world import Caller, World

Json = dict[str, Any]


def render_block(call: Call, node: Json) -> Json:
    """Return a block as it reads; pages and databases show as the blocks they also are."""
    world = call.world
    base = render_object(call, node)
    base["object"] = "block"
    base["has_children"] = any(not world.nodes[child]["in_trash"] for child in node["children"])
    if node["object"] == "block":
        return {**base, "type": node["type"], node["type"]: _data(world, node)}
    kind = "child_page" if node["object"] == "page" else "child_database"
    if kind == "child_database":
        base["has_children"] = False
    return {**base, "type": kind, kind: {"title": world.title(node)}}


def _data(world: World, node: Json) -> Json:
    data: Json = node["data"]
    if data.get("type") == "file_upload":
        name = {"name": world.file_name(data)} if node["type"] == "file" and "name" not in data else {}
        return {**name, **(signed_files.read(world, data) or {})}
    if data.get("icon"):
        return {**data, "icon": signed_files.read(world, data["icon"])}
    return data


def get(call: Call, block_id: str) -> Json:
    """GET /v1/blocks/{id}."""
    return render_block(call, call.world.find(call.caller, path_id(block_id, "block_id"), "block", "page", "database"))


def children(call: Call, block_id: str) -> Json:
    """GET /v1/blocks/{id}/children: direct children only."""
    world = call.world
    parent = world.find(call.caller, path_id(block_id, "block_id"), "block", "page")
    nodes = [world.nodes[child] for child in parent["children"] if not world.nodes[child]["in_trash"]]
    return call.page(nodes, "block", lambda node: render_block(call, node))


def append(call: Call, block_id: str) -> Json:
    """PATCH /v1/blocks/{id}/children."""
    world = call.world
    allowed = ("children", "after") if call.old else ("children", "position")
    body = call.body((*allowed, "position") if call.old else allowed, ("children",))
    parent = world.find(call.caller, path_id(block_id, "block_id"), "block", "page")
    trees = block_shapes.new_blocks(body["children"], "body.children", world.name_of)
    world.editable(parent)
    _check_place(parent, trees)
    signed_files.attach(call, trees)
    world.count_blocks(call.caller, trees)
    made = world.add_blocks(parent, trees, call.caller, _index(call, parent, body))
    world.stamp_edit(parent, call.caller)
    announce_blocks(world, call.caller, parent, made)
    call.committed = {
        "committed_resource_id": parent["id"],
        "committed_child_ids": [block["id"] for block in made],
    }
    return {
        "object": "list",
        "results": [render_block(call, block) for block in made],
        "next_cursor": None,
        "has_more": False,
        "type": "block",
        "block": {},
    }


def announce_blocks(world: World, caller: Caller, parent: Json, made: list[Json]) -> None:
    """Journal and announce new blocks, one effect each."""
    page = world.page_of(parent)
    for block in made:
        world.effect(
            "block.append",
            caller,
            id=block["id"],
            parent_id=parent["id"],
            page_id=page["id"],
            type=block["type"],
            text=block_shapes.text_of(block["data"]),
        )
    if made:
        world.announce_content(parent, caller, made)


def _check_place(parent: Json, trees: list[Json]) -> None:
    if parent["object"] == "block":
        kind = parent["type"]
        toggle = kind.startswith("heading") and not parent["data"].get("is_toggleable")
        if kind not in block_shapes.PARENTS or toggle:
            raise validation_error("Block does not support children.")
    for tree in trees:
        block_shapes.check_child("page" if parent["object"] == "page" else parent["type"], tree["type"])
        if tree["type"] == "table_row":
            block_shapes.check_row(tree["data"], parent["data"]["table_width"])


def _index(call: Call, parent: Json, body: Json) -> int:
    after = None
    if "after" in body:
        after = checks.object_id(body["after"], "body.after")
    elif "position" in body:
        position = checks.check_object(body["position"], "body.position", ("type",))
        kind = checks.one_of(position["type"], "body.position.type", ("start", "end", "after_block"))
        if kind == "start":
            return 0
        if kind == "after_block":
            sibling = checks.check_object(position.get("after_block"), "body.position.after_block", ("id",))
            after = checks.object_id(sibling["id"], "body.position.after_block.id")
    if after is None:
        return len(parent["children"])
    if after not in parent["children"] or call.world.nodes[after]["in_trash"]:
        raise validation_error(f"Block with ID {after} is not a child of the parent block.")
    return int(parent["children"].index(after)) + 1


def update(call: Call, block_id: str) -> Json:
    """PATCH /v1/blocks/{id}: new content, or to and from the trash."""
    world = call.world
    block = world.find(call.caller, path_id(block_id, "block_id"), "block", "page", "database")
    body = call.body(None)
    flags = trash_keys(call)
    content = {key: value for key, value in body.items() if key not in flags}
    if block["object"] != "block" and content:
        raise validation_error(
            "Only the trash status of a child page or database can be updated through the blocks API."
        )
    trash = trash_flag(call, {key: body[key] for key in body if key in flags})
    if content:
        _update_content(call, block, content)
    if trash is not None and trash != block["in_trash"]:
        put_in_trash(world, call.caller, block, trash)
    if not content and trash is None:
        raise invalid(f"body.{block.get('type', 'in_trash')}", "defined", ...)
    return render_block(call, block)


def _update_content(call: Call, block: Json, content: Json) -> None:
    kind = block_fields.block_type(content, "body")
    if kind != block["type"]:
        raise invalid(f"body.{block['type']}", "defined", ...)
    changes = block_shapes.parse_update(kind, content[kind], f"body.{kind}", call.world.name_of)
    call.world.editable(block)
    signed_files.attach(call, changes)
    if kind == "table_row":
        block_shapes.check_row({**block["data"], **changes}, len(block["data"]["cells"]))
    for key in ("external", "file_upload"):
        if kind in block_fields.MEDIA and key in changes:
            block["data"].pop("external" if key == "file_upload" else "file_upload", None)
            changes["type"] = key
    block["data"].update(changes)
    call.world.stamp_edit(block, call.caller)
    call.world.effect(
        "block.update",
        call.caller,
        id=block["id"],
        page_id=call.world.page_of(block)["id"],
        type=kind,
        changed=sorted(changes),
        text=block_shapes.text_of(block["data"]),
        **({"checked": block["data"]["checked"]} if kind == "to_do" else {}),
    )
    call.world.announce_content(block, call.caller, [block])


def delete(call: Call, block_id: str) -> Json:
    """DELETE /v1/blocks/{id}: to the trash."""
    block = call.world.find(call.caller, path_id(block_id, "block_id"), "block", "page", "database")
    if call.world.is_trashed(block):
        raise missing("block", block["id"])
    put_in_trash(call.world, call.caller, block, True)
    return render_block(call, block)


def put_in_trash(world: World, caller: Caller, node: Json, trash: bool) -> None:
    """Move a node to the trash or back, journal it, and tell subscribers."""
    kind, verb = node["object"], "deleted" if trash else "undeleted"
    if trash and kind != "block":
        world.announce(f"{kind}.{verb}", node, caller, {})
    node["in_trash"] = trash
    world.stamp_edit(node, caller)
    effect = ".delete" if trash else ".restore"
    detail = {"page_id": world.page_of(node)["id"]} if kind == "block" else {"title": world.title(node)}
    world.effect(kind + effect, caller, id=node["id"], **detail)
    if not trash and kind != "block":
        world.announce(f"{kind}.{verb}", node, caller, {})
    above = world.nodes.get(str(node["parent"].get(node["parent"]["type"])))
    if above is not None:
        world.announce_content(above, caller, [node])


def meeting_notes(call: Call) -> Json:
    """POST /v1/blocks/meeting_notes and its query: no simulated plan has them."""
    raise ApiError(403, "restricted_resource", "Meeting notes are not part of this workspace's plan.")
