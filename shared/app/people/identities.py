"""Which person an identity stands for, in which teams they are, and how another identity becomes theirs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from shared.app.engine.deps import Deps
from shared.app.engine.switches import is_gone
from shared.core.documents.codec import to_body
from shared.core.errors import Busy, Conflicting, NotThere, VersionConflict
from shared.core.people.identities import (
    IDENTITIES,
    MAIL,
    PEOPLE,
    Identity,
    Person,
    add_identity,
    identity_key,
)
from shared.core.people.members import PLACE, Member, Members, person_id
from shared.integrations.systems import SIGN_INS, name_system
from shared.ports import SYSTEM, Put, change_as, get_as
from shared.ports.changes import TRIES


@dataclass(frozen=True, slots=True)
class Shown:
    """What somebody has proven to be theirs: an identity such as google:SUB, and what is said with it.

    `label` is what people know it by, such as the address; `name` is what they are called. "" where nobody says.
    """

    identity: str
    name: str = ""
    label: str = ""


def name_way(identity: str) -> str:
    """Return what people call the way in which an identity is shown."""
    way = identity.partition(":")[0]
    if way == MAIL:
        return "A link by mail"
    return SIGN_INS[way].title if way in SIGN_INS else name_system(way)


def is_first(identity: str, person: str) -> bool:
    """Say whether somebody's id follows from this identity: it leads to them whatever is kept."""
    return person_id(identity) == person


def find_person(deps: Deps, identity: str) -> str:
    """Return the id of the person whom an identity stands for; who was never here has the id that follows from it."""
    known = _identity(deps, identity)
    return known.person if known is not None else person_id(identity)


def person_of(deps: Deps, person: str) -> Person:
    """Return what is kept of a person; an empty one for who has joined no team since there are such documents."""
    return get_as(Person, deps.store, (SYSTEM, PEOPLE, person)) or Person()


def claim(deps: Deps, shown: Shown, tenant: str) -> str:
    """Keep that whoever has shown this identity comes into a team; return the id of their person. Twice is once.

    It gives no role: who is in a team, its members say.
    """
    for tries in range(TRIES):
        known = _identity(deps, shown.identity)
        person = known.person if known is not None else person_id(shown.identity)
        before = person_of(deps, person)
        tenants = before.tenants if tenant in before.tenants else (*before.tenants, tenant)
        after = replace(add_identity(before, shown.identity), tenants=tenants)
        if known is not None and after == before and known.label == (shown.label or known.label):
            return person
        if _write(deps, shown, known, person, before, after):
            return person
        deps.stand_back(tries)
    raise _busy()


def link_identity(deps: Deps, person: str, tenant: str, shown: Shown) -> None:
    """Make an identity that somebody has just shown one more of a person's, who is signed in to a team.

    Raises Conflicting where it is another person's, who is in a team.
    """
    claim_first(deps, person, tenant)
    for tries in range(TRIES):
        known = _identity(deps, shown.identity)
        other = known.person if known is not None else person_id(shown.identity)
        if other != person and teams_of(deps, other):
            raise Conflicting(
                "this is how somebody else signs in, who is in a team",
                way_out="Sign in with it, leave that team, and add it here then.",
            )
        before = person_of(deps, person)
        after = add_identity(before, shown.identity)
        if known is not None and other == person and after == before:
            return
        if _write(deps, shown, known, person, before, after):
            return
        deps.stand_back(tries)
    raise _busy()


def claim_first(deps: Deps, person: str, tenant: str) -> None:
    """Keep the identity with which a member came into the team before there were such documents."""
    member = _members(deps, tenant).people.get(person)
    if member is None or member.identity in person_of(deps, person).identities:
        return
    if find_person(deps, member.identity) == person:
        claim(deps, Shown(member.identity, member.name), tenant)


def unlink_identity(deps: Deps, person: str, identity: str) -> None:
    """Take an identity from a person; raises NotThere for one that is not theirs, Conflicting for their last."""
    for tries in range(TRIES):
        known, before = _identity(deps, identity), person_of(deps, person)
        if known is None or known.person != person or identity not in before.identities:
            raise NotThere("this is none of your ways to sign in", way_out="Open /account; it lists them.")
        if is_first(identity, person):
            raise Conflicting("this is the way in which you first came, and it stays", way_out="Remove another one.")
        after = replace(before, identities=tuple(each for each in before.identities if each != identity))
        gone = Put(IDENTITIES, identity_key(identity), None, expected=known.version)
        try:
            deps.store.put(SYSTEM, gone, Put(PEOPLE, person, to_body(after), expected=before.version))
        except VersionConflict:
            deps.stand_back(tries)
            continue
        return
    raise _busy()


def identities_of(deps: Deps, person: str) -> Mapping[str, Identity]:
    """Return a person's identities that are kept, in the order in which they were added."""
    found = {each: _identity(deps, each) for each in person_of(deps, person).identities}
    return {each: known for each, known in found.items() if known is not None and known.person == person}


def teams_of(deps: Deps, person: str) -> Mapping[str, Member]:
    """Return the teams in which a person has a role now, and as what."""
    found = {
        tenant: _members(deps, tenant).people.get(person)
        for tenant in person_of(deps, person).tenants
        if not is_gone(deps, tenant)
    }
    return {tenant: member for tenant, member in found.items() if member is not None and not member.asks}


def leave_tenant(deps: Deps, person: str, tenant: str) -> int:
    """Forget that a person was in a team, and the person with their last; return how many documents were changed."""
    known = person_of(deps, person)
    if tenant not in known.tenants:
        return 0
    last = known.tenants == (tenant,)
    for identity in known.identities if last else ():  # first: nobody would find them without the person
        _forget(deps, identity, person)

    def leave(before: Person | None) -> Person | None:
        rest = tuple(each for each in before.tenants if each != tenant) if before is not None else ()
        return replace(before, tenants=rest) if before is not None and rest else None

    change_as(Person, deps.store, (SYSTEM, PEOPLE, person), leave, deps.stand_back)
    return 1 + (len(known.identities) if last else 0)


def _forget(deps: Deps, identity: str, person: str) -> None:
    known = _identity(deps, identity)
    if known is not None and known.person == person:
        deps.store.put(SYSTEM, Put(IDENTITIES, identity_key(identity), None))


def _write(deps: Deps, shown: Shown, known: Identity | None, person: str, before: Person, after: Person) -> bool:
    """Write both documents together; False where somebody else wrote one of them meanwhile."""
    kept = (
        replace(known, label=shown.label or known.label) if known else Identity(person, deps.clock.now(), shown.label)
    )
    puts = [
        Put(IDENTITIES, identity_key(shown.identity), to_body(replace(kept, person=person)), kept.version),
        Put(PEOPLE, person, to_body(after), before.version),
    ]
    try:
        deps.store.put(SYSTEM, *puts)
    except VersionConflict:
        return False
    return True


def _identity(deps: Deps, identity: str) -> Identity | None:
    return get_as(Identity, deps.store, (SYSTEM, IDENTITIES, identity_key(identity)))


def _members(deps: Deps, tenant: str) -> Members:
    return get_as(Members, deps.store, (tenant, *PLACE)) or Members()


def _busy() -> Busy:
    return Busy(f"a person's identities were changed by others {TRIES} times in a row")
