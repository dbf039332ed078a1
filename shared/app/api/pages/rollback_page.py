"""Taking a live site back: the API's call, and the page behind the link that messages carry."""

from __future__ import annotations

from shared.app.api.exchange import ApiReply, Call
from shared.app.api.pages.approval_page import HEADERS, find_decider, load_linked_run, refuse_foreign
from shared.app.api.pages.page_html import link, page, paragraph
from shared.app.api.run.run_views import run_view
from shared.app.approval.approvals import Asked
from shared.app.ship.roll_back import Offered, read_offer, roll_back, takes_back
from shared.core.approval.deciders import MAY_DECIDE
from shared.core.errors import BadSignature, Conflicting, Forbidden


def rollback(call: Call) -> ApiReply:
    """Take back what the run put live; asking again returns the run that does it."""
    return ApiReply(body=run_view(roll_back(call.deps, call.tenant, call.parts["run"], call.who.actor)))


def show_rollback(call: Call) -> ApiReply:
    """Ask whether to roll back. Opening the link changes nothing: mail scanners open links too."""
    offered = _read(call)
    run = load_linked_run(call, offered.tenant, offered.run)
    if not takes_back(run):
        raise Conflicting("there is nothing left to roll back", way_out="There is nothing you need to do.")
    title = run.trigger.title or run.id
    body = (
        paragraph(
            "Its visitors will see the previous version again within seconds. The code and its pull request stay."
        )
        + f"<p>Live now: {link(str(run.facts.get('site', '')))}</p>"
        + '<form method="post"><button name="decision" value="rollback">Roll back</button></form>'
        + paragraph(f"You can do this until {offered.expires_at:%d %B %Y, %H:%M} UTC. {run.id}", quiet=True)
    )
    return page(200, f"Roll back “{title}”?", body, HEADERS)


def take_rollback(call: Call) -> ApiReply:
    """Roll back, once."""
    refuse_foreign(call)
    offered = _read(call)
    who = find_decider(call, Asked(offered.tenant, offered.run, "", "", offered.expires_at, offered.recipient))
    if who.role not in MAY_DECIDE:
        raise Forbidden(f"the role {who.role} does not decide", way_out="Ask a member of your team.")
    new = roll_back(call.deps, offered.tenant, offered.run, who.actor)
    sentence = paragraph(f"This is about “{new.trigger.title or new.id}”. You will be told when it is done.")
    return page(200, "Rolling back", sentence + paragraph(new.id, quiet=True), HEADERS)


def _read(call: Call) -> Offered:
    try:
        return read_offer(call.deps, call.parts["token"])
    except KeyError:
        raise BadSignature("rollback links are not set up here", way_out="Ask whoever runs Workwright.") from None
