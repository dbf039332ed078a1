"""Who is asked when: the clock of one machine calls this every few seconds, and it orders the looks that are due.

A look is small: a query per table in which people decide, and the comments where an answer is waited for. The pass of
`reconcile` goes on beside it as it is, for the map of the workspace and what is known of it, and leaves out the tables
that were asked a moment ago.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from shared.accounts.grants import holds
from shared.app.engine.deps import Deps
from shared.app.polling import asks_often, find_interval_s
from shared.app.polling.comment_polling import WAIT, threads_of
from shared.app.workspace.workspace_databases import sources_of
from shared.app.workspace.workspace_schemas import RUNS
from shared.core.documents.sync import ASKING, Asked
from shared.core.polling.pace import BUSY_S, IDLE_S, Activity, Pace, Room, pace
from shared.core.run.commands import QUICK, RECONCILE, Command
from shared.core.run.run import Run, derive_id
from shared.ports import change_as, get_as
from shared.ports.documents import all_settings

_NEWEST = 20  # runs that are looked through each time for open ones
_FIRST = 500  # and once
_FRESH = timedelta(seconds=2 * IDLE_S)  # tables asked within this need not be asked by a pass


def load_asked(deps: Deps, tenant: str) -> Asked:
    """Return what is remembered of a tenant."""
    return get_as(Asked, deps.store, (tenant, *ASKING)) or Asked()


def keep_asked(deps: Deps, tenant: str, **fields: Any) -> None:
    """Remember some of it."""
    change_as(Asked, deps.store, (tenant, *ASKING), lambda known: replace(known or Asked(), **fields), deps.stand_back)


def order_looks(deps: Deps, room: Callable[[str], Room]) -> Mapping[str, float]:
    """Order a look at each tenant that is due; return how many, and in how many seconds to call again.

    `room` says what a tenant's limit leaves.
    """
    ordered, after = 0, IDLE_S
    for tenant in deps.store.tenants():
        settings = all_settings(deps.store, tenant)
        if not asks_often(settings) or not _is_connected(deps, tenant):
            continue
        left = _order(deps, tenant, settings, room(tenant))
        ordered += left == 0.0
        after = min(after, BUSY_S, left or BUSY_S)  # a run may be opened by other ways at any time
    return {"ordered": ordered, "after_s": round(max(after, 1.0), 3)}


def _order(deps: Deps, tenant: str, settings: Mapping[str, Any], room: Room) -> float:
    """Order a look if it is due; return 0, or the seconds until it is."""
    known, now = load_asked(deps, tenant), deps.clock.now()
    runs = lately_runs(deps, tenant, known)
    found = activity(runs, known, now)
    wanted: Pace = pace(found, len(quick_sources(settings)), room)
    interval_s = max(wanted.interval_s, find_interval_s(settings))
    left = interval_s - _measure_age(known.at, now)
    if 0.0 < left <= interval_s:  # more than that: a clock was turned back
        return left
    at = now.isoformat()
    active = {"active": at} if found.moving else {}
    name = derive_id("quick-", tenant, at)
    deps.queue.enqueue([Command(name, RECONCILE, "sync", tenant, topic=QUICK, wake=wanted.threads)])
    keep_asked(deps, tenant, at=at, open=tuple(run.id for run in open_runs(runs)), **active)
    return 0.0


def quick_sources(settings: Mapping[str, Any]) -> list[str]:
    """Return the data sources of the tables that people write in: that of the runs is ours."""
    ours = str(((settings.get("databases") or {}).get(RUNS) or {}).get("data_source") or "")
    return [each for each in sources_of(settings) if each != ours]


def was_just_asked(deps: Deps, tenant: str, settings: Mapping[str, Any]) -> bool:
    """Say whether quick looks at the tenant's tables go on, so that a pass need not ask them too."""
    if not asks_often(settings):
        return False
    return abs(_measure_age(load_asked(deps, tenant).looked, deps.clock.now())) < _FRESH.total_seconds()


def lately_runs(deps: Deps, tenant: str, known: Asked) -> list[Run]:
    """Return the newest runs, and those that were open before."""
    newest = deps.store.list_runs(tenant, limit=_NEWEST if known.at else _FIRST)
    newest_ids = {run.id for run in newest}
    older = [deps.store.load_run(tenant, run) for run in known.open or () if run not in newest_ids]
    return [*newest, *(loaded.run for loaded in older if loaded is not None)]


def open_runs(runs: Sequence[Run]) -> list[Run]:
    """Return those that have not ended."""
    return [run for run in runs if not run.status.final]


def activity(runs: Sequence[Run], known: Asked, now: datetime) -> Activity:
    """Return what goes on among these runs."""
    alive = open_runs(runs)
    waiting = len([run for run in alive if run.status in WAIT])
    quiet_s = max(0.0, _measure_age(known.active, now))
    return Activity(len(alive) - waiting, waiting, len(threads_of(runs, now)), quiet_s)


def _measure_age(at: str, now: datetime) -> float:
    return (now - datetime.fromisoformat(at)).total_seconds() if at else float("inf")


def _is_connected(deps: Deps, tenant: str) -> bool:
    return holds(deps.store, tenant, "notion")
