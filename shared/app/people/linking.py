"""A person shows whose account at a messenger is theirs: a code from us, typed there, then a press by the same account.

The code alone links nobody: whoever types it is shown whose it is, and only their own press links. So a code that
somebody was talked into typing is seen for what it is, and one that was overheard shows a name that is not theirs.
"""

from __future__ import annotations

import secrets as random_source
from contextlib import suppress
from dataclasses import dataclass, replace

from shared.app.api.keys import hash_secret, hashes_of
from shared.app.connections.messenger_places import take_place, tenant_at
from shared.app.engine.deps import Deps
from shared.app.people.membership import end_links, members_of, note
from shared.app.people.told_places import end_told_place
from shared.core.documents.codec import to_body
from shared.core.errors import Conflicting, VersionConflict
from shared.core.people.actor import Actor, ActorKind, By
from shared.core.people.linked_accounts import (
    CODE_LIFETIME,
    CODE_SIGNS,
    CODES,
    LINKS,
    LinkCode,
    LinkedAccount,
    name_place,
    read_code,
)
from shared.core.people.members import Member
from shared.ports import SYSTEM, Put, all_as, get_as

_NEW_CODE = "Get a new code on your account page, or in a terminal"


@dataclass(frozen=True, slots=True)
class Linked:
    """Who stands behind an account."""

    tenant: str
    person: str
    member: Member


def make_code(deps: Deps, tenant: str, person: str) -> str:
    """Return a code for this person, good once and for ten minutes; those made before end. Raises Conflicting."""
    _find_member(deps, tenant, person)
    now = deps.clock.now()
    for each in all_as(LinkCode, deps.store, SYSTEM, CODES):
        if now - each.at > CODE_LIFETIME or (each.tenant, each.person) == (tenant, person):
            _drop(deps, each)
    code = "".join(random_source.choice(CODE_SIGNS) for _ in range(8))
    deps.store.put(SYSTEM, Put(CODES, hash_secret(deps, code), to_body(LinkCode(tenant, person, now)), expected=""))
    return code


def type_code(deps: Deps, account: str, typed: str) -> Linked:
    """Note that this account has typed a code; return whose it is, for them to press or not. Raises Conflicting."""
    found = _find_code(deps, account, typed)
    if found.account not in ("", account):
        raise Conflicting("this code was typed by somebody else", way_out=_NEW_CODE)
    if not found.account:
        try:
            deps.store.put(
                SYSTEM, Put(CODES, found.id, to_body(replace(found, account=account)), expected=found.version)
            )
        except VersionConflict:
            raise Conflicting("this code was typed by somebody else", way_out=_NEW_CODE) from None
    return Linked(found.tenant, found.person, _find_member(deps, found.tenant, found.person))


def confirm_code(deps: Deps, account: str, typed: str) -> Linked:
    """Link the account that typed the code, and now presses, with its person. Raises Conflicting."""
    found = _find_code(deps, account, typed)
    if found.account != account:
        raise Conflicting("this code was not typed by you", way_out=_NEW_CODE)
    member = _find_member(deps, found.tenant, found.person)
    take_place(deps, found.tenant, name_place(account))
    link = LinkedAccount(found.person, deps.clock.now())
    deps.store.put(found.tenant, Put(LINKS, account, to_body(link)))
    deps.crash_point("linking.after/link")
    actor = Actor(ActorKind.PERSON, found.person, member.name)
    note(deps, found.tenant, "AccountLinked", actor, f"{found.person}, {account}")
    _drop(deps, found)
    return Linked(found.tenant, found.person, member)


def find_linked(deps: Deps, tenant: str, account: str) -> Linked | None:
    """Return the member whose account this is; None for nobody, or somebody who is in the team no longer."""
    link = get_as(LinkedAccount, deps.store, (tenant, LINKS, account)) if account else None
    if link is None or tenant_at(deps, name_place(account)) != tenant:
        return None
    member = members_of(deps, tenant).people.get(link.person)
    gone = member is None or member.asks or link.at < member.since
    return None if gone or member is None else Linked(tenant, link.person, member)


def list_accounts(deps: Deps, tenant: str, person: str) -> list[str]:
    """Return the ids of the accounts that are linked with somebody."""
    return [each.id for each in all_as(LinkedAccount, deps.store, tenant, LINKS) if each.person == person]


def unlink(deps: Deps, tenant: str, person: str, by: By) -> int:
    """End all links of somebody, and their direct messages there; return how many links there were.

    The messages end first: who died in between would have left nothing to tell which they were.
    """
    for each in list_accounts(deps, tenant, person):
        system, _, user = each.split(".")
        end_told_place(deps, tenant, person, system, user)
        deps.crash_point("linking.after/told")
    theirs = end_links(deps, tenant, person)
    for each in theirs:
        note(deps, tenant, "AccountUnlinked", by, f"{person}, {each}")
    return len(theirs)


def _find_member(deps: Deps, tenant: str, person: str) -> Member:
    member = members_of(deps, tenant).people.get(person)
    if member is None or member.asks:
        raise Conflicting("you are not in this team, or not yet", way_out="Ask one of its owners to let you in.")
    return member


def _find_code(deps: Deps, account: str, typed: str) -> LinkCode:
    """Return what the code was made for. Nothing says of a code whether it was ever right."""
    code = read_code(typed)
    hashes = hashes_of(deps, code) if code else []
    found = next((each for known in hashes if (each := get_as(LinkCode, deps.store, (SYSTEM, CODES, known)))), None)
    if found is None or deps.clock.now() - found.at > CODE_LIFETIME or not account:
        raise Conflicting("this code is not one of ours, or has expired", way_out=_NEW_CODE)
    owner = tenant_at(deps, name_place(account))
    if owner not in ("", found.tenant):
        raise Conflicting(
            "this workspace belongs to another team", way_out="Use the workspace that your own team has connected."
        )
    return found


def _drop(deps: Deps, code: LinkCode) -> None:
    with suppress(VersionConflict):  # used or dropped at this moment
        deps.store.put(SYSTEM, Put(CODES, code.id, None, expected=code.version))
