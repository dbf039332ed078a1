"""A team's people over the API: who is there, who asks to join, what each may do; and who is asking right now."""

from __future__ import annotations

from typing import Any

from shared.app.api.exchange import ApiReply, Call
from shared.app.api.json_shapes import FLAG, TIME, array, choice, members, shape, text
from shared.app.api.keys import refuse_above
from shared.app.people import membership
from shared.core.errors import Conflicting
from shared.core.people.members import ROLES, Member, find_member
from shared.ports.documents import tenant_settings

CHANGE = shape(role=choice(*ROLES), required=("role",))
_MEMBER = members(
    id=text(),
    name=text(),
    role=text(what="owner, admin, member or viewer; empty for somebody who asks to join."),
    asks=FLAG,
    since=TIME,
    by=text(what="Who let them in, or changed their role last."),
    note=text(what="How somebody came who asks, where that is worth knowing; else empty."),
    you=FLAG,
)
VIEWS = {
    "Members": members(members=array(_MEMBER)),
    "Member": _MEMBER,
    "MemberRemoved": members(removed=text()),
    "WhoAmI": members(
        tenant=text(),
        team=text(what="What the team is called."),
        person=text(what="The person whose key this is; empty for a program's."),
        name=text(),
        role=text(),
        key=text(what="The id of the key."),
        account=text(what="The service account whose key this is; empty for a person's."),
        scopes=array(text(), "What the key is for."),
    ),
}


def list_members(call: Call) -> ApiReply:
    """Return the people of the team, owners first, then those who ask to join."""
    people = membership.members_of(call.deps, call.tenant).people
    order = sorted(people.items(), key=lambda each: (_rank(each[1]), each[1].name, each[0]))
    return ApiReply(body={"members": [_view(call, person, member) for person, member in order]})


def change_member(call: Call) -> ApiReply:
    """Let somebody in who asks to join, or give a member another role."""
    person, role = call.parts["member"], call.body["role"]
    _refuse_beyond(call, person)
    refuse_above(call.who, role)
    member = membership.give_role(call.deps, call.tenant, person, role, call.acting)
    return ApiReply(body=_view(call, person, member))


def remove_member(call: Call) -> ApiReply:
    """Take somebody out of the team, or refuse to let them in."""
    person = call.parts["member"]
    _refuse_beyond(call, person)
    membership.take_out(call.deps, call.tenant, person, call.acting)
    return ApiReply(body={"removed": person})


def leave_team(call: Call) -> ApiReply:
    """Leave the team: the caller's own keys end."""
    if not call.who.person:
        raise Conflicting(
            "this key belongs to no person, so nobody can leave with it", way_out="Sign in with: workwright login"
        )
    membership.take_out(call.deps, call.tenant, call.who.person, call.acting)
    return ApiReply(body={"removed": call.who.person})


def tell_whose_key(call: Call) -> ApiReply:
    """Return whose key this is, and what it may do."""
    settings = tenant_settings(call.deps.store, call.tenant)
    who = call.who
    body = {"tenant": call.tenant, "team": str(settings.more.get("name") or ""), "person": who.person}
    held = {"key": who.key, "account": who.account, "scopes": list(who.scopes)}
    return ApiReply(body={**body, "name": who.name, "role": who.role, **held})


def _refuse_beyond(call: Call, person: str) -> None:
    """Raise Forbidden for somebody who may do more than the caller, NotThere for nobody."""
    member = find_member(membership.members_of(call.deps, call.tenant), person)
    if member.role:
        refuse_above(call.who, member.role)


def _rank(member: Member) -> int:
    return ROLES.index(member.role) if member.role else len(ROLES)


def _view(call: Call, person: str, member: Member) -> dict[str, Any]:
    return {
        "id": person,
        "name": member.name,
        "role": member.role,
        "asks": member.asks,
        "since": member.since.isoformat(),
        "by": member.by,
        "note": member.note,
        "you": person == call.who.person,
    }
