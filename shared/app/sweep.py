"""Find what a dead process left behind: forgotten outboxes, expired waits, lost attempts; wake what is due."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from shared import log
from shared.app.deps import Deps
from shared.app.due_times import ring
from shared.app.engine import record
from shared.app.snapshots import expire_snapshots
from shared.core import events as ev
from shared.core.errors import AgentError

FORGOTTEN_AFTER = timedelta(seconds=30)


def sweep(deps: Deps) -> Mapping[str, int]:
    """Relay, expire, hand out again, wake, forget old versions; return how much of each.

    Anybody may call it at any time, even at once.
    """
    now = deps.clock.now()
    relayed = 0
    # one by one: one that cannot be handed over must not hold up the rest
    for command in deps.store.forgotten(now - FORGOTTEN_AFTER):
        try:
            deps.queue.enqueue([command])
        except AgentError as error:
            log.line("ERROR", "command not handed over", tenant=command.tenant, run=command.run, detail=str(error))
            continue
        deps.store.mark_sent(command.tenant, [command.id])
        relayed += 1
    looked = moved = 0
    for tenant, run in deps.store.due_runs(now):
        try:  # one by one here too: a run that cannot be read or saved must not stop everybody's clock
            loaded = deps.store.load_run(tenant, run)
            if loaded is None:
                continue
            after = record(deps, tenant, run, ev.TimePassed(now), label="sweep")
        except AgentError as error:
            log.line("ERROR", "run not looked at", tenant=tenant, run=run, detail=str(error)[:300])
            continue
        looked, moved = looked + 1, moved + (after.seq != loaded.run.seq)
    expired = expire_snapshots(deps)
    return {"relayed": relayed, "looked": looked, "moved": moved, "woken": ring(deps), "expired": expired}
