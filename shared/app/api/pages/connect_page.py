"""Before somebody connects an account of theirs: a page that says which, to which team and as whom, for who asked."""

from __future__ import annotations

from html import escape
from urllib.parse import urlencode

from shared.app.api.exchange import ApiReply, Call
from shared.app.api.pages.page_html import page, paragraph
from shared.app.api.people.browser_session import HEADERS, require_session
from shared.app.connections.connect_tickets import OPERATOR, PROGRAM, Ticket, agree_in, read_ticket
from shared.app.people.sessions import SignedIn
from shared.core.errors import Forbidden
from shared.core.people.actor import OPERATOR_NAME
from shared.core.people.members import OWNER
from shared.integrations.systems import name_system
from shared.ports.documents import tenant_settings


def show_connect(call: Call) -> ApiReply:
    """Ask whether to connect. Opening the page connects nothing, and who did not ask for it is led nowhere."""
    ticket = read_ticket(call.deps, call.parts["login"])
    if ticket.asker == OPERATOR:
        return _ask(call, ticket, OPERATOR_NAME)
    return require_session(_show)(call)


def _show(call: Call, who: SignedIn) -> ApiReply:
    return _ask(call, _read_own(call, who), who.member.name)


def _read_own(call: Call, who: SignedIn) -> Ticket:
    """Return the ticket; raises Forbidden for who is not its team's owner, or not the person who asked for it."""
    ticket = read_ticket(call.deps, call.parts["login"])
    is_asker = ticket.asker in (PROGRAM, who.session.person)
    if who.tenant != ticket.tenant or not is_asker:
        raise Forbidden(
            "this link connects an account for somebody else; whoever sent it to you would use yours",
            way_out="Close the page. For your own team, ask for a link yourself: workwright connect.",
        )
    if who.member.role != OWNER:
        raise Forbidden("only an owner connects accounts", way_out="Ask one of your team's owners.")
    return ticket


def _ask(call: Call, ticket: Ticket, name: str) -> ApiReply:
    team = str(tenant_settings(call.deps.store, ticket.tenant).more.get("name") or ticket.tenant)
    system = name_system(ticket.provider)
    asked = {"provider": ticket.provider, "ticket": agree_in(call.deps, ticket, call.parts["browser"])}
    address = f"{call.deps.connect_url}/start?{urlencode(asked)}"  # a link: a form may lead to no other host of ours
    body = (
        paragraph(f"You connect {system} to the team {team} as {name}.")
        + paragraph(f"{system} then asks what Workwright may do, and the team works with what you agree to there.")
        + f'<p><a class="act" href="{escape(address, quote=True)}">Go on to {escape(system)}</a></p>'
        + paragraph("If you did not ask for this, close the page: nothing was connected.", quiet=True)
    )
    return page(200, f"Connect {system}?", body, HEADERS)
