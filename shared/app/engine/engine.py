"""Load, reduce, commit, relay: the one way a run changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from shared.app.engine.deps import Deps
from shared.app.engine.switches import may_open
from shared.app.money.priced import price_event
from shared.app.money.tenant_ledger import apply_budget, read_budget
from shared.app.notify.tell_watchers import tell_watchers
from shared.core.documents.tenant_settings import TenantSettings
from shared.core.errors import NotThere, VersionConflict
from shared.core.notify.endpoint import ENDPOINTS, Endpoint, list_progress
from shared.core.people.actor import MACHINE, Actor, ActorKind
from shared.core.retries import COMMIT
from shared.core.run.acts import PolicyAllowed, PolicyWithdrawn, TimeStoodStill, VersionRestored
from shared.core.run.commands import Command
from shared.core.run.events import Event, PeopleNotified, RunOpened
from shared.core.run.reducer import reduce
from shared.core.run.run import Run
from shared.core.tenants.audit_entries import build_entry
from shared.ports import SYSTEM, Commit, Loaded, Put, all_as
from shared.ports.documents import tenant_settings
from shared.telemetry import trace

MAX_CONFLICTS = COMMIT.tries  # somebody else won each time, so the run has moved on that often

Span = tuple[datetime, datetime]


def open_run(
    deps: Deps, event: RunOpened, *, puts: tuple[Put, ...] = (), handled: str = "", ceiling: int | None = None
) -> Run:
    """Create the run once; the same event again returns the run that is there.

    `ceiling`, in millionths of a US dollar, is what it may cost whatever the team allows a run. Raises VersionConflict
    when a Put's expectation does not hold.
    """
    with trace.measure_in_run(event.tenant, event.run, "record RunOpened"):
        return _open_run(deps, event, puts, handled, ceiling)


def _open_run(deps: Deps, event: RunOpened, puts: tuple[Put, ...], handled: str, ceiling: int | None) -> Run:
    for tries in range(MAX_CONFLICTS):
        loaded = deps.store.load_run(event.tenant, event.run)
        if loaded is not None:
            after = loaded.run
            break
        rehearse = may_open(deps, event.tenant)
        limits = apply_budget(event.limits, read_budget(deps, event.tenant), ceiling)
        wanted = replace(event, rehearse=rehearse, limits=limits)
        saved = price_event(deps, None, wanted, *reduce(None, wanted))
        after, audit = saved.after, _audit(saved.after, wanted, event.trigger.by or event.trigger.kind)
        token = f"{event.run}.open.{deps.owner()}"
        commit = Commit(after, saved.events, saved.commands, "", token, handled, (*puts, *saved.puts), audit)
        deps.crash_point("commit.before/open")
        try:
            deps.store.commit(commit)
        except VersionConflict:  # a commit, not a document: the event is reduced anew
            if not _is_out_of_date(deps, event.tenant, saved.puts):
                raise
            deps.stand_back(tries)
            continue
        deps.crash_point("commit.after/open")
        tell_watchers(None, after, saved.events)
        _hand_over(deps, event.tenant, deps.store.unsent_of(commit), "")
        return after
    else:
        raise VersionConflict(f"run {event.run}: the tenant's ledger was changed {MAX_CONFLICTS} times in a row")
    relay(deps, event.tenant, event.run)
    return after


def record(deps: Deps, tenant: str, run_id: str, event: Event, *, label: str = "", handled: str = "") -> Run:
    """Apply one event to the run and save what follows; an event that no longer fits changes nothing."""
    loaded = deps.store.load_run(tenant, run_id)
    if loaded is None:
        raise NotThere(f"no run {run_id!r}")
    return record_loaded(deps, loaded, event, label=label, handled=handled)


def record_loaded(
    deps: Deps, loaded: Loaded, event: Event, *, label: str = "", handled: str = "", puts: tuple[Put, ...] = ()
) -> Run:
    """Like `record`, for a run that was just read: saves one read where nobody interferes.

    `puts` are saved with it; they expect nothing.
    """
    with trace.measure_in_run(loaded.run.tenant, loaded.run.id, f"record {type(event).__name__}"):
        return _record_loaded(deps, loaded, event, label or type(event).__name__, handled, puts)


def _record_loaded(deps: Deps, loaded: Loaded, event: Event, label: str, handled: str, puts: tuple[Put, ...]) -> Run:
    tenant, run_id = loaded.run.tenant, loaded.run.id
    for tries in range(MAX_CONFLICTS):
        after, commands = reduce(loaded.run, event)
        if after is loaded.run:
            break
        saved = price_event(deps, loaded.run, event, after, commands)
        after, audit = saved.after, _audit(saved.after, event, "")
        token = f"{run_id}.{after.seq}.{deps.owner()}"
        commands = (*saved.commands, *_list_wanted(deps, list_progress(loaded.run, event, after)))
        commit = Commit(after, saved.events, commands, loaded.version, token, handled, (*puts, *saved.puts), audit)
        deps.crash_point(f"commit.before/{label}")
        try:
            deps.store.commit(commit)
        except VersionConflict:  # a commit, not a document: the event is reduced anew
            again = deps.store.load_run(tenant, run_id)
            if again is None:
                raise NotThere(f"no run {run_id!r}") from None
            loaded = again
            if saved.puts:  # many runs of one tenant want its ledger at once
                deps.stand_back(tries)
            continue
        deps.crash_point(f"commit.after/{label}")
        tell_watchers(loaded.run, after, saved.events)
        _hand_over(deps, tenant, deps.store.unsent_of(commit), label)
        return after
    else:
        raise VersionConflict(f"run {run_id}: saved by others {MAX_CONFLICTS} times in a row")
    relay(deps, tenant, run_id, label)
    return after


def _list_wanted(deps: Deps, progress: Sequence[Command]) -> list[Command]:
    """Return what of a run's progress an endpoint of its team wants to be told: most teams have none."""
    if not progress:
        return []
    endpoints = list(all_as(Endpoint, deps.store, progress[0].tenant, ENDPOINTS))
    return [each for each in progress if any(endpoint.wants(each.topic) for endpoint in endpoints)]


def relay(deps: Deps, tenant: str, run_id: str, label: str = "") -> None:
    """Hand committed commands to the queue. Anybody may repeat this: ids make it harmless."""
    _hand_over(deps, tenant, deps.store.unsent(tenant, run_id), label)


def _hand_over(deps: Deps, tenant: str, commands: Sequence[Command], label: str) -> None:
    """Hand over what was committed, then forget it. Who dies in between leaves it to the next delivery, or to sweep."""
    if commands:
        deps.crash_point(f"relay.before/{label}")
        deps.queue.enqueue(commands)
        deps.crash_point(f"relay.after/{label}")
        deps.store.mark_sent(tenant, [command.id for command in commands])


def _is_out_of_date(deps: Deps, tenant: str, puts: tuple[Put, ...]) -> bool:
    """Say whether somebody else has saved one of these documents since it was read."""
    for put in puts:
        doc = deps.store.get(tenant, put.kind, put.id) if put.expected is not None else None
        if put.expected is not None and (doc.version if doc is not None else "") != put.expected:
            return True
    return False


_BY_PEOPLE = {"ApprovalGranted", "ApprovalDenied", "CancelRequested", "RunPaused", "RunResumed", "VersionRestored"}
_AUDITED = frozenset({"RunOpened", "PeopleNotified", "PolicyAllowed", "PolicyWithdrawn", *_BY_PEOPLE})


def _audit(after: Run, event: Event, who: str) -> tuple[Mapping[str, Any], ...]:
    """Return the audit entry of what people decided or were told, and of how runs end."""
    name = type(event).__name__
    if name not in _AUDITED and not after.status.final:
        return ()
    what = name if name in _AUDITED else f"run_{after.status.value}"
    by = who or getattr(event, "by", "") or MACHINE
    made = build_entry(event.at, what, _find_actor(event, by) or by, _name_subject(event))
    entry = {**made, "run": after.id, "by": by}
    return ({**entry, "plan_hash": after.plan_hash} if after.plan_hash else entry,)


def _name_subject(event: Event) -> str:
    if isinstance(event, VersionRestored):
        return f"version {event.version}"
    if isinstance(event, PolicyAllowed | PolicyWithdrawn):
        return f"{event.rule}, version {event.version}"
    return event.topic if isinstance(event, PeopleNotified) else ""


def _find_actor(event: Event, by: str) -> Actor | None:
    """Return who did it; None where no more than a name is known."""
    known: Actor | None = getattr(event, "actor", None)
    if isinstance(event, RunOpened):
        routine = event.trigger.kind == "routine" and not event.trigger.actor
        return Actor(ActorKind.ROUTINE, event.trigger.page, by) if routine else event.trigger.actor
    return known


# Pauses of all work: their time counts against no limit of a run.


def pauses_of(now: datetime, *settings: TenantSettings) -> tuple[Span, ...]:
    """Return when nothing was done, oldest first, without overlaps; a pause that goes on has lasted until now."""
    spans: list[Span] = []
    for each in settings:
        spans += [(_time(stood["since"]), _time(stood["until"])) for stood in each.stood]
        spans += [(_time(each.paused_at), now)] if each.paused and each.paused_at else []
    return tuple(_merge_spans(spans))


def _merge_spans(spans: Sequence[Span]) -> list[Span]:
    found: list[Span] = []
    for since, until in sorted(spans):
        if found and since <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], until))
        else:
            found.append((since, until))
    return found


def count_nothing(deps: Deps, run: Run, spans: Sequence[Span]) -> Run:
    """Return the run for which these times do not count."""
    for since, until in spans:
        if until > max(run.opened_at, run.stood_until or run.opened_at):
            run = record(deps, run.tenant, run.id, TimeStoodStill(deps.clock.now(), since, until), label="still")
    return run


def skip_pauses(deps: Deps, run: Run) -> Run:
    """Return the run for which no pause counts that was until now: before something of it is said to have lapsed."""
    now = deps.clock.now()
    spans = pauses_of(now, *(tenant_settings(deps.store, whose) for whose in (SYSTEM, run.tenant)))
    own = [(run.pause.at, now)] if run.pause is not None else []
    return count_nothing(deps, run, _merge_spans([*spans, *own]))


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
