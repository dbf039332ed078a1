"""Invitations into a team: for one mail address or one person of the Notion workspace, for a week, good once.

All of a team are one document, so that two at once pass no limit and nobody uses one twice. An invitation lives on the
word of who made it: it goes with them, and gives no more than they may give when it is accepted.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from shared.core.documents.codec import beside, sparse, unknown
from shared.core.errors import Conflicting, NotThere, TooMany

INVITATIONS = ("invitations", "team")  # the kind, and the id
INVITED_AT = "/invitations/"  # where who is invited opens the link
LIFETIME, DAY = timedelta(days=7), timedelta(days=1)
MAX_OPEN, MAX_A_DAY = 50, 100


@dataclass(frozen=True, slots=True)
class Invitation:
    """Who is invited as what, by whom. `proof` goes into the link and is another one each time it is sent.

    `identity` is the one that is meant, of a mail address or of Notion; `to` is how people know it.
    """

    role: str
    to: str
    at: datetime
    until: datetime
    proof: str
    identity: str
    by: str = ""
    maker: str = sparse("")  # the person who invites; "" for a program
    send_to: str = sparse("")  # the address that the link is sent to
    more: Mapping[str, Any] = unknown()


@dataclass(frozen=True, slots=True)
class Invitations:
    """A team's open invitations, by their ids, and when some were sent in the last day."""

    open: Mapping[str, Invitation] = field(default_factory=dict)
    sent: tuple[datetime, ...] = ()
    version: str = beside("")
    more: Mapping[str, Any] = unknown()


def add_invitation(known: Invitations, name: str, made: Invitation) -> Invitations:
    """Return them with one more; raises Conflicting for who is invited already, or where too many are."""
    alive = drop_late(known, made.at)
    if any(each.identity == made.identity for each in alive.open.values()):
        raise Conflicting(f"{made.to} is invited already", way_out="Send that invitation again, or revoke it first.")
    if len(alive.open) >= MAX_OPEN:
        raise Conflicting(
            f"{MAX_OPEN} invitations are open, the most a team may have", way_out="Revoke one, or wait for an answer."
        )
    return replace(_count(alive, made.at), open={**alive.open, name: made})


def send_again(known: Invitations, name: str, proof: str, now: datetime) -> Invitations:
    """Return them with one for another week and under another link; raises NotThere, and TooMany."""
    again = replace(find_invitation(known, name, now), until=now + LIFETIME, proof=proof)
    alive = drop_late(known, now)
    return replace(_count(alive, now), open={**alive.open, name: again})


def remove_invitation(known: Invitations, name: str, now: datetime) -> Invitations:
    """Return them without one; raises NotThere."""
    find_invitation(known, name, now)
    return _drop_where(drop_late(known, now), lambda each, _: each == name)


def remove_about(known: Invitations, person: str, identities: Collection[str]) -> Invitations:
    """Return them without those that this person made, and those for one of their identities."""
    return _drop_where(known, lambda _, each: each.maker == person or each.identity in identities)


def drop_late(known: Invitations, now: datetime) -> Invitations:
    """Return them without those whose time is up."""
    return _drop_where(known, lambda _, each: now >= each.until)


def find_invitation(known: Invitations, name: str, now: datetime) -> Invitation:
    """Return an open invitation; raises NotThere."""
    found = known.open.get(name)
    if found is None or now >= found.until:
        raise NotThere(
            f"there is no open invitation {name!r}", way_out="GET /v1/invitations lists the open ones of your team."
        )
    return found


def _drop_where(known: Invitations, drops: Callable[[str, Invitation], bool]) -> Invitations:
    kept = {name: each for name, each in known.open.items() if not drops(name, each)}
    return known if len(kept) == len(known.open) else replace(known, open=kept)


def _count(known: Invitations, now: datetime) -> Invitations:
    recent = tuple(each for each in known.sent if now - each < DAY)
    if len(recent) >= MAX_A_DAY:
        raise TooMany("your team has sent as many invitations today as it may", retry_after=DAY - (now - recent[0]))
    return replace(known, sent=(*recent, now))
