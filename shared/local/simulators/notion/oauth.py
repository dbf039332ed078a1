"""OAuth: the page where a person allows a connection, and the token endpoints with single-use codes and rotation."""

import base64
import binascii
import html
import secrets
from typing import Any
from urllib.parse import urlencode, urlsplit

from werkzeug.wrappers import Request, Response

from shared.local.simulators._server import json_response
from shared.local.simulators.notion.directory import bot_user
from shared.local.simulators.notion.refusals import ApiError
from shared.local.simulators.notion.shown.people_style import page
from shared.local.simulators.notion.world import Caller, World

Json = dict[str, Any]


def authorize(world: World, request: Request) -> Response:
    """GET shows who asks (or answers at once, when set to approve by itself); POST carries the decision."""
    asked = request.values
    connection = world.state["connections"].get(asked.get("client_id", ""))
    if connection is None:
        return _refusal("Unknown connection: client_id is missing or wrong.")
    address = asked.get("redirect_uri") or (connection["redirect_uris"] + [""])[0]
    if address not in connection["redirect_uris"]:
        return _refusal("Missing or invalid redirect_uri.")
    if asked.get("response_type", "code") != "code":
        return _refusal("response_type must be code.")
    if request.method == "POST":
        return _answer_decision(world, request, connection, address)
    if connection["auto_approve"]:
        person = _default_person(world, connection)
        if person is None:
            return _refusal("There is no person in any workspace yet.")
        return _issue_code(world, connection, person, _offer_pages(world, person), asked, address)
    return _consent(world, connection, asked, address)


def _default_person(world: World, connection: Json) -> Json | None:
    wanted = connection.get("authorize_as") or world.state["config"]["authorize_as"]
    people = list(world.state["people"].values())
    chosen = [p for p in people if wanted in (p["id"], p["email"])] if wanted else people
    return chosen[0] if chosen else None


def top_pages(world: World, workspace_id: str) -> list[str]:
    """Return the pages at the top of a workspace: what the picker offers."""
    return [
        node["id"]
        for node in world.nodes.scan()
        if node["workspace_id"] == workspace_id and node["parent"]["type"] == "workspace" and not node["in_trash"]
    ]


def _offer_pages(world: World, person: Json) -> list[str]:
    """Return what the picker offers to a person: a guest sees nothing at the top of a workspace."""
    return [] if person.get("guest") else top_pages(world, person["workspace_id"])


def _answer_decision(world: World, request: Request, connection: Json, address: str) -> Response:
    form = request.form
    state = {"state": form["state"]} if form.get("state") else {}
    person = world.state["people"].get(form.get("person", ""))
    if form.get("decision") != "approve" or person is None:
        return _redirect(address, {"error": "access_denied", **state})
    offered = _offer_pages(world, person)
    home = world.state["workspaces"][person["workspace_id"]].get("home_page_id")
    chosen = [page_id for page_id in offered if page_id in form.getlist("page") or page_id == home]
    return _issue_code(world, connection, person, chosen, form, address)


def _issue_code(world: World, connection: Json, person: Json, roots: list[str], asked: Any, address: str) -> Response:
    code = secrets.token_urlsafe(24)
    world.state["codes"][code] = {
        "client_id": connection["client_id"],
        "person_id": person["id"],
        "roots": roots,
        "redirect_uri": asked.get("redirect_uri"),
        "until": world.simulator.now().timestamp() + float(world.state["config"]["code_lifetime_s"]),
        "bot_id": None,
    }
    world.simulator.touch()
    state = {"state": asked["state"]} if asked.get("state") else {}
    return _redirect(address, {"code": code, **state})


def _redirect(address: str, parameters: Json) -> Response:
    joint = "&" if urlsplit(address).query else "?"
    return Response(status=302, headers={"Location": f"{address}{joint}{urlencode(parameters)}"})


def _refusal(message: str) -> Response:
    body = f"<main><h1>This connection cannot be authorised</h1><p>{html.escape(message)}</p></main>"
    return page("Not authorised", body, status=400)


def _consent(world: World, connection: Json, asked: Any, address: str) -> Response:
    workspaces = world.state["workspaces"]
    people = "".join(
        f'<option value="{p["id"]}">{html.escape(p["name"])} — {html.escape(workspaces[p["workspace_id"]]["name"])}'
        "</option>"
        for p in world.state["people"].values()
    )
    pages = "".join(
        f'<label class="row"><input type="checkbox" name="page" value="{node["id"]}" checked> '
        f'{html.escape(world.title(node) or "Untitled")} <span class="soft">'
        f"{html.escape(workspaces[node['workspace_id']]['name'])}</span></label>"
        for node in world.nodes.scan()
        if node["parent"]["type"] == "workspace" and not node["in_trash"]
    )
    hidden = "".join(
        f'<input type="hidden" name="{name}" value="{html.escape(asked.get(name, ""))}">'
        for name in ("client_id", "redirect_uri", "state")
        if asked.get(name)
    )
    name = html.escape(connection["name"])
    body = f"""<main class="narrow"><h1>{name} would like to connect</h1>
<p>It will be able to read, change and add to the pages you choose, to comment, and to see who is in the workspace.</p>
<form method="post" action="/v1/oauth/authorize">{hidden}
<label class="field"><span>You are</span><select name="person">{people}</select></label>
<fieldset><legend>Pages to share</legend>{pages}</fieldset>
<p class="buttons"><button name="decision" value="approve" class="main">Allow access</button>
<button name="decision" value="deny">Cancel</button></p></form></main>"""
    parts = urlsplit(address)
    # Browsers apply form-action to the redirect after the form as well, so the way back must be in the policy.
    return page(f"Connect {connection['name']}", body, form_action=f"'self' {parts.scheme}://{parts.netloc}")


class GrantError(ApiError):
    """A refusal of the token endpoints: they answer in one of two styles."""


def token(world: World, request: Request) -> Response:
    """POST /v1/oauth/token."""
    connection = _client(world, request)
    body = _body(request)
    match body.get("grant_type"):
        case "authorization_code":
            bot = _by_code(world, connection, body)
        case "refresh_token":
            bot = _by_refresh(world, connection, body)
        case None:
            raise GrantError(400, "invalid_request", "grant_type is missing.")
        case _:
            raise GrantError(400, "unsupported_grant_type", "grant_type must be authorization_code or refresh_token.")
    world.effect(
        "grant.issue", Caller(bot["id"], "bot", bot["workspace_id"]), bot_id=bot["id"], grant_type=body["grant_type"]
    )
    workspace = world.state["workspaces"][bot["workspace_id"]]
    answer = {
        "access_token": bot["access_token"],
        "token_type": "bearer",
        "refresh_token": bot["refresh_token"],
        "bot_id": bot["id"],
        "workspace_id": workspace["id"],
        "workspace_name": workspace["name"],
        "workspace_icon": None,
        "owner": bot_user(world, bot)["bot"]["owner"],
        "duplicated_template_id": None,
        "request_id": world.new_id(),
    }
    return json_response(answer)


def _body(request: Request) -> Json:
    body = request.get_json(silent=True, force=True)
    if not isinstance(body, dict):
        raise GrantError(400, "invalid_request", "The body must be a JSON object.")
    return body


def _client(world: World, request: Request) -> Json:
    kind, _, encoded = request.headers.get("Authorization", "").partition(" ")
    try:
        client_id, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        client_id, secret = "", ""
    connection: Json | None = world.state["connections"].get(client_id)
    if kind.lower() != "basic" or connection is None or connection["client_secret"] != secret:
        raise GrantError(401, "invalid_client", "Client authentication failed.")
    return connection


def _by_code(world: World, connection: Json, body: Json) -> Json:
    grant = world.state["codes"].get(str(body.get("code")))
    if grant is None or grant["client_id"] != connection["client_id"]:
        raise GrantError(400, "invalid_grant", "Invalid code.")
    if grant["bot_id"] is not None:
        raise GrantError(400, "invalid_grant", "Invalid code: this code has been used.")
    if grant["until"] < world.simulator.now().timestamp():
        raise GrantError(400, "invalid_grant", "Invalid code: this code has expired.")
    needed = grant["redirect_uri"] is not None or len(connection["redirect_uris"]) > 1
    if needed and body.get("redirect_uri") is None:
        raise GrantError(400, "invalid_request", "Missing redirect_uri.")
    if not needed and "redirect_uri" in body:
        raise GrantError(400, "invalid_request", "redirect_uri must be absent.")
    if needed and body["redirect_uri"] != (grant["redirect_uri"] or connection["redirect_uris"][0]):
        raise GrantError(400, "invalid_grant", "Mismatched redirect_uri.")
    bot = new_bot(world, connection, world.state["people"][grant["person_id"]], grant["roots"])
    grant["bot_id"] = bot["id"]
    return bot


def new_bot(world: World, connection: Json, person: Json | None, roots: list[str], workspace_id: str = "") -> Json:
    """Return the bot of one person's grant of one connection: the same again when they consent again."""
    owner = person["id"] if person else None
    workspace = person["workspace_id"] if person else workspace_id
    same = (connection["client_id"], owner, workspace)
    for bot in world.state["bots"].values():
        if (bot["client_id"], bot["owner"], bot["workspace_id"]) == same:
            bot.update(roots=roots, revoked=False)
            break
    else:
        bot = {
            "id": world.new_id(),
            "workspace_id": workspace,
            "client_id": connection["client_id"],
            "owner": owner,
            "name": connection["name"],
            "roots": roots,
            "revoked": False,
            "access_token": "",
            "refresh_token": None,
        }
        world.state["bots"][bot["id"]] = bot
    rotate(world, bot, refreshable=person is not None)
    return dict(bot)


def rotate(world: World, bot: Json, refreshable: bool) -> None:
    """Give a bot a new pair of tokens; the old pair is dead at once."""
    stored = world.state["bots"][bot["id"]]
    world.state["tokens"].pop(stored["access_token"], None)
    stored["access_token"] = "ntn_" + secrets.token_urlsafe(32)
    stored["refresh_token"] = "nrt_" + secrets.token_urlsafe(32) if refreshable else None
    stored["issued_at"] = int(world.simulator.now().timestamp())
    world.state["tokens"][stored["access_token"]] = stored["id"]


def _by_refresh(world: World, connection: Json, body: Json) -> Json:
    given = body.get("refresh_token")
    for bot in world.state["bots"].values():
        mine = bot["client_id"] == connection["client_id"] and not bot["revoked"]
        if mine and given is not None and bot["refresh_token"] == given:
            rotate(world, bot, refreshable=True)
            return dict(bot)
    raise GrantError(400, "invalid_grant", "Invalid refresh token.")


def _bot_of(world: World, connection: Json, value: Any) -> Json | None:
    for bot in world.state["bots"].values():
        if (
            bot["client_id"] == connection["client_id"]
            and value
            and value in (bot["access_token"], bot["refresh_token"])
        ):
            return dict(bot)
    return None


def introspect(world: World, request: Request) -> Response:
    """POST /v1/oauth/introspect."""
    connection = _client(world, request)
    body = _body(request)
    if "token" not in body:
        raise GrantError(400, "invalid_request", "token is missing.")
    bot = _bot_of(world, connection, body["token"])
    if bot is None or bot["revoked"]:
        return json_response({"active": False, "request_id": world.new_id()})
    scope = "read_content insert_content update_content read_comments insert_comments"
    return json_response({"active": True, "scope": scope, "iat": bot["issued_at"], "request_id": world.new_id()})


def revoke(world: World, request: Request) -> Response:
    """POST /v1/oauth/revoke: an unknown token is fine, as RFC 7009 has it."""
    connection = _client(world, request)
    body = _body(request)
    if "token" not in body:
        raise GrantError(400, "invalid_request", "token is missing.")
    bot = _bot_of(world, connection, body["token"])
    if bot is not None:
        kill(world, bot["id"])
        world.effect("grant.revoke", Caller(bot["id"], "bot", bot["workspace_id"]), bot_id=bot["id"])
    return json_response({"request_id": world.new_id()})


def kill(world: World, bot_id: str) -> None:
    """End a grant: its tokens answer 401 from now on."""
    bot = world.state["bots"][bot_id]
    world.state["tokens"].pop(bot["access_token"], None)
    bot.update(revoked=True, refresh_token=None)
    world.simulator.touch()
