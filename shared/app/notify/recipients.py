"""Who is told in a team, as each has chosen: people of its settings, and members who gave an address of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from shared.app.engine.deps import Deps
from shared.app.people.membership import members_of
from shared.core.errors import NotThere
from shared.core.notify.telling import TEAM_TELLING, TELLINGS, TeamTelling, Telling, list_channels
from shared.core.people.members import OWNER, Member
from shared.core.run.run import fit_key
from shared.integrations.systems import CHANNELS, EMAIL
from shared.ports import all_as, change_as, get_as

Person = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody who is told: as the settings list them, and as they have chosen; `member` is their id in the team."""

    listed: Person
    telling: Telling
    member: str = ""

    @property
    def id(self) -> str:
        """Return what messages to them are known by, and what they are called at the API."""
        return str(self.listed["id"])

    @property
    def role(self) -> str:
        return str(self.listed.get("role") or "")

    def resolve(self, kind: str) -> Person:
        """Return the person with the addresses and channels that count for a kind of message."""
        telling = self.telling
        mail = {"email": telling.email} if telling.email else {}
        channels = list_channels(telling, self.listed, kind, EMAIL)
        return {**self.listed, **mail, "telling": self.member or self.id, "channels": channels}


def list_recipients(deps: Deps, tenant: str, people: Sequence[Person]) -> list[Recipient]:
    """Return who is told; `people` are those of the team's settings.

    Of the team's members nothing is read until somebody has chosen something.
    """
    chosen = {each.id: each for each in all_as(Telling, deps.store, tenant, TELLINGS)}
    members = members_of(deps, tenant).people if chosen else {}
    return list(_join(people, members, chosen))


def list_everybody(deps: Deps, tenant: str, people: Sequence[Person]) -> list[Recipient]:
    """Return who is told, and the members who could be."""
    chosen = {each.id: each for each in all_as(Telling, deps.store, tenant, TELLINGS)}
    return list(_join(people, members_of(deps, tenant).people, chosen, everybody=True))


def _join(
    people: Sequence[Person], members: Mapping[str, Member], chosen: Mapping[str, Telling], *, everybody: bool = False
) -> Iterator[Recipient]:
    known = {bare_user(member.identity): person for person, member in members.items() if not member.asks}
    taken = set()
    for listed in people:
        own = str(listed["id"])
        member = own if own in known.values() else known.get(bare_user(listed.get("notion_user")), "")
        taken.add(member)
        telling, earlier = chosen.get(member), chosen.get(fit_key(str(listed["id"])))  # chosen before they signed in
        if telling is not None and earlier is not None:
            telling = replace(telling, no_mail=tuple(dict.fromkeys((*telling.no_mail, *earlier.no_mail))))
        yield Recipient(listed, telling or earlier or Telling(), member)
    for person, member_of_team in members.items():
        telling = chosen.get(person) or Telling()
        if person not in taken and not member_of_team.asks and (everybody or telling.email):
            listed = {"id": person, "name": member_of_team.name, "role": member_of_team.role, "channels": [EMAIL]}
            yield Recipient(listed, telling, person)


def pick_owners(recipients: list[Recipient]) -> list[Recipient]:
    """Return those who own the team's installation; everybody where nobody is called its owner."""
    return [each for each in recipients if each.role == OWNER] or recipients


def bare_user(user: object) -> str:
    """Return a user's id in Notion without what its ways of writing differ in; "" for none."""
    return str(user or "").rpartition(":")[2].replace("-", "").casefold()


def find_recipient(deps: Deps, tenant: str, people: Sequence[Person], name: str) -> Recipient:
    """Return somebody by the id they are listed with, or by their id in the team; raises NotThere."""
    everybody = list_everybody(deps, tenant, people)
    found = next((each for each in everybody if name and name in (each.id, each.member)), None)
    if found is None:
        raise NotThere(
            f"there is nobody with the id {name!r} to tell", way_out="GET /v1/notifications lists who is told."
        )
    return found


def change_telling(deps: Deps, tenant: str, recipient: Recipient, change: Callable[[Telling], Telling]) -> Telling:
    """Save what `change` makes of somebody's choices; return it."""
    place = (tenant, TELLINGS, fit_key(recipient.member or recipient.id))
    after = change_as(Telling, deps.store, place, lambda known: change(known or recipient.telling), deps.stand_back)
    return replace(after or Telling(), id=place[2])


def team_telling(deps: Deps, tenant: str) -> TeamTelling:
    """Return what holds for the whole team."""
    return get_as(TeamTelling, deps.store, (tenant, *TEAM_TELLING)) or TeamTelling()


def describe_channels(recipient: Recipient, kind: str = "") -> list[str]:
    """Return the channels over which somebody is reached: chosen, and with an address."""
    person = recipient.resolve(kind)
    return [each for each in person["channels"] if each in CHANNELS and person.get(each)]
