"""How a workspace installs the simulated app: consent at once, codes that count once, tokens that rotate.

Sources: docs.slack.dev, "Installing with OAuth" (the answer's shape, `invalid_code`, `code_already_used`,
`bad_redirect_uri`, a code is good for ten minutes), "oauth.v2.access" (credentials by Basic or in the body), "Using
token rotation" (12 hours, a refresh token is good once, an access token stays good until it is over), and
"apps.uninstall" (the app's id and secret, and a token; all tokens of the installation end).
"""

import base64
import binascii
import secrets
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from werkzeug.wrappers import Request, Response

from shared.local.simulators._server import json_response
from shared.local.simulators.slack._slack_blocks import Invalid
from shared.local.simulators.slack._slack_tokens import find_caller

if TYPE_CHECKING:
    from shared.local.simulators.slack.simulator import SlackSimulator

Json = dict[str, Any]
LIFETIME, CODE_S = 43_200, 600


def install(sim: "SlackSimulator", request: Request) -> Response | None:
    """Answer the consent page, `oauth.v2.access` and `apps.uninstall`; None for what is something else."""
    path = request.path.removeprefix("/api")
    if request.method == "GET" and path == "/oauth/v2/authorize":
        return _consent(sim, request)
    if path not in ("/oauth.v2.access", "/apps.uninstall"):
        return None
    try:
        if path == "/apps.uninstall":
            return json_response({"ok": True, **_uninstall(sim, request)})
        body = _refresh(sim, request) if request.form.get("grant_type") == "refresh_token" else _exchange(sim, request)
    except Invalid as wrong:
        return json_response({"ok": False, "error": wrong.code})
    sim.touch()
    return json_response({"ok": True, **body})


def seed_app(state: Json, order: Json) -> None:
    """Register the app: `client_id`, `client_secret`, `redirect_uris`, `rotates`, and `team` and `grants` for less.

    `grants` are the scopes that the person agrees to; without it they agree to all.
    """
    if "app" in order:
        state.setdefault("apps", {})[order["app"]["client_id"]] = order["app"]


def _consent(sim: "SlackSimulator", request: Request) -> Response:
    args = request.args
    app = sim.state.get("apps", {}).get(args.get("client_id", ""))
    back = args.get("redirect_uri", "")
    if app is None or back not in app["redirect_uris"]:
        return Response("Something went wrong: bad_redirect_uri or invalid client_id", 400)
    if app.get("denies"):
        query = {"error": "access_denied", "state": args.get("state", "")}
        return Response(status=302, headers={"Location": f"{back}?{urlencode(query)}"})
    code = secrets.token_hex(16)
    asked = [each for each in args.get("scope", "").split(",") if each]
    scopes = [each for each in asked if each in app.get("grants", asked)]
    until = sim.now().timestamp() + CODE_S
    made = {"client_id": args["client_id"], "redirect_uri": back, "scopes": scopes, "until": until}
    sim.state.setdefault("codes", {})[code] = made
    sim.touch()
    query = {"code": code, "state": args.get("state", "")}
    return Response(status=302, headers={"Location": f"{back}?{urlencode(query)}"})


def _find_app(sim: "SlackSimulator", request: Request) -> tuple[str, Json]:
    name, word = request.form.get("client_id", ""), request.form.get("client_secret", "")
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            name, _, word = base64.b64decode(given, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            raise Invalid("invalid_client_id") from None
    app = sim.state.get("apps", {}).get(name)
    if app is None:
        raise Invalid("invalid_client_id")
    if app["client_secret"] != word:
        raise Invalid("bad_client_secret")
    return name, app


def _exchange(sim: "SlackSimulator", request: Request) -> Json:
    name, app = _find_app(sim, request)
    code = sim.state.get("codes", {}).get(request.form.get("code", ""))
    if code is None or code["client_id"] != name or code["until"] < sim.now().timestamp():
        raise Invalid("invalid_code")
    if code.get("used"):
        raise Invalid("code_already_used")
    if request.form.get("redirect_uri", code["redirect_uri"]) != code["redirect_uri"]:
        raise Invalid("bad_redirect_uri")
    code["used"] = True
    return _make_tokens(sim, app, code["scopes"])


def _refresh(sim: "SlackSimulator", request: Request) -> Json:
    _, app = _find_app(sim, request)
    known = sim.state.setdefault("refreshes", {}).get(request.form.get("refresh_token", ""))
    if known is None or known.get("used"):
        raise Invalid("invalid_refresh_token")
    known["used"] = True
    return _make_tokens(sim, app, known["scopes"])


def _uninstall(sim: "SlackSimulator", request: Request) -> Json:
    """End all that the app was given in the workspace; the app proves itself, and shows a token that is good."""
    arguments = {name: request.form.get(name, "") for name in ("client_id", "client_secret", "token")}
    find_caller(sim.state, request, arguments, sim.now().timestamp())
    app = sim.state.get("apps", {}).get(arguments["client_id"])
    if app is None:
        raise Invalid("invalid_client_id")
    if app["client_secret"] != arguments["client_secret"]:
        raise Invalid("bad_client_secret")
    for known in sim.state["tokens"].values():
        known["ended"] = "account_inactive"
    for known in sim.state.get("refreshes", {}).values():
        known["used"] = True
    sim.effect("app.uninstall", client_id=arguments["client_id"])
    sim.touch()
    return {}


def _make_tokens(sim: "SlackSimulator", app: Json, scopes: list[str]) -> Json:
    rotates = app.get("rotates", False)
    team = app.get("team", {"id": "T0SIM", "name": "Simulated"})
    token = "-".join(["xoxe.xoxb" if rotates else "xoxb", secrets.token_hex(16)])
    caller: Json = {"user": "workshop", "user_id": "U0BOT0", "bot_id": "B0BOT0", "scopes": scopes}
    more: Json = {}
    if rotates:
        renew = "-".join(["xoxe", secrets.token_hex(16)])
        caller["expires_at"] = sim.now().timestamp() + LIFETIME
        sim.state.setdefault("refreshes", {})[renew] = {"scopes": scopes}
        more = {"refresh_token": renew, "expires_in": LIFETIME}
    sim.state["tokens"][token] = caller
    return {
        "access_token": token,
        "token_type": "bot",
        "scope": ",".join(scopes),
        "bot_user_id": "U0BOT0",
        "app_id": "A0SIM",
        "team": team,
        "enterprise": None,
        "is_enterprise_install": False,
        "authed_user": {"id": "U0ADA"},
        **more,
    }
