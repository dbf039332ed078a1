"""Signing in from a terminal over the API: the address for the browser, and the trade of the secret for a key."""

from __future__ import annotations

from shared.app.api.exchange import ApiReply, Call, name_origin
from shared.app.api.json_shapes import COUNT, choice, members, shape, text
from shared.app.people import login
from shared.core.people.logins import TERMINAL_AT

_HEX = "^[0-9a-f]{64}$"
_DEVICE = text("^[^\\u0000-\\u001f\\u007f]{1,80}$", max_length=80, what="What the key is called, such as the machine.")
BEGIN = shape(digest=text(_HEX, what="SHA-256 of the secret's 32 bytes, in hex."), required=("digest",))
TRADE = shape(secret=text(_HEX, what="The 32 bytes, in hex."), device=_DEVICE, required=("secret", "device"))
VIEWS = {
    "LoginBegun": members(
        open=text(what="What to open in a browser."),
        code=text(what="What the page in the browser must show."),
        expires_in=COUNT,
        interval=COUNT,
    ),
    "LoggedIn": members(
        state=choice("waiting", "done"),
        **{name: text() for name in ("key", "tenant", "name", "role", "until")},
        optional=("key", "tenant", "name", "role", "until"),
    ),
}
_LOOK_EVERY_S = 2


def begin_login(call: Call) -> ApiReply:
    """Return where a browser signs in for the terminal that has made this hash; nothing is stored."""
    digest = call.body["digest"]
    address = f"{call.deps.public_url}{TERMINAL_AT}{digest}"
    lifetime = int(login.LIFETIME.total_seconds())
    shown = {"open": address, "code": login.code_of(digest), "expires_in": lifetime, "interval": _LOOK_EVERY_S}
    return ApiReply(body=shown)


def finish_login(call: Call) -> ApiReply:
    """Trade the secret for a key, once somebody has agreed in the browser."""
    traded = login.trade_secret(call.deps, call.body["secret"], call.body["device"], name_origin(call.request))
    return ApiReply(body={"state": "waiting"} if traded is None else {"state": "done", **traded})
