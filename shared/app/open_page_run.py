"""Open a run for a page: one per change, however often and in whatever order the change is reported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from shared.app.deps import Deps
from shared.app.engine import open_run
from shared.core.commands import MIRROR, Command
from shared.core.errors import Busy, VersionConflict
from shared.core.events import RunOpened
from shared.core.run import Run, Trigger, Usage, derived_id
from shared.ports import Put

OVERDUE = timedelta(minutes=5)  # after its end, for a run whose page does not show it


@dataclass(frozen=True, slots=True)
class PageRecord:
    """What we remember of a page: its latest run, how many there were, and whether people have seen its end."""

    run: str = ""
    generation: int = 0
    settled: bool = True
    version: str = ""


def page_record(deps: Deps, tenant: str, page: str) -> PageRecord:
    """Return the record; an unknown page has an empty one."""
    doc = deps.store.get(tenant, "pages", page)
    if doc is None:
        return PageRecord()
    body = doc.body
    return PageRecord(body["run"], body["generation"], body["settled"], doc.version)


def record_body(record: PageRecord) -> Mapping[str, Any]:
    """Return what is stored of the record."""
    return {"run": record.run, "generation": record.generation, "settled": record.settled}


def open_page_run(deps: Deps, tenant: str, page: str, trigger: Trigger, estimate: Usage, handled: str = "") -> Run:
    """Open the next run of this page and remember it, in one commit; `estimate` is reserved for its planning.

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
    generation = record.generation + 1
    run_id = derived_id("run-", tenant, page, str(generation))
    event = RunOpened(deps.clock.now(), tenant, run_id, trigger, deps.limits, plan_estimate=estimate)
    after = replace(record, run=run_id, generation=generation, settled=False)
    put = Put("pages", page, record_body(after), expected=record.version)
    try:
        return open_run(deps, event, puts=(put,), handled=handled)
    except VersionConflict as error:
        raise Busy(f"page {page}: another delivery opened its run just now") from error


def _show_the_end(deps: Deps, run: Run) -> None:
    """Ask again for the end to be shown, in case the command that should have done it was lost or put aside."""
    since = deps.clock.now() - (run.ended_at or run.opened_at)
    if since > OVERDUE:
        name = derived_id("settle-", run.id, str(since // OVERDUE))
        deps.queue.enqueue([Command(name, MIRROR, "notify", run.tenant, run.id)])
