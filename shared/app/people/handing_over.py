"""What waited for somebody who has left: the owners decide about it now, and are told."""

from __future__ import annotations

from collections.abc import Iterator

from shared.app.engine.deps import Deps
from shared.app.notify.announce import announce_handed_over
from shared.core.people.deciders import find_deciders
from shared.core.people.members import Members
from shared.core.run.run import Run, RunStatus
from shared.ports import RunFilter

_WAITING = RunFilter(statuses=(RunStatus.AWAITING_APPROVAL, RunStatus.AWAITING_INPUT))
_PAGE, MAX_LISTED = 100, 20


def list_waiting(deps: Deps, tenant: str, name: str) -> Iterator[Run]:
    """Yield the runs that wait for a decision and that this person has asked for."""
    after = ""
    while runs := deps.store.list_runs(tenant, limit=_PAGE, after=after, only=_WAITING):
        yield from (run for run in runs if run.trigger.by == name)
        after = runs[-1].id


def hand_over(deps: Deps, tenant: str, members: Members, person: str, name: str) -> int:
    """Have the owners told of what waited for somebody who is out; return how many runs there are."""
    waiting = sum(1 for _ in list_waiting(deps, tenant, name))
    if waiting and person not in find_deciders(members, [person]):
        announce_handed_over(deps, tenant, person, deps.clock.now().isoformat())
    return waiting
