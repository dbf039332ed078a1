"""Every version of a run's work, kept by content, to look at, compare and restore, until the tenant's policy lets go.

A snapshot is a document `<run>.<nnn>` that names texts of this run alone, so that they can be deleted with it. What
expires is found by a document under SYSTEM whose id begins with its time, so that looking costs what is due.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from shared import log
from shared.app.engine.deps import Deps
from shared.app.engine.retry_links import latest_run
from shared.core.errors import AgentError
from shared.core.run.run import Run, Step, derived_id
from shared.ports import SYSTEM, Doc, Put

SNAPSHOTS = "snapshots"  # documents of a tenant
EXPIRIES = "snapshot-expiries"  # documents under SYSTEM
KEEP_DAYS = 90  # unless the tenant's settings say otherwise: ship.versions.keep_days
_AGAIN = timedelta(days=1)  # until an open run is looked at again
_PAGE, _MOST = 20, 200  # runs that are read at once, and that one look deletes from
_TEXTS = ("ref", "report", "originals")  # fields that name texts of this run
_KEPT = ("green", "tests", "tree", "kind", "report", "driver", "seconds", "reason", "absent", "originals", "signature")


def snapshot_id(run: str, number: int) -> str:
    """Return the name of the document: ascending with the versions of a run."""
    return f"{run}.{number:03d}"


def keep_snapshot(deps: Deps, run: Run, step: Step, number: int, about: Mapping[str, Any]) -> None:
    """Keep a version of the work, whose texts are kept already. The same again changes nothing.

    An attempt that died before it counted may be followed by one that comes to another end: that one counts.
    """
    name = snapshot_id(run.id, number)
    kept = deps.store.get(run.tenant, SNAPSHOTS, name)
    told = {field: about[field] for field in _KEPT if about.get(field) not in (None, "")}
    body = {
        "at": deps.clock.now().isoformat(),
        "run": run.id,
        "n": number,
        "step": step.id,
        "ref": str(about.get("work") or ""),
        "green": False,
        **told,
    }
    if kept is not None and {**kept.body, "at": body["at"]} == body:
        return
    first = number == 1 or run.trigger.kind == "retry"  # which may go on with versions of the run before
    puts = [] if not first else [_expiry(run.tenant, run.id, run.opened_at + timedelta(days=1))]
    for each in puts:
        deps.store.put(SYSTEM, each)
    deps.store.put(run.tenant, Put(SNAPSHOTS, name, body))
    deps.crash_point(f"snapshot.after/{step.spec.kind}")


def snapshots_of(deps: Deps, tenant: str, run: str) -> list[Doc]:
    """Return the versions of a run that are still kept, the first one first."""
    found: list[Doc] = []
    after = f"{run}."
    while docs := deps.store.list_docs(tenant, SNAPSHOTS, after=after, limit=100):
        ours = [doc for doc in docs if doc.id.rpartition(".")[0] == run]
        found += ours
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
    for doc in _due(deps, now):
        tenant, run = str(doc.body["tenant"]), str(doc.body["run"])
        try:  # one by one: a run that cannot be read must not keep the rest
            gone, again = _expire_run(deps, tenant, run, now)
        except AgentError as error:
            log.line("ERROR", "snapshots not looked at", tenant=tenant, run=run, **log.about(error))
            gone, again = 0, now + _AGAIN
        count += gone
        if again is not None:
            deps.store.put(SYSTEM, _expiry(tenant, run, again))
        deps.store.put(SYSTEM, Put(EXPIRIES, doc.id, None))
    return count


def _due(deps: Deps, now: datetime) -> Iterator[Doc]:
    """Yield what is due, reading little more than that."""
    after = ""
    for _ in range(_MOST // _PAGE):
        docs = deps.store.list_docs(SYSTEM, EXPIRIES, after=after, limit=_PAGE)
        due = [doc for doc in docs if datetime.fromisoformat(str(doc.body["at"])) <= now]
        yield from due
        if len(due) < _PAGE:
            return
        after = docs[-1].id


def _expire_run(deps: Deps, tenant: str, run: str, now: datetime) -> tuple[int, datetime | None]:
    """Delete what has expired of a run; return how much, and when to look again.

    Of an open run nothing green goes, and nothing that something kept still rests on.
    """
    docs = snapshots_of(deps, tenant, run)
    loaded = latest_run(deps, tenant, run)  # a retry that goes on with these versions reads them
    settings = deps.store.get(tenant, "settings", "tenant")
    keep = timedelta(days=keep_days(settings.body if settings else None))
    ended = loaded.run.ended_at if loaded is not None else now - keep
    old = [doc for doc in docs if (ended or datetime.fromisoformat(str(doc.body["at"]))) + keep <= now]
    if loaded is not None and ended is None:
        old = [doc for doc in old if not doc.body["green"] and doc is not docs[-1]]
        used = _refs_in_use(loaded.run)
    else:
        used = frozenset()
    _delete(deps, tenant, old, [doc for doc in docs if doc not in old], used)
    if len(old) == len(docs):
        return len(old), None
    return len(old), max(now + _AGAIN, (ended or now) + keep) if ended else now + _AGAIN


def _refs_in_use(run: Run) -> frozenset[str]:
    """Return the texts that steps of an open run may still read."""
    kept = [step for step in run.steps if step.spec.kind != "code.try"]
    return frozenset(str(value) for step in kept for value in step.output.values() if isinstance(value, str))


def _delete(deps: Deps, tenant: str, old: list[Doc], rest: list[Doc], used: frozenset[str]) -> None:
    """Delete documents, then the texts that nothing else names: a text without a document is found by nobody."""
    still = used | {str(doc.body.get(field)) for doc in rest for field in _TEXTS}
    texts = {str(doc.body[field]) for doc in old for field in _TEXTS if doc.body.get(field)}
    for ref in sorted(texts - still):
        deps.store.delete_text(tenant, ref)
    for doc in old:
        deps.store.put(tenant, Put(SNAPSHOTS, doc.id, None))


def _expiry(tenant: str, run: str, at: datetime) -> Put:
    when = at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    body = {"tenant": tenant, "run": run, "at": at.astimezone(UTC).isoformat()}
    return Put(EXPIRIES, f"{when}.{derived_id('', tenant, run)}", body)
