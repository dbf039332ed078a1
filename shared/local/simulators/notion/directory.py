"""Who is in a workspace, and what is shared: users and search."""

from datetime import timedelta
from typing import Any

from shared.local.simulators.notion import checks
from shared.local.simulators.notion.calls import Call, path_id, trash_flag
from shared.local.simulators.notion.content.pages import render_page as page_shown
from shared.local.simulators.notion.refusals import invalid, missing
from shared.local.simulators.notion.tables.sources import source_shown
from shared.local.simulators.notion.world import World

Json = dict[str, Any]

READ_EMAILS = "read_user_emails"  # beside read_users: what tells people's addresses as well


def bot_user(world: World, bot: Json) -> Json:
    """Return a bot as it sees itself: with its owner and workspace."""
    owner: Json = {"type": "workspace", "workspace": True}
    if bot["owner"] is not None:
        owner = {"type": "user", "user": world.user(bot["owner"])}
    inner = {
        "owner": owner,
        "workspace_id": bot["workspace_id"],
        "workspace_name": world.state["workspaces"][bot["workspace_id"]]["name"],
        "workspace_limits": {"max_file_upload_size_in_bytes": world.largest_file(bot["workspace_id"])},
    }
    return {**world.user(bot["id"]), "bot": inner}


def me(call: Call) -> Json:
    """GET /v1/users/me."""
    return bot_user(call.world, call.caller.bot) if call.caller.bot else call.world.user(call.caller.id)


def _members(call: Call) -> list[str]:
    state, workspace = call.world.state, call.caller.workspace_id
    everyone = [*state["people"].values(), *state["bots"].values()]
    return [u["id"] for u in everyone if u["workspace_id"] == workspace and not u.get("revoked")]


def users(call: Call) -> Json:
    """GET /v1/users: guests are left out, as Notion does; they can be asked for one by one."""
    people = call.world.state["people"]
    members = [each for each in _members(call) if not (people.get(each) or {}).get("guest")]
    return call.page(members, "user", lambda each: _render_user(call, call.world.user(each)))


def _render_user(call: Call, user: Json) -> Json:
    """Return a user as the connection may know them: the address is a right of its own.

    Source: developers.notion.com/reference/capabilities, "User capabilities".
    """
    if "person" not in user or call.world.may(call.caller, READ_EMAILS):
        return user
    return {**user, "person": {}}


def user(call: Call, user_id: str) -> Json:
    """GET /v1/users/{id}."""
    target = path_id(user_id, "user_id")
    if target not in _members(call):
        raise missing("user", target)
    return me(call) if target == call.caller.id else _render_user(call, call.world.user(target))


def search(call: Call) -> Json:
    """POST /v1/search: titles only, with the lag of an index."""
    world = call.world
    body = call.body(("query", "filter", "sort", "start_cursor", "page_size"))
    wanted, trash = _parse_filter(call, body)
    down = _direction(body)
    text = checks.string(body.get("query", ""), "body.query").lower()
    lag = timedelta(seconds=float(world.state["config"]["search_lag_s"]))
    known = (world.simulator.now() - lag).strftime("%Y-%m-%dT%H:%M:59.999Z")
    roots = set(call.caller.bot["roots"]) if call.caller.bot else set()
    found = [
        node
        for node in world.nodes.scan()
        if node["object"] in wanted
        and (text in world.title(node).lower())
        and (node["created_time"] <= known or node["id"] in roots)
        and world.sees(call.caller, node)
        and world.is_trashed(node) == trash
    ]
    found.sort(key=lambda node: str(node["last_edited_time"]), reverse=down)
    return call.page(
        found,
        "page_or_data_source",
        lambda node: page_shown(call, node) if node["object"] == "page" else source_shown(call, node),
        request_status={"type": "complete"},
    )


def _parse_filter(call: Call, body: Json) -> tuple[tuple[str, ...], bool]:
    if "filter" not in body:
        return ("page", "data_source"), False
    given = checks.check_exact(body["filter"], "body.filter", ("property", "value", "in_trash"))
    trash = trash_flag(call, {"in_trash": given.get("in_trash", False)}) or False
    if "value" not in given and "in_trash" in given:
        return ("page", "data_source"), trash
    checks.one_of(given.get("property"), "body.filter.property", ("object",))
    return (checks.one_of(given.get("value"), "body.filter.value", ("page", "data_source")),), trash


def _direction(body: Json) -> bool:
    if "sort" not in body:
        return True
    sort = checks.check_exact(body["sort"], "body.sort", ("timestamp", "direction", "property"))
    if "property" in sort:
        checks.one_of(sort["property"], "body.sort.property", ("relevance",))
        return True
    if "timestamp" not in sort:
        raise invalid("body.sort.timestamp", "defined", ...)
    checks.one_of(sort["timestamp"], "body.sort.timestamp", ("last_edited_time",))
    options = ("ascending", "descending")
    return checks.one_of(sort.get("direction"), "body.sort.direction", options) == "descending"


def custom_emojis(call: Call) -> Json:
    """GET /v1/custom_emojis: all of the workspace, or the one of exactly this name."""
    name = call.request.args.get("name")
    found = [
        {key: emoji[key] for key in ("id", "name", "url")}
        for emoji in call.world.state["emojis"].values()
        if emoji["workspace_id"] == call.caller.workspace_id and name in (None, emoji["name"])
    ]
    answer = call.page(found, "custom_emoji", lambda emoji: emoji)
    del answer["custom_emoji"]
    return answer
