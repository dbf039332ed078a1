"""The Markdown endpoints: read a page or a part of it, and the four ways to edit one."""

import difflib
from typing import Any

from shared.local.simulators.notion import async_tasks, checks
from shared.local.simulators.notion.calls import NEW, Call, path_id
from shared.local.simulators.notion.content import signed_files
from shared.local.simulators.notion.content.blocks import announce_blocks, put_in_trash
from shared.local.simulators.notion.markdown import markdown_blocks
from shared.local.simulators.notion.markdown.markdown_write import Writer
from shared.local.simulators.notion.refusals import invalid, validation_error
from shared.local.simulators.notion.world import World

Json = dict[str, Any]

_NO_CAP = 10**9
_EDITS = ("replace_content", "update_content", "insert_content", "replace_content_range")


def render_markdown(world: World, node: Json) -> Json:
    """Return the Markdown of a page, or of one block and what is below it."""
    writer = Writer(world, int(world.state["config"]["markdown_cap"]))
    lines = writer.below(node) if node["object"] == "page" else writer.block(node)
    unknown = [key for key in writer.unknown if key != node["id"]]
    return {
        "object": "page_markdown",
        "id": node["id"],
        "markdown": "\n".join(lines),
        "truncated": writer.truncated,
        "unknown_block_ids": unknown,
    }


def get(call: Call, page_id: str) -> Json:
    """GET /v1/pages/{id}/markdown; a block id shows that block."""
    _need_newest(call)
    transcript = call.request.args.get("include_transcript")
    if transcript is not None:
        checks.one_of(transcript, "query.include_transcript", ("true", "false"))
    return render_markdown(call.world, call.world.find(call.caller, path_id(page_id, "page_id"), "page", "block"))


def _need_newest(call: Call) -> None:
    if call.old:
        raise validation_error(f"This endpoint requires the Notion-Version header to be {NEW} or later.")


def trees_of(call: Call, text: str) -> list[Json]:
    """Read Markdown into trees, ready to be stored."""
    world = call.world
    return markdown_blocks.trees(text, world.name_of, lambda url: signed_files.upload_of(world, url))


def refuse_references(trees: list[Json]) -> None:
    """Refuse what stands for a stored block where there is none yet."""
    for tree in trees:
        if "ref" in tree:
            raise validation_error("body.markdown refers to a page or block that does not exist in this page.")
        refuse_references(tree["children"])


def edit(call: Call, page_id: str) -> Json:
    """PATCH /v1/pages/{id}/markdown."""
    _need_newest(call)
    page = call.world.find(call.caller, path_id(page_id, "page_id"), "page")
    body = call.body(None, ("type",))
    kind = checks.one_of(body["type"], "body.type", _EDITS)
    given = checks.check_object(body.get(kind, ...), f"body.{kind}")
    call.world.editable(page)
    later = checks.boolean(body.get("allow_async", False), "body.allow_async")
    if later and async_tasks.is_put_off(call, _size(given)):
        return async_tasks.put_off(call, "PATCH /v1/pages/:page_id/markdown")
    before = "\n".join(Writer(call.world, _NO_CAP).below(page))
    after = {
        "replace_content": _replace_content,
        "update_content": _update_content,
        "insert_content": _insert_content,
        "replace_content_range": _replace_range,
    }[kind](before, given, f"body.{kind}")
    allowed = checks.boolean(given.get("allow_deleting_content", False), f"body.{kind}.allow_deleting_content")
    _become(call, page, trees_of(call, after), allowed)
    return render_markdown(call.world, page)


def _size(given: Json) -> int:
    return sum(len(str(part)) for part in given.values())


def _replace_content(before: str, given: Json, path: str) -> str:
    return checks.string(given.get("new_str", ...), f"{path}.new_str")


def _update_content(before: str, given: Json, path: str) -> str:
    text = before
    for index, item in enumerate(checks.array(given.get("content_updates", ...), f"{path}.content_updates")):
        inner = f"{path}.content_updates[{index}]"
        update = checks.check_object(item, inner, ("old_str", "new_str"))
        old, new = (checks.string(update[key], f"{inner}.{key}") for key in ("old_str", "new_str"))
        everywhere = checks.boolean(update.get("replace_all_matches", False), f"{inner}.replace_all_matches")
        count = text.count(old) if old else 0
        if count == 0:
            raise validation_error(f"{inner}.old_str was not found in the page.")
        if count > 1 and not everywhere:
            raise validation_error(
                f"{inner}.old_str was found {count} times; set replace_all_matches or make it longer."
            )
        text = text.replace(old, new)
    return text


def _insert_content(before: str, given: Json, path: str) -> str:
    content = checks.string(given.get("content", ...), f"{path}.content")
    if "position" in given and "after" in given:
        raise invalid(f"{path}.after", "not present", given["after"])
    if "after" in given:
        _, end = _selection(before, given["after"], f"{path}.after")
        newline = before.find("\n", end)
        cut = len(before) if newline < 0 else newline
        return f"{before[:cut]}\n{content}{before[cut:]}"
    where = checks.check_object(given.get("position", {"type": "end"}), f"{path}.position", ("type",))["type"]
    if checks.one_of(where, f"{path}.position.type", ("start", "end")) == "start":
        return f"{content}\n{before}"
    return f"{before}\n{content}"


def _replace_range(before: str, given: Json, path: str) -> str:
    content = checks.string(given.get("content", ...), f"{path}.content")
    start, end = _selection(before, given.get("content_range", ...), f"{path}.content_range")
    return before[:start] + content + before[end:]


def _selection(text: str, value: Any, path: str) -> tuple[int, int]:
    """Find `head...tail`: from where the one begins to where the other ends."""
    head, dots, tail = checks.string(value, path, None, 1).partition("...")
    start = text.find(head)
    end = text.find(tail, start + len(head)) if start >= 0 else -1
    if not dots or not head or start < 0 or end < 0:
        raise validation_error(f"{path} was not found in the page.")
    return start, end + len(tail)


def _become(call: Call, page: Json, trees: list[Json], allowed: bool) -> None:
    """Change a page into these trees; blocks that read the same keep their ids."""
    world = call.world
    kept = _references(trees)
    _check_references(world, page, kept)
    old = [world.nodes[child] for child in page["children"] if not world.nodes[child]["in_trash"]]
    steps = _steps(world, old, trees)
    removed = [node for what, nodes, _ in steps for node in nodes if what != "equal" and node["id"] not in kept]
    lost = [child for node in removed for child in _pages_in(world, node) if child["id"] not in kept]
    if lost and not allowed:
        names = ", ".join(f"{world.title(child) or 'Untitled'} ({child['id']})" for child in lost)
        raise validation_error(
            f"This would delete child pages or databases; set allow_deleting_content to do so: {names}"
        )
    new = [tree for what, _, made in steps if what != "equal" for tree in made]
    signed_files.attach(call, new)
    world.count_blocks(call.caller, new)
    order, made_all = list[str](), list[Json]()
    for what, nodes, made in steps:
        if what == "equal":
            order += [node["id"] for node in nodes]
            continue
        fresh = world.make_blocks(page, made, call.caller)
        order += [node["id"] for node in fresh]
        made_all += [node for node in fresh if node["id"] not in kept]
    for node in removed:
        put_in_trash(world, call.caller, node, True)
    rest = [child for child in page["children"] if child not in set(order)]
    page["children"] = [*order, *(child for child in rest if world.nodes[child]["in_trash"])]
    if removed or made_all:
        world.stamp_edit(page, call.caller)
    announce_blocks(world, call.caller, page, made_all)


def _steps(world: World, old: list[Json], trees: list[Json]) -> list[tuple[str, list[Json], list[Json]]]:
    before = [_text(world, node) for node in old]
    after = [_text(world, world.nodes[tree["ref"]] if "ref" in tree else tree) for tree in trees]
    steps = difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    return [(what, old[a:b], trees[c:d]) for what, a, b, c, d in steps]


def _text(world: World, node: Json) -> str:
    return "\n".join(Writer(world, _NO_CAP, signs=False).block(node))


def _references(trees: list[Json]) -> list[str]:
    return [key for tree in trees for key in ([tree["ref"]] if "ref" in tree else _references(tree["children"]))]


def _check_references(world: World, page: Json, kept: list[str]) -> None:
    for key in kept:
        node = world.nodes.get(key)
        inside = node is not None and any(above["id"] == page["id"] for above in world.up(node))
        if not inside or kept.count(key) > 1:
            raise validation_error(f"The Markdown refers to {key}, which is not in this page or is named twice.")


def _pages_in(world: World, node: Json) -> list[Json]:
    if node["object"] != "block":
        return [node]
    below = (world.nodes[child] for child in node["children"])
    return [found for child in below if not child["in_trash"] for found in _pages_in(world, child)]
