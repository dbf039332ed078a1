"""The page behind an invitation: who invites to what, and a button for who has signed in, in whatever way."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from html import escape
from urllib.parse import quote

from shared.app.api.exchange import ApiReply, Call, name_origin
from shared.app.api.json_shapes import choice, shape, text
from shared.app.api.pages.page_html import page, paragraph
from shared.app.api.people.admission import enter, find_proof
from shared.app.api.people.browser_session import (
    FORM_FIELD,
    HEADERS,
    name_cookie,
    read_cookie,
    read_session,
    refuse_foreign_form,
)
from shared.app.people.identities import Shown, find_person, identities_of
from shared.app.people.invitations import Opened, accept, open_link
from shared.app.people.login import read_login_token
from shared.app.people.membership import members_of
from shared.app.people.sessions import hash_browser, sign_form
from shared.core.errors import BadSignature, Forbidden
from shared.core.people.invitations import INVITED_AT
from shared.ports.documents import tenant_settings


@dataclass(frozen=True, slots=True)
class _Seen:
    """Who is there, what a form of theirs carries, and whether the browser stays signed in."""

    shown: Shown
    mark: str
    kept: bool


ACCEPT = shape(decision=choice("accept"), form=text(max_length=64, default=""), required=("decision",))


def show_invitation(call: Call) -> ApiReply:
    """Show who invites to what. Opening it accepts nothing: mail scanners open links too."""
    opened = open_link(call.deps, call.parts["token"])
    seen = _see(call, opened)
    if seen is None:
        return _show(call, opened, _lead(call, "Sign in to accept"))
    return _show(call, opened, _form(call, opened, seen.shown, seen.mark))


def take_invitation(call: Call) -> ApiReply:
    """Accept as who is signed in, or has just shown who they are."""
    refuse_foreign_form(call)
    opened = open_link(call.deps, call.parts["token"])
    seen = _see(call, opened)
    if seen is None or not hmac.compare_digest(call.body["form"].encode("utf-8", "replace"), seen.mark.encode()):
        raise Forbidden("the form did not come from our own page", way_out="Open the invitation again and press there.")
    return _accept(call, opened, seen.shown, kept=seen.kept)


def show_shown(call: Call) -> ApiReply:
    """Show it to who came back from Notion and is in no team yet."""
    opened = open_link(call.deps, call.parts["token"])
    return _show(call, opened, _form(call, opened, _read_shown(call, opened), ""))


def take_shown(call: Call) -> ApiReply:
    """Accept as who came back from Notion, in the browser that went there."""
    refuse_foreign_form(call)
    opened = open_link(call.deps, call.parts["token"])
    return _accept(call, opened, _read_shown(call, opened), kept=False)


def _see(call: Call, opened: Opened) -> _Seen | None:
    """Return who is there, as who is meant if they are: of who is signed in, and of what was just shown."""
    who, proof = read_session(call), find_proof(call)
    seen = []
    if who is not None:
        kept = identities_of(call.deps, who.session.person)
        shown = [Shown(each, who.member.name, known.label) for each, known in kept.items()]
        own = Shown(who.member.identity, who.member.name)
        seen += [_Seen(each, sign_form(who.cookie), who.session.kept) for each in (*shown, own)]
    if proof is not None:
        mark = sign_form(read_cookie(call.request, name_cookie(call, "proof")))
        seen.append(_Seen(proof[0], mark, proof[1]))
    meant = (each for each in seen if each.shown.identity == opened.invitation.identity)
    return next(meant, seen[0] if seen else None)


def _read_shown(call: Call, opened: Opened) -> Shown:
    """Return who came back from Notion: they ask to join this team since; raises BadSignature in another browser."""
    proven = read_login_token(call.deps, call.parts["login"])
    cookie = read_cookie(call.request, name_cookie(call, "sign-in"))
    member = members_of(call.deps, opened.tenant).people.get(proven.person)
    mine = cookie and hmac.compare_digest(hash_browser(cookie), proven.digest)
    if not mine or proven.tenant != opened.tenant or member is None:
        raise BadSignature("this sign-in is not one of this browser", way_out="Open the invitation again and sign in.")
    return Shown(member.identity, member.name)


def _accept(call: Call, opened: Opened, shown: Shown, *, kept: bool) -> ApiReply:
    member = accept(call.deps, opened, shown, name_origin(call.request))
    if member.asks:
        body = paragraph(
            f"The invitation is for {opened.invitation.to}, and you have shown that you are somebody else. "
            "The team's owners are asked to let you in."
        )
        return page(200, "The team was asked", body, HEADERS)
    return enter(call, opened.tenant, find_person(call.deps, shown.identity), "/account", kept=kept)


def _show(call: Call, opened: Opened, form: str) -> ApiReply:
    known = opened.invitation
    body = (
        paragraph(
            f"{known.by or 'Somebody'} invites {known.to} to work in {_name_team(call, opened)}, as {known.role}."
        )
        + form
        + paragraph(f"The invitation is good once, until {known.until:%d %B %Y, %H:%M} UTC.", quiet=True)
    )
    return page(200, f"An invitation to {_name_team(call, opened)}", body, HEADERS)


def _form(call: Call, opened: Opened, shown: Shown, mark: str) -> str:
    words = f"You are {shown.name}{f' ({shown.label})' if shown.label else ''}."
    hidden = f'<input type="hidden" name="{FORM_FIELD}" value="{mark}">'
    if shown.identity == opened.invitation.identity:
        button = '<button name="decision" value="accept">Join the team</button>'
        return f'{paragraph(words)}<form method="post">{hidden}{button}</form>'
    words += f" The invitation is for {opened.invitation.to}: show that this is you, or ask the team's owners."
    button = '<button name="decision" value="accept">Ask to join</button>'
    return f'{paragraph(words)}{_lead(call, "Sign in in another way")}<form method="post">{hidden}{button}</form>'


def _lead(call: Call, words: str) -> str:
    """Return the way to the sign-in, and back to the invitation."""
    target = quote(f"{INVITED_AT}{call.parts['token']}", safe="")
    return f'<p><a class="act" href="/sign-in?next={target}">{escape(words)}</a></p>'


def _name_team(call: Call, opened: Opened) -> str:
    return str(tenant_settings(call.deps.store, opened.tenant).more.get("name") or opened.tenant)
