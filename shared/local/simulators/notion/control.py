"""The simulator's own control endpoints: seed a workspace, turn knobs, act as a person."""

from typing import Any

from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from shared.local.simulators.notion import oauth
from shared.local.simulators.notion.calls import NEW, Call, Cursors
from shared.local.simulators.notion.content import page_values
from shared.local.simulators.notion.content.rich_text import from_plain
from shared.local.simulators.notion.markdown import markdown_calls
from shared.local.simulators.notion.world import Caller, World

Json = dict[str, Any]

CONFIG: Json = {
    "rate_limit": 180,  # requests per bot in one window; 0 is no limit
    "rate_limit_business": 600,  # the same where the workspace's plan is business or enterprise
    "endpoint_rate_limits": {},  # "POST /v1/search" or a pattern like "PATCH /v1/pages/*" -> requests per bot
    "rate_window_s": 60,
    "workspace_rate_limit": 0,
    "blocked": False,  # answer 429 with the reason that must never be retried
    "auto_approve": None,  # when set, overrides every connection's own switch
    "authorize_as": None,  # id or e-mail of the person who approves automatically
    "code_lifetime_s": 600,
    "cursor_lifetime_s": 3600,
    "query_cap": 10_000,
    "list_most": 100,  # entries in one part of a list, however many are asked for
    "search_lag_s": 0,
    "oauth_error_style": "envelope",  # or "rfc6749"
    "free_block_limit": 1000,  # blocks of a free workspace with several people, over its whole life
    "upload_lifetime_s": 3600,  # to finish and attach a file upload
    "import_s": 1,  # until a file from elsewhere is there
    "part_least_bytes": 5 * 1024**2,  # of every part but the last
    "part_most_bytes": 20 * 1024**2,  # of a part, and of a file sent in one
    "signed_url_s": 3600,
    "template_s": 1,  # until a chosen template is in its page
    "view_query_s": 900,
    "markdown_cap": 20_000,  # blocks one read of a page's Markdown shows
    "async_tasks": "large",  # of the calls that allow it: "never", "large" or "always"
    "async_large_chars": 20_000,
    "async_queued_s": 1,
    "async_running_s": 1,
    "async_retries": 0,  # how often a task is retried before it ends
    "async_poll_s": 1,
    "async_result_s": 3600,
    "aggregation_s": 0.2,
    "webhook_delay_s": 0,
    "retry_base_s": 0.5,
    "duplicate": False,  # every delivery twice
    "reorder": False,
    "seed": 0,  # of everything below, and of the order
    "duplicate_share": 0,
    "drop_share": 0,  # of the events that are lost for good
    "late_share": 0,
    "late_s": 300,
}


def configure(world: World, body: Json) -> Json:
    """Turn knobs; an unknown one is a mistake worth hearing of."""
    config: Json = world.state["config"]
    unknown = sorted(set(body) - set(CONFIG))
    if unknown:
        raise KeyError(f"unknown setting: {', '.join(unknown)}")
    config.update(body)
    if "auto_approve" in body:
        for connection in world.state["connections"].values():
            connection["auto_approve"] = bool(body["auto_approve"])
    world.simulator.touch()
    return config


def seed(world: World, body: Json) -> Json:
    """Make a workspace with its people, its first page and its connections; asking again returns the same."""
    state = world.state
    name = body.get("workspace", "Demo")
    workspace = next((w for w in state["workspaces"].values() if w["name"] == name), None)
    if workspace is None:
        workspace = {"id": world.new_id(), "name": name, "plan": body.get("plan", "plus")}
        state["workspaces"][workspace["id"]] = workspace
    for person in body.get("people") or ([] if _people(world, workspace) else [_SOMEBODY]):
        _person(world, workspace, person)
    people = _people(world, workspace)
    home = _home(world, workspace, people[0])
    answer: Json = {
        "workspace_id": workspace["id"],
        "people": [{"id": p["id"], "name": p["name"], "email": p["email"]} for p in people],
        "home_page_id": home["id"],
    }
    if body.get("integration"):
        connection = _connection(world, body["integration"])
        answer["integration"] = {"integration_id": connection["integration_id"], "client_id": connection["client_id"]}
    if body.get("internal"):
        answer.update(_internal(world, workspace, home, body["internal"]))
    world.simulator.touch()
    return answer


_SOMEBODY = {"name": "Ada Example", "email": "ada@example.test"}


def _people(world: World, workspace: Json) -> list[Json]:
    return [p for p in world.state["people"].values() if p["workspace_id"] == workspace["id"]]


def _person(world: World, workspace: Json, given: Json) -> None:
    for person in _people(world, workspace):
        if person["email"] == given["email"]:
            person["name"] = given.get("name", person["name"])
            return
    person_id = world.new_id()
    world.state["people"][person_id] = {
        "id": person_id,
        "workspace_id": workspace["id"],
        "name": given.get("name", given["email"]),
        "email": given["email"],
        "guest": bool(given.get("guest")),
    }


def _home(world: World, workspace: Json, person: Json) -> Json:
    known: Json | None = world.nodes.get(workspace.get("home_page_id", ""))
    if known is not None:
        return known
    caller = Caller(person["id"], "person", workspace["id"])
    fields: Json = {"icon": None, "cover": None, "is_locked": False, "is_archived": False}
    title = {"title": from_plain("Workspace home")}
    home = world.new_node("page", {"type": "workspace"}, caller, values=title, **fields)
    workspace["home_page_id"] = home["id"]
    return home


def _connection(world: World, given: Json) -> Json:
    connections = world.state["connections"]
    connection: Json = connections.setdefault(
        given["client_id"], {"integration_id": world.new_id(), "internal": False, "name": "Workwright"}
    )
    connection.update(
        {
            "client_id": given["client_id"],
            "client_secret": given["client_secret"],
            "redirect_uris": list(given.get("redirect_uris", [])),
            "auto_approve": bool(given.get("auto_approve", False)),
            "name": given.get("name", connection["name"]),
            "capabilities": given.get("capabilities"),  # None is all of them
            "limited": bool(given.get("limited", False)),  # to selected workspaces, so that plan limits hold
        }
    )
    return connection


def _internal(world: World, workspace: Json, home: Json, given: Any) -> Json:
    """Make the workspace's internal connection; `given` is true, or says what it may do (`capabilities`)."""
    client_id = f"internal-{workspace['id']}"
    connections = world.state["connections"]
    if client_id not in connections:
        connections[client_id] = {
            "integration_id": world.new_id(),
            "internal": True,
            "name": "Internal integration",
            "client_id": client_id,
            "client_secret": None,
            "redirect_uris": [],
            "auto_approve": False,
            "limited": True,
        }
    if isinstance(given, dict):
        connections[client_id]["capabilities"] = given.get("capabilities")  # None is all of them
    for bot in world.state["bots"].values():
        if bot["client_id"] == client_id and not bot["revoked"]:
            break
    else:
        bot = oauth.new_bot(world, connections[client_id], None, [home["id"]], workspace["id"])
    return {"token": bot["access_token"], "bot_id": bot["id"], "client_id": client_id}


def grant(world: World, verb: str, body: Json) -> Json:
    """End a grant, or only its access token; share a page or database with a bot, or take it back; change its rights.

    What is shared by a page above it can be taken back by itself, as a person restricts a page.
    """
    bot = world.state["bots"][body["bot_id"]]
    match verb:
        case "revoke":
            oauth.kill(world, bot["id"])
        case "expire":
            world.state["tokens"].pop(bot["access_token"], None)
        case "allow":
            world.state["connections"][bot["client_id"]]["capabilities"] = body["capabilities"]
        case "share":
            _share(bot, body["page_id"])
        case "unshare":
            bot["roots"] = [root for root in bot["roots"] if root != body["page_id"]]
            if world.bot_sees(bot, world.nodes[body["page_id"]]):  # by what stands above it
                bot["withheld"] = [*bot.get("withheld", ()), body["page_id"]]
    world.simulator.touch()
    return {"bot_id": bot["id"], "roots": bot["roots"], "revoked": bot["revoked"]}


def _share(bot: Json, page: str) -> None:
    withheld = bot.get("withheld", [])
    bot["withheld"] = [each for each in withheld if each != page]
    if page not in withheld and page not in bot["roots"]:
        bot["roots"].append(page)


def resolve(world: World, body: Json) -> Json:
    """Close a discussion as a person does in the app: its comments are listed no more."""
    closed = [c for c in world.state["comments"].values() if c["discussion_id"] == body["discussion_id"]]
    for comment in closed:
        comment["resolved"] = True
    world.simulator.touch()
    return {"resolved": len(closed)}


def announce(world: World, body: Json) -> Json:
    """Send an event of any type about a node: for what people do in the app and no call here causes."""
    node = world.nodes[body["entity_id"]]
    person = (
        person_of(world, body.get("person", "")) or _people(world, world.state["workspaces"][node["workspace_id"]])[0]
    )
    world.announce(body["type"], node, Caller(person["id"], "person", node["workspace_id"]), body.get("data", {}))
    world.simulator.touch()
    return {"type": body["type"]}


def emoji(world: World, body: Json) -> Json:
    """Make a custom emoji of a workspace."""
    made = {"id": world.new_id(), "name": body["name"], "url": body["url"], "workspace_id": body["workspace_id"]}
    world.state["emojis"][made["id"]] = made
    world.simulator.touch()
    return made


def template(world: World, body: Json) -> Json:
    """Make a template of a data source as a person would: values, and blocks as Markdown."""
    source = world.nodes[body["data_source_id"]]
    owner = _people(world, world.state["workspaces"][source["workspace_id"]])[0]
    caller = Caller(owner["id"], "person", source["workspace_id"])
    call = Call(world, Request(EnvironBuilder().get_environ()), caller, NEW, Cursors())
    made = {
        "id": world.new_id(),
        "data_source_id": source["id"],
        "name": body["name"],
        "is_default": bool(body.get("is_default", False)),
        "values": page_values.template_values(call, source, body.get("properties", {})),
        "trees": markdown_calls.trees_of(call, body.get("markdown", "")),
    }
    world.state["templates"][made["id"]] = made
    world.simulator.touch()
    return {key: made[key] for key in ("id", "name", "is_default")}


def person_of(world: World, key: str) -> Json | None:
    """Find a person by id or e-mail."""
    return next((p for p in world.state["people"].values() if key in (p["id"], p["email"])), None)
