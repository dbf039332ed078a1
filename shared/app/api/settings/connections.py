"""Accounts and webhooks of the systems code and sites go to: looked at by everybody, set up by owners."""

from __future__ import annotations

from typing import cast

from shared.accounts.accounts import Accounts
from shared.app.api.exchange import ApiReply, Call
from shared.app.api.json_shapes import FLAG, choice, members, shape, text
from shared.app.connections import forge_hooks
from shared.app.connections.connect_tickets import OPERATOR, PROGRAM
from shared.app.connections.connections import CONNECTED, connect_by_token, connect_installation, connect_link
from shared.core.errors import Conflicting, IntegrationError
from shared.integrations.systems import APP_FORGE, SELF_MANAGED, name_system
from shared.integrations.webhooks import HOOKED
from shared.ports import Secret

_APP_FORGE = name_system(APP_FORGE)
_TOKEN = text("^[!-~]{0,4000}$", max_length=4000, what="Leave it empty to get a link to the system's own consent page.")
CONNECT = shape(
    system=choice(*CONNECTED),
    token={**_TOKEN, "default": ""},
    installation=text(
        "^[0-9]{0,18}$",
        max_length=18,
        what=f"The id of our {_APP_FORGE} App's installation; the token proves that its account is yours.",
        default="",
    ),
    host=text(
        "^(https?://[!-~]{1,200})?$", max_length=220, what=f"The address of a self-managed {SELF_MANAGED}.", default=""
    ),
    required=("system",),
)
HOOK = shape(
    system=choice(*HOOKED),
    repository=text("^([A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)+)?$", max_length=300, default=""),
    required=("system",),
)
SECRET = shape(secret=text("^[!-~]{1,500}$", max_length=500), required=("secret",))
_TEXTS = {name: text() for name in ("id", "system", "repository", "at", "url")}
VIEWS = {
    "Connection": members(
        system=text(),
        connected=FLAG,
        **{"as": text()},
        connect_url=text(),
        note=text(what="What the token may not do, and what to do about it; empty where nothing is missing."),
    ),
    "Hook": members(**_TEXTS, ready=FLAG, secret=text(), todo=text()),
    "HookRemoved": members(removed=text(), left=text()),
}


def connect(call: Call) -> ApiReply:
    """Store a token that works, or return the link to the system's own consent page, for who asks alone."""
    system, token = str(call.body["system"]), str(call.body["token"])
    if not token and not call.body["installation"]:
        asker = call.who.person or (OPERATOR if call.who.operator else PROGRAM)
        link = connect_link(call.deps, call.tenant, system, asker)
        return ApiReply(body={"system": system, "connected": False, "as": "", "connect_url": link, "note": ""})
    accounts = cast(Accounts, call.tools().accounts)
    installation = str(call.body["installation"])
    if installation and system != APP_FORGE:
        raise Conflicting(f"field 'installation' is for {_APP_FORGE} only", way_out="Leave 'installation' out.")
    if installation:
        found = connect_installation(call.deps, accounts, call.tenant, int(installation), Secret(token))
        return ApiReply(body={**found, "connect_url": "", "note": ""})
    host = str(call.body["host"]).rstrip("/")
    found = connect_by_token(call.deps, accounts, call.tenant, system, Secret(token), host)
    return ApiReply(body={**found, "connect_url": ""})


def list_hooks(call: Call) -> ApiReply:
    """Return the webhooks there are, without their secrets."""
    listed = [{**each, "secret": "", "todo": ""} for each in forge_hooks.list_hooks(call.deps, call.tenant)]
    return ApiReply(body={"hooks": listed, "next": None})


def make_hook(call: Call) -> ApiReply:
    """Create a webhook, at the forge as well if our token may; otherwise return what to do there."""
    client = call.tools().accounts.connect_for(call.tenant)
    try:
        made = forge_hooks.make_hook(
            call.deps, client, call.tenant, str(call.body["system"]), str(call.body["repository"])
        )
    except IntegrationError as error:
        way_out = "Connect the system with a maintainer's token, then try again."
        raise Conflicting(f"the webhook could not be created there: {error}", way_out=way_out) from error
    return ApiReply(body={**made.hook, "secret": made.secret, "todo": made.todo})


def give_hook_secret(call: Call) -> ApiReply:
    """Store the secret that a system has chosen for its webhook."""
    found = forge_hooks.give_secret(call.deps, call.tenant, call.parts["hook"], Secret(str(call.body["secret"])))
    return ApiReply(body={**found, "secret": "", "todo": ""})


def remove_hook(call: Call) -> ApiReply:
    """Remove a webhook."""
    client = call.tools().accounts.connect_for(call.tenant)
    return ApiReply(body=dict(forge_hooks.remove_hook(call.deps, client, call.tenant, call.parts["hook"])))
