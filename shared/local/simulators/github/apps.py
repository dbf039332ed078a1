"""Who the caller is: the user of a token, rate limits, and the tokens of an app's installation."""

import base64
import json
import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from werkzeug.wrappers import Response

from shared.local.simulators._server import json_response
from shared.local.simulators.github import shapes
from shared.local.simulators.github.calls import Call, Refused, not_found

Json = dict[str, Any]
# What whoever installs the app is asked for. No administration, and no changes of workflows.
GRANTED = {
    "contents": "write",
    "pull_requests": "write",
    "issues": "write",
    "checks": "read",
    "statuses": "read",
    "metadata": "read",
}
_RANK = {"": 0, "read": 1, "write": 2, "admin": 3}


def get_user(call: Call) -> Response:
    """Answer with the user of the token; an installation's has none."""
    if call.caller.kind == "Bot":
        raise Refused(403, "Resource not accessible by integration")
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


def get_account(call: Call) -> Response:
    """Say who has a name: a person, an organisation, or nobody."""
    login = str(call.parameters["login"])
    if login.lower() not in call.sim.state["users"]:
        raise not_found()
    return json_response(shapes.user(call, login))


def get_membership(call: Call) -> Response:
    """Say what the caller is in an organisation: an owner, or a member by the seed's `role`."""
    org = str(call.parameters["org"])
    call.caller.must_be_let_in(org)
    if org.lower() not in call.caller.owners or org.lower() == call.caller.login.lower():
        raise not_found()
    role = call.sim.state.get("roles", {}).get(f"{call.caller.login}/{org}".lower(), "admin")
    about = {"state": "active", "role": role, "url": f"{call.base}/orgs/{org}/memberships/{call.caller.login}"}
    people = {"organization": shapes.user(call, org), "user": shapes.user(call, call.caller.login)}
    return json_response(about | people | {"organization_url": f"{call.base}/orgs/{org}"})


def rate_limit(call: Call) -> Response:
    """Answer with the limits; asking costs nothing on GitHub, and one call here."""
    token = call.request.headers["Authorization"].partition(" ")[2].strip()
    limits = call.sim.limits(token)
    core = {key: int(limits[f"x-ratelimit-{key}"]) for key in ("limit", "remaining", "reset", "used")}
    search = {"limit": 30, "remaining": 30, "reset": core["reset"], "used": 0}
    return json_response({"resources": {"core": core, "search": search}, "rate": core})


def _claims(token: str) -> tuple[Json, bytes, bytes]:
    """Return what a JSON web token of the shape GitHub asks of an app says, what is signed, and the signature."""
    try:
        signed, _, signature = token.rpartition(".")
        head, body = (json.loads(_decode_base64url(part)) for part in signed.split("."))
        shaped = head["alg"] == "RS256" and isinstance(body, dict)
        proof = _decode_base64url(signature)
    except (ValueError, KeyError, TypeError) as broken:
        raise Refused(401, "A JSON web token could not be decoded") from broken
    if not shaped or len(proof) < 256:
        raise Refused(401, "A JSON web token could not be decoded")
    return dict(body), signed.encode(), proof


def _decode_base64url(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _installation(call: Call) -> Json:
    """Return the installation named in the path, if the app that asks has signed for it."""
    claims, signed, proof = _claims(call.request.headers["Authorization"].partition(" ")[2].strip())
    now = call.sim.now().timestamp()
    if not isinstance(claims.get("exp"), int) or claims["exp"] <= now:
        raise Refused(401, "'Expiration time' claim ('exp') must be a numeric value representing the future time")
    if claims["exp"] > now + 600 + 60:
        raise Refused(401, "'Expiration time' claim ('exp') is too far in the future")
    if not isinstance(claims.get("iat"), int) or claims["iat"] > now + 5:
        raise Refused(401, "'Issued at' claim ('iat') must be an Integer representing the time that it was issued")
    known: Json | None = call.sim.state["installations"].get(str(call.parameters["installation_id"]))
    if known is None or str(claims.get("iss")) != known["app_id"]:
        raise not_found()
    if known.get("key"):
        key = load_pem_public_key(known["key"].encode())
        assert isinstance(key, RSAPublicKey)
        try:
            key.verify(proof, signed, padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature as wrong:
            raise Refused(401, "A JSON web token could not be decoded") from wrong
    return known


def get_installation(call: Call) -> Response:
    """Say whose installation it is."""
    known = _installation(call)
    shown = {"id": call.parameters["installation_id"], "app_id": known["app_id"], "app_slug": known["slug"]}
    selection = "all" if known.get("only") is None else "selected"
    shown |= {"account": shapes.user(call, known["account"]), "repository_selection": selection, "permissions": GRANTED}
    return json_response(shown | {"events": [], "suspended_at": None, "target_type": "Organization"})


def delete_installation(call: Call) -> Response:
    """Take the app out of the account, as the app itself may."""
    _installation(call)
    del call.sim.state["installations"][str(call.parameters["installation_id"])]
    call.sim.touch()
    return Response(status=204)


def create_installation_token(call: Call) -> Response:
    """Trade an app's signed claim for a token that lasts an hour, for the repositories and permissions asked for."""
    known = _installation(call)
    body = call.body("repositories repository_ids permissions", optional_body=True)
    account = known["account"]
    names = body.get("repositories")
    shared = known.get("only")
    for name in names or []:
        here = shared is None or name.lower() in [each.lower() for each in shared]
        if f"{account}/{name}".lower() not in call.sim.state["repos"] or not here:
            raise Refused(422, "There is at least one repository that does not exist or is not accessible.")
    granted = GRANTED | known.get("permissions", {})
    permissions = body.get("permissions") or granted
    if any(_RANK[level] > _RANK[granted.get(name, "")] for name, level in permissions.items()):
        raise Refused(422, "The permissions requested are not granted to this installation.")
    only = shared if names is None else names
    token = f"ghs_{secrets.token_hex(18)}"
    expires = call.sim.stamp(call.sim.now() + timedelta(hours=1))
    bot = call.sim.person(f"{known['slug']}[bot]", "Bot")
    call.sim.state["tokens"][token] = {
        "login": bot["login"],
        "owners": [account.lower()],
        "only": None if only is None else [name.lower() for name in only],
        "permissions": {"metadata": "read", **permissions},
        "expires_at": expires,
    }
    call.sim.touch()
    selection = "all" if names is None else "selected"
    answer = {"token": token, "expires_at": expires, "permissions": permissions, "repository_selection": selection}
    return json_response(answer, 201)


WITH_JWT = (create_installation_token, delete_installation, get_installation)
ROUTES: list[tuple[str, str, Callable[[Call], Response]]] = [
    ("GET", "/user", get_user),
    ("GET", "/users/<login>", get_account),
    ("GET", "/user/memberships/orgs/<org>", get_membership),
    ("GET", "/rate_limit", rate_limit),
    ("GET", "/app/installations/<int:installation_id>", get_installation),
    ("DELETE", "/app/installations/<int:installation_id>", delete_installation),
    ("POST", "/app/installations/<int:installation_id>/access_tokens", create_installation_token),
]
