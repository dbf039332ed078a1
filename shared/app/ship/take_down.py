"""Take a site down because a person named it: its address shows nothing from then on, until it is put live again.

That opens a run of one step. Asking twice is asking once, whoever asks; after the site went live again it is another.
"""

from __future__ import annotations

from shared.app.engine.deps import Deps
from shared.app.engine.engine import open_run
from shared.app.ship.live_sites import LiveSite, find_site
from shared.core.errors import Conflicting, MalformedRequest, VersionConflict
from shared.core.people.actor import Actor
from shared.core.run.events import RunOpened
from shared.core.run.run import Run, RunStatus, StepSpec, Trigger, derive_id

KIND = "take-down"  # of the trigger
_TRIES = 5  # that may fail before somebody has to do it by hand


def take_down(deps: Deps, tenant: str, site_id: str, confirm: str, by: Actor) -> Run:
    """Open the run that takes the site down, or return it when it is there already; one that failed is tried anew.

    Raises NotThere, MalformedRequest where `confirm` is not the site's name, and Conflicting while a version of it is
    being watched.
    """
    site = find_site(deps, tenant, site_id)
    if confirm != site.name:
        raise MalformedRequest(f"field 'confirm': to take the site down, confirm it with its name: {site.name}")
    for number in range(1, _TRIES + 1):
        new_id = derive_id("run-", tenant, site.id, "takedown", site.releases[0].run, str(number))
        begun = deps.store.load_run(tenant, new_id)
        if begun is not None and begun.run.status not in (RunStatus.FAILED, RunStatus.CANCELLED):
            return begun.run
        if begun is None:
            _refuse_watched(site)
            return _open(deps, tenant, site, new_id, by)
    raise Conflicting(f"{_TRIES} attempts to take this site down have failed", way_out="Do it by hand at the host.")


def _refuse_watched(site: LiveSite) -> None:
    """What is watched would be rolled back where it stops to answer, and visitors would see the version before."""
    watched = next((each.run for each in site.releases if each.is_watched), "")
    if watched:
        way_out = f"Wait until run {watched} has ended, or stop it with POST /v1/runs/{watched}/cancel."
        raise Conflicting("a version of this site went live just now, and is being watched", way_out=way_out)


def _open(deps: Deps, tenant: str, site: LiveSite, new_id: str, by: Actor) -> Run:
    known = {name for each in site.releases for name in (each.deployment, each.previous) if name}
    given = {"system": site.system, "site": site.project, "url": site.url, "deployments": sorted(known)}
    step = StepSpec("takedown", "site.take_down", f"Take {site.name} down", given, lane="deploy", vital=True)
    trigger = Trigger(KIND, title=site.releases[0].title or site.name, by=by.name, actor=by)
    try:
        return open_run(deps, RunOpened(deps.clock.now(), tenant, new_id, trigger, deps.limits, (step,)))
    except VersionConflict:
        begun = deps.store.load_run(tenant, new_id)  # opened just now, by somebody who asked at the same time
        if begun is None:
            raise
        return begun.run
