"""Whose an account in a system is, where something was done there: a member's, of the settings' people, a stranger's.

What is done in a system counts in the name, and with the role, of the person in the team. A team in which nobody may
decide yet, as earlier versions made them, has nobody to ask: there everybody decides whom the system lets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import chain
from typing import Any

from shared.app.engine.deps import Deps
from shared.app.people.identities import find_person
from shared.app.people.membership import members_of
from shared.core.approval.deciders import MAY_DECIDE
from shared.core.people.actor import Actor, ActorKind, Known, name_stranger
from shared.core.people.members import Members
from shared.core.people.told_people import list_identities, list_ids

DECIDES = "member"  # the role of who was told by the settings of earlier versions, which named none


def identify_account(
    deps: Deps,
    tenant: str,
    account: tuple[str, str],
    people: Iterable[Mapping[str, Any]],
    read_name: Callable[[], str],
) -> Known:
    """Return who stands behind an account, (system, id there); `people` are those of the settings.

    Whom the settings know has their name from there: anybody may call themselves another in a system. `read_name` asks
    the system, and is called for whom nobody knows.
    """
    (system, user), members = account, members_of(deps, tenant)
    person: Mapping[str, Any] = next((each for each in people if _is_account(each, system, user)), {})
    member_id = find_member(deps, members, person) or find_person(deps, f"{system}:{user}")
    member = members.people.get(member_id)
    if member is not None and not member.asks:
        return Known(Actor(ActorKind.PERSON, member_id, str(person.get("name") or member.name)), member.role)
    has_members = any(each.role in MAY_DECIDE for each in members.people.values())
    if person and person.get("id"):
        name = str(person.get("name") or read_name())
        return Known(
            Actor(ActorKind.PERSON, str(person["id"]), name),
            "" if has_members else str(person.get("role") or DECIDES),
        )
    actor = Actor(ActorKind.PERSON, name_stranger(system, user), str(person.get("name") or read_name()))
    return Known(actor, "" if has_members else DECIDES)


def find_member(deps: Deps, members: Members, person: Mapping[str, Any]) -> str:
    """Return the id of the member that somebody of the settings is, "" for none."""
    if not members.people:
        return ""
    found = chain(list_ids(person), (find_person(deps, each) for each in list_identities(person)))  # read when needed
    return next((each for each in found if each in members.people), "")


def _is_account(person: Mapping[str, Any], system: str, user: str) -> bool:
    return bool(user) and _bare(person.get(f"{system}_user")) == _bare(user)


def _bare(user: object) -> str:
    return str(user or "").replace("-", "").casefold()
