"""Signing in with a link by mail: ask for it, open it, press. Opening it changes nothing: scanners open links."""

from __future__ import annotations

import secrets as random_source

from shared.app.api.exchange import ApiReply, Call, name_origin
from shared.app.api.json_shapes import choice, shape, text
from shared.app.api.pages.page_html import page, paragraph
from shared.app.api.people.admission import admit
from shared.app.api.people.browser_session import (
    HEADERS,
    find_remote,
    name_cookie,
    read_cookie,
    read_session,
    redirect,
    refuse_foreign_form,
    set_cookie,
)
from shared.app.people.identities import Shown, link_identity
from shared.app.people.mail_links import ask_for_link, find_link, is_asker, spend_link
from shared.app.people.sessions import SignedIn, hash_browser, note_session
from shared.core.errors import Conflicting
from shared.core.people.identities import clean_address, mail_identity
from shared.core.people.mail_links import LINK_LIFETIME, MailLink
from shared.core.people.sessions import HOME, choose_target

ASK = shape(
    address=text(max_length=254, what="Where the link goes to."),
    next=text(max_length=2000, default="", what="The page of ours to go to afterwards."),
    keep=choice("", "yes"),
    required=("address",),
)
PRESS = shape(act=choice("sign-in"), required=("act",))
_MINUTES = int(LINK_LIFETIME.total_seconds() // 60)


def ask_by_mail(call: Call) -> ApiReply:
    """Send a link to an address. The answer and the work are the same whoever reads its mail."""
    refuse_foreign_form(call)
    return send_to(call, call.body["address"], choose_target(call.body["next"]), kept=call.body.get("keep") == "yes")


def send_to(call: Call, address: str, target: str, *, kept: bool = False, who: SignedIn | None = None) -> ApiReply:
    """Have a link sent, and tie it to this browser; `who` is signed in and adds the address to their ways in."""
    cookie, known = random_source.token_urlsafe(32), clean_address(address)
    person, tenant = (who.session.person, who.tenant) if who is not None else ("", "")
    link = MailLink(known, hash_browser(cookie), call.deps.clock.now(), target, kept, person, tenant)
    ask_for_link(call.deps, link, find_remote(call))
    body = paragraph(
        f"A link is on its way to {known}. Open it in this browser within {_MINUTES} minutes, and press the button."
    ) + paragraph(
        "If none comes, look among what your mail takes for spam, or sign in another way: not every installation of"
        " Workwright sends mail.",
        quiet=True,
    )
    shown = set_cookie(call, name_cookie(call, "mail"), cookie, int(LINK_LIFETIME.total_seconds()))
    return page(200, "Look into your mail", body, {**HEADERS, "Set-Cookie": shown})


def show_mail_link(call: Call) -> ApiReply:
    """Show what the link is for, and a button where it counts."""
    link = find_link(call.deps, call.parts["token"])
    if not is_asker(link, read_cookie(call.request, name_cookie(call, "mail"))):
        body = paragraph(
            "This link counts only in the browser in which it was asked for. Open it there, or ask for a new one here."
        )
        return page(200, "You are in another browser", body + '<p><a href="/sign-in">Sign in</a></p>', HEADERS)
    words = "Add it" if link.person else "Sign in"
    body = (
        paragraph(f"You read the mail of {link.address}.")
        + f'<form method="post"><button name="act" value="sign-in">{words}</button></form>'
    )
    return page(200, "Add this address?" if link.person else "Sign in to Workwright?", body, HEADERS)


def take_mail_link(call: Call) -> ApiReply:
    """Sign in who pressed, or add the address to their ways in; the link is worth nothing from now on."""
    refuse_foreign_form(call)
    link = spend_link(call.deps, call.parts["token"], read_cookie(call.request, name_cookie(call, "mail")))
    shown = Shown(mail_identity(link.address), link.address.partition("@")[0], link.address)
    if not link.person:
        return admit(call, shown, link.target or HOME, kept=link.kept)
    who = read_session(call)
    if who is None or (who.session.person, who.tenant) != (link.person, link.tenant):
        raise Conflicting("you are not signed in any more as who asked for it", way_out="Sign in, and add it again.")
    link_identity(call.deps, link.person, link.tenant, shown)
    note_session(call.deps, who, "IdentityAdded", f"mail, {link.address}", name_origin(call.request))
    return redirect(HOME)
