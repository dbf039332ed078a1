"""Invitations over the API: listed, made, sent again, revoked; and whom of the Notion workspace one may invite."""

from __future__ import annotations

from typing import Any

from shared.app.api.exchange import FORM, ApiReply, Call
from shared.app.api.json_shapes import FLAG, TIME, choice, listing, members, shape, text
from shared.app.api.keys import refuse_above
from shared.app.api.pages import invitation_page
from shared.app.api.route import Route
from shared.app.people import invitations as cases
from shared.app.people.identities import find_person
from shared.app.people.invitations import Whom
from shared.app.people.membership import members_of
from shared.core.errors import Conflicting, IntegrationError, MalformedRequest, NotThere
from shared.core.people.identities import clean_address, mail_identity
from shared.core.people.invitations import Invitation
from shared.core.people.members import ROLES
from shared.integrations.notion.client.client import Notion
from shared.integrations.notion.client.wire import normal_id

_INVITATION = {
    "id": text(),
    "to": text(what="The mail address, or the name in Notion."),
    "way": choice("mail", "notion"),
    "role": text(),
    "by": text(),
    "at": TIME,
    "until": TIME,
}
VIEWS = {
    "Invitation": members(**_INVITATION),
    "Invitations": listing("invitations", "Invitation", paged=False),
    "InvitationSent": members(**_INVITATION, link=text(what="Where it is accepted; it is shown only this once.")),
    "InvitationRevoked": members(revoked=text(), to=text(), role=text()),
    "NotionPerson": members(
        id=text(), name=text(), mail=text(what="Empty where Notion does not tell it."), member=FLAG
    ),
    "NotionPeople": listing("people", "NotionPerson", paged=False),
}


def list_invitations(call: Call) -> ApiReply:
    """Return the invitations that are open."""
    known = cases.invitations_of(call.deps, call.tenant)
    order = sorted(known.items(), key=lambda each: (each[1].at, each[0]))
    return ApiReply(body={"invitations": [_view(name, each) for name, each in order]})


def invite(call: Call) -> ApiReply:
    """Invite somebody by a mail address, or a person of the Notion workspace; the link goes to their address."""
    refuse_above(call.who, call.body["role"])
    given, notion = call.body.get("address", ""), call.body.get("notion", "")
    if bool(given) == bool(notion):
        raise MalformedRequest("give the field 'address' or the field 'notion'", way_out="Name one person, one way.")
    if given:
        address = clean_address(given)
        whom = Whom(address, mail_identity(address), address)
    else:
        whom = _find_notion_person(call, normal_id(notion))
        if members_of(call.deps, call.tenant).role_of(find_person(call.deps, whom.identity)):
            raise Conflicting(f"{whom.to} is in your team already", way_out="GET /v1/members lists its people.")
    name, link = cases.invite(call.deps, call.tenant, whom, call.body["role"], call.who.name, call.who.person)
    return ApiReply(201, {**_view(name, cases.invitations_of(call.deps, call.tenant)[name]), "link": link})


def resend_invitation(call: Call) -> ApiReply:
    """Send an invitation again, for another week; the link before is worth nothing from now on."""
    name = call.parts["invitation"]
    refuse_above(call.who, _find(call, name).role)
    link = cases.send_again(call.deps, call.tenant, name)
    return ApiReply(201, {**_view(name, _find(call, name)), "link": link})


def revoke_invitation(call: Call) -> ApiReply:
    """Revoke an invitation; its link is worth nothing from now on."""
    name = call.parts["invitation"]
    gone = _find(call, name)
    refuse_above(call.who, gone.role)
    cases.revoke_invitation(call.deps, call.tenant, name)
    return ApiReply(body={"revoked": name, "to": gone.to, "role": gone.role})


def list_notion_people(call: Call) -> ApiReply:
    """Return the people of the Notion workspace, guests excepted, and whether each is in the team."""
    known = members_of(call.deps, call.tenant)
    people = [
        {
            "id": user,
            "name": name,
            "mail": mail,
            "member": bool(known.role_of(find_person(call.deps, f"notion:{user}"))),
        }
        for user, name, mail in _read_people(call)
    ]
    return ApiReply(body={"people": people})


def _find_notion_person(call: Call, user: str) -> Whom:
    found = next((each for each in _read_people(call) if normal_id(each[0]) == user), None)
    if found is None:
        raise NotThere("Notion names no such person", way_out="GET /v1/notion-people lists those whom it names.")
    return Whom(found[1], identity=f"notion:{found[0]}", send_to=found[2])


def _read_people(call: Call) -> list[tuple[str, str, str]]:
    """Return id, name and address ("" where Notion does not tell it) of each person; raises Conflicting."""
    try:
        users = call.tools().accounts.connect_for(call.tenant)(Notion).users()
    except IntegrationError as error:
        raise Conflicting(f"Notion does not tell who is there: {error}", way_out="Invite by mail.") from error
    people = [each for each in users if each.get("type") == "person"]
    return [
        (str(each["id"]), str(each.get("name") or "Somebody")[:80], str(each["person"].get("email") or "").casefold())
        for each in people
    ]


def _find(call: Call, name: str) -> Invitation:
    known = cases.invitations_of(call.deps, call.tenant).get(name)
    if known is None:
        raise NotThere(f"there is no open invitation {name!r}", way_out="GET /v1/invitations lists the open ones.")
    return known


def _view(name: str, known: Invitation) -> dict[str, Any]:
    return {
        "id": name,
        "to": known.to,
        "way": known.identity.partition(":")[0],
        "role": known.role,
        "by": known.by,
        "at": known.at.isoformat(),
        "until": known.until.isoformat(),
    }


_WHOM = {
    "address": text(max_length=254, what="The mail address to invite."),
    "notion": text(
        "^[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12}$",
        what="Instead of an address: the id of a person of your Notion workspace.",
    ),
}
INVITE = shape(**_WHOM, role=choice(*ROLES), required=("role",))
INVITATION_ROUTES: tuple[Route, ...] = (
    Route(
        "GET", "/v1/invitations", "members.manage", list_invitations, "List the open invitations", "Invitations",
    ),
    Route(
        "POST", "/v1/invitations", "members.manage", invite, "Invite somebody", "InvitationSent",
        body=INVITE, status=201, errors=(404, 409),
    ),
    Route(
        "POST", "/v1/invitations/{invitation}/resend", "members.manage", resend_invitation,
        "Send an invitation again", "InvitationSent", body=shape(), status=201,
    ),
    Route(
        "DELETE", "/v1/invitations/{invitation}", "members.manage", revoke_invitation, "Revoke an invitation",
        "InvitationRevoked",
    ),
    Route(
        "GET", "/v1/notion-people", "members.manage", list_notion_people, "List the people of the Notion workspace",
        "NotionPeople", errors=(409,),
    ),
    Route(
        "GET", "/invitations/{token}", "login link", invitation_page.show_invitation, "Show an invitation", "html",
        errors=(401, 409),
    ),
    Route(
        "POST", "/invitations/{token}", "login link", invitation_page.take_invitation, "Accept an invitation", "html",
        body=invitation_page.ACCEPT, body_type=FORM, status=303, errors=(400, 401, 403, 404, 409, 413, 415),
    ),
    Route(
        "GET", "/invitations/{token}/{login}", "login link", invitation_page.show_shown,
        "Show an invitation to who has shown who they are", "html", errors=(401, 409),
    ),
    Route(
        "POST", "/invitations/{token}/{login}", "login link", invitation_page.take_shown,
        "Accept an invitation as who has shown who they are", "html", body=invitation_page.ACCEPT, body_type=FORM,
        status=303, errors=(400, 401, 403, 404, 409, 413, 415),
    ),
)  # fmt: skip
