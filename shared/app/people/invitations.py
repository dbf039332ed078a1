"""Invitations: made, sent again, revoked, and accepted by who shows that they are meant; else the owners are asked.

The link is `TENANT.ID.MAC`. What is kept cannot be turned into it without the installation's key, and each time it is
sent it is another one, so that the link before is worth nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets as random_source
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from shared.app.approval.approvals import LINK_KEY
from shared.app.engine.deps import Deps
from shared.app.engine.switches import is_gone
from shared.app.notify.announce import announce_asked, announce_invitation
from shared.app.people.identities import Shown, claim
from shared.app.people.membership import members_of, note
from shared.app.tenants.operator_secrets import valid
from shared.core.documents.codec import to_body
from shared.core.errors import BadSignature, Busy, Conflicting, VersionConflict
from shared.core.people import invitations as rules
from shared.core.people.actor import Acting, Actor, ActorKind
from shared.core.people.invitations import (
    INVITATIONS,
    INVITED_AT,
    LIFETIME,
    Invitation,
    Invitations,
    drop_late,
    find_invitation,
)
from shared.core.people.members import MANAGERS, PLACE, ROLES, Member, greet, note_member
from shared.ports import Put, Secret, change_as, get_as
from shared.ports.changes import TRIES

_TOKEN = re.compile(r"([0-9A-Za-z-]{1,64})\.(inv-[0-9a-f]{24})\.([0-9a-f]{64})")
_AGAIN = "Ask whoever invited you for a new one."


@dataclass(frozen=True, slots=True)
class Opened:
    """What a link is about."""

    tenant: str
    name: str
    invitation: Invitation


@dataclass(frozen=True, slots=True)
class Whom:
    """Who is to be invited: a mail address, or an identity of Notion, and how people know them."""

    to: str
    identity: str
    send_to: str = ""


def invitations_of(deps: Deps, tenant: str) -> Mapping[str, Invitation]:
    """Return the team's open invitations, by their ids."""
    return drop_late(_load(deps, tenant), deps.clock.now()).open


def invite(deps: Deps, tenant: str, whom: Whom, role: str, by: str, maker: str) -> tuple[str, str]:
    """Invite somebody; return the invitation's id and its link, which a mail address is sent too.

    Raises Conflicting for who is invited already or where too many are open, TooMany where too many were sent today.
    """
    now, name = deps.clock.now(), f"inv-{random_source.token_hex(12)}"
    proof = random_source.token_hex(16)
    made = Invitation(role, whom.to, now, now + LIFETIME, proof, whom.identity, by, maker, whom.send_to)
    _change(deps, tenant, lambda known: rules.add_invitation(known, name, made))
    return name, _send(deps, tenant, name, made)


def send_again(deps: Deps, tenant: str, name: str) -> str:
    """Send an invitation again, for another week; return its link, which takes the place of the one before."""
    proof, now = random_source.token_hex(16), deps.clock.now()
    after = _change(deps, tenant, lambda known: rules.send_again(known, name, proof, now))
    return _send(deps, tenant, name, after.open[name])


def revoke_invitation(deps: Deps, tenant: str, name: str) -> None:
    """Take an invitation back; raises NotThere."""
    now = deps.clock.now()
    _change(deps, tenant, lambda known: rules.remove_invitation(known, name, now))


def invitation_link(deps: Deps, tenant: str, name: str, invitation: Invitation) -> str:
    """Return the link to an invitation, as it is now."""
    front = f"{tenant}.{name}"
    return f"{deps.public_url}{INVITED_AT}{front}.{_mac(deps.secrets.get(LINK_KEY), front, invitation.proof)}"


def open_link(deps: Deps, token: str) -> Opened:
    """Return what a link is about; raises BadSignature for what cannot be one.

    Raises Conflicting for one that was used, revoked, replaced or never made, or is too old: which of them is not said.
    """
    if (parts := _TOKEN.fullmatch(token)) is None:
        raise BadSignature("this is not one of our invitations", way_out="Copy the whole link again.")
    tenant, name, mac = parts.groups()
    known = invitations_of(deps, tenant).get(name) if not is_gone(deps, tenant) else None
    front, keys = f"{tenant}.{name}", valid(deps, LINK_KEY)
    if known is None or not any(hmac.compare_digest(_mac(key, front, known.proof), mac) for key in keys):
        raise Conflicting(
            "this invitation is not open: it was used, taken back or sent anew, or is too old", way_out=_AGAIN
        )
    return Opened(tenant, name, known)


def accept(deps: Deps, opened: Opened, shown: Shown, origin: Mapping[str, str]) -> Member:
    """Let somebody in who is meant, once; who is not meant asks to join from now on, and the link stays as it is.

    Raises Conflicting for who is in the team already, or where who invited may not give this role any more, and
    NotThere where somebody else used or revoked it meanwhile.
    """
    tenant, person = opened.tenant, claim(deps, shown, opened.tenant)
    for tries in range(TRIES):
        known, members, now = _load(deps, tenant), members_of(deps, tenant), deps.clock.now()
        invitation = find_invitation(known, opened.name, now)
        if members.role_of(person):
            raise Conflicting("you are in this team already", way_out="There is nothing you need to do.")
        _refuse_beyond_maker(invitation, members.role_of(invitation.maker))
        asked = greet(members, shown.identity, shown.name, now, founds=False, person=person)
        meant = shown.identity == invitation.identity
        if meant:
            member = replace(asked.people[person], role=invitation.role, by=invitation.by, note="")
            after = replace(asked, people={**asked.people, person: member})
            left = rules.remove_invitation(known, opened.name, now)
            puts = [Put(INVITATIONS[0], INVITATIONS[1], to_body(left), expected=known.version)]
        else:
            after, puts = note_member(asked, person, f"came with the invitation of {invitation.to}"), []
        try:
            deps.store.put(tenant, Put(*PLACE, to_body(after), expected=members.version), *puts)
        except VersionConflict:
            deps.stand_back(tries)
            continue
        what = "InvitationAccepted" if meant else "AskedToJoin"
        name, how = after.people[person].name, shown.label or shown.identity
        about = f"{name} ({person}), {how}: {opened.name}, invited as {invitation.role}"
        note(deps, tenant, what, Acting(Actor(ActorKind.PERSON, person, name), origin), about)
        if not meant:
            announce_asked(deps, tenant, person)
        return after.people[person]
    raise Busy(f"the people of this team were changed by others {TRIES} times in a row")


def _refuse_beyond_maker(invitation: Invitation, role: str) -> None:
    if invitation.maker and (role not in MANAGERS or ROLES.index(role) > ROLES.index(invitation.role)):
        raise Conflicting(f"{invitation.by} may not let anybody in as {invitation.role} any more", way_out=_AGAIN)


def _send(deps: Deps, tenant: str, name: str, invitation: Invitation) -> str:
    if invitation.send_to:
        announce_invitation(deps, tenant, name, invitation.proof)
    return invitation_link(deps, tenant, name, invitation)


def _load(deps: Deps, tenant: str) -> Invitations:
    return get_as(Invitations, deps.store, (tenant, *INVITATIONS)) or Invitations()


def _change(deps: Deps, tenant: str, change: Callable[[Invitations], Invitations]) -> Invitations:
    def change_unless_ended(known: Invitations | None) -> Invitations | None:
        after = change(known or Invitations())
        return known if after is known else after

    return (
        change_as(Invitations, deps.store, (tenant, *INVITATIONS), change_unless_ended, deps.stand_back)
        or Invitations()
    )


def _mac(key: Secret, front: str, proof: str) -> str:
    signed = f"invitation:{front}.{proof}".encode("utf-8", "replace")
    return hmac.new(key.reveal().encode(), signed, hashlib.sha256).hexdigest()
