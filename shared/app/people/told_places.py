"""Where a person of the team is told at a messenger: as they chose there, for as long as they are in the team."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.app.engine.deps import Deps
from shared.app.people.membership import members_of
from shared.core.people.members import Member
from shared.ports import change_doc

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


def list_told(deps: Deps, tenant: str, settings: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return who is to be told: of those who are listed as members, who still is one, with the role of now."""
    members = members_of(deps, tenant).people
    return [
        {**each, "role": members[each["id"]].role} if _is_member(members, each) else each
        for each in settings.get("people", ())
        if not str(each.get("id") or "").startswith("p-") or _is_member(members, each)
    ]


def _is_member(members: Mapping[str, Member], person: Mapping[str, Any]) -> bool:
    member = members.get(str(person.get("id") or ""))
    return member is not None and not member.asks
