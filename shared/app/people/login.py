"""Signing in from a terminal: it keeps a secret, a browser shows who is there, and the secret is traded for a key.

The terminal makes 256 random bits and sends the browser off with their hash alone. After Notion has said who is there,
a page asks them to compare a code that follows from the hash; only then does the secret open anything, once, within
ten minutes. RFC 8628 (device authorization) describes the threats; the code on both sides is its section 5.4.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from shared.app.api.keys import make_key
from shared.app.engine.deps import Deps
from shared.app.people.membership import members_of, note
from shared.app.tenants.operator_secrets import valid
from shared.core.documents.codec import to_body
from shared.core.errors import BadSignature, Conflicting, VersionConflict
from shared.core.people.actor import Acting, Actor, ActorKind
from shared.core.people.logins import LOGINS, Login
from shared.core.people.members import Member
from shared.ports import SYSTEM, Put, Secret, all_as, get_as

LIFETIME = timedelta(minutes=10)
KEY_DAYS = 30
_SIGNS = "BCDFGHJKLMNPQRSTVWXZ"  # RFC 8628, 6.1: no vowels, so no words
_STATE_KEY = "oauth-state-key"
_AGAIN = "Start again with: workwright login"


@dataclass(frozen=True, slots=True)
class Proven:
    """Who a browser has shown to be, and for which terminal."""

    tenant: str
    person: str
    digest: str


def code_of(digest: str) -> str:
    """Return the code that the terminal and the page show, such as WDJB-MJHT."""
    number = int.from_bytes(hashlib.sha256(b"login-code:" + digest.encode()).digest()[:16], "big")
    signs = ""
    for _ in range(8):
        number, place = divmod(number, len(_SIGNS))
        signs += _SIGNS[place]
    return f"{signs[:4]}-{signs[4:]}"


def login_token(deps: Deps, proven: Proven) -> str:
    """Return what carries a proven person from the callback to the page, for ten minutes."""
    until = int((deps.clock.now() + LIFETIME).timestamp())
    fields = json.dumps([proven.tenant, proven.person, proven.digest, until]).encode()
    payload = base64.urlsafe_b64encode(fields).rstrip(b"=").decode()
    return f"{payload}.{_sign(deps.secrets.get(_STATE_KEY), payload)}"


def read_login_token(deps: Deps, token: str) -> Proven:
    """Return who has shown to be whom; raises BadSignature for what is not ours, Conflicting for what is too old."""
    payload, _, mac = token.partition(".")
    given = mac.encode("utf-8", "replace")
    if not any(hmac.compare_digest(_sign(key, payload).encode(), given) for key in valid(deps, _STATE_KEY)):
        raise BadSignature("this sign-in link is not one of ours", way_out=_AGAIN)
    tenant, person, digest, until = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    if int(until) <= deps.clock.now().timestamp():
        raise Conflicting("this sign-in link has expired", way_out=_AGAIN)
    return Proven(str(tenant), str(person), str(digest))


def member_now(deps: Deps, proven: Proven) -> Member:
    """Return what the person is in the team now; raises Conflicting where they are nothing there."""
    member = members_of(deps, proven.tenant).people.get(proven.person)
    if member is None or member.asks:
        raise Conflicting("you are not in this team, or not yet", way_out="Ask one of its owners to let you in.")
    return member


def agree(deps: Deps, proven: Proven) -> Member:
    """Let the terminal sign in as this person; a second press changes nothing."""
    member = member_now(deps, proven)
    now = deps.clock.now()
    _drop_old(deps, now)
    body = to_body(Login(proven.tenant, proven.person, now))
    with suppress(VersionConflict):  # pressed twice
        deps.store.put(SYSTEM, Put(LOGINS, proven.digest, body, expected=""))
    return member


def trade_secret(
    deps: Deps, secret: str, device: str, origin: Mapping[str, str] | None = None
) -> dict[str, Any] | None:
    """Return a key and whose it is, once; None while nobody has agreed.

    Raises Conflicting where it came too late, or the person is in the team no longer.
    """
    digest = hashlib.sha256(bytes.fromhex(secret)).hexdigest()
    login = get_as(Login, deps.store, (SYSTEM, LOGINS, digest))
    if login is None:
        return None
    try:
        deps.store.put(SYSTEM, Put(LOGINS, digest, None, expected=login.version))
    except VersionConflict:
        raise Conflicting("this sign-in has just been used", way_out=_AGAIN) from None
    if deps.clock.now() - login.at > LIFETIME:
        raise Conflicting("this sign-in has expired", way_out=_AGAIN)
    member = member_now(deps, Proven(login.tenant, login.person, digest))
    by = Acting(Actor(ActorKind.PERSON, login.person, member.name), origin or {})
    note(deps, login.tenant, "SignedIn", by, f"{login.person}, {device}")
    view, key = make_key(deps, login.tenant, member.role, device, by=member.name, days=KEY_DAYS, person=login.person)
    return {"key": key, "tenant": login.tenant, "name": member.name, "role": member.role, "until": view["expires_at"]}


def _drop_old(deps: Deps, now: datetime) -> None:
    """Forget those that were agreed to and never used; there are few, so the first page of them is enough."""
    for each in all_as(Login, deps.store, SYSTEM, LOGINS):
        if now - each.at > LIFETIME:
            with suppress(VersionConflict):  # used or dropped at this moment
                deps.store.put(SYSTEM, Put(LOGINS, each.id, None, expected=each.version))


def _sign(key: Secret, payload: str) -> str:
    signed = b"login:" + payload.encode("utf-8", "replace")
    return hmac.new(key.reveal().encode(), signed, hashlib.sha256).hexdigest()
