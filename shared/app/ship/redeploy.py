"""Put a release of a site live again: the current one, an earlier one, or the last one of a site that was taken down.

That opens a run of its page that goes on with all that the release's run has done, but for the site: it deploys the
same work anew, people are asked before anything leaves and before it goes live, and it is watched as ever.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from shared.app.approval.comment_records import load_heard
from shared.app.engine.deps import Deps
from shared.app.engine.engine import open_run
from shared.app.engine.retries import explain_unfit
from shared.app.intake.open_page_run import note_next_run, page_record, record_put
from shared.app.ship.live_sites import LiveSite, find_site
from shared.core.documents.codec import to_body
from shared.core.documents.comment_records import HEARD, Heard
from shared.core.errors import Busy, Conflicting, NotThere, VersionConflict
from shared.core.people.actor import Actor
from shared.core.run.events import RunOpened
from shared.core.run.resume import carry_release
from shared.core.run.run import Run, RunStatus, Trigger, derive_id
from shared.ports import Put

if TYPE_CHECKING:
    from shared.app.engine.tools import Tools

KIND = "redeploy"  # of the trigger
ABOUT = "redeploys"  # the fact that says whose release it is


def redeploy(deps: Deps, tools: Callable[[], Tools], tenant: str, site_id: str, wanted: str, by: Actor) -> Run:
    """Open the run that puts the release of the run `wanted` live again, or return it while it is at work.

    "" is the latest release that was not taken back. Raises NotThere, Conflicting where that cannot be, and Busy while
    the page does not show the end of its last run yet.
    """
    site = find_site(deps, tenant, site_id)
    old = _find_release(deps, tenant, site, wanted)
    record = page_record(deps, tenant, old.trigger.page)
    last = deps.store.load_run(tenant, record.run) if record.run else None
    if last is not None and not last.run.status.final:
        return _refuse_second(last.run, old)
    if last is not None and not record.settled:
        raise Busy("the page does not show the end of its last run yet")
    event = _open(deps, tools(), old, derive_id("run-", tenant, old.id, KIND, str(record.generation)), by)
    heard = load_heard(deps, tenant, record.run).ids if record.run else frozenset()
    puts = [record_put(old.trigger.page, note_next_run(deps, tenant, record, event.run))]
    puts.append(Put(HEARD, event.run, to_body(Heard(heard))))  # a comment of before is no answer to what is asked now
    try:
        return open_run(deps, event, puts=tuple(puts))
    except VersionConflict as error:
        opened = deps.store.load_run(tenant, event.run)  # by somebody who asked at the same time
        if opened is None:
            raise Busy("another run of the page has just been opened") from error
        return opened.run


def _find_release(deps: Deps, tenant: str, site: LiveSite, wanted: str) -> Run:
    standing = (each.run for each in site.releases if not each.taken_back)
    name = wanted or next(standing, site.releases[0].run)
    loaded = deps.store.load_run(tenant, name)
    if loaded is None or name not in [each.run for each in site.releases]:
        way_out = f"GET /v1/sites/{site.id} lists its releases; give the run of one of them as `run`."
        raise NotThere(f"run {name!r} has put no release of this site live", way_out=way_out)
    old = loaded.run
    if old.status != RunStatus.SUCCEEDED:
        way_out = "Wait until it ends." if not old.status.final else f"Retry it: POST /v1/runs/{old.id}/retry."
        raise Conflicting(f"run {old.id} is {old.status.value}; only what succeeded is put live again", way_out=way_out)
    if not old.trigger.page:
        raise Conflicting(f"run {old.id} does not belong to a page", way_out="Plan the site on a page.")
    return old


def _refuse_second(last: Run, old: Run) -> Run:
    if last.trigger.kind == KIND and last.facts.get(ABOUT) == old.id:
        return last
    way_out = f"Wait until it ends, or stop it with POST /v1/runs/{last.id}/cancel."
    raise Conflicting(f"run {last.id} is at work at the same page", way_out=way_out)


def _open(deps: Deps, tools: Tools, old: Run, new_id: str, by: Actor) -> RunOpened:
    carried = carry_release(old)
    if why := explain_unfit(deps, tools, old, carried):
        way_out = "Set the page's status to Plan it, and it is planned and built anew."
        raise Conflicting(f"this release cannot be put live again: {why}", way_out=way_out)
    trigger = Trigger(KIND, old.trigger.page, old.trigger.title, by.name, actor=by)
    now, about = deps.clock.now(), {ABOUT: old.id}
    return RunOpened(now, old.tenant, new_id, trigger, deps.limits, carried=carried, facts=about)
