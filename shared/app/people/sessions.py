"""Sessions of browsers: opened after a sign-in that this very browser began, found by their cookie, renewed, ended.

The cookie is `TENANT.ID.SECRET`; what is kept is a keyed hash of it. A session belongs to one person in one team, so
that whoever forgets a team, or somebody in it, forgets these as well.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import secrets as random_source
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.app.api.keys import hash_secret, hashes_of
from shared.app.engine.deps import Deps
from shared.app.people.login import Proven, member_now
from shared.app.people.membership import members_of, note
from shared.app.tenants.operator_secrets import valid
from shared.core.documents.codec import to_body
from shared.core.errors import BadSignature, Conflicting, NotThere, VersionConflict
from shared.core.people.actor import Acting, Actor, ActorKind
from shared.core.people.members import Member
from shared.core.people.sessions import MAX_OF_PERSON, SEEN_EVERY, SESSIONS, Session, choose_target
from shared.core.run.run import derive_id
from shared.ports import SYSTEM, Put, all_as, get_as

HAND_OVER = timedelta(seconds=60)
_STATE_KEY = "oauth-state-key"
_COOKIE = re.compile(r"([0-9A-Za-z-]{1,64})\.([0-9a-f]{12})\.[0-9a-f]{64}")
_AGAIN = "Sign in once more."


@dataclass(frozen=True, slots=True)
class Place:
    """Where a browser is, as the list of one's sessions shows it."""

    browser: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who is there; `cookie` is the one to keep from now on."""

    tenant: str
    member: Member
    session: Session
    cookie: str

    @property
    def actor(self) -> Actor:
        """Return who acts in this session."""
        return Actor(ActorKind.PERSON, self.session.person, self.member.name)


def hash_browser(cookie: str) -> str:
    """Return what binds a sign-in to the browser that began it."""
    return hashlib.sha256(b"workwright-sign-in:" + cookie.encode("utf-8", "replace")).hexdigest()


def hand_over(deps: Deps, proven: Proven, target: str, kept: bool) -> str:
    """Return what carries a proven person from the callback to the pages, for a minute and in that browser alone."""
    until = int((deps.clock.now() + HAND_OVER).timestamp())
    fields = [proven.tenant, proven.person, proven.digest, choose_target(target), kept, until]
    payload = base64.urlsafe_b64encode(json.dumps([*fields, random_source.token_hex(8)]).encode()).rstrip(b"=").decode()
    return f"{payload}.{_sign(deps, payload)[0]}"


def take_over(deps: Deps, token: str, cookie: str, place: Place) -> tuple[SignedIn, str]:
    """Open the session of who comes back from a sign-in; return it and where they want to go.

    Raises BadSignature for what is not ours or of another browser, Conflicting for what is used, late, or nobody's.
    """
    payload, _, mac = token.partition(".")
    if not any(hmac.compare_digest(known.encode(), mac.encode("utf-8", "replace")) for known in _sign(deps, payload)):
        raise BadSignature("this sign-in is not one of ours", way_out=_AGAIN)
    fields = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    tenant, person, digest, target, kept, until, nonce = fields
    if not cookie or not hmac.compare_digest(hash_browser(cookie), str(digest)):
        raise BadSignature("this sign-in was begun in another browser", way_out=_AGAIN)
    if int(until) <= deps.clock.now().timestamp():
        raise Conflicting("this sign-in has expired", way_out=_AGAIN)
    member_now(deps, Proven(tenant, person, digest))
    try:  # made once, never changed
        deps.store.put(SYSTEM, Put("oauth_nonces", derive_id("n-", nonce), {"at": deps.clock.now().isoformat()}, ""))
    except VersionConflict:
        raise Conflicting("this sign-in has already been used", way_out=_AGAIN) from None
    return open_session(deps, tenant, person, place, kept=bool(kept)), str(target)


def open_session(deps: Deps, tenant: str, person: str, place: Place, *, kept: bool) -> SignedIn:
    """Open a session of somebody who has just shown who they are; raises Conflicting where they are not in the team."""
    member, now = member_now(deps, Proven(tenant, person, "")), deps.clock.now()
    return _open(deps, tenant, member, Session(person, member.role, "", now, now, kept), place)


def find_session(deps: Deps, cookie: str, *, renew: bool = True) -> SignedIn | None:
    """Return who is signed in with this cookie, None for nobody: it ended, they left, or it never was one of ours.

    After a change of role the session goes on under a new cookie, and the old one is worth nothing at once; who cannot
    give a new one does not `renew`.
    """
    found = _COOKIE.fullmatch(cookie)
    session = get_as(Session, deps.store, (found[1], SESSIONS, found[2])) if found else None
    if (
        found is None
        or session is None
        or not any(hmac.compare_digest(each, session.hash) for each in hashes_of(deps, cookie))
    ):
        return None
    now, tenant = deps.clock.now(), found[1]
    member = members_of(deps, tenant).people.get(session.person)
    if now >= session.ends_at() or member is None or member.asks or session.at < member.since:
        return None
    if member.role != session.role and renew:
        return _renew(deps, tenant, member, session)
    if now - session.seen_at >= SEEN_EVERY:
        session = replace(session, seen_at=now, hash=hash_secret(deps, cookie))
        with suppress(VersionConflict):  # another request noted it, or it is being ended: both stand
            deps.store.put(tenant, Put(SESSIONS, session.id, to_body(session), expected=session.version))
    return SignedIn(tenant, member, session, cookie)


def _renew(deps: Deps, tenant: str, member: Member, session: Session) -> SignedIn | None:
    try:
        deps.store.put(tenant, Put(SESSIONS, session.id, None, expected=session.version))
    except VersionConflict:
        return None  # another request renews it at this moment, and its answer has the cookie
    place = Place(session.browser, session.address)
    return _open(deps, tenant, member, replace(session, role=member.role), place)


def list_sessions(deps: Deps, tenant: str, person: str) -> list[Session]:
    """Return where somebody is signed in, the latest first."""
    theirs = [each for each in all_as(Session, deps.store, tenant, SESSIONS) if each.person == person]
    alive = [each for each in theirs if deps.clock.now() < each.ends_at()]
    return sorted(alive, key=lambda each: each.seen_at, reverse=True)


def end_session(deps: Deps, tenant: str, person: str, session: str) -> None:
    """End a session of somebody's; raises NotThere where they have none of this id."""
    known = get_as(Session, deps.store, (tenant, SESSIONS, session))
    if known is None or known.person != person:
        raise NotThere(f"there is no session {session!r} of yours", way_out="GET /v1/sessions lists your sessions.")
    deps.store.put(tenant, Put(SESSIONS, session, None))


def sign_form(cookie: str) -> str:
    """Return what each form of a session carries: it follows from the cookie, which no other site can read."""
    return hmac.new(cookie.encode(), b"form", hashlib.sha256).hexdigest()


def note_session(deps: Deps, who: SignedIn, what: str, about: str, place: Mapping[str, str]) -> None:
    """Have the audit say that somebody signed in or out, and from where."""
    note(deps, who.tenant, what, Acting(who.actor, place), f"{who.session.person}, {about}")


def _open(deps: Deps, tenant: str, member: Member, session: Session, place: Place) -> SignedIn:
    _drop_old(deps, tenant, session.person, deps.clock.now())
    name = random_source.token_hex(6)
    cookie = f"{tenant}.{name}.{random_source.token_hex(32)}"
    opened = replace(
        session, id=name, version="", hash=hash_secret(deps, cookie), seen_at=deps.clock.now(),
        browser=place.browser[:200], address=place.address[:60],
    )  # fmt: skip
    deps.store.put(tenant, Put(SESSIONS, name, to_body(opened), expected=""))
    return SignedIn(tenant, member, opened, cookie)


def _drop_old(deps: Deps, tenant: str, person: str, now: datetime) -> None:
    """Forget the team's sessions that have ended, and the person's that were not used for the longest time."""
    known = list(all_as(Session, deps.store, tenant, SESSIONS))
    alive = sorted((each for each in known if each.person == person), key=lambda each: each.seen_at, reverse=True)
    many = {each.id for each in alive[MAX_OF_PERSON - 1 :]}
    for each in known:
        if now >= each.ends_at() or each.id in many:
            deps.store.put(tenant, Put(SESSIONS, each.id, None))


def _sign(deps: Deps, payload: str) -> list[str]:
    signed = b"hand-over:" + payload.encode("utf-8", "replace")
    keys = [key.reveal().encode() for key in valid(deps, _STATE_KEY)]
    return [hmac.new(key, signed, hashlib.sha256).hexdigest() for key in keys]
