"""Load, reduce, commit, relay: the one way a run changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from shared.app.deps import Deps
from shared.core.errors import NotThere, VersionConflict
from shared.core.events import Event, RunOpened
from shared.core.reducer import reduce
from shared.core.run import NOTHING, Run, Usage
from shared.ports import Commit, Loaded, Put

MAX_CONFLICTS = 64  # somebody else won each time, so the run has moved on that often

Decide = Callable[[Run], Event | None]


def open_run(deps: Deps, event: RunOpened, *, puts: tuple[Put, ...] = (), handled: str = "") -> Run:
    """Create the run once; the same event again returns the run that is there.

    Raises VersionConflict when a Put's expectation does not hold.
    """
    loaded = deps.store.load_run(event.tenant, event.run)
    if loaded is None:
        after, commands = reduce(None, event)
        audit = _audit(after, event, event.trigger.by or event.trigger.kind)
        token = f"{event.run}.open.{deps.owner()}"
        deps.crash_point("commit.before/open")
        deps.store.commit(Commit(after, (event,), commands, "", token, handled=handled, puts=puts, audit=audit))
        deps.crash_point("commit.after/open")
    else:
        after = loaded.run
    relay(deps, event.tenant, event.run)
    return after


def record(deps: Deps, tenant: str, run_id: str, event: Event, *, label: str = "", handled: str = "") -> Run:
    """Apply one event to the run and save what follows; an event that no longer fits changes nothing."""
    loaded = deps.store.load_run(tenant, run_id)
    if loaded is None:
        raise NotThere(f"no run {run_id!r}")
    return record_loaded(deps, loaded, event, label=label, handled=handled)


def record_loaded(deps: Deps, loaded: Loaded, event: Event, *, label: str = "", handled: str = "") -> Run:
    """Like `record`, for a run that was just read: saves one read where nobody interferes."""
    tenant, run_id = loaded.run.tenant, loaded.run.id
    label = label or type(event).__name__
    for _ in range(MAX_CONFLICTS):
        after, commands = reduce(loaded.run, event)
        if after is loaded.run:
            break
        token = f"{run_id}.{after.seq}.{deps.owner()}"
        used = _used(loaded.run, after)
        commit = Commit(after, (event,), commands, loaded.version, token, handled, (), _audit(after, event, ""), used)
        deps.crash_point(f"commit.before/{label}")
        try:
            deps.store.commit(commit)
        except VersionConflict:
            again = deps.store.load_run(tenant, run_id)
            if again is None:
                raise NotThere(f"no run {run_id!r}") from None
            loaded = again
            continue
        deps.crash_point(f"commit.after/{label}")
        break
    else:
        raise VersionConflict(f"run {run_id}: saved by others {MAX_CONFLICTS} times in a row")
    relay(deps, tenant, run_id, label)
    return after


def relay(deps: Deps, tenant: str, run_id: str, label: str = "") -> None:
    """Hand committed commands to the queue. Anybody may repeat this: ids make it harmless."""
    commands = deps.store.unsent(tenant, run_id)
    if commands:
        deps.crash_point(f"relay.before/{label}")
        deps.queue.enqueue(commands)
        deps.crash_point(f"relay.after/{label}")
        deps.store.mark_sent(tenant, [command.id for command in commands])


def _used(before: Run, after: Run) -> Usage | None:
    if after.spent == before.spent:
        return None
    used = Usage(after.spent.tokens - before.spent.tokens, after.spent.micros - before.spent.micros)
    return used if used != NOTHING else None


_AUDITED = frozenset({"RunOpened", "ApprovalGranted", "ApprovalDenied", "CancelRequested", "PeopleNotified"})


def _audit(after: Run, event: Event, who: str) -> tuple[Mapping[str, Any], ...]:
    """Return the audit entry of what people decided or were told, and of how runs end."""
    name = type(event).__name__
    if name not in _AUDITED and not after.status.final:
        return ()
    entry = {
        "at": event.at.isoformat(),
        "run": after.id,
        "what": name if name in _AUDITED else f"run_{after.status.value}",
        "by": who or getattr(event, "by", "") or "workwright",
    }
    return ({**entry, "plan_hash": after.plan_hash} if after.plan_hash else entry,)
