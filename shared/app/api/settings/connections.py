"""Accounts and webhooks of the systems code and sites go to: looked at by everybody, set up by owners."""

from __future__ import annotations

from typing import cast

from shared.accounts.accounts import Accounts
from shared.app.api.exchange import ApiReply, Call
from shared.app.api.json_shapes import choice, closed, text
from shared.app.api.run.run_views import shown
from shared.app.connections import forge_hooks
from shared.app.connections.connections import TAKES_TOKENS, connect_by_token, connect_installation, connect_link
from shared.core.errors import Conflicting, IntegrationError
from shared.integrations.webhooks import HOOKED
from shared.ports import Secret

_TOKEN = text("^[!-~]{0,4000}$", most=4000, what="Leave it empty to get a link to the system's own consent page.")
CONNECT = closed(
    {
        "system": choice(*TAKES_TOKENS),
        "token": {**_TOKEN, "default": ""},
        "installation": {
            **text(
                "^[0-9]{0,18}$",
                most=18,
                what="The id of our GitHub App's installation; the token proves that its account is yours.",
            ),
            "default": "",
        },
        "host": {
            **text("^(https?://[!-~]{1,200})?$", most=220, what="The address of a self-managed GitLab."),
            "default": "",
        },
    },
    required=("system",),
)
HOOK = closed(
    {
        "system": choice(*HOOKED),
        "repository": {**text("^([A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)+)?$", most=300), "default": ""},
    },
    required=("system",),
)
SECRET = closed({"secret": text("^[!-~]{1,500}$", most=500)}, required=("secret",))
_TEXTS = {name: text() for name in ("id", "system", "repository", "at", "url")}
VIEWS = {
    "Connection": shown(
        {
            "system": text(),
            "connected": {"type": "boolean"},
            "as": text(),
            "connect_url": text(),
            "note": text(what="What the token may not do, and what to do about it; empty where nothing is missing."),
        }
    ),
    "Hook": shown({**_TEXTS, "ready": {"type": "boolean"}, "secret": text(), "todo": text()}),
    "HookRemoved": shown({"removed": text(), "left": text()}),
}


def connect(call: Call) -> ApiReply:
    """Store a token that works, or return the link to the system's own consent page."""
    system, token = str(call.body["system"]), str(call.body["token"])
    if not token and not call.body["installation"]:
        link = connect_link(call.deps, call.tenant, system)
        return ApiReply(body={"system": system, "connected": False, "as": "", "connect_url": link, "note": ""})
    accounts = cast(Accounts, call.tools().accounts)
    installation = str(call.body["installation"])
    if installation and system != "github":
        raise Conflicting("field 'installation' is for GitHub only", way_out="Leave 'installation' out.")
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
