"""Which team a workspace of a messenger talks to: one at a time, the first that has connected it.

A messenger gives an app one access for a workspace, however many of our teams ask for it. Were it shared, one team
could end it for the other, and a command typed there would not say whom it is for.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from shared.accounts.grants import grant_of
from shared.app.engine.deps import Deps
from shared.app.engine.switches import is_gone
from shared.app.notify.announce import announce_lost
from shared.core.documents.grant import KIND, REVOKED, Grant
from shared.core.errors import Conflicting
from shared.core.people.linked_accounts import PLACES, MessengerPlace
from shared.integrations.systems import name_system
from shared.ports import SYSTEM, Put, all_as, change_as, get_as


def tenant_at(deps: Deps, place: str) -> str:
    """Return the team that a workspace talks to, "" for none."""
    known = get_as(MessengerPlace, deps.store, (SYSTEM, PLACES, place)) if place else None
    return known.tenant if known is not None else ""


def claim_place(deps: Deps, tenant: str, place: str, name: str) -> None:
    """Have the workspace talk to this team. Raises Conflicting where it talks to another one, which stays connected.

    A team that is deleted, or has lost its connection there, gives way.
    """
    system = place.partition(".")[0]

    def claim(known: MessengerPlace | None) -> MessengerPlace | None:
        if known is not None and known.tenant == tenant:
            return known if known.name == name or not name else replace(known, name=name)
        if known is not None and _is_held(deps, known.tenant, system):
            raise Conflicting(
                f"this workspace of {name_system(system)} is connected to another team of Workwright",
                way_out="Ask whoever connected it to disconnect it, or choose another workspace.",
            )
        return MessengerPlace(tenant, deps.clock.now(), name)

    change_as(MessengerPlace, deps.store, (SYSTEM, PLACES, place), claim, deps.stand_back)


def leave_other_places(deps: Deps, tenant: str, place: str) -> None:
    """Let go of the workspaces that talked to this team before this one: a team has one of each messenger."""
    system = place.partition(".")[0]
    for each in all_as(MessengerPlace, deps.store, SYSTEM, PLACES):
        if each.tenant == tenant and each.id != place and each.id.startswith(f"{system}."):
            deps.store.put(SYSTEM, Put(PLACES, each.id, None))


def take_place(deps: Deps, tenant: str, place: str) -> None:
    """See that the workspace talks to this team; one that a team connected by a token is its from the first link on.

    Raises Conflicting.
    """
    if tenant_at(deps, place) == tenant:
        return
    system = place.partition(".")[0]
    grant = grant_of(deps.store, tenant, system)
    if grant is None or not grant.connected or not _is_by_hand(grant):
        raise Conflicting(
            f"your team has not connected this workspace of {name_system(system)}",
            way_out=f"An owner connects it with: workwright connect {system}",
        )
    claim_place(deps, tenant, place, str(grant.public.get("workspace") or ""))


def lose_connection(deps: Deps, place: str, at: datetime) -> bool:
    """Mark the connection of a workspace as ended at the messenger, and have people told; False where nobody has one.

    One that was given after `at` stays: what ended was the one before.
    """
    tenant, system = tenant_at(deps, place), place.partition(".")[0]
    grant = grant_of(deps.store, tenant, system) if tenant else None
    if grant is None or datetime.fromisoformat(grant.given) > at:
        return False

    def end(known: Grant | None) -> Grant | None:
        same = known is not None and known.given == grant.given and known.connected
        return replace(known, status=REVOKED) if known is not None and same else known

    change_as(Grant, deps.store, (tenant, KIND, system), end, deps.stand_back)
    deps.crash_point("lost.after/marked")
    announce_lost(deps, tenant, system, "revoked", grant.given)
    return True


def _is_held(deps: Deps, tenant: str, system: str) -> bool:
    grant = grant_of(deps.store, tenant, system)
    return not is_gone(deps, tenant) and grant is not None and grant.connected


def _is_by_hand(grant: Grant) -> bool:
    """Say whether a person gave the token by hand: of one from a consent the messenger names the workspace itself."""
    return "team" not in grant.public
