"""Signing in with a browser: where to choose how, and where a browser comes back to."""

from __future__ import annotations

import secrets as random_source
from collections.abc import Mapping
from html import escape
from urllib.parse import urlencode

from shared.app.api.exchange import ApiReply, Call, name_origin
from shared.app.api.json_shapes import Schema, choice, text
from shared.app.api.pages.page_html import page, paragraph
from shared.app.api.people.admission import admit, end_former
from shared.app.api.people.browser_session import (
    HEADERS,
    name_cookie,
    place_of,
    read_cookie,
    redirect,
    set_cookie,
    write_cookie,
)
from shared.app.people.openid_offers import is_offered
from shared.app.people.proofs import take_proof
from shared.app.people.sessions import hash_browser, note_session, take_over
from shared.core.errors import NotThere
from shared.core.people.sessions import KEPT_ABSOLUTE, choose_target
from shared.integrations.systems import SIGN_INS

NEXT: Mapping[str, Schema] = {"next": text(max_length=2000, what="The page of ours to go to afterwards.")}
SHOW: Mapping[str, Schema] = {**NEXT, "again": choice("yes")}
BEGIN: Mapping[str, Schema] = {**NEXT, "keep": choice("yes")}
_BEGUN_S = 600  # how long a browser may take at the provider


def show_sign_in(call: Call) -> ApiReply:
    """Show how one can sign in. Opening the page begins nothing."""
    target = choose_target(str(call.query.get("next", "")))
    short, kept = (urlencode({"next": target, **more}) for more in ({}, {"keep": "yes"}))
    again = call.query.get("again") == "yes"
    why = "This changes who may do what, so please show once more that it is you. Nothing was changed yet."
    body = (
        (paragraph(why) if again else "")
        + paragraph("Notion says who you are. If your workspace is new here, this connects it and makes your team.")
        + f'<p><a class="act" href="/sign-in/notion?{escape(short, quote=True)}">Sign in with Notion</a></p>'
        + f'<p><a href="/sign-in/notion?{escape(kept, quote=True)}">Sign in with Notion and stay signed in on this '
        + f"device for {KEPT_ABSOLUTE.days} days</a></p>"
        + list_providers(call, target)
        + offer_mail(target)
        + paragraph("In a terminal: workwright login.", quiet=True)
    )
    return page(200, "Sign in once more" if again else "Sign in to Workwright", body, HEADERS)


def list_providers(call: Call, target: str) -> str:
    """Return the ways that the operator has set up beside, each leading on to a page of ours."""
    return "".join(
        f'<p><a class="act" href="/sign-in/by/{name}?{escape(urlencode({"next": target}), quote=True)}">'
        f"Sign in with {escape(system.title)}</a></p>"
        for name, system in SIGN_INS.items()
        if is_offered(call.deps, name)
    )


def offer_mail(target: str) -> str:
    """Return the form that asks for a link by mail, which leads on to a page of ours."""
    goal = f'<input type="hidden" name="next" value="{escape(target, quote=True)}">'
    return (
        f'<form method="post" action="/sign-in/mail">{goal}'
        '<label>Or get a link by mail<input type="email" name="address" required autocomplete="email"></label>'
        '<button name="keep" value="">Send me a link</button>'
        f'<button name="keep" value="yes">Send one and stay signed in for {KEPT_ABSOLUTE.days} days</button></form>'
    )


def begin_sign_in(call: Call) -> ApiReply:
    """Send the browser to Notion, with a cookie that ties the answer to it."""
    return _begin(call, "notion")


def begin_elsewhere(call: Call) -> ApiReply:
    """Send the browser to a provider that says who somebody is; raises NotThere for one that we do not know."""
    name = call.parts["provider"]
    if name not in SIGN_INS:
        raise NotThere(f"nobody signs in with {name!r} here", way_out="Open /sign-in; it shows the ways.")
    return _begin(call, name)


def _begin(call: Call, provider: str) -> ApiReply:
    cookie, kept = random_source.token_urlsafe(32), call.query.get("keep") == "yes"
    asked = {
        "provider": provider,
        "browser": ("k" if kept else "s") + hash_browser(cookie),
        "next": choose_target(str(call.query.get("next", ""))),
    }
    name = name_cookie(call, "sign-in")
    return redirect(
        f"{call.deps.connect_url}/start?{urlencode(asked)}", {"Set-Cookie": set_cookie(call, name, cookie, _BEGUN_S)}
    )


def finish_elsewhere(call: Call) -> ApiReply:
    """Let in who comes back from a provider, in the browser that they began in."""
    begun = read_cookie(call.request, name_cookie(call, "sign-in"))
    shown, target, kept = take_proof(call.deps, call.parts["token"], begun)
    return admit(call, shown, target, kept=kept)


def finish_sign_in(call: Call) -> ApiReply:
    """Open the session of who comes back; the one that this browser had before ends."""
    place = place_of(call)
    begun = read_cookie(call.request, name_cookie(call, "sign-in"))
    who, target = take_over(call.deps, call.parts["token"], begun, place)
    end_former(call)
    note_session(call.deps, who, "SignedIn", "browser", name_origin(call.request))
    return redirect(target, {"Set-Cookie": write_cookie(call, who)})
