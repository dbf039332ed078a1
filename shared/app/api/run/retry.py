"""Retry a run that failed or was stopped, once, as a new run that goes on where it ended: what is done stays done.

The finished one stays as it is. From the start, as if there had been none, on request, and where there is nothing to go
on with: the page was changed since, an earlier version made the plan, or what was written is no longer kept.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from shared.app.engine.deps import Deps
from shared.app.engine.engine import open_run
from shared.app.engine.retries import to_go_on_with
from shared.app.engine.retry_links import retry_id
from shared.app.intake.open_page_run import note_next_run, page_record, record_put
from shared.app.money.budget import plan_estimate
from shared.core.documents.codec import to_body
from shared.core.documents.comment_records import HEARD
from shared.core.documents.page_record import LINKS, PageRecord, RetryLink
from shared.core.errors import Busy, Conflicting, NotThere, VersionConflict
from shared.core.people.actor import By, read_by
from shared.core.run.events import RunOpened
from shared.core.run.run import Run, RunStatus, Trigger
from shared.ports import Put, get_as

if TYPE_CHECKING:
    from shared.app.engine.tools import Tools

ABOUT = "retries"  # the fact that says of which run a retry is, and where it begins


def retry_run(
    deps: Deps, tools: Callable[[], Tools], tenant: str, run_id: str, by: By, *, from_start: bool = False
) -> Run:
    """Open the run that retries this one, or return it when it is there already.

    Its cause is a person, so it has no runs as causes; what the run before has spent counts against its limits, unless
    it begins from the start. Raises NotThere, Conflicting when this run cannot be retried, and Busy while the page does
    not show its end yet, or cannot be read.
    """
    loaded = deps.store.load_run(tenant, run_id)
    if loaded is None:
        raise NotThere(f"no run {run_id!r}")
    old, new_id = loaded.run, retry_id(tenant, run_id)
    opened = deps.store.load_run(tenant, new_id)
    if opened is not None:
        return _require_same_start(deps, old, opened.run, from_start=from_start)
    _refuse_unfit(old)
    record = page_record(deps, tenant, old.trigger.page)
    opened = deps.store.load_run(tenant, new_id) if record.run == new_id else None
    if opened is not None:  # opened just now, by somebody who asked at the same time
        return opened.run
    _refuse_unshown(old, record)
    after = note_next_run(deps, tenant, record, new_id)
    event = _open_retry(deps, tools(), old, new_id, by, from_start=from_start)
    puts = (
        record_put(old.trigger.page, after),
        Put(LINKS, new_id, to_body(RetryLink(old.id, from_start))),
        *_copy_heard(deps, old, new_id, event),
    )
    try:
        return open_run(deps, event, puts=puts)
    except VersionConflict as error:
        opened = deps.store.load_run(tenant, new_id)
        if opened is None:
            raise Busy("another run of the page has just been opened") from error
        return opened.run


def _refuse_unshown(old: Run, record: PageRecord) -> None:
    """Refuse what is not the page's last run, or whose end the page does not show yet."""
    if record.run != old.id:
        raise Conflicting(
            f"the page of run {old.id} has a newer run: {record.run or 'one that is not known'}",
            way_out=f"Look at GET /v1/runs/{record.run} and retry that one.",
        )
    if not record.settled:
        raise Busy("the page does not show the end of this run yet")


def _open_retry(deps: Deps, tools: Tools, old: Run, new_id: str, by: By, *, from_start: bool) -> RunOpened:
    name, actor = read_by(by)
    trigger = Trigger("retry", old.trigger.page, old.trigger.title, name, actor=actor)
    reserve = plan_estimate(tools.model(old.tenant))
    event = RunOpened(deps.clock.now(), old.tenant, new_id, trigger, deps.limits, plan_estimate=reserve)
    if from_start:
        return replace(event, facts={ABOUT: f"{old.id}, from the start, as it was asked for"})
    carried, why = to_go_on_with(deps, tools, old, reserve)
    if carried is None:
        return replace(event, facts={ABOUT: f"{old.id}, from the start: {why}"})
    return replace(event, carried=carried, facts={ABOUT: f"{old.id}, from where it ended"})


def _copy_heard(deps: Deps, old: Run, new_id: str, event: RunOpened) -> tuple[Put, ...]:
    """Take along which comments were heard: a no that ended the run before does not end the one that goes on."""
    doc = deps.store.get(old.tenant, HEARD, old.id) if event.carried is not None else None
    return (Put(HEARD, new_id, doc.body),) if doc is not None else ()


def _require_same_start(deps: Deps, old: Run, new: Run, *, from_start: bool) -> Run:
    link = get_as(RetryLink, deps.store, (old.tenant, LINKS, new.id))
    if from_start and (link is None or link.from_start is False):
        way_out = f"Once that run has ended, retry it from the start: workwright retry {new.id} --from-start."
        raise Conflicting(f"run {old.id} has already been retried from where it ended, as {new.id}", way_out=way_out)
    return new


def retry_links(deps: Deps, run: Run) -> tuple[str, str]:
    """Return the run that this one retries, and the run that retries it; "" where there is none."""
    link = get_as(RetryLink, deps.store, (run.tenant, LINKS, run.id)) if run.trigger.kind == "retry" else None
    new_id = retry_id(run.tenant, run.id)
    retried = run.status.final and deps.store.load_run(run.tenant, new_id) is not None
    return link.run if link else "", new_id if retried else ""


def _refuse_unfit(old: Run) -> None:
    if not old.status.final:
        way_out = f"Wait until it ends, or stop it with POST /v1/runs/{old.id}/cancel."
        raise Conflicting(f"run {old.id} has not ended yet; it is {old.status.value}", way_out=way_out)
    if old.status == RunStatus.SUCCEEDED:
        way_out = "Change the page and set its status to Plan it, and it is planned anew."
        raise Conflicting(f"run {old.id} succeeded; there is nothing to retry", way_out=way_out)
    if not old.trigger.page:
        raise Conflicting(f"run {old.id} does not belong to a page", way_out="Only runs of a page can be retried.")
