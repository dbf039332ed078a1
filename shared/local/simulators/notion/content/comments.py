"""Comments: create, list, read, change, delete."""

from typing import Any

from shared.local.simulators.notion import checks
from shared.local.simulators.notion.calls import Call, path_id
from shared.local.simulators.notion.content import signed_files
from shared.local.simulators.notion.content.rich_text import plain, rich_text
from shared.local.simulators.notion.markdown import markdown_inline
from shared.local.simulators.notion.refusals import invalid, missing, validation_error
from shared.local.simulators.notion.world import World

Json = dict[str, Any]

_CREATE = ("parent", "discussion_id", "rich_text", "markdown", "attachments", "display_name")


def render_comment(world: World, comment: Json) -> Json:
    """Return a comment as it reads."""
    hidden = ("workspace_id", "page_id", "attachments", "resolved")
    author = {"object": "user", "id": comment["created_by"]["id"]}
    base = {key: value for key, value in comment.items() if key not in hidden} | {"created_by": author}
    files = [
        {"category": signed_files.category(world, key), "file": signed_files.sign_url(world, key)}
        for key in comment.get("attachments", ())
    ]
    return {**base, "attachments": files} if files else base


def create(call: Call) -> Json:
    """POST /v1/comments: on a page or block, or into an open discussion."""
    world = call.world
    body = call.body(_CREATE)
    text = _text(call, body)
    files = _attachments(body)
    discussion, node = _where(call, body)
    signed_files.attach(call, files)
    kind = "page_id" if node["object"] == "page" else "block_id"
    now = world.minute()
    comment = {
        "object": "comment",
        "id": world.new_id(),
        "parent": {"type": kind, kind: node["id"]},
        "discussion_id": discussion,
        "created_time": now,
        "last_edited_time": now,
        "created_by": call.caller.author,
        "rich_text": text,
        "display_name": _display_name(call, body.get("display_name")),
        "attachments": [file["file_upload"]["id"] for file in files],
        "workspace_id": call.caller.workspace_id,
        "page_id": world.page_of(node)["id"],
    }
    world.state["comments"][comment["id"]] = comment
    _announce_comment(call, "create", "created", comment)
    call.committed = {"committed_resource_id": comment["id"]}
    return render_comment(world, comment)


def _attachments(body: Json) -> list[Json]:
    files = []
    for index, item in enumerate(checks.array(body.get("attachments", []), "body.attachments", 3)):
        path = f"body.attachments[{index}]"
        given = checks.check_exact(item, path, ("file_upload_id", "type"), ("file_upload_id",))
        if "type" in given:
            checks.one_of(given["type"], f"{path}.type", ("file_upload",))
        files.append(checks.upload({"id": given["file_upload_id"]}, f"{path}.file_upload_id"))
    return files


def _announce_comment(call: Call, verb: str, event: str, comment: Json) -> None:
    call.world.effect(
        f"comment.{verb}",
        call.caller,
        id=comment["id"],
        page_id=comment["page_id"],
        parent=comment["parent"],
        discussion_id=comment["discussion_id"],
        text=plain(comment["rich_text"]),
    )
    kind = comment["parent"]["type"]
    parent = {"id": comment["parent"][kind], "type": kind.removesuffix("_id")}
    about = {**call.world.nodes[comment["parent"][kind]], "entity": {"id": comment["id"], "type": "comment"}}
    call.world.announce(f"comment.{event}", about, call.caller, {"page_id": comment["page_id"], "parent": parent})


def _text(call: Call, body: Json) -> list[Json]:
    if "rich_text" in body and "markdown" in body:
        raise invalid("body.markdown", "not present", body["markdown"])
    if "markdown" in body:
        text = checks.string(body["markdown"], "body.markdown", None, 1)
        return rich_text(markdown_inline.read(text), "body.markdown", call.world.name_of)
    if "rich_text" not in body:
        raise invalid("body.rich_text", "defined", ...)
    return rich_text(body["rich_text"], "body.rich_text", call.world.name_of)


def _where(call: Call, body: Json) -> tuple[str, Json]:
    world = call.world
    if ("parent" in body) == ("discussion_id" in body):
        raise invalid("body.parent", "defined" if "parent" not in body else "not present", body.get("parent", ...))
    if "discussion_id" in body:
        discussion = checks.object_id(body["discussion_id"], "body.discussion_id")
        first = next((c for c in world.state["comments"].scan() if c["discussion_id"] == discussion), None)
        if first is None:
            raise missing("discussion", discussion)
        return discussion, world.find(call.caller, first["parent"][first["parent"]["type"]], "page", "block")
    given = checks.check_exact(body["parent"], "body.parent", ("type", "page_id", "block_id"))
    kind = "page_id" if "page_id" in given else "block_id"
    target = checks.object_id(given.get(kind, ...), f"body.parent.{kind}")
    kinds = ("page",) if kind == "page_id" else ("block", "page")
    return world.new_id(), world.editable(world.find(call.caller, target, *kinds))


def _display_name(call: Call, value: Any) -> Json:
    kind, name = ("user" if call.caller.kind == "person" else "integration"), call.world.name_of("user", call.caller.id)
    if value is not None:
        given = checks.check_exact(value, "body.display_name", ("type", "custom"), ("type",))
        kind = checks.one_of(given["type"], "body.display_name.type", ("integration", "user", "custom"))
        if kind == "custom":
            custom = checks.check_object(given.get("custom"), "body.display_name.custom", ("name",))
            name = checks.string(custom["name"], "body.display_name.custom.name", None, 1)
    return {"type": kind, "resolved_name": name}


def list_comments(call: Call) -> Json:
    """GET /v1/comments?block_id=…: oldest first."""
    target = call.request.args.get("block_id")
    if target is None:
        raise invalid("query.block_id", "defined", ...)
    node = call.world.find(call.caller, checks.object_id(target, "query.block_id"), "page", "block")
    known = call.world.state["comments"].scan()
    comments = [c for c in known if node["id"] in c["parent"].values() and not c.get("resolved")]
    return call.page(comments, "comment", lambda comment: render_comment(call.world, comment))


def _find(call: Call, comment_id: str) -> Json:
    target = path_id(comment_id, "comment_id")
    comment: Json | None = call.world.state["comments"].get(target)
    if comment is None:
        raise missing("comment", target)
    call.world.find(call.caller, comment["parent"][comment["parent"]["type"]], "page", "block")
    return comment


def get(call: Call, comment_id: str) -> Json:
    """GET /v1/comments/{id}."""
    return render_comment(call.world, _find(call, comment_id))


def _own(call: Call, comment_id: str) -> Json:
    comment = _find(call, comment_id)
    if comment["created_by"]["id"] != call.caller.id:
        raise validation_error("Only the author of a comment can change it.")
    return comment


def update(call: Call, comment_id: str) -> Json:
    """PATCH /v1/comments/{id}."""
    comment = _own(call, comment_id)
    comment["rich_text"] = _text(call, call.body(("rich_text", "markdown")))
    comment["last_edited_time"] = call.world.minute()
    _announce_comment(call, "update", "updated", comment)
    return render_comment(call.world, comment)


def delete(call: Call, comment_id: str) -> Json:
    """DELETE /v1/comments/{id}."""
    comment = _own(call, comment_id)
    _announce_comment(call, "delete", "deleted", comment)
    del call.world.state["comments"][comment["id"]]
    return render_comment(call.world, comment)
