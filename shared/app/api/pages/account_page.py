"""The page about oneself: who one is here, where one is signed in, and how to end that."""

from __future__ import annotations

from collections.abc import Collection
from html import escape

from shared.app.api.exchange import ApiReply, Call, name_origin
from shared.app.api.json_shapes import choice, shape, text
from shared.app.api.pages.mail_link_page import send_to
from shared.app.api.pages.page_html import page, paragraph
from shared.app.api.people.admission import find_proof
from shared.app.api.people.browser_session import HEADERS, ask_again, hidden_field, name_cookie, redirect, set_cookie
from shared.app.people.first_steps import find_steps
from shared.app.people.identities import identities_of, is_first, link_identity, name_way, teams_of, unlink_identity
from shared.app.people.linking import list_accounts, make_code, unlink
from shared.app.people.membership import end_sessions
from shared.app.people.openid_offers import is_offered
from shared.app.people.sessions import SignedIn, end_session, list_sessions, note_session
from shared.core.errors import Conflicting
from shared.core.people.actor import Acting
from shared.core.people.linked_accounts import show_code
from shared.core.people.sessions import HOME, Session, name_browser
from shared.integrations.systems import SIGN_INS
from shared.ports.documents import tenant_settings

CHANGE = shape(
    act=choice("sign-out", "end", "end-all", "add-mail", "add-shown", "drop-identity", "slack-code", "slack-unlink"),
    address=text(max_length=254, default=""),
    identity=text("^[a-z]{1,40}:[0-9A-Za-z_-]{1,200}$|^$", default=""),
    session=text("^[0-9a-f]{12}$|^$", default=""),
    form=text(max_length=64, default=""),
    required=("act",),
)


def show_account(call: Call, who: SignedIn, code: str = "") -> ApiReply:
    """Show who is signed in, and where; and a code to type in Slack, where one was just made."""
    team = _name_team(call, who.tenant)
    sessions = list_sessions(call.deps, who.tenant, who.session.person)
    body = (
        paragraph(f"You are {who.member.name}, {who.member.role} of {team}.")
        + _lead_on(call, who)
        + '<p><a href="/team">The people of your team</a> · <a href="/told">How you are told</a></p>'
        + _list_ways(call, who)
        + "<h2>Where you are signed in</h2><ul>"
        + "".join(_line(each, who) for each in sessions)
        + "</ul>"
        + _show_slack(call, who, code)
        + _form(who, "sign-out", "Sign out here")
        + _form(who, "end-all", "Sign out everywhere")
        + paragraph(f"In a terminal: workwright login --url {call.deps.public_url}", quiet=True)
    )
    return page(200, "Your account", body, HEADERS)


def change_account(call: Call, who: SignedIn) -> ApiReply:
    """Sign out here or everywhere, end one session, or change the ways to sign in."""
    act, person = call.body["act"], who.session.person
    if act in ("add-mail", "add-shown", "drop-identity"):
        return ask_again(call, who) or _change_ways(call, who)
    if act == "slack-code":
        again = ask_again(call, who)  # whose account it is there decides in their name
        return again or show_account(call, who, show_code(make_code(call.deps, who.tenant, person)))
    if act == "slack-unlink":
        unlink(call.deps, who.tenant, person, Acting(who.actor, name_origin(call.request)))
        return redirect("/account")
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


def _change_ways(call: Call, who: SignedIn) -> ApiReply:
    """Add a mail address, which has to show that it is theirs first, or take a way to sign in away."""
    if call.body["act"] == "add-mail":
        return send_to(call, call.body["address"], HOME, who=who)
    if call.body["act"] == "add-shown":
        return _add_shown(call, who)
    unlink_identity(call.deps, who.session.person, call.body["identity"])
    about = f"identity {name_way(call.body['identity'])}"
    note_session(call.deps, who, "IdentityRemoved", about, name_origin(call.request))
    return redirect(HOME)


def _show_slack(call: Call, who: SignedIn, code: str) -> str:
    """Say which account in Slack is theirs, and how one is linked."""
    accounts = list_accounts(call.deps, who.tenant, who.session.person)
    names = ", ".join(each.rpartition(".")[2] for each in accounts)
    says = f"Your account in Slack is {names}." if accounts else "No account in Slack is linked with you."
    if code:
        says = f"Type in Slack, within ten minutes: /workwright link {code}"
    forms = _form(who, "slack-code", "Get a code for Slack") + (
        _form(who, "slack-unlink", "Unlink Slack") if accounts else ""
    )
    return "<h2>Slack</h2>" + paragraph(says) + forms


def _add_shown(call: Call, who: SignedIn) -> ApiReply:
    proof = find_proof(call)
    if proof is None:
        raise Conflicting("what you had shown is too long ago", way_out="Show it once more, and press again.")
    link_identity(call.deps, who.session.person, who.tenant, proof[0])
    about = f"identity {name_way(proof[0].identity)}, {proof[0].label}"
    note_session(call.deps, who, "IdentityAdded", about, name_origin(call.request))
    return redirect(HOME, {"Set-Cookie": set_cookie(call, name_cookie(call, "proof"), "", 0)})


def _offer_ways(call: Call, who: SignedIn, known: Collection[str]) -> str:
    """Return how one adds a way: by mail, by a provider, or what this browser has shown a moment ago."""
    field = '<label>A mail address<input type="email" name="address"></label>'
    offers = _form(who, "add-mail", "Add this address", field)
    proof = find_proof(call)
    if proof is not None and proof[0].identity not in known:
        words = f"Add {name_way(proof[0].identity)}, {proof[0].label}"
        offers = _form(who, "add-shown", escape(words)) + offers
    for name, system in SIGN_INS.items():
        if is_offered(call.deps, name):
            offers += f'<p><a href="/sign-in/by/{name}?next=%2Faccount">Add {escape(system.title)}</a></p>'
    return offers


def _lead_on(call: Call, who: SignedIn) -> str:
    if all(step.is_over for step in find_steps(call.deps, who.tenant, who.session.person)):
        return ""
    return '<p><a class="act" href="/setup">Set up your team</a></p>'


def _list_ways(call: Call, who: SignedIn) -> str:
    person = who.session.person
    known = {who.member.identity: "", **{each: kept.label for each, kept in identities_of(call.deps, person).items()}}
    lines = "".join(_line_way(each, label, who) for each, label in known.items())
    others = [_name_team(call, each) for each in teams_of(call.deps, person) if each != who.tenant]
    teams = paragraph(f"You are also in {', '.join(others)}.", quiet=True) if others else ""
    return f"{teams}<h2>How you sign in</h2><ul>{lines}</ul>{_offer_ways(call, who, known)}"


def _line_way(identity: str, label: str, who: SignedIn) -> str:
    words = escape(", ".join(filter(None, (name_way(identity), label))))
    if is_first(identity, who.session.person):
        return f"<li>{words}</li>"
    field = f'<input type="hidden" name="identity" value="{escape(identity, quote=True)}">'
    return f"<li>{words}{_form(who, 'drop-identity', 'Remove', field)}</li>"


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
