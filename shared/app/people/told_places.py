"""Where a person of the team is told at a messenger: as they chose there, for as long as they are in the team."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from shared.app.engine.deps import Deps
from shared.core.people.members import PLACE as MEMBERS
from shared.core.people.members import Member, Members
from shared.core.people.told_people import find_tie, tie_to_member
from shared.ports import change_doc, get_as

_PLACE = ("settings", "tenant")


def set_told_place(deps: Deps, tenant: str, person: str, member: Member, system: str, place: str) -> None:
    """Tell this person there from now on, with the role they have; "" tells them nothing there any more."""

    def change(settings: Mapping[str, Any] | None) -> Mapping[str, Any]:
        known = [dict(each) for each in (settings or {}).get("people") or ()]
        mine = next((each for each in known if each.get("id") == person), None)
        if mine is None:
            mine = {"id": person, "name": member.name, "channels": []}
            known.append(mine)
        others = [each for each in mine.get("channels", ()) if each != system]
        mine.update({"role": member.role, "channels": [*others, system] if place else others, system: place})
        return {**(settings or {}), "people": known}

    change_doc(deps.store, (tenant, *_PLACE), change, deps.stand_back)


def end_told_place(deps: Deps, tenant: str, person: str, system: str, place: str) -> None:
    """Tell this person nothing more at this place of a messenger; what they have chosen elsewhere stays."""

    def change(settings: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
        known = list((settings or {}).get("people") or ())
        if not any(each.get("id") == person and each.get(system) == place for each in known):
            return settings
        return {**(settings or {}), "people": [_end_place(each, person, system, place) for each in known]}

    change_doc(deps.store, (tenant, *_PLACE), change, deps.stand_back)


def _end_place(listed: Mapping[str, Any], person: str, system: str, place: str) -> Mapping[str, Any]:
    if listed.get("id") != person or listed.get(system) != place:
        return listed
    return {**listed, system: "", "channels": [each for each in listed.get("channels", ()) if each != system]}


def list_told(deps: Deps, tenant: str, settings: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return who is to be told: of those who are listed as members, who still is one, with the role of now."""
    members = (get_as(Members, deps.store, (tenant, *MEMBERS)) or Members()).people
    return [
        {**each, "role": members[tied].role} if _is_member(members, tied := find_tie(each)) else each
        for each in settings.get("people", ())
        if not find_tie(each) or _is_member(members, find_tie(each))
    ]


def keep_ties(deps: Deps, tenant: str, person: str, identities: Collection[str]) -> None:
    """Keep which of the people who are told are this one, who is about to leave: what is theirs ends with them."""

    def change(settings: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
        known = tuple((settings or {}).get("people") or ())
        tied = tuple(tie_to_member(each, person, identities) for each in known)
        return settings if tied == known else {**(settings or {}), "people": [dict(each) for each in tied]}

    change_doc(deps.store, (tenant, *_PLACE), change, deps.stand_back)


def _is_member(members: Mapping[str, Member], person: str) -> bool:
    member = members.get(person)
    return member is not None and not member.asks
