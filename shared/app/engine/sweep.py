"""Find what a dead process left behind: forgotten outboxes, expired waits, lost attempts; wake what is due."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from shared import log
from shared.app.code.snapshots import expire_snapshots
from shared.app.engine.deps import Deps
from shared.app.engine.due_times import ring
from shared.app.engine.engine import Span, count_nothing, pauses_of, record
from shared.app.engine.switches import find_pause_reason, order_erasures, rehearses, release
from shared.core.errors import AgentError
from shared.core.run import events as ev
from shared.core.run.commands import Command
from shared.ports import SYSTEM
from shared.ports.documents import tenant_settings
from shared.telemetry import trace

FORGOTTEN_AFTER = timedelta(seconds=30)
_LOOKS, _MAX_LOOKS = 100, 6400  # runs of one pass; and how many paused ones are passed over to find them
_AGES = tuple(timedelta(minutes=minutes) for minutes in (2, 5, 15, 60, 360))  # how old is asked only of what is there


@trace.use_case
def sweep(deps: Deps) -> Mapping[str, int]:
    """Relay, expire, hand out again, wake, forget old versions; return how much of each.

    Anybody may call it at any time, even at once.
    """
    now = deps.clock.now()
    forgotten = deps.store.find_unsent(now - FORGOTTEN_AFTER)
    oldest = _oldest_outbox_s(deps, now) if forgotten else 0
    relayed = _hand_over(deps, forgotten)
    looked = moved = 0
    released = release(deps)
    due, stood = _due(deps, now)
    for tenant, run in due:
        try:  # one by one here too: a run that cannot be read or saved must not stop everybody's clock
            loaded = deps.store.load_run(tenant, run)
            if loaded is None:
                continue
            count_nothing(deps, loaded.run, stood[tenant])
            after = record(deps, tenant, run, ev.TimePassed(now), label="sweep")
        except AgentError as error:
            log.line("ERROR", "run not looked at", tenant=tenant, run=run, **log.about(error))
            continue
        looked, moved = looked + 1, moved + (after.seq != loaded.run.seq)
    expired = expire_snapshots(deps)
    done: Mapping[str, Any] = {
        "relayed": relayed,
        "looked": looked,
        "moved": moved,
        "woken": 0 if rehearses(deps) else ring(deps),  # plans of a day and routines write without a run
        "expired": expired,
        "released": released,
        "erasing": order_erasures(deps),
    }
    log.event("sweep.done", oldest_outbox_s=oldest, outbox=relayed, waiting=looked - moved, **done)
    return dict(done)


def _hand_over(deps: Deps, forgotten: Iterable[Command]) -> int:
    """Hand over what a dead process did not; return how much. One that cannot be must not hold up the rest."""
    relayed = 0
    for command in forgotten:
        try:
            deps.queue.enqueue([command])
        except AgentError as error:
            log.line("ERROR", "command not handed over", tenant=command.tenant, run=command.run, **log.about(error))
            continue
        deps.store.mark_sent(command.tenant, [command.id])
        relayed += 1
    return relayed


def _due(deps: Deps, now: datetime) -> tuple[list[tuple[str, str]], Mapping[str, tuple[Span, ...]]]:
    """Return runs to look at, those of paused tenants left out, and when each tenant's work had stood still.

    What waits stays as it is in a pause, and nobody waits for it.
    """
    paused: dict[str, bool] = {}
    stood: dict[str, tuple[Span, ...]] = {}
    limit = _LOOKS
    while True:
        found = deps.store.due_runs(now, limit)
        for tenant in {tenant for tenant, _ in found} - paused.keys():
            switches = tenant_settings(deps.store, SYSTEM), tenant_settings(deps.store, tenant)
            paused[tenant], stood[tenant] = bool(find_pause_reason(*switches)), pauses_of(now, *switches)
        due = [each for each in found if not paused[each[0]]]
        if len(due) >= _LOOKS or len(found) < limit or limit >= _MAX_LOOKS:
            return due[:_LOOKS], stood
        limit *= 4  # paused ones are longest due, and so come first


def _oldest_outbox_s(deps: Deps, now: datetime) -> int:
    """Return for how many seconds at least the oldest of the forgotten commands has not been handed over."""
    oldest = FORGOTTEN_AFTER
    for age in _AGES:
        if not deps.store.find_unsent(now - age, limit=1):
            break
        oldest = age
    return round(oldest.total_seconds())
