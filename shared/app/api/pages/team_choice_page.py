"""Which team, for who is in several; and what to do, for who is in none."""

from __future__ import annotations

from html import escape

from shared.app.api.exchange import ApiReply, Call
from shared.app.api.json_shapes import shape, text
from shared.app.api.pages.page_html import page, paragraph
from shared.app.api.pages.sign_in_page import NEXT
from shared.app.api.people.admission import enter, find_proof
from shared.app.api.people.browser_session import HEADERS, redirect, refuse_foreign_form
from shared.app.people.identities import find_person, teams_of
from shared.core.errors import Conflicting
from shared.core.people.sessions import HOME, choose_target
from shared.ports.documents import tenant_settings

CHOOSE = shape(team=text("^[0-9A-Za-z-]{1,64}$"), next=text(max_length=2000, default=""), required=("team",))
QUERY = NEXT


def show_teams(call: Call) -> ApiReply:
    """Show the teams of who has shown who they are."""
    proof, target = find_proof(call), choose_target(str(call.query.get("next", "")))
    if proof is None:
        return redirect("/sign-in")
    shown, _ = proof
    teams = teams_of(call.deps, find_person(call.deps, shown.identity))
    if not teams:
        return _say_none(shown.label or shown.name, target)
    goal = f'<input type="hidden" name="next" value="{escape(target, quote=True)}">'
    buttons = "".join(
        f'<p><button name="team" value="{escape(each, quote=True)}">{escape(_name(call, each))}</button></p>'
        for each in teams
    )
    return page(200, "Which team?", f'<form method="post" action="/sign-in/team">{goal}{buttons}</form>', HEADERS)


def choose_team(call: Call) -> ApiReply:
    """Sign in to a team of one's own."""
    refuse_foreign_form(call)
    proof = find_proof(call)
    if proof is None:
        return redirect("/sign-in")
    (shown, kept), team = proof, call.body["team"]
    person = find_person(call.deps, shown.identity)
    if team not in teams_of(call.deps, person):
        raise Conflicting("you are not in this team, or not yet", way_out="Ask one of its owners to let you in.")
    return enter(call, team, person, choose_target(call.body["next"]), kept=kept)


def _say_none(known_by: str, target: str) -> ApiReply:
    body = (
        paragraph(f"You have shown that you are {known_by}, and no team knows you by that yet.")
        + "<ul><li>Ask an owner of your team to invite you.</li>"
        + "<li>If you are in a team already, sign in as you did before, and add this way on your account page.</li>"
        + '<li>A new team begins with <a href="/sign-in">Sign in with Notion</a>.</li></ul>'
    )
    if target != HOME:
        body += f'<p><a class="act" href="{escape(target, quote=True)}">Go on to where you were going</a></p>'
    return page(200, "You are in no team yet", body, HEADERS)


def _name(call: Call, tenant: str) -> str:
    return str(tenant_settings(call.deps.store, tenant).more.get("name") or tenant)
