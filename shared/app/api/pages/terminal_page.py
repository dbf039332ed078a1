"""The page that `workwright login` opens: its code, and every way to show who one is; who has, agrees here."""

from __future__ import annotations

from html import escape

from shared.app.api.exchange import ApiReply, Call
from shared.app.api.json_shapes import choice, shape, text
from shared.app.api.pages.forms import Form, lead
from shared.app.api.pages.page_html import page, paragraph
from shared.app.api.pages.sign_in_page import list_providers, offer_mail
from shared.app.api.people.browser_session import HEADERS, ask_again, read_session
from shared.app.people.login import Proven, agree, code_of
from shared.app.people.sessions import SignedIn
from shared.core.people.logins import TERMINAL_AT
from shared.ports.documents import tenant_settings

AGREE = shape(
    act=choice("agree"),
    form=text(max_length=64, default=""),
    required=("act",),
)
QUERY = {"other": choice("yes")}
_WARNING = "If you have not typed `workwright login` yourself, close this page: nothing happens."


def show_terminal(call: Call) -> ApiReply:
    """Show the code of a terminal, and the ways to sign in for it. Opening the page signs nobody in."""
    digest, who = call.parts["digest"], read_session(call)
    body = paragraph("Go on only if your own terminal shows this code:") + (
        f"<p><strong>{escape(code_of(digest))}</strong></p>"
    )
    target = f"{TERMINAL_AT}{digest}"
    if who is not None and call.query.get("other") != "yes" and who.session.is_fresh(call.deps.clock.now()):
        name = str(tenant_settings(call.deps.store, who.tenant).more.get("name") or who.tenant)
        body += paragraph(f"You are {who.member.name}, {who.member.role} of {name}.")
        body += Form(who, target).make("agree", "Sign in there")
        body += f'<p><a href="{target}?other=yes">Sign in as somebody else, or in another team</a></p>'
    else:
        notion = f"{call.deps.connect_url}/start?provider=notion&login={digest}"
        body += lead(notion, "Sign in with Notion") + list_providers(call, target) + offer_mail(target)
    return page(200, "Sign in to Workwright in your terminal?", body + paragraph(_WARNING, quiet=True), HEADERS)


def agree_in_session(call: Call, who: SignedIn) -> ApiReply:
    """Let the terminal sign in as who is signed in here, a short time ago."""
    if (again := ask_again(call, who)) is not None:
        return again
    member = agree(call.deps, Proven(who.tenant, who.session.person, call.parts["digest"]))
    body = paragraph(f"Your terminal goes on as {member.name}. You can close this page.")
    return page(200, "You are signed in", body, HEADERS)
