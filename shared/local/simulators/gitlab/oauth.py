"""OAuth: consent that is given at once, codes, tokens of two hours, refresh tokens that rotate on use."""

import base64
import binascii
import hashlib
import secrets
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from werkzeug.wrappers import Request, Response

from shared.local.simulators._server import json_response

if TYPE_CHECKING:
    from shared.local.simulators.gitlab.simulator import GitLabSimulator

Json = dict[str, Any]
LIFETIME = 7200
_INVALID = "The provided authorization grant is invalid, expired, revoked, or does not match the redirection URI"


def answer(sim: "GitLabSimulator", request: Request) -> Response:
    """Answer `/oauth/authorize`, `/oauth/token`, `/oauth/revoke` and `/oauth/introspect`."""
    match request.method, request.path:
        case "GET", "/oauth/authorize":
            return _authorize(sim, request)
        case "POST", "/oauth/token":
            return _token(sim, request)
        case "POST", "/oauth/revoke" | "/oauth/introspect":
            return _about(sim, request)
    return json_response({"error": "404 Not Found"}, 404)


def _authorize(sim: "GitLabSimulator", request: Request) -> Response:
    args = request.args
    app = sim.state["apps"].get(args.get("client_id", ""))
    back = args.get("redirect_uri", "")
    if app is None or back not in app["redirect_uris"]:
        return Response("Client authentication failed due to unknown client or redirect URI.", 401)
    if args.get("response_type") != "code":
        return Response(status=302, headers={"Location": f"{back}?error=unsupported_response_type"})
    if set(args.get("scope", "api").split()) - set(app.get("scopes", ["api", "read_api", "read_user"])):
        return Response(status=302, headers={"Location": f"{back}?error=invalid_scope"})
    code = secrets.token_hex(32)
    sim.state["codes"][code] = {
        "client_id": args["client_id"],
        "redirect_uri": back,
        "username": app["username"],
        "scope": args.get("scope", "api"),
        "challenge": args.get("code_challenge"),
        "until": sim.now().timestamp() + 600,
    }
    sim.touch()
    query = urlencode({"code": code, "state": args.get("state", "")})
    return Response(status=302, headers={"Location": f"{back}?{query}"})


def _client(sim: "GitLabSimulator", request: Request) -> tuple[str, Json] | None:
    form = request.form
    name, word = form.get("client_id", ""), form.get("client_secret", "")
    scheme, _, words = request.headers.get("Authorization", "").partition(" ")
    if scheme == "Basic":
        try:
            name, _, word = base64.b64decode(words).decode().partition(":")
        except (binascii.Error, ValueError):
            return None
    app = sim.state["apps"].get(name)
    return (name, app) if app is not None and secrets.compare_digest(app["client_secret"], word) else None


def _answer_error(error: str, status: int = 400, words: str = _INVALID) -> Response:
    return json_response({"error": error, "error_description": words}, status)


def _token(sim: "GitLabSimulator", request: Request) -> Response:
    client = _client(sim, request)
    if client is None:
        return _answer_error("invalid_client", 401, "Client authentication failed")
    form, now = request.form, sim.now().timestamp()
    if form.get("grant_type") == "authorization_code":
        known = sim.state["codes"].pop(form.get("code", ""), None)
        sim.touch()
        if known is None or known["client_id"] != client[0] or known["until"] <= now:
            return _answer_error("invalid_grant")
        if known["redirect_uri"] != form.get("redirect_uri") or not _proves(known["challenge"], form):
            return _answer_error("invalid_grant")
        return _issue(sim, client[0], known["username"], known["scope"])
    if form.get("grant_type") == "refresh_token":
        tokens = sim.state["tokens"]
        old = next((k for k, v in tokens.items() if v.get("refresh") == form.get("refresh_token")), None)
        if not form.get("refresh_token") or old is None or tokens[old]["client_id"] != client[0]:
            return _answer_error("invalid_grant")
        if tokens[old].get("revoked"):
            return _answer_error("invalid_grant")
        known = tokens.pop(old)  # both of the old pair are dead from here on
        return _issue(sim, client[0], known["username"], known["scope"])
    return _answer_error("unsupported_grant_type")


def _proves(challenge: str | None, form: Any) -> bool:
    if challenge is None:
        return True
    digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == challenge


def _issue(sim: "GitLabSimulator", client_id: str, username: str, scope: str) -> Response:
    access, refresh = secrets.token_hex(32), secrets.token_hex(32)
    now = int(sim.now().timestamp())
    sim.state["tokens"][access] = {
        "username": username,
        "scope": scope,
        "client_id": client_id,
        "refresh": refresh,
        "expires_at": now + LIFETIME,
    }
    sim.effect("token.create", username=username)
    made = {"access_token": access, "token_type": "Bearer", "expires_in": LIFETIME, "refresh_token": refresh}
    return json_response({**made, "scope": scope, "created_at": now})


def _about(sim: "GitLabSimulator", request: Request) -> Response:
    client = _client(sim, request)
    if client is None:
        return _answer_error("invalid_client", 401, "Client authentication failed")
    given = request.form.get("token", "")
    tokens = sim.state["tokens"]
    known = tokens.get(given) or next((v for v in tokens.values() if v.get("refresh") == given), None)
    if request.path.endswith("revoke"):
        if known is not None:
            known["revoked"] = True
            sim.touch()
        return json_response({})
    dead = known is None or known.get("revoked") or (known["expires_at"] or 1e12) <= sim.now().timestamp()
    return json_response({"active": not dead})
