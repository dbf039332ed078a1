"""Who is in a team: greeted when they show who they are, let in, given another role, taken out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any

from shared.app.engine.deps import Deps
from shared.app.notify.announce import announce_asked
from shared.app.people.handing_over import hand_over
from shared.app.people.identities import Shown, claim, identities_of, leave_tenant
from shared.app.people.told_places import keep_ties
from shared.core.documents.api_key import KIND, ApiKey
from shared.core.people import members as rules
from shared.core.people.actor import Acting, Actor, ActorKind, By, read_by
from shared.core.people.invitations import INVITATIONS, Invitations, remove_about
from shared.core.people.linked_accounts import LINKS, LinkedAccount
from shared.core.people.members import PLACE, Member, Members
from shared.core.people.sessions import SESSIONS, Session
from shared.core.tenants.audit_entries import build_entry
from shared.ports import Put, all_as, change_as, get_as


def members_of(deps: Deps, tenant: str) -> Members:
    """Return a team's people."""
    return get_as(Members, deps.store, (tenant, *PLACE)) or Members()


def welcome(
    deps: Deps, tenant: str, identity: str, name: str, *, founds: bool, origin: Mapping[str, str] | None = None
) -> Member:
    """Note that somebody has shown who they are; return what they are in this team.

    Who is not in it has asked to join from now on, and its owners are told, once.
    """
    before, now, person = members_of(deps, tenant), deps.clock.now(), claim(deps, Shown(identity, name), tenant)
    members = _change(deps, tenant, lambda known: rules.greet(known, identity, name, now, founds=founds, person=person))
    member = members.people[person]
    if before.people.get(person) is None:
        by = Acting(Actor(ActorKind.PERSON, person, member.name), origin or {})
        note(deps, tenant, "TeamFounded" if member.role else "AskedToJoin", by, person)
    if member.asks:
        announce_asked(deps, tenant, person)
    return member


def give_role(deps: Deps, tenant: str, person: str, role: str, by: By) -> Member:
    """Let somebody in with a role, or give them another; what they hold follows with their next call."""
    before = members_of(deps, tenant).role_of(person)
    name, _ = read_by(by)
    member = _change(deps, tenant, lambda known: rules.give_role(known, person, role, name)).people[person]
    about = f"{member.name} ({person}): {before or 'asked to join'} → {role}"
    note(deps, tenant, "RoleGiven", by, about, **_compare(before, role))
    return member


def take_out(deps: Deps, tenant: str, person: str, by: By) -> None:
    """Take somebody out of the team; their keys end, and a key that is made meanwhile has no role any more.

    Invitations that they made, or that are for them, are revoked: nobody answers for them. What waited for them is the
    owners' now, who are told.
    """
    member = rules.find_member(members_of(deps, tenant), person)
    identities = {member.identity, *identities_of(deps, person)}
    rules.take_out(members_of(deps, tenant), person)  # refused before anything is done
    keep_ties(deps, tenant, person, identities)
    after = _change(deps, tenant, lambda known: rules.take_out(known, person))
    deps.crash_point("members.after/out")
    about = f"{member.name} ({person}), {member.role or 'asked to join'}"
    note(deps, tenant, "MemberOut", by, about, **_compare(member.role, ""))
    end_keys(deps, tenant, person)
    end_sessions(deps, tenant, person)
    end_invitations(deps, tenant, person, identities)
    leave_tenant(deps, person, tenant)
    end_links(deps, tenant, person)
    if member.role:
        hand_over(deps, tenant, after, person, member.name)


def end_invitations(deps: Deps, tenant: str, person: str, identities: Collection[str]) -> None:
    """Revoke what somebody has made, and what would let them in again by an identity of theirs."""

    def end(known: Invitations | None) -> Invitations | None:
        return remove_about(known, person, identities) if known is not None else None

    change_as(Invitations, deps.store, (tenant, *INVITATIONS), end, deps.stand_back)


def note(deps: Deps, tenant: str, what: str, by: By, about: str, **more: Any) -> None:
    """Have the audit say who changed what about the team's people, or signed in."""
    deps.store.note(tenant, build_entry(deps.clock.now(), what, by, about, **more))


def end_sessions(deps: Deps, tenant: str, person: str) -> int:
    """Sign somebody out of this team in every browser; return in how many they were signed in."""
    theirs = [each.id for each in all_as(Session, deps.store, tenant, SESSIONS) if each.person == person]
    for each in theirs:
        deps.store.put(tenant, Put(SESSIONS, each, None))
    return len(theirs)


def end_links(deps: Deps, tenant: str, person: str) -> list[str]:
    """Forget which accounts at messengers are somebody's; return what they were."""
    theirs = [each.id for each in all_as(LinkedAccount, deps.store, tenant, LINKS) if each.person == person]
    for each in theirs:
        deps.store.put(tenant, Put(LINKS, each, None))
    return theirs


def end_keys(deps: Deps, tenant: str, person: str = "", account: str = "") -> int:
    """Revoke the keys of a person or a service account; return how many there were."""

    def revoke(key: ApiKey | None) -> ApiKey | None:
        return key if key is None or key.revoked_at is not None else replace(key, revoked_at=deps.clock.now())

    theirs = [key.id for key in all_as(ApiKey, deps.store, tenant, KIND) if _belongs(key, person, account)]
    for each in theirs:
        change_as(ApiKey, deps.store, (tenant, KIND, each), revoke, deps.stand_back)
    return len(theirs)


def _compare(before: str, after: str) -> Mapping[str, Any]:
    return {"before": {"role": before}, "after": {"role": after}}


def _belongs(key: ApiKey, person: str, account: str) -> bool:
    return bool((person and key.person == person) or (account and key.account == account))


def _change(deps: Deps, tenant: str, change: Callable[[Members], Members]) -> Members:
    def change_members(known: Members | None) -> Members | None:
        before = known or Members()
        after = change(before)
        return known if after is before else after

    return change_as(Members, deps.store, (tenant, *PLACE), change_members, deps.stand_back) or Members()
