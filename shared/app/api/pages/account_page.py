"""The page about oneself: who one is here, where one is signed in, and how to end that."""

from __future__ import annotations

from html import escape

from shared.app.api.audited import name_origin
from shared.app.api.exchange import ApiReply, Call
from shared.app.api.json_shapes import choice, shape, text
from shared.app.api.pages.page_html import page, paragraph
from shared.app.api.people.browser_session import HEADERS, hidden_field, name_cookie, redirect, set_cookie
from shared.app.people.first_steps import find_steps
from shared.app.people.identities import identities_of, name_way, teams_of
from shared.app.people.membership import end_sessions
from shared.app.people.sessions import SignedIn, end_session, list_sessions, note_session
from shared.core.people.sessions import Session, name_browser
from shared.ports.documents import tenant_settings

CHANGE = shape(
    act=choice("sign-out", "end", "end-all"),
    session=text("^[0-9a-f]{12}$|^$", default=""),
    form=text(max_length=64, default=""),
    required=("act",),
)


def show_account(call: Call, who: SignedIn) -> ApiReply:
    """Show who is signed in, and where."""
    team = _name_team(call, who.tenant)
    sessions = list_sessions(call.deps, who.tenant, who.session.person)
    body = (
        paragraph(f"You are {who.member.name}, {who.member.role} of {team}.")
        + _lead_on(call, who)
        + _list_ways(call, who)
        + "<h2>Where you are signed in</h2><ul>"
        + "".join(_line(each, who) for each in sessions)
        + "</ul>"
        + _form(who, "sign-out", "Sign out here")
        + _form(who, "end-all", "Sign out everywhere")
        + paragraph(f"In a terminal: workwright login --url {call.deps.public_url}", quiet=True)
    )
    return page(200, "Your account", body, HEADERS)


def change_account(call: Call, who: SignedIn) -> ApiReply:
    """Sign out here or everywhere, or end one session."""
    act, person = call.body["act"], who.session.person
    if act == "end" and call.body["session"] != who.session.id:
        end_session(call.deps, who.tenant, person, call.body["session"])
        note_session(call.deps, who, "SessionEnded", call.body["session"], name_origin(call.request))
        return redirect("/account")
    if act == "end-all":
        end_sessions(call.deps, who.tenant, person)
    else:
        end_session(call.deps, who.tenant, person, who.session.id)
    note_session(
        call.deps, who, "SignedOut", "everywhere" if act == "end-all" else "browser", name_origin(call.request)
    )
    return redirect("/sign-in", {"Set-Cookie": set_cookie(call, name_cookie(call), "", 0)})


def _lead_on(call: Call, who: SignedIn) -> str:
    if all(step.is_over for step in find_steps(call.deps, who.tenant)):
        return ""
    return '<p><a class="act" href="/setup">Set up your team</a></p>'


def _list_ways(call: Call, who: SignedIn) -> str:
    person = who.session.person
    known = {who.member.identity: "", **{each: kept.label for each, kept in identities_of(call.deps, person).items()}}
    words = [", ".join(filter(None, (name_way(each), label))) for each, label in known.items()]
    others = [_name_team(call, each) for each in teams_of(call.deps, person) if each != who.tenant]
    teams = paragraph(f"You are also in {', '.join(others)}.", quiet=True) if others else ""
    return teams + "<h2>How you sign in</h2><ul>" + "".join(f"<li>{escape(each)}</li>" for each in words) + "</ul>"


def _name_team(call: Call, tenant: str) -> str:
    return str(tenant_settings(call.deps.store, tenant).more.get("name") or tenant)


def _line(session: Session, who: SignedIn) -> str:
    here = session.id == who.session.id
    where = f"{name_browser(session.browser)} at {session.address or 'an unknown address'}"
    words = f"{where}, last used {session.seen_at:%d %B %Y, %H:%M} UTC"
    field = f'<input type="hidden" name="session" value="{session.id}">'
    return f"<li>{escape(words)}{' (here)' if here else _form(who, 'end', 'End', field)}</li>"


def _form(who: SignedIn, act: str, words: str, more: str = "") -> str:
    field = hidden_field(who) + more
    return f'<form method="post" action="/account">{field}<button name="act" value="{act}">{words}</button></form>'
