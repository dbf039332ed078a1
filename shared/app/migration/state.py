"""A tenant comes from another installation: here it stands still until all of it is there, and then goes on, once.

One document under SYSTEM says how that stands, and only it decides: from COMING it becomes ON or WITHDRAWN, whichever
is said first, and then stays so. The other installation does nothing from before it says COMING, and may go on itself
only after WITHDRAWN; here the tenant's settings keep everything paused until ON. So at most one of them works.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from shared.app.engine.deps import Deps
from shared.app.engine.switches import ARRIVALS, ARRIVING, HALTED, PAUSED, STOOD
from shared.app.polling import ASKS
from shared.app.tenants.tenant_traces import forget_traces
from shared.core.documents.codec import unknown
from shared.core.documents.tenant_settings import PLACE as SETTINGS
from shared.core.errors import Conflicting
from shared.core.tenants.erasure import ERASURES
from shared.ports import SYSTEM, Put, change_doc
from shared.ports.documents import change_as, get_as

COMING, ON, WITHDRAWN = "coming", "on", "withdrawn"
WHY = "this team is being moved here from another machine"
_BY = "workwright migrate-to-cloud"

Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Arrival:
    """A tenant's way here: by which migration, how far it is (`state`), and since when that is so, in ISO 8601."""

    migration: str
    state: str
    at: str
    more: Mapping[str, Any] = unknown()


def arrival_of(deps: Deps, tenant: str) -> Arrival | None:
    """Return what is known of a tenant's way here; None where it never came."""
    return get_as(Arrival, deps.store, (SYSTEM, ARRIVALS, tenant))


def refuse_taken(deps: Deps, tenant: str, migration: str) -> None:
    """Raise Conflicting where something is here that this migration has not brought: nothing is overwritten."""
    known = arrival_of(deps, tenant)
    theirs = known if known is not None and known.migration != migration else None
    if theirs is not None and theirs.state == ON:
        raise Conflicting(f"team {tenant} was moved there from another data folder on {theirs.at[:10]}")
    if theirs is not None and theirs.state == COMING:
        way_out = "Finish it there, or take it back there with --back."
        raise Conflicting(f"team {tenant} is on its way there from another data folder", way_out=way_out)
    if deps.store.get(SYSTEM, ERASURES, tenant) is not None:
        raise Conflicting(f"team {tenant} is just being deleted there", way_out="Try again in half an hour.")
    ours = known is not None and theirs is None
    if not ours and (deps.store.kinds(tenant) or deps.store.list_runs(tenant, limit=1)):
        way_out = (
            "Nothing of it is overwritten. Go on with that one, or delete it there first"
            " (`workwright delete-tenant`), which also ends its access at Notion and the others."
        )
        raise Conflicting(f"team {tenant} is there already", way_out=way_out)


def begin(deps: Deps, tenant: str, migration: str, since: datetime, settings: Body) -> None:
    """Let a tenant come, with everything of it paused; the same migration may begin again.

    `settings` are those it had, with the pause it may have had; `since` is when the other installation was stopped.
    """
    refuse_taken(deps, tenant, migration)
    at = since.isoformat()

    def claim(known: Arrival | None) -> Arrival:
        if known is not None and known.migration == migration:
            if known.state == WITHDRAWN:
                raise Conflicting(f"this move of team {tenant} was taken back")
            return known
        return Arrival(migration, COMING, at)

    change_as(Arrival, deps.store, (SYSTEM, ARRIVALS, tenant), claim, deps.stand_back)
    before = {name: settings[name] for name in PAUSED if settings.get("paused") and name in settings}
    rest = {name: value for name, value in settings.items() if name not in (*PAUSED, ASKS)}
    coming = {ARRIVING: {"migration": migration, "since": at, "paused": before}}
    paused = {"paused": WHY, "paused_by": _BY, "paused_at": at}

    def stand_still(known: Body | None) -> Body:
        return known if known is not None else {**rest, **coming, **paused}

    change_doc(deps.store, (tenant, *SETTINGS), stand_still, deps.stand_back)


def switch_on(deps: Deps, tenant: str, migration: str) -> None:
    """Let the tenant go on here; again is once. Raises Conflicting where its move was taken back."""
    now = deps.clock.now().isoformat()

    def decide(known: Arrival | None) -> Arrival:
        if known is None or known.migration != migration or known.state == WITHDRAWN:
            raise Conflicting(f"this move of team {tenant} was taken back")
        return known if known.state == ON else replace(known, state=ON, at=now)

    change_as(Arrival, deps.store, (SYSTEM, ARRIVALS, tenant), decide, deps.stand_back)
    deps.crash_point("arrival.after/on")
    deps.store.put(SYSTEM, Put(HALTED, tenant, {"at": now}))  # what came meanwhile is handed over by the next `sweep`

    def go_on(settings: Body | None) -> Body | None:
        if settings is None or not settings.get(ARRIVING):
            return settings
        before = settings[ARRIVING]["paused"]
        rest = {name: value for name, value in settings.items() if name not in (*PAUSED, ARRIVING)}
        if before:  # its people had paused it, and so it stays
            return {**rest, **before}
        return {**rest, STOOD: [*settings.get(STOOD, ()), {"since": settings[ARRIVING]["since"], "until": now}]}

    change_doc(deps.store, (tenant, *SETTINGS), go_on, deps.stand_back)


def withdraw(deps: Deps, tenant: str, migration: str) -> int:
    """Take back what came, unless it goes on here already, which raises Conflicting; return how many records went."""

    def decide(known: Arrival | None) -> Arrival | None:
        if known is None or known.migration != migration:
            return known  # nothing of this one has come
        if known.state == ON:
            way_out = "Two installations would work on the same pages. Work goes on there."
            raise Conflicting(f"team {tenant} has worked there since {known.at}", way_out=way_out)
        return replace(known, state=WITHDRAWN)

    found = change_as(Arrival, deps.store, (SYSTEM, ARRIVALS, tenant), decide, deps.stand_back)
    if found is None or found.migration != migration:
        return 0
    deps.crash_point("arrival.after/withdrawn")
    count = forget_traces(deps, tenant)
    while gone := deps.store.erase(tenant):
        count += gone
    deps.store.put(SYSTEM, Put(ARRIVALS, tenant, None))  # last: until then whoever comes again goes on with this
    return count
