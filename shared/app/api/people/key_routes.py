"""Keys and service accounts over the API: listed, made, replaced and ended; nobody gives more than they have."""

from __future__ import annotations

from typing import Any

from shared.app.api.exchange import ApiReply, Call
from shared.app.api.json_shapes import (
    COUNT,
    MAYBE_TIME,
    TIME,
    array,
    choice,
    listing,
    lists,
    members,
    number,
    shape,
    text,
)
from shared.app.api.keys import (
    DEFAULT_DAYS,
    MAX_DAYS,
    find_key,
    list_keys,
    make_key,
    refuse_above,
    refuse_wider,
    revoke_key,
    rotate_key,
)
from shared.app.api.route import PARTS, Route
from shared.app.people.service_accounts import add_account, find_account, list_accounts, remove_account
from shared.core.errors import Conflicting, Forbidden
from shared.core.people.members import MANAGERS, ROLES
from shared.core.people.scopes import ALL_SCOPES, cut_scopes
from shared.core.people.service_accounts import ServiceAccount

_NAME = text("^[^\\u0000-\\u001f\\u007f]{1,80}$", max_length=80)
_SCOPES = lists(
    choice(*ALL_SCOPES), len(ALL_SCOPES), min_items=1, what="What it is for; all that you may give by default."
)
_SHOWN = {name: text() for name in ("id", "role", "name", "created_by")}
_KEY: dict[str, Any] = {
    **_SHOWN,
    "created_at": TIME,
    "person": text(what="Whose it is; empty for a service account's and an installation's own."),
    "account": text(what="The service account whose it is; empty for a person's."),
    "scopes": array(choice(*ALL_SCOPES)),
    "expires_at": MAYBE_TIME,
    "revoked_at": MAYBE_TIME,
    "last_used_at": {**MAYBE_TIME, "description": "Noted at most once in ten minutes."},
}
VIEWS = {
    "ApiKey": members(**_KEY),
    "Keys": listing("keys", "ApiKey", paged=False),
    "NewKey": members(**_KEY, key=text(what="The key; it is shown only this once.")),
    "ServiceAccount": members(
        id=text(), name=text(), role=text(), scopes=array(choice(*ALL_SCOPES)), made_by=text(), made_at=TIME
    ),
    "ServiceAccounts": listing("accounts", "ServiceAccount", paged=False),
    "ServiceAccountRemoved": members(removed=text(), keys=COUNT),
}


def keys(call: Call) -> ApiReply:
    """Return the team's keys without their secrets; to members and viewers their own."""
    return ApiReply(body={"keys": list_keys(call.deps, call.who)})


def new_key(call: Call) -> ApiReply:
    """Create a key for the caller, or for a service account; it is shown only this once.

    It may do no more than the caller's own key, and ends after 90 days unless another end is given.
    """
    who, account = call.who, call.body.get("account", "")
    role, scopes = call.body.get("role") or who.role, who.scopes
    if account:
        if who.role not in MANAGERS:
            raise Forbidden("only owners and admins make keys for service accounts")
        known = find_account(call.deps, call.tenant, account)
        refuse_above(who, known.role)
        role, scopes = call.body.get("role") or known.role, cut_scopes(scopes, known.scopes)
        if ROLES.index(role) < ROLES.index(known.role):
            raise Forbidden(f"this service account has the role {known.role}, so its keys cannot have the role {role}")
    elif not (who.person or who.account) and who.role not in MANAGERS:
        raise Conflicting("this key belongs to nobody, so it makes none", way_out="Sign in with: workwright login")
    refuse_above(who, role)
    view, key = make_key(
        call.deps, call.tenant, role, call.body["name"], by=who.name, days=call.body["days"],
        person="" if account else who.person, account=account or who.account, scopes=_read_scopes(call, scopes),
    )  # fmt: skip
    return ApiReply(201, {**view, "key": key})


def drop_key(call: Call) -> ApiReply:
    """Revoke a key."""
    return ApiReply(body=revoke_key(call.deps, call.who, call.parts["key"]))


def replace_key(call: Call) -> ApiReply:
    """Replace a key by one that may do the same for as long again; the one before works for a day more."""
    find_key(call.deps, call.who, call.parts["key"])
    view, key = rotate_key(call.deps, call.who, call.parts["key"])
    return ApiReply(201, {**view, "key": key})


def show_accounts(call: Call) -> ApiReply:
    """Return the service accounts of the team."""
    return ApiReply(body={"accounts": [_view(each) for each in list_accounts(call.deps, call.tenant)]})


def make_account(call: Call) -> ApiReply:
    """Make a service account: the name under which a program acts, and the most that its keys may do."""
    refuse_above(call.who, call.body["role"])
    scopes = _read_scopes(call, call.who.scopes)
    made = add_account(call.deps, call.tenant, call.body["name"], call.body["role"], scopes, call.who.name)
    return ApiReply(201, _view(made))


def drop_account(call: Call) -> ApiReply:
    """Remove a service account; its keys end."""
    account = find_account(call.deps, call.tenant, call.parts["account"])
    refuse_above(call.who, account.role)
    return ApiReply(body={"removed": account.id, "keys": remove_account(call.deps, call.tenant, account.id)})


def _read_scopes(call: Call, held: tuple[str, ...]) -> tuple[str, ...]:
    """Return the scopes that are asked for, all of `held` where none are; raises Forbidden for one beyond it."""
    given = call.body.get("scopes")
    if given is None:
        return held
    refuse_wider(call.who, given)
    if beyond := [each for each in given if each not in held]:
        raise Forbidden(f"this service account has not the scope {beyond[0]!r}")
    return cut_scopes(given)


def _view(account: ServiceAccount) -> dict[str, Any]:
    return {
        "id": account.id,
        "name": account.name,
        "role": account.role,
        "scopes": list(account.scopes),
        "made_by": account.made_by,
        "made_at": account.made_at.isoformat(),
    }


_DAYS = {**number(1, MAX_DAYS, DEFAULT_DAYS), "description": "After how many days it ends."}
KEY_ROUTES: tuple[Route, ...] = (
    Route("GET", "/v1/keys", "keys.own", keys, "List API keys", "Keys"),
    Route(
        "POST", "/v1/keys", "keys.own", new_key, "Create an API key; it is shown only this once", "NewKey",
        body=shape(
            name=_NAME, role=choice(*ROLES), scopes=_SCOPES, account=PARTS["account"], days=_DAYS, required=("name",)
        ),
        status=201, errors=(404, 409),
    ),
    Route("DELETE", "/v1/keys/{key}", "keys.own", drop_key, "Revoke an API key", "ApiKey"),
    Route(
        "POST", "/v1/keys/{key}/rotate", "keys.own", replace_key, "Replace an API key", "NewKey", body=shape(),
        status=201, errors=(409,),
    ),
    Route(
        "GET", "/v1/service-accounts", "keys.manage", show_accounts, "List service accounts", "ServiceAccounts",
    ),
    Route(
        "POST", "/v1/service-accounts", "keys.manage", make_account, "Make a service account", "ServiceAccount",
        body=shape(name=_NAME, role=choice(*ROLES), scopes=_SCOPES, required=("name", "role")), status=201,
        errors=(409,),
    ),
    Route(
        "DELETE", "/v1/service-accounts/{account}", "keys.manage", drop_account, "Remove a service account",
        "ServiceAccountRemoved",
    ),
)  # fmt: skip
