"""The pages behind links in mails: confirm an address, end mails of a kind. Opening one changes nothing."""

from __future__ import annotations

from shared.app.api.exchange import ApiReply, Call
from shared.app.api.pages.approval_page import HEADERS, refuse_foreign
from shared.app.api.pages.page_html import page, paragraph
from shared.app.notify.mail_choices import (
    CONFIRM,
    UNSUBSCRIBE,
    confirm_address,
    read_asked_address,
    read_link,
    unsubscribe,
)

_KIND_WORDS = {
    "approval": "work that waits for an approval",
    "question": "questions",
    "ended": "work that has ended",
    "failed": "work that has failed",
    "live": "sites that go live",
    "rolled_back": "sites that were rolled back",
    "budget": "the budget",
    "access": "accounts that have to be connected again",
    "work": "work that goes on, stands still or was changed",
    "team": "the team",
}


def show_confirmation(call: Call) -> ApiReply:
    """Ask whether an address may be used."""
    address = read_asked_address(call.deps, read_link(call.deps, CONFIRM, call.parts["token"]))
    body = paragraph(f"Workwright would send its messages to {address}.")
    body += '<form method="post"><button name="decision" value="confirm">This is my address</button></form>'
    return page(200, "Confirm your address", body, HEADERS)


def take_confirmation(call: Call) -> ApiReply:
    """Let an address count, once."""
    refuse_foreign(call)
    address = confirm_address(call.deps, read_link(call.deps, CONFIRM, call.parts["token"]))
    return page(200, "Your address is confirmed", paragraph(f"Messages go to {address} from now on."), HEADERS)


def show_end_of_mails(call: Call) -> ApiReply:
    """Ask whether mails of a kind are to end: mail scanners open links too."""
    kind = read_link(call.deps, UNSUBSCRIBE, call.parts["token"]).what
    body = paragraph(f"You get mails about {_KIND_WORDS.get(kind, kind)}. Other channels stay as they are.")
    body += '<form method="post"><button>No more mails of this kind</button></form>'
    return page(200, "End these mails?", body, HEADERS)


def end_mails(call: Call) -> ApiReply:
    """End mails of a kind, whoever holds the link: mail programs press it without a cookie (RFC 8058); again is once.

    What they send with it, as a form of either sort, is not looked at: the link says all.
    """
    linked = read_link(call.deps, UNSUBSCRIBE, call.parts["token"])
    unsubscribe(call.deps, linked)
    body = paragraph(f"You get no more mails about {_KIND_WORDS.get(linked.what, linked.what)}.")
    body += paragraph("To get them again, in a terminal: workwright notifications set --mail KIND", quiet=True)
    return page(200, "Done", body, HEADERS)
