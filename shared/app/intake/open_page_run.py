"""Open a run for a page: one per change, however often and in whatever order the change is reported."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from shared import log
from shared.app.engine.deps import Deps
from shared.app.engine.engine import open_run
from shared.core.documents.codec import from_body, to_body
from shared.core.documents.page_record import KIND, Answered, PageRecord
from shared.core.errors import Busy, VersionConflict
from shared.core.run.commands import MIRROR, Command
from shared.core.run.events import RunOpened
from shared.core.run.run import Run, Trigger, Usage, derive_id
from shared.ports import Put
from shared.ports.documents import tenant_settings

AUTOMATED_PER_HOUR = 6
OVERDUE = timedelta(minutes=5)  # after its end, for a run whose page does not show it


def page_record(deps: Deps, tenant: str, page: str) -> PageRecord:
    """Return the record; an unknown page has an empty one."""
    doc = deps.store.get(tenant, KIND, page)
    return from_body(PageRecord, doc.body, version=doc.version) if doc is not None else PageRecord()


def record_put(page: str, record: PageRecord) -> Put:
    """Return the write that saves the record, unless somebody else saved one since it was read."""
    return Put(KIND, page, to_body(record), record.version)


def note_next_run(deps: Deps, tenant: str, record: PageRecord, run: str) -> PageRecord:
    """Return the record once `run` is the page's latest: what people answered before, it need not ask again."""
    last = deps.store.load_run(tenant, record.run) if record.run else None
    steps = reversed(last.run.steps) if last is not None else ()
    planned = next((step.output for step in steps if step.output.get("page_hash")), None)
    answers = record.answers
    if planned is not None:
        answers = tuple(Answered(str(each["id"]), str(each["text"])) for each in planned.get("answers", ()))
    return replace(record, run=run, generation=record.generation + 1, settled=False, answers=answers)


def open_page_run(
    deps: Deps,
    tenant: str,
    page: str,
    trigger: Trigger,
    estimate: Usage,
    handled: str = "",
    *,
    automated: bool = False,
) -> Run | None:
    """Open the next run of this page and remember it, in one commit; `estimate` is reserved for its planning.

    Of `automated` ones, which no person asked for, an hour has room for a few: the next one is opened and ends at once,
    so that people read why, and after that there is none (None) until the hour is over.

    Raises Busy while the page's last run has ended but the page does not show it yet: the status we see may still
    be the one that opened that run.
    """
    record = page_record(deps, tenant, page)
    if record.run:
        last = deps.store.load_run(tenant, record.run)
        if last is not None and not last.run.status.final:
            return last.run
        if last is not None and not record.settled:
            _show_the_end(deps, last.run)
            raise Busy(f"page {page}: the end of its last run is not written to it yet")
    lately, limit = _lately(deps, record), automated_per_hour(deps, tenant)
    if automated and len(lately) > limit:
        log.line("WARNING", "page not planned: too many automated runs in an hour", tenant=tenant, run=record.run)
        return None
    refused = _explain_limit(limit) if automated and len(lately) == limit else ""
    now = deps.clock.now()
    run_id = derive_id("run-", tenant, page, str(record.generation + 1))
    event = RunOpened(now, tenant, run_id, trigger, deps.limits, plan_estimate=estimate, refused=refused)
    known = (*lately, now.isoformat()) if automated else lately
    after = replace(note_next_run(deps, tenant, record, run_id), automated=known)
    try:
        return open_run(deps, event, puts=(record_put(page, after),), handled=handled)
    except VersionConflict as error:
        raise Busy(f"page {page}: another delivery has just opened its run") from error


def automated_per_hour(deps: Deps, tenant: str) -> int:
    """Return how many runs of one page others than people may ask for in an hour; the owner may set it."""
    given = tenant_settings(deps.store, tenant).automated_runs_per_hour
    return given if isinstance(given, int) and given >= 0 else AUTOMATED_PER_HOUR


def _lately(deps: Deps, record: PageRecord) -> tuple[str, ...]:
    since = deps.clock.now() - timedelta(hours=1)
    return tuple(at for at in record.automated if datetime.fromisoformat(at) > since)


def _explain_limit(limit: int) -> str:
    return (
        f"agents asked for more than {limit} runs of this page within an hour, and no person did; so that agents cannot"
        " keep each other busy, there are no more now. Set the status yourself to go on, or wait an hour."
    )


def _show_the_end(deps: Deps, run: Run) -> None:
    """Ask again for the end to be shown, in case the command that should have done it was lost or put aside."""
    since = deps.clock.now() - (run.ended_at or run.opened_at)
    if since > OVERDUE:
        name = derive_id("settle-", run.id, str(since // OVERDUE))
        deps.queue.enqueue([Command(name, MIRROR, "notify", run.tenant, run.id)])
