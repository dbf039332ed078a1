"""The page of a team's people: who is there, who asks, who is invited; whom one lets in, gives a role or takes out."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from shared.app.api.exchange import ApiReply, Call, way_out
from shared.app.api.json_shapes import choice, shape, text
from shared.app.api.pages.forms import BACK, Form, choose_option, hide, lead, lead_back, lead_to_sign_in
from shared.app.api.pages.page_html import page, paragraph
from shared.app.api.people import invitation_routes as inviting
from shared.app.api.people import team
from shared.app.api.people.browser_session import HEADERS, ask_again, redirect
from shared.app.api.people.session_calls import call_as, may
from shared.app.people.sessions import SignedIn
from shared.core.errors import Conflicting, MalformedRequest
from shared.core.people.members import ROLES
from shared.core.text.sentence import make_sentence
from shared.ports.documents import tenant_settings

TEAM = "/team"
_MANAGE = "members.manage"
CHANGE = shape(
    act=choice("invite", "resend", "revoke", "role", "remove", "remove-sure"),
    address=text(max_length=254, default=""),
    role={**choice("", *ROLES), "default": ""},
    member=text("^(p-[0-9a-f]{24})?$", default=""),
    invitation=text("^(inv-[0-9a-f]{24})?$", default=""),
    back=BACK,
    form=text(max_length=64, default=""),
    required=("act",),
)
_ROLES = (
    "A viewer looks on. A member also asks for work and decides. An admin also handles people and keys. An owner may "
    "do everything."
)


def show_team(call: Call, who: SignedIn) -> ApiReply:
    """Show the people of the team, and what one may do about them."""
    return _show(call, who)


def change_team(call: Call, who: SignedIn) -> ApiReply:
    """Invite somebody, let them in, give them a role or take them out; what is refused is said above what was typed."""
    if (again := ask_again(call, who)) is not None:
        return again
    act, member = call.body["act"], {"member": call.body["member"]}
    try:
        if act in ("invite", "resend", "revoke"):
            return _change_invitations(call, who)
        if act == "remove":
            return _ask_to_remove(call, who)
        if act == "role":
            given = {"role": call.body["role"]}
            call_as(call, who, _MANAGE, team.change_member, given, parts=member, takes=team.CHANGE)
        else:
            call_as(call, who, _MANAGE, team.remove_member, parts=member)
    except (Conflicting, MalformedRequest) as error:
        return _show(call, who, f"{make_sentence(str(error))} {way_out(error)}", error.status)
    return redirect(TEAM)


def offer_invitation(call: Call, who: SignedIn, back: str = "") -> str:
    """Return the form to invite somebody by mail; where that cannot be, what to do instead."""
    if not may(who, _MANAGE):
        return paragraph("Owners and admins invite people.", quiet=True)
    if not who.session.is_fresh(call.deps.clock.now()):
        return lead_to_sign_in(back or TEAM, "Show once more that it is you, to invite somebody or change a role")
    typed = call.body.get("address", "") if call.body.get("act") == "invite" else ""
    fields = (
        f'<label>A mail address<input type="email" name="address" value="{escape(typed, quote=True)}" required></label>'
        f"<label>Role{_choose_role(who, call.body.get('role') or 'member')}</label>"
    )
    return Form(who, TEAM, back).make("invite", "Invite", fields)


def list_invited(call: Call, who: SignedIn) -> list[Mapping[str, Any]]:
    """Return the open invitations, for who may see them."""
    if not may(who, _MANAGE):
        return []
    return list(call_as(call, who, _MANAGE, inviting.list_invitations)["invitations"])


def _change_invitations(call: Call, who: SignedIn) -> ApiReply:
    act, name, back = call.body["act"], {"invitation": call.body["invitation"]}, call.body["back"]
    if act == "revoke":
        call_as(call, who, _MANAGE, inviting.revoke_invitation, parts=name)
        return redirect(back or TEAM)
    if act == "invite":
        given = {"address": call.body["address"], "role": call.body["role"] or "member"}
        made = call_as(call, who, _MANAGE, inviting.invite, given, takes=inviting.INVITE)
    else:
        made = call_as(call, who, _MANAGE, inviting.resend_invitation, parts=name)
    body = (
        paragraph(f"{made['to']} is invited as {made['role']}, and gets a mail with the link. It is good for a week.")
        + paragraph("You may also give them the link yourself; it is shown only now:")
        + f"<pre>{escape(made['link'])}</pre>"
        + lead_back(back or TEAM)
    )
    return page(200, "Invited", body, HEADERS)


def _ask_to_remove(call: Call, who: SignedIn) -> ApiReply:
    found = call_as(call, who, "members.read", team.list_members)["members"]
    member = next((each for each in found if each["id"] == call.body["member"]), None)
    if member is None:
        raise Conflicting("this person is not in the team any more", way_out="There is nothing you need to do.")
    says = (
        "Their sessions, keys and the invitations that they made end at once. What waits for them is the owners' then."
    )
    body = (
        paragraph(says)
        + Form(who, TEAM).make("remove-sure", f"Take {member['name']} out", hide("member", member["id"]))
        + lead_back(TEAM)
    )
    return page(200, f"Take {member['name']} out of the team?", body, HEADERS)


def _show(call: Call, who: SignedIn, problem: str = "", status: int = 200) -> ApiReply:
    found = call_as(call, who, "members.read", team.list_members)["members"]
    inside, asking = ([each for each in found if bool(each["asks"]) == asks] for asks in (False, True))
    body = f'<p role="alert"><strong>{escape(problem)}</strong></p>' if problem else ""
    body += "".join(
        f"<h2>{title}</h2><ul>{''.join(lines)}</ul>"
        for title, lines in (
            ("Who asks to join", [_line_of_asker(call, who, each) for each in asking]),
            ("In the team", [_line_of_member(call, who, each) for each in inside]),
            ("Invited", [_line_of_invited(call, who, each) for each in list_invited(call, who)]),
        )
        if lines
    )
    body += f"<h2>Invite somebody</h2>{offer_invitation(call, who)}{paragraph(_ROLES, quiet=True)}"
    body += lead("/account", "Your account")
    name = str(tenant_settings(call.deps.store, who.tenant).more.get("name") or "")
    return page(status, f"The people of {name or 'your team'}", body, HEADERS)


def _line_of_member(call: Call, who: SignedIn, member: Mapping[str, Any]) -> str:
    words = escape(f"{member['name']}, {member['role']}{' (you)' if member['you'] else ''}")
    if member["you"] or not _may_change(call, who, member["role"]):
        return f"<li>{words}</li>"
    named = hide("member", member["id"])
    role = Form(who, TEAM).make("role", "Change the role", named + _choose_role(who, member["role"]))
    return f"<li>{words}<div>{role}{Form(who, TEAM).make('remove', 'Take out', named)}</div></li>"


def _line_of_asker(call: Call, who: SignedIn, member: Mapping[str, Any]) -> str:
    note = f", {member['note']}" if member["note"] else ""
    words = escape(f"{member['name']}{note}")
    if not _may_change(call, who, ""):
        return f"<li>{words}</li>"
    named = hide("member", member["id"])
    role = Form(who, TEAM).make("role", "Let in", named + _choose_role(who, "member"))
    return f"<li>{words}<div>{role}{Form(who, TEAM).make('remove-sure', 'Refuse', named)}</div></li>"


def _line_of_invited(call: Call, who: SignedIn, known: Mapping[str, Any]) -> str:
    words = escape(f"{known['to']} as {known['role']}, until {known['until'][:10]}")
    if not _may_change(call, who, known["role"]):
        return f"<li>{words}</li>"
    named, form = hide("invitation", known["id"]), Form(who, TEAM)
    buttons = form.make("resend", "Send again", named) + form.make("revoke", "Take back", named)
    return f"<li>{words}<div>{buttons}</div></li>"


def _may_change(call: Call, who: SignedIn, role: str) -> bool:
    beyond = bool(role) and ROLES.index(role) < ROLES.index(who.member.role)
    return may(who, _MANAGE) and not beyond and who.session.is_fresh(call.deps.clock.now())


def _choose_role(who: SignedIn, chosen: str) -> str:
    """Return the choice of the roles that one may give: one's own and those below."""
    return choose_option("role", ROLES[ROLES.index(who.member.role) :], chosen)
