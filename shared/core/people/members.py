"""A team's members and those who have asked to join: one document, so that two changes at once cannot undo a rule.

A team has at most 500 members; each is some 200 bytes, far from the 1 MiB that a document of Firestore may have.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from shared.core.documents.codec import beside, sparse, unknown
from shared.core.errors import Conflicting, NotThere
from shared.core.run.run import derive_id

ROLES = ("owner", "admin", "member", "viewer")  # each may do what the ones after it may
OWNER = ROLES[0]
MANAGERS = ROLES[:2]  # who lets people in, and handles the keys of others, within their own role
PLACE = ("members", "team")  # the kind, and the id
MAX_MEMBERS = 500
_MAX_LEFT = 20
_LIST = "GET /v1/members lists the people of your team."


@dataclass(frozen=True, slots=True)
class Member:
    """A person of a team; without a role, somebody who has asked to join. `identity` is who vouches, and for whom."""

    name: str
    identity: str
    since: datetime
    role: str = sparse("")
    by: str = sparse("")  # who let them in, or changed their role last
    note: str = sparse("")  # of who asks: how they came, where that is worth knowing
    more: Mapping[str, Any] = unknown()

    @property
    def asks(self) -> bool:
        """Say whether nobody has let them in yet."""
        return not self.role


@dataclass(frozen=True, slots=True)
class Left:
    """Somebody who was in the team, as long as it may matter what waited for them."""

    person: str
    name: str


@dataclass(frozen=True, slots=True)
class Members:
    """The people of one team, by their ids."""

    people: Mapping[str, Member] = field(default_factory=dict)
    left: tuple[Left, ...] = sparse(())  # the last who have left
    version: str = beside("")
    more: Mapping[str, Any] = unknown()

    def role_of(self, person: str) -> str:
        """Return what somebody may do, "" for nothing."""
        member = self.people.get(person)
        return member.role if member is not None else ""


def person_id(identity: str) -> str:
    """Return the id of the person who was first known by this identity, such as notion:USER; the same in every team."""
    return derive_id("p-", identity)


def greet(members: Members, identity: str, name: str, now: datetime, *, founds: bool, person: str = "") -> Members:
    """Return the members with somebody who has shown who they are: as they were, or as who asks to join.

    Who `founds` a team that has nobody yet is its owner. `person` is whose the identity is, where they had another one
    first. Raises Conflicting where no more can be listed.
    """
    person = person or person_id(identity)
    known = members.people.get(person)
    if known is not None:
        return members if known.name == name or not name else _put_member(members, person, replace(known, name=name))
    if len(members.people) >= MAX_MEMBERS:
        raise Conflicting(
            f"this team has {MAX_MEMBERS} people, the most it may have", way_out="Ask an owner to remove somebody."
        )
    role = OWNER if founds and not members.people else ""
    return _put_member(members, person, Member(name or "A colleague", identity, now, role))


def give_role(members: Members, person: str, role: str, by: str) -> Members:
    """Return the members with another role for somebody; raises NotThere, and Conflicting for the last owner."""
    known = find_member(members, person)
    if known.role == role:
        return members
    if role != OWNER:
        _refuse_last_owner(members, person)
    return _put_member(members, person, replace(known, role=role, by=by, note=""))


def note_member(members: Members, person: str, note: str) -> Members:
    """Return the members with a word about how somebody came who asks."""
    known = find_member(members, person)
    return members if known.note == note else _put_member(members, person, replace(known, note=note))


def take_out(members: Members, person: str) -> Members:
    """Return the members without somebody; raises NotThere, and Conflicting for the last owner."""
    member = find_member(members, person)
    _refuse_last_owner(members, person)
    before = [each for each in members.left if each.person != person]
    left = (*before, Left(person, member.name))[-_MAX_LEFT:] if member.role else members.left
    return replace(members, people={each: kept for each, kept in members.people.items() if each != person}, left=left)


def find_member(members: Members, person: str) -> Member:
    """Return a member, or who has asked to be one; raises NotThere."""
    known = members.people.get(person)
    if known is None:
        raise NotThere(f"there is nobody with the id {person!r} in your team", way_out=_LIST)
    return known


def min_role(first: str, second: str) -> str:
    """Return the role of the two that may do less; "" where either may do nothing."""
    return max(first, second, key=ROLES.index) if first and second else ""


def _refuse_last_owner(members: Members, person: str) -> None:
    owners = [each for each, member in members.people.items() if member.role == OWNER]
    if owners == [person]:
        raise Conflicting(
            "this is the last owner, and a team must have one", way_out="Make somebody else an owner first."
        )


def _put_member(members: Members, person: str, member: Member) -> Members:
    return replace(members, people={**members.people, person: member})
