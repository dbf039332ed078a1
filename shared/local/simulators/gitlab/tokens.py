"""Whose a token is and how far it reaches: scopes, expiry, revocation, and a person's role in a group.

Sources: docs.gitlab.com, "Personal access tokens API" (`/personal_access_tokens/self`), "REST API authentication"
(401 with `error: invalid_token` and a description for a token that has expired or was revoked, 403 with
`error: insufficient_scope`), "Groups API" (`project_creation_level`) and "Group and project members API".
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from shared.local.simulators._server import json_response
from shared.local.simulators.gitlab.calls import (
    DEVELOPER,
    MAINTAINER,
    OWNER,
    Call,
    Caller,
    Refused,
    insufficient_scope,
    not_found,
)

if TYPE_CHECKING:
    from shared.local.simulators.gitlab.simulator import GitLabSimulator

Json = dict[str, Any]
_LEVELS = {"developer": DEVELOPER, "maintainer": MAINTAINER, "owner": OWNER, "noone": OWNER + 1}
_EXPIRED = "Token is expired. You can either do re-authorization or token refresh."
_REVOKED = "Token was revoked. You have to re-authorize from the user."


def find_caller(sim: "GitLabSimulator", request: Request) -> Caller:
    """Return who calls; refuses a token that is unknown, over or too narrow for the call."""
    token = token_of(request)
    known = sim.state["tokens"].get(token) if token else None
    if known is None:
        raise Refused(401, "401 Unauthorized")
    if known.get("revoked"):
        raise Refused(401, "invalid_token", "error", error_description=_REVOKED)
    if known["expires_at"] is not None and known["expires_at"] <= sim.now().timestamp():
        raise Refused(401, "invalid_token", "error", error_description=_EXPIRED)
    person, scopes = sim.person(known["username"]), known.get("scope", "api").split()
    about_itself = request.path.endswith(("/user", "/personal_access_tokens/self"))
    if not {"api", "read_api", *(["read_user"] if about_itself else [])} & set(scopes):
        raise insufficient_scope()
    return Caller(person["username"], person["id"], "api" in scopes)


def token_of(request: Request) -> str:
    """Return the token of a request, wherever it stands."""
    scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
    return request.headers.get("PRIVATE-TOKEN", "") or (bearer.strip() if scheme == "Bearer" else "")


def role_in(space: Json, username: str) -> int:
    """Return a person's role in a namespace as a number, 0 for none."""
    return OWNER if username in space["owners"] else int(space.get("members", {}).get(username, 0))


def may_create_in(space: Json, username: str) -> bool:
    """Say whether a person may make projects in a namespace: their own, or a group by its rule."""
    return role_in(space, username) >= _LEVELS[space.get("creation", "developer")]


def seed(sim: "GitLabSimulator", order: Json) -> None:
    """Make people, groups, tokens, members and OAuth applications.

    A token's `scope` is "api" unless it says otherwise; `expires_at` is seconds of the epoch, `revoked` ends it. A
    group may say who makes projects in it (`creation`: "developer", "maintainer", "noone"); `group_member` belongs to
    it with the role `access`.
    """
    if "username" in order:
        sim.person(order["username"])
    if order.get("group") and "username" in order:
        sim.space(order["group"], "group", order["username"])
    if "creation" in order:
        sim.state["spaces"][order["group"].lower()]["creation"] = order["creation"]
    if "group_member" in order:
        members = sim.state["spaces"][order["group"].lower()].setdefault("members", {})
        members[sim.person(order["group_member"])["username"]] = int(order.get("access", DEVELOPER))
    if "token" in order:
        known: Json = {"username": order["username"], "scope": order.get("scope", "api")}
        sim.state["tokens"][order["token"]] = known | {"expires_at": order.get("expires_at")}
    if "revoked" in order:
        sim.state["tokens"][order["revoked"]]["revoked"] = True
    if "application" in order:
        sim.state["apps"][order["application"]["client_id"]] = dict(order["application"])
    if "member" in order:
        found = sim.project_named(order["project"])
        assert found is not None
        found["members"][sim.person(order["member"])["username"]] = int(order.get("access", DEVELOPER))
    sim.touch()


def get_self(call: Call) -> Response:
    """Answer with what the token itself is; one of OAuth is no personal, project or group token."""
    token = token_of(call.request)
    known = call.sim.state["tokens"][token]
    if "client_id" in known:
        raise Refused(400, "400 Bad request - The token is not a personal access token")
    expires = known["expires_at"]
    day = None if expires is None else call.sim.stamp_of(expires)[:10]
    about: Json = {"id": 1, "name": "Workwright", "revoked": False, "active": True, "user_id": call.caller.id}
    return json_response(about | {"scopes": known.get("scope", "api").split(), "expires_at": day})


def get_group(call: Call) -> Response:
    """Read a group, if the caller belongs to it."""
    space = _group(call)
    if not role_in(space, call.caller.username):
        raise not_found("Group")
    about = {"name": space["path"], "path": space["path"].rpartition("/")[2], "full_path": space["path"]}
    creation = space.get("creation", "developer")
    return json_response({"id": space["id"], **about, "visibility": "private", "project_creation_level": creation})


def get_group_member(call: Call) -> Response:
    """Read one member of a group, also by a group above."""
    space, wanted = _group(call), call.parameters["user"]
    for person in call.sim.state["users"].values():
        level = role_in(space, person["username"]) if str(person["id"]) == wanted else 0
        if level and role_in(space, call.caller.username):
            shown = {key: person[key] for key in ("id", "username", "name")}
            return json_response({**shown, "state": "active", "access_level": level, "expires_at": None})
    raise not_found("Member")


def _group(call: Call) -> Json:
    name = call.parameters["group"].lower()
    for space in call.sim.state["spaces"].values():
        if space["kind"] == "group" and name in (str(space["id"]), space["path"].lower()):
            found: Json = space
            return found
    raise not_found("Group")


ROUTES: list[tuple[str, str, Callable[[Call], Response]]] = [
    ("GET", "/personal_access_tokens/self", get_self),
    ("GET", "/groups/<group>", get_group),
    ("GET", "/groups/<group>/members/all/<user>", get_group_member),
]
