"""The pages after Notion has said who is there: agree that a terminal signs in, or hear that the owners were asked."""

from __future__ import annotations

from html import escape

from shared.app.api.exchange import ApiReply, Call
from shared.app.api.pages.approval_page import HEADERS, refuse_foreign
from shared.app.api.pages.page_html import page, paragraph
from shared.app.people.login import Proven, agree, code_of, member_now, read_login_token
from shared.ports.documents import tenant_settings


def show_login(call: Call) -> ApiReply:
    """Ask whether the terminal is theirs. Opening the address signs nobody in."""
    proven = read_login_token(call.deps, call.parts["token"])
    member = member_now(call.deps, proven)
    body = (
        paragraph(f"You are {member.name}, {member.role} of {_team(call, proven)}.")
        + paragraph("Go on only if your own terminal shows this code:")
        + f"<p><strong>{escape(code_of(proven.digest))}</strong></p>"
        + '<form method="post"><button name="decision" value="agree">Sign in there</button></form>'
        + paragraph("If you have not typed `workwright login` yourself, close this page: nothing happens.", quiet=True)
    )
    return page(200, "Sign in to Workwright in your terminal?", body, HEADERS)


def take_login(call: Call) -> ApiReply:
    """Let the terminal sign in as who pressed."""
    refuse_foreign(call)
    member = agree(call.deps, read_login_token(call.deps, call.parts["token"]))
    body = paragraph(f"Your terminal goes on as {member.name}. You can close this page.")
    return page(200, "You are signed in", body, HEADERS)


def show_asked(call: Call) -> ApiReply:
    """Say that the team's owners were asked: where the browser lands when somebody of a known workspace comes."""
    body = (
        paragraph(
            "Your colleagues already use Workwright in this workspace. Its owners have been asked to let you in; "
            "nothing of yours was connected."
        )
        + '<p>Once one of them has, <a href="/sign-in">sign in</a>, or type in a terminal: workwright login</p>'
    )
    return page(200, "Your team's owners have been asked", body)


def _team(call: Call, proven: Proven) -> str:
    name = str(tenant_settings(call.deps.store, proven.tenant).more.get("name") or "")
    return f"“{name}”" if name else f"the team {proven.tenant}"
