"""What is told about people who come and go: an invitation to whom it is for, and to owners what waits for nobody."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any

from shared.app.approval.approvals import approval_url
from shared.app.engine.deps import Deps
from shared.app.notify.messages import HIGH, NORMAL, Link, Message
from shared.app.people.handing_over import MAX_LISTED, list_waiting
from shared.app.people.invitations import invitation_link, invitations_of
from shared.app.people.membership import members_of
from shared.core.people.invitations import Invitation
from shared.core.run.run import derive_id
from shared.ports.documents import tenant_settings


def read_invitation(deps: Deps, tenant: str, ref: str) -> tuple[Message, Mapping[str, Any]] | None:
    """Return the message with an invitation's link, and to whom; None where it was sent anew, used or revoked since."""
    name, _, sending = ref.partition(".")
    invitation = invitations_of(deps, tenant).get(name)
    if invitation is None or not invitation.send_to or derive_id("", invitation.proof) != sending:
        return None
    link = invitation_link(deps, tenant, name, invitation)
    team = str(tenant_settings(deps.store, tenant).more.get("name") or "their team")
    return _write_invitation(invitation, team, link), {"id": name, "email": invitation.send_to}


def read_handing_over(deps: Deps, tenant: str, ref: str) -> Message | None:
    """Return what owners are told of the runs that waited for somebody who has left; None where none waits any more."""
    person = ref.partition(".")[0]
    name = next((each.name for each in members_of(deps, tenant).left if each.person == person), "")
    waiting = list(islice(list_waiting(deps, tenant, name), MAX_LISTED)) if name else []
    if not waiting:
        return None
    links = tuple(Link(run.trigger.title or run.id, approval_url(deps, run)) for run in waiting)
    lines = (
        f"{name} is not in your team any more. What they asked for and what waits for a decision is yours now:",
        "Sign in, look at each, and decide or stop it.",
    )
    return Message(f"What waited for {name} waits for you", lines, links, HIGH)


def write_asking(person: str, name: str, how: str) -> Message:
    """Return what owners are told of somebody who asks to join; `how` is how they came, "" where that says nothing."""
    lines = (
        f"{name} wants to use Workwright with you, and can see nothing yet.",
        *((f"They {how}, but showed that they are somebody else.",) if how else ()),
        f"An owner or admin lets them in: workwright members --set {person} member",
        f"Or refuses: workwright members --remove {person}",
    )
    return Message(f"{name} asks to join your team", lines, (), NORMAL)


def _write_invitation(invitation: Invitation, team: str, link: str) -> Message:
    lines = (
        f"{invitation.by or 'Somebody'} invites you to work with {team} in Workwright, as {invitation.role}.",
        f"Open the link, sign in, and press the button there. It is good until {invitation.until:%d %B %Y}, once.",
        "If you expected no invitation, do nothing.",
    )
    return Message(f"An invitation to {team}", lines, (Link("Look at the invitation", link),), NORMAL)
