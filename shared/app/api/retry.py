"""Do a finished run over, as a new run of the same page: the finished one stays as it is, and is retried once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from shared.app.api.exchange import retry_id
from shared.app.budget import plan_estimate
from shared.app.deps import Deps
from shared.app.engine import open_run
from shared.app.open_page_run import page_record, record_body
from shared.core.errors import Busy, Conflicting, NotThere, VersionConflict
from shared.core.events import RunOpened
from shared.core.run import Run, RunStatus, Trigger
from shared.ports import Put

if TYPE_CHECKING:
    from shared.app.execute_step import Tools

LINKS = "retries"  # id of the new run → the run it retries


def retry_run(deps: Deps, tools: Callable[[], Tools], tenant: str, run_id: str, by: str) -> Run:
    """Open the run that retries this one, or return it when it is there already.

    It plans anew from the page as it is now, with the models there are now: what they may cost is reserved.
    Its cause is a person, so it has no runs as causes. Raises NotThere,
    Conflicting when this run cannot be retried, and Busy while the page does not show its end yet.
    """
    loaded = deps.store.load_run(tenant, run_id)
    if loaded is None:
        raise NotThere(f"no run {run_id!r}")
    old, new_id = loaded.run, retry_id(tenant, run_id)
    there = deps.store.load_run(tenant, new_id)
    if there is not None:
        return there.run
    _refuse_unfit(old)
    record = page_record(deps, tenant, old.trigger.page)
    there = deps.store.load_run(tenant, new_id) if record.run == new_id else None
    if there is not None:  # opened just now, by somebody who asked at the same time
        return there.run
    if record.run != old.id:
        raise Conflicting(
            f"the page of {old.id} has a newer run: {record.run or 'none that is known'}",
            way_out=f"Look at GET /v1/runs/{record.run}, and retry that one.",
        )
    if not record.settled:
        raise Busy("the page does not show the end of this run yet")
    after = replace(record, run=new_id, generation=record.generation + 1, settled=False)
    trigger = Trigger("retry", old.trigger.page, old.trigger.title, by)
    reserve = plan_estimate(tools().model(tenant))
    event = RunOpened(deps.clock.now(), tenant, new_id, trigger, deps.limits, plan_estimate=reserve)
    puts = (
        Put("pages", old.trigger.page, record_body(after), expected=record.version),
        Put(LINKS, new_id, {"run": old.id}),
    )
    try:
        return open_run(deps, event, puts=puts)
    except VersionConflict as error:
        there = deps.store.load_run(tenant, new_id)
        if there is None:
            raise Busy("the page opened another run just now") from error
        return there.run


def retry_links(deps: Deps, run: Run) -> tuple[str, str]:
    """Return the run that this one retries, and the run that retries it; "" where there is none."""
    doc = deps.store.get(run.tenant, LINKS, run.id) if run.trigger.kind == "retry" else None
    new_id = retry_id(run.tenant, run.id)
    retried = run.status.final and deps.store.load_run(run.tenant, new_id) is not None
    return str(doc.body["run"]) if doc else "", new_id if retried else ""


def _refuse_unfit(old: Run) -> None:
    if not old.status.final:
        way_out = f"Wait for its end, or stop it with POST /v1/runs/{old.id}/cancel."
        raise Conflicting(f"run {old.id} has not ended: {old.status.value}", way_out=way_out)
    if old.status == RunStatus.SUCCEEDED:
        way_out = "Change the page and set its status to Plan it, and it is done anew."
        raise Conflicting(f"run {old.id} succeeded; there is nothing to retry", way_out=way_out)
    if not old.trigger.page:
        raise Conflicting(f"run {old.id} belongs to no page", way_out="Only runs of a page can be retried.")
