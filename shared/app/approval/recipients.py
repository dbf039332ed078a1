"""For whom a link was made, and who that is at the moment of the press: whoever has left the team is nobody."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.app.approval.approvals import BY_LINK, Asked
from shared.app.engine.deps import Deps
from shared.app.people.known_accounts import DECIDES, find_member
from shared.app.people.membership import members_of
from shared.core.approval.deciders import MAY_DECIDE, Decider
from shared.core.errors import Forbidden
from shared.core.people.actor import Actor, ActorKind
from shared.core.people.told_people import IN_A_SYSTEM, find_tie
from shared.ports.documents import tenant_settings

_IN_NOTION = "Sign in, or decide in Notion: set the page's status."


def name_recipient(deps: Deps, tenant: str, person: Mapping[str, Any]) -> str:
    """Return what a link for somebody whom the settings name is made for: the member that this is, else the person."""
    return find_member(deps, members_of(deps, tenant), person) or str(person.get("id", ""))


def identify_recipient(deps: Deps, asked: Asked) -> Decider:
    """Return who a link was made for, as they stand in the team now; raises Forbidden where that is nobody.

    A link that names nobody is of an earlier version, or lies where many can read it: where no member could sign in
    yet, and only one person decides, it is theirs.
    """
    members, people = members_of(deps, asked.tenant), tenant_settings(deps.store, asked.tenant).people
    recipient = asked.recipient or ("" if members.people else _find_only(people))
    if not recipient:
        raise Forbidden("nobody knows whom this link was made for", way_out=_IN_NOTION)
    person: Mapping[str, Any] = next((each for each in people if str(each.get("id", "")) == recipient), {})
    member_id = recipient if recipient in members.people else find_member(deps, members, person)
    member = members.people.get(member_id)
    if member is not None and not member.asks:
        return Decider(Actor(ActorKind.PERSON, member_id, member.name), member.role, BY_LINK)
    bound = find_tie(person) or any(str(name).endswith(IN_A_SYSTEM) for name in person)
    if not person or member is not None or (members.people and bound):
        raise Forbidden("whom this link was made for is not in the team any more", way_out="Ask an owner of the team.")
    name = str(person.get("name") or person.get("email") or recipient)
    return Decider(Actor(ActorKind.PERSON, recipient, name), str(person.get("role") or DECIDES), BY_LINK)


def _find_only(people: tuple[Mapping[str, Any], ...]) -> str:
    deciding = [each for each in people if str(each.get("role") or DECIDES) in MAY_DECIDE]
    return str(deciding[0].get("id", "")) if len(deciding) == 1 else ""
