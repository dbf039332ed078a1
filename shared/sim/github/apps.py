"""Who the caller is: the user of a token, rate limits, and the tokens of an app's installation."""

import base64
import json
import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from werkzeug.wrappers import Response

from shared.sim._server import json_response
from shared.sim.github import shapes
from shared.sim.github.calls import Call, Refused, not_found

Json = dict[str, Any]


def get_user(call: Call) -> Response:
    """Answer with the user of the token."""
    stamp = "2020-01-01T00:00:00Z"
    about = {
        "name": call.caller.login,
        "company": None,
        "blog": "",
        "email": None,
        "location": None,
        "hireable": None,
        "bio": None,
    }
    counts = {"public_repos": 0, "public_gists": 0, "followers": 0, "following": 0, "user_view_type": "public"}
    return json_response(
        shapes.user(call, call.caller.login) | about | counts | {"created_at": stamp, "updated_at": stamp}
    )


def rate_limit(call: Call) -> Response:
    """Answer with the limits; asking costs nothing on GitHub, and one call here."""
    token = call.request.headers["Authorization"].partition(" ")[2].strip()
    limits = call.sim.limits(token)
    core = {key: int(limits[f"x-ratelimit-{key}"]) for key in ("limit", "remaining", "reset", "used")}
    search = {"limit": 30, "remaining": 30, "reset": core["reset"], "used": 0}
    return json_response({"resources": {"core": core, "search": search}, "rate": core})


def _claims(token: str) -> Json:
    """Read a JSON web token of the shape GitHub asks of an app; the signature is not checked."""
    try:
        head, body, signature = token.split(".")
        header, claims = (json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))) for part in (head, body))
        shaped = header["alg"] == "RS256" and len(signature) >= 342 and isinstance(claims, dict)
    except (ValueError, KeyError, TypeError) as broken:
        raise Refused(401, "A JSON web token could not be decoded") from broken
    if not shaped:
        raise Refused(401, "A JSON web token could not be decoded")
    return dict(claims)


def create_installation_token(call: Call) -> Response:
    """Trade an app's signed claim for a token that lasts an hour."""
    claims = _claims(call.request.headers["Authorization"].partition(" ")[2].strip())
    now = call.sim.now().timestamp()
    if not isinstance(claims.get("exp"), int) or claims["exp"] <= now:
        raise Refused(401, "'Expiration time' claim ('exp') must be a numeric value representing the future time")
    if claims["exp"] > now + 600 + 60 or claims.get("iat", 0) > now + 5:
        raise Refused(401, "'Expiration time' claim ('exp') is too far in the future")
    known = call.sim.state["installations"].get(str(call.parameters["installation_id"]))
    if known is None or str(claims.get("iss")) != known["app_id"]:
        raise not_found()
    body = call.body("repositories repository_ids permissions", optional_body=True)
    account = known["account"]
    names = body.get("repositories")
    for name in names or []:
        if f"{account}/{name}".lower() not in call.sim.state["repos"]:
            raise Refused(422, "There is at least one repository that does not exist or is not accessible.")
    token = f"ghs_{secrets.token_hex(18)}"
    expires = call.sim.stamp(call.sim.now() + timedelta(hours=1))
    bot = call.sim.person(f"{known['slug']}[bot]", "Bot")
    call.sim.state["tokens"][token] = {
        "login": bot["login"],
        "owners": [account.lower()],
        "only": None if names is None else [name.lower() for name in names],
        "expires_at": expires,
    }
    call.sim.touch()
    permissions = body.get("permissions") or {"contents": "write", "metadata": "read", "pull_requests": "write"}
    selection = "all" if names is None else "selected"
    answer = {"token": token, "expires_at": expires, "permissions": permissions, "repository_selection": selection}
    return json_response(answer, 201)


WITH_JWT = (create_installation_token,)
ROUTES: list[tuple[str, str, Callable[[Call], Response]]] = [
    ("GET", "/user", get_user),
    ("GET", "/rate_limit", rate_limit),
    ("POST", "/app/installations/<int:installation_id>/access_tokens", create_installation_token),
]
