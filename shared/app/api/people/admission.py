"""Somebody has shown who they are: into their team, to a choice among several, or to hear that they are in none."""

from __future__ import annotations

from urllib.parse import urlencode

from shared.app.api.exchange import ApiReply, Call, name_origin
from shared.app.api.people.browser_session import (
    name_cookie,
    place_of,
    read_cookie,
    redirect,
    set_cookie,
    write_cookie,
)
from shared.app.people.identities import Shown, find_person, teams_of
from shared.app.people.proofs import PROOF_LIFETIME, read_proof, write_proof
from shared.app.people.sessions import end_session, find_session, note_session, open_session
from shared.core.people.invitations import INVITED_AT
from shared.core.people.sessions import HOME


def admit(call: Call, shown: Shown, target: str, *, kept: bool) -> ApiReply:
    """Open the session of who has just shown who they are, in their only team or in the one where they are already."""
    person = find_person(call.deps, shown.identity)
    teams = [*teams_of(call.deps, person)]
    before = find_session(call.deps, read_cookie(call.request, name_cookie(call)), renew=False)
    if before is not None and before.session.person == person and before.tenant in teams:
        teams = [before.tenant]
    if len(teams) == 1:
        return enter(call, teams[0], person, target, kept=kept)
    proof = set_cookie(
        call, name_cookie(call, "proof"), write_proof(call.deps, shown, kept=kept), int(PROOF_LIFETIME.total_seconds())
    )
    adds = before is not None and not teams  # signed in already: it may be another way of theirs
    onward = HOME if adds else f"/sign-in/team?{urlencode({'next': target})}"
    if not teams and target.startswith(INVITED_AT):  # to press there, as who was shown here
        onward = target
    return redirect(onward, {"Set-Cookie": proof})


def enter(call: Call, tenant: str, person: str, target: str, *, kept: bool) -> ApiReply:
    """Open a session in a team; the one that this browser had before ends. Raises what `open_session` does."""
    who = open_session(call.deps, tenant, person, place_of(call), kept=kept)
    end_former(call)
    note_session(call.deps, who, "SignedIn", "browser", name_origin(call.request))
    return redirect(target, {"Set-Cookie": write_cookie(call, who)})


def end_former(call: Call) -> None:
    """End the session that this browser brings along."""
    before = find_session(call.deps, read_cookie(call.request, name_cookie(call)), renew=False)
    if before is not None:
        end_session(call.deps, before.tenant, before.session.person, before.session.id)


def find_proof(call: Call) -> tuple[Shown, bool] | None:
    """Return what this browser has shown a short time ago without a session, and whether it stays signed in."""
    return read_proof(call.deps, read_cookie(call.request, name_cookie(call, "proof")))
