"""Whose a token of the simulated Slack is, what it may do, and what is told of that with every answer.

Sources: docs.slack.dev, "Tokens", "Web API: evaluating responses" (the header X-OAuth-Scopes; `missing_scope` with
`needed` and `provided`), each method's page (the scopes it needs, `token_revoked`, `token_expired`,
`account_inactive`, `not_allowed_token_type`), and "conversations.history" (`not_in_channel`).
"""

from typing import Any

from werkzeug.wrappers import Request

from shared.local.simulators.slack._slack_blocks import Invalid

Json = dict[str, Any]
OPEN = "apps.connections.open"  # the one method of an app-level token

_NEEDED = {  # method -> scopes, of which one has to be there
    OPEN: ("connections:write",),
    "chat.postMessage": ("chat:write",),
    "chat.update": ("chat:write",),
    "chat.delete": ("chat:write",),
    "conversations.replies": ("channels:history", "groups:history", "im:history", "mpim:history"),
    "conversations.open": ("im:write", "channels:manage", "groups:write", "mpim:write"),
    "conversations.history": ("channels:history", "groups:history", "im:history", "mpim:history"),
}
ALL = ("chat:write", "channels:history", "groups:history", "im:history", "im:write", "commands")


def find_caller(state: Json, request: Request, arguments: Json, now: float) -> Json:
    """Return whose token it is; refuses one that is unknown, was revoked, or is over."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    token = token.strip() if scheme.lower() == "bearer" else str(arguments.get("token", ""))
    if not token:
        raise Invalid("not_authed")
    known: Json | None = state["tokens"].get(token)
    if known is None:
        elsewhere = token.startswith("xapp-") and not request.path.endswith(OPEN)
        raise Invalid("not_allowed_token_type" if elsewhere else "invalid_auth")
    if known.get("ended"):
        raise Invalid(known["ended"])
    if (known.get("expires_at") or 1e12) <= now:
        raise Invalid("token_expired")
    return known


def must(caller: Json, method: str) -> None:
    """Refuse a method that needs another sort of token, or a scope which the token lacks."""
    if caller.get("app", False) != (method == OPEN):
        raise Invalid("not_allowed_token_type")
    given, needed = scopes_of(caller), _NEEDED.get(method, ())
    if needed and not set(needed) & set(given):
        raise Invalid("missing_scope", needed=needed[0], provided=",".join(given))


def must_be_in(caller: Json, channel: str) -> None:
    """Refuse a channel that the app's bot was not invited to."""
    if channel in caller.get("out_of", ()):
        raise Invalid("not_in_channel")


def scopes_of(caller: Json) -> list[str]:
    """Return what a token may do; one that nobody has limited may do all that we ask for."""
    scopes = caller.get("scopes")
    return list(ALL if scopes is None else scopes)


def uses_sockets(state: Json) -> bool:
    """Say whether socket mode is on: it is where the app has a token of its own."""
    return any(each.get("app") for each in state["tokens"].values())


def seed(state: Json, order: Json) -> None:
    """Make a token: with all scopes unless `scopes` says less, until `expires_at`, `out_of` some channels.

    `app_token` is the app's own, which opens sockets and does nothing else; without `app_scopes` it may.

    `ended` names a token that is no good any more, and `why` the word that Slack answers it with.
    """
    if "ended" in order:
        state["tokens"][order["ended"]]["ended"] = order.get("why", "token_revoked")
    if "app_token" in order:
        state["tokens"][order["app_token"]] = {"app": True, "scopes": order.get("app_scopes", ["connections:write"])}
    if "token" in order:
        number = state["next_bot"]
        state["next_bot"] += 1
        bot = {"user": "workshop", "user_id": f"U0BOT{number}", "bot_id": f"B0BOT{number}"}
        known = state["tokens"].setdefault(order["token"], bot)
        known.update({key: order[key] for key in ("scopes", "expires_at", "out_of") if key in order})
