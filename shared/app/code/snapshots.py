"""Every version of a run's work, kept by content, to look at, compare and restore, until the tenant's policy lets go.

A snapshot is a document `<run>.<nnn>` that names texts of this run alone, so that they can be deleted with it. What
expires is found by a document under SYSTEM whose id begins with its time, so that looking costs what is due.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from shared import log
from shared.app.engine.deps import Deps
from shared.app.engine.retry_links import goes_on, latest_run
from shared.core.documents.codec import to_body
from shared.core.documents.page_record import KIND as PAGES
from shared.core.documents.page_record import PageRecord
from shared.core.documents.snapshot import EXPIRIES, SNAPSHOTS, Expiry, Snapshot
from shared.core.errors import AgentError
from shared.core.run.run import Run, Step, derive_id
from shared.ports import SYSTEM, Put, get_as, read_as
from shared.ports.documents import all_settings

KEEP_DAYS = 90  # unless the tenant's settings say otherwise: ship.versions.keep_days
_AGAIN = timedelta(days=1)  # until an open run is looked at again
_PAGE, _MAX = 20, 200  # runs that are read at once, and that one look deletes from
_KEPT = ("green", "tests", "tree", "kind", "report", "driver", "seconds", "reason", "absent", "originals", "signature")


def keep_snapshot(deps: Deps, run: Run, step: Step, number: int, about: Mapping[str, Any]) -> None:
    """Keep a version of the work, whose texts are kept already. The same again changes nothing.

    An attempt that died before it counted may be followed by one that comes to another end: that one counts.
    """
    fields = {field: about[field] for field in _KEPT if about.get(field) not in (None, "")}
    snapshot = Snapshot(deps.clock.now(), run.id, number, step.id, str(about.get("work") or ""), **fields)
    kept = get_as(Snapshot, deps.store, (run.tenant, SNAPSHOTS, snapshot.id))
    if kept is not None and replace(kept, at=snapshot.at) == snapshot:
        return
    first = number == 1 or goes_on(run)  # it goes on with versions of the run before
    puts = [] if not first else [_expiry(run.tenant, run.id, run.opened_at + timedelta(days=1))]
    for each in puts:
        deps.store.put(SYSTEM, each)
    deps.store.put(run.tenant, Put(SNAPSHOTS, snapshot.id, to_body(snapshot)))
    deps.crash_point(f"snapshot.after/{step.spec.kind}")


def snapshots_of(deps: Deps, tenant: str, run: str) -> list[Snapshot]:
    """Return the versions of a run that are still kept, the first one first."""
    found: list[Snapshot] = []
    after = f"{run}."
    while docs := deps.store.list_docs(tenant, SNAPSHOTS, after=after, limit=100):
        ours = [doc for doc in docs if doc.id.rpartition(".")[0] == run]
        found += [read_as(Snapshot, doc) for doc in ours]
        if len(ours) < len(docs):
            break
        after = docs[-1].id
    return found


def keep_days(settings: Mapping[str, Any] | None) -> int:
    """Return for how many days after its run's end the tenant keeps a version."""
    versions = ((settings or {}).get("ship") or {}).get("versions") or {}
    wanted = versions.get("keep_days")
    return wanted if isinstance(wanted, int) and not isinstance(wanted, bool) and wanted > 0 else KEEP_DAYS


def expire_snapshots(deps: Deps) -> int:
    """Delete what the tenants' policies no longer keep; return how many snapshots. Anybody may call it at any time."""
    now, count = deps.clock.now(), 0
    for expiry in _due(deps, now):
        tenant, run = expiry.tenant, expiry.run
        try:  # one by one: a run that cannot be read must not keep the rest
            gone, again = _expire_run(deps, tenant, run, now)
        except AgentError as error:
            log.line("ERROR", "snapshots not looked at", tenant=tenant, run=run, **log.about(error))
            gone, again = 0, now + _AGAIN
        count += gone
        if again is not None:
            deps.store.put(SYSTEM, _expiry(tenant, run, again))
        deps.store.put(SYSTEM, Put(EXPIRIES, expiry.id, None))
    return count


def _due(deps: Deps, now: datetime) -> Iterator[Expiry]:
    """Yield what is due, reading little more than that."""
    after = ""
    for _ in range(_MAX // _PAGE):
        docs = deps.store.list_docs(SYSTEM, EXPIRIES, after=after, limit=_PAGE)
        due = [expiry for expiry in (read_as(Expiry, doc) for doc in docs) if expiry.at <= now]
        yield from due
        if len(due) < _PAGE:
            return
        after = docs[-1].id


def _expire_run(deps: Deps, tenant: str, run: str, now: datetime) -> tuple[int, datetime | None]:
    """Delete what has expired of a run; return how much, and when to look again.

    Of an open run nothing green goes, and nothing that something kept still rests on.
    """
    kept = snapshots_of(deps, tenant, run)
    loaded = latest_run(deps, tenant, run)  # a retry that goes on with these versions reads them
    keep = timedelta(days=keep_days(all_settings(deps.store, tenant)))
    ended = loaded.run.ended_at if loaded is not None else now - keep
    old = [each for each in kept if (ended or each.at) + keep <= now]
    if old and loaded is not None and _is_gone_on_with(deps, loaded.run, run):
        return 0, now + _AGAIN
    if loaded is not None and ended is None:
        old = [each for each in old if not each.green and each is not kept[-1]]
        used = _refs_in_use(loaded.run)
    else:
        used = frozenset()
    _delete(deps, tenant, old, [each for each in kept if each not in old], used)
    if len(old) == len(kept):
        return len(old), None
    return len(old), max(now + _AGAIN, (ended or now) + keep) if ended else now + _AGAIN


def _is_gone_on_with(deps: Deps, last: Run, run: str) -> bool:
    """Say whether an open run of its page, such as one that puts a release live again, goes on with a run's work."""
    page = get_as(PageRecord, deps.store, (last.tenant, PAGES, last.trigger.page)) if last.trigger.page else None
    loaded = deps.store.load_run(last.tenant, page.run) if page is not None and page.run not in ("", last.id) else None
    return loaded is not None and not loaded.run.status.final and any(each.home == run for each in loaded.run.steps)


def _refs_in_use(run: Run) -> frozenset[str]:
    """Return the texts that steps of an open run may still read."""
    kept = [step for step in run.steps if step.spec.kind != "code.try"]
    return frozenset(str(value) for step in kept for value in step.output.values() if isinstance(value, str))


def _delete(deps: Deps, tenant: str, old: list[Snapshot], rest: list[Snapshot], used: frozenset[str]) -> None:
    """Delete documents, then the texts that nothing else names: a text without a document is found by nobody."""
    gone = frozenset[str]().union(*(each.texts for each in old))
    for ref in sorted(gone - used.union(*(each.texts for each in rest))):
        deps.store.delete_text(tenant, ref)
    for each in old:
        deps.store.put(tenant, Put(SNAPSHOTS, each.id, None))


def _expiry(tenant: str, run: str, at: datetime) -> Put:
    when = at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    body = to_body(Expiry(tenant, run, at.astimezone(UTC)))
    return Put(EXPIRIES, f"{when}.{derive_id('', tenant, run)}", body)
