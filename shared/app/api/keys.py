"""API keys: made once, shown once, kept as a keyed hash; what a role may do."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets as random_source
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from shared import log
from shared.app.api.exchange import Caller
from shared.app.engine.deps import Deps
from shared.app.people.membership import members_of
from shared.app.tenants.operator_secrets import valid
from shared.core.documents.api_key import KIND, ApiKey
from shared.core.documents.codec import to_body
from shared.core.errors import (
    ConfigError,
    Conflicting,
    Forbidden,
    NotThere,
    StoreError,
    Unauthenticated,
    VersionConflict,
)
from shared.core.people.actor import OPERATOR_NAME
from shared.core.people.members import MANAGERS, ROLES, min_role
from shared.core.people.scopes import ALL_SCOPES, cut_scopes, list_missing
from shared.core.people.service_accounts import SERVICE_ACCOUNTS, ServiceAccount
from shared.ports import Put, Secret, all_as, change_as, get_as

PEPPER = "api-key-pepper"
_OPERATORS = ("workwright up", "workwright attach")  # who has made the operator's keys that have no mark of it yet
MAX_ACTIVE = 100
DEFAULT_DAYS, MAX_DAYS = 90, 365  # of a key that people ask for
OVERLAP = timedelta(days=1)  # how long a key that was replaced still works
SEEN_EVERY = timedelta(minutes=10)  # a key's last use is noted at most this often: one write, not one per request
_KEY = re.compile(r"ww_(?:live|local)_([A-Za-z0-9-]{1,64})\.([0-9a-f]{12})\.[0-9a-f]{64}_([0-9a-f]{8})")


def create_key(
    deps: Deps, tenant: str, role: str, name: str, *, by: str = "", days: int = 0, operator: bool = False
) -> str:
    """Make a key and return it: this is the only time it can be read. `days` 0 means until it is revoked.

    `operator` is for the commands of who runs this installation: no call of the API makes such a key.
    """
    return make_key(deps, tenant, role, name, by=by, days=days, operator=operator)[1]


def make_key(
    deps: Deps,
    tenant: str,
    role: str,
    name: str,
    *,
    by: str = "",
    days: int = 0,
    person: str = "",
    account: str = "",
    scopes: tuple[str, ...] = ALL_SCOPES,
    operator: bool = False,
) -> tuple[Mapping[str, Any], str]:
    """Make a key; return how it is listed, and the key. Raises Conflicting when the tenant has too many."""
    if role not in ROLES:
        raise ValueError(f"role must be one of {', '.join(ROLES)}, got {role!r}")
    now = deps.clock.now()
    _refuse_too_many(deps, tenant, now)
    key_id = random_source.token_hex(6)
    env = "live" if deps.public_url.startswith("https://") else "local"
    front = f"ww_{env}_{tenant}.{key_id}.{random_source.token_hex(32)}"
    key = f"{front}_{_checksum(front)}"
    if not _KEY.fullmatch(key):
        raise ValueError(f"tenant {tenant!r} cannot have keys")
    until = now + timedelta(days=days) if days else None
    made = ApiKey(
        role,
        name,
        _hash(deps, key),
        now,
        by,
        until,
        person=person,
        account=account,
        scopes=scopes,
        operator=operator,
        id=key_id,
    )
    deps.store.put(tenant, Put(KIND, key_id, to_body(made), expected=""))
    return key_view(made), key


def _refuse_too_many(deps: Deps, tenant: str, now: datetime) -> None:
    if sum(each.works_at(now) for each in all_as(ApiKey, deps.store, tenant, KIND)) >= MAX_ACTIVE:
        raise Conflicting(
            f"there are already {MAX_ACTIVE} keys, the most a tenant may have",
            way_out="Revoke one with DELETE /v1/keys/{id}.",
        )


def is_known(deps: Deps, tenant: str, key: str) -> bool:
    """Return whether a key is one of this tenant's, in use or revoked."""
    found = _KEY.fullmatch(key.strip())
    return found is not None and found[1] == tenant and deps.store.get(tenant, KIND, found[2]) is not None


def caller_of(deps: Deps, authorization: str) -> Caller:
    """Return whose key this header shows; raises Unauthenticated, with the reason only for who has the secret."""
    scheme, _, key = authorization.partition(" ")
    found = _KEY.fullmatch(key.strip())
    if scheme.lower() != "bearer" or found is None:
        raise Unauthenticated(
            "the request carries no API key" if not authorization else "this is not one of our API keys"
        )
    tenant, key_id, checksum = found.groups()
    if checksum != _checksum(key.strip().rpartition("_")[0]):
        raise Unauthenticated("this API key is mistyped: its checksum is wrong", way_out="Copy the whole key again.")
    kept = get_as(ApiKey, deps.store, (tenant, KIND, key_id))
    hashed = kept.hash if kept else "0" * 64
    fits = any(hmac.compare_digest(_hash_key(pepper, key.strip()), hashed) for pepper in _peppers(deps))
    if not fits or kept is None:
        raise Unauthenticated("this API key is unknown")
    now = deps.clock.now()
    if kept.revoked_at is not None:
        raise Unauthenticated("this API key was revoked")
    if not kept.works_at(now):
        raise Unauthenticated("this API key has expired")
    caller = _name_caller(deps, tenant, kept)
    _note_use(deps, tenant, kept, now, _hash(deps, key.strip()))
    return caller


def _name_caller(deps: Deps, tenant: str, key: ApiKey) -> Caller:
    """Return what a key may do and in whose name: never more than the person or the service account may now."""
    if key.account:
        account = get_as(ServiceAccount, deps.store, (tenant, SERVICE_ACCOUNTS, key.account))
        if account is None:
            raise Unauthenticated("the service account whose key this is was removed")
        role, scopes = min_role(key.role, account.role), cut_scopes(key.scopes, account.scopes)
        return Caller(tenant, role, key.id, account.actor, account=key.account, scopes=scopes)
    if not key.person:
        operator = is_operators(key)
        name = OPERATOR_NAME if operator else key.name
        return Caller(tenant, key.role, key.id, name, scopes=key.scopes, operator=operator)
    member = members_of(deps, tenant).people.get(key.person)
    if member is None or member.asks or key.created_at < member.since:
        raise Unauthenticated("whose key this is has left the team")
    return Caller(tenant, min_role(key.role, member.role), key.id, member.name, key.person, scopes=key.scopes)


def is_operators(key: ApiKey) -> bool:
    """Say whether a key is the operator's: by its mark, which is no name; of earlier ones the maker alone is known."""
    if key.operator is None:
        return key.created_by in _OPERATORS and not (key.person or key.account)
    return key.operator


def list_keys(deps: Deps, caller: Caller) -> list[Mapping[str, Any]]:
    """Return the keys without anything secret: all to who manages them, to others their own."""
    return [key_view(each) for each in find_visible_keys(deps, caller)]


def find_visible_keys(deps: Deps, caller: Caller) -> list[ApiKey]:
    """Return the keys of which the caller may know: all for who manages them, for others their own."""
    known = all_as(ApiKey, deps.store, caller.tenant, KIND)
    return [each for each in known if caller.role in MANAGERS or is_own(caller, each)]


def is_own(caller: Caller, key: ApiKey) -> bool:
    """Say whether a key belongs to whoever calls."""
    if caller.person or caller.account:
        return (key.person, key.account) == (caller.person, caller.account)
    return key.id == caller.key


def find_key(deps: Deps, caller: Caller, key_id: str) -> ApiKey:
    """Return a key that the caller may end; raises NotThere, and Forbidden for what is above or not theirs."""
    key = get_as(ApiKey, deps.store, (caller.tenant, KIND, key_id))
    if key is None:
        raise NotThere(f"there is no key {key_id!r}", way_out="GET /v1/keys lists the keys of your tenant.")
    if not is_own(caller, key):
        if caller.role not in MANAGERS:
            raise Forbidden("this key is not yours", way_out="Ask an owner or admin of your team.")
        refuse_above(caller, key.role)
    return key


def revoke_key(deps: Deps, caller: Caller, key_id: str) -> Mapping[str, Any]:
    """Make a key useless; again is once. Raises what `find_key` does."""
    find_key(deps, caller, key_id)

    def revoke(key: ApiKey | None) -> ApiKey | None:
        return key if key is None or key.revoked_at is not None else replace(key, revoked_at=deps.clock.now())

    revoked = change_as(ApiKey, deps.store, (caller.tenant, KIND, key_id), revoke, deps.stand_back)
    assert revoked is not None
    return key_view(revoked)


def rotate_key(deps: Deps, caller: Caller, key_id: str) -> tuple[Mapping[str, Any], str]:
    """Make a key that may do the same for as long again; the one before works for a day more.

    Raises what `find_key` does, Forbidden for what is another person's or above the caller's, and Conflicting for a key
    that works no longer.
    """
    key, now = find_key(deps, caller, key_id), deps.clock.now()
    if key.person and key.person != caller.person:
        raise Forbidden(
            "this key is another person's, and only they may hold it", way_out="Revoke it, and let them make one."
        )
    refuse_above(caller, key.role)
    refuse_wider(caller, key.scopes)
    if not key.works_at(now):
        raise Conflicting("this key works no longer", way_out="Make a new one with POST /v1/keys.")
    days = DEFAULT_DAYS if key.expires_at is None else max(1, round((key.expires_at - key.created_at) / timedelta(1)))
    made = make_key(
        deps, caller.tenant, key.role, key.name, by=caller.name, days=min(days, MAX_DAYS), person=key.person,
        account=key.account, scopes=key.scopes, operator=caller.operator and is_operators(key),
    )  # fmt: skip
    deps.crash_point("keys.after/made")

    def shorten(old: ApiKey | None) -> ApiKey | None:
        ends = now + OVERLAP
        return old if old is None or (old.expires_at or ends) < ends else replace(old, expires_at=ends)

    change_as(ApiKey, deps.store, (caller.tenant, KIND, key_id), shorten, deps.stand_back)
    return made


def refuse_above(caller: Caller, role: str) -> None:
    """Raise Forbidden unless the role is at most the caller's own: nobody gives or takes more than they have."""
    if ROLES.index(role) < ROLES.index(caller.role):
        raise Forbidden(f"the role {caller.role} may not give or take the role {role}")


def refuse_wider(caller: Caller, scopes: Iterable[str]) -> None:
    """Raise Forbidden unless the caller's key has these scopes itself."""
    if missing := list_missing(caller.scopes, scopes):
        raise Forbidden(
            f"your key has not the scope {missing[0]!r}, so it cannot give it",
            way_out=f"Your key may give: {', '.join(caller.scopes)}.",
        )


def key_view(key: ApiKey) -> Mapping[str, Any]:
    """Return how a key is shown."""
    shown = ("role", "name", "created_at", "created_by", "expires_at", "revoked_at", "last_used_at")
    body = to_body(key)
    whose = {"id": key.id, "person": key.person, "account": key.account, "scopes": list(key.scopes)}
    return {**whose, **{name: body[name] for name in shown}}


def _note_use(deps: Deps, tenant: str, key: ApiKey, now: datetime, hashed: str) -> None:
    """Note when it was used; a key that was kept under the pepper before is kept under the one in use from now on."""
    if key.last_used_at is not None and now - key.last_used_at < SEEN_EVERY and key.hash == hashed:
        return
    used = replace(key, hash=hashed, last_used_at=now)
    try:
        deps.store.put(tenant, Put(KIND, key.id, to_body(used), expected=key.version))
    except VersionConflict:
        return  # another request noted it, or the key is being revoked: both stand
    except StoreError as error:  # the disk is full, say: whoever only looks must be able to
        log.line("WARNING", "the use of a key was not noted", **log.about(error))


def hash_secret(deps: Deps, secret: str) -> str:
    """Return what is kept of a secret that somebody holds; whoever reads the store alone cannot make one that fits."""
    return _hash(deps, secret)


def hashes_of(deps: Deps, secret: str) -> list[str]:
    """Return what may be kept of it: under the pepper in use, and under the one before."""
    return [_hash_key(pepper, secret) for pepper in _peppers(deps)]


def _checksum(front: str) -> str:
    return f"{zlib.crc32(front.encode()):08x}"


def _peppers(deps: Deps) -> Iterator[Secret]:
    try:
        yield from valid(deps, PEPPER)
    except KeyError:
        raise ConfigError(f"the operator's secret {PEPPER!r} is not set; set it to 32 random bytes as text") from None


def _hash(deps: Deps, key: str) -> str:
    return _hash_key(next(_peppers(deps)), key)


def _hash_key(pepper: Secret, key: str) -> str:
    return hmac.new(pepper.reveal().encode(), key.encode(), hashlib.sha256).hexdigest()
