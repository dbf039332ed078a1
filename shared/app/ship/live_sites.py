"""The sites of a team: what of each is live now, since when, and what was live before.

It is read from the records of promotions and of what was taken back, once for each call, and from the runs that made
them; no host is asked.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from shared.app.engine.deps import Deps
from shared.app.resources.inventory import list_effects
from shared.core.approval.roll_back_words import describe_roll_back
from shared.core.errors import NotThere
from shared.core.run.run import Run, Step, StepStatus, derive_id

_PROMOTE, _WATCH, _TAKE_DOWN, _GATE = "site.promote", "site.watch", "site.take_down", "production"
MAX_RELEASES = 20  # of one site, the latest


@dataclass(frozen=True, slots=True)
class Release:
    """A version that a run has put live; `taken_back` says that visitors see the one before it again."""

    run: str
    title: str
    deployment: str
    previous: str
    at: datetime
    by: str
    approved_by: str
    taken_back: bool
    is_watched: bool
    note: str


@dataclass(frozen=True, slots=True)
class Down:
    """By which run a site was taken down, when and by whom."""

    run: str
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class LiveSite:
    """A site, its releases the latest first; `down` says that nothing of it went live since it was taken down."""

    id: str
    system: str
    project: str
    url: str
    releases: tuple[Release, ...]
    down: Down | None = None

    @property
    def name(self) -> str:
        """Return what people call it, and confirm it with: its address without the scheme."""
        return self.url.partition("://")[2].strip("/") or self.project

    @property
    def deployment(self) -> str:
        """Return what visitors see, as far as we know; "" where there is nothing any more."""
        latest = self.releases[0]
        if self.down is not None:
            return ""
        return latest.previous if latest.taken_back else latest.deployment


def find_site(deps: Deps, tenant: str, site_id: str) -> LiveSite:
    """Return one site with its releases; raises NotThere."""
    found = next((site for site in find_sites(deps, tenant) if site.id == site_id), None)
    if found is None:
        raise NotThere("your team has no site with this id", way_out="GET /v1/sites lists them.")
    return found


def find_sites(deps: Deps, tenant: str) -> list[LiveSite]:
    """Return the sites by ascending id."""
    promoted: dict[str, datetime] = {}
    back: set[str] = set()
    down: dict[tuple[str, str], Down] = {}
    for effect in list_effects(deps, tenant, ""):
        run, _, rest = effect.id.partition(".")
        name = rest.rpartition(".")[2].rstrip("0123456789").rstrip("-")
        if effect.is_confirmed and name == "promotion":
            promoted[run] = max(effect.at, promoted.get(run, effect.at))
        elif effect.is_confirmed and name == "rollback":
            back.add(run)
        elif effect.is_confirmed and name == "takedown":
            for place, each in _read_down(deps, tenant, run, effect.at).items():
                down[place] = max(each, down.get(place, each), key=lambda known: known.at)
    found: dict[tuple[str, str], list[tuple[Release, str]]] = {}
    for run_id, at in promoted.items():
        loaded = deps.store.load_run(tenant, run_id)
        step = _find_step(loaded.run.steps, _PROMOTE) if loaded is not None else None
        if loaded is not None and step is not None and step.output.get("deployment"):
            place = (str(step.output["system"]), str(step.output["project"]))
            release = _describe_release(loaded.run, step, at, run_id in back)
            found.setdefault(place, []).append((release, str(step.output.get("url", ""))))
    sites = (_gather(*place, releases, down.get(place)) for place, releases in found.items())
    return sorted(sites, key=lambda site: site.id)


def _read_down(deps: Deps, tenant: str, run: str, at: datetime) -> dict[tuple[str, str], Down]:
    """Return which site a run has taken down; {} where it has not, or not yet."""
    loaded = deps.store.load_run(tenant, run)
    step = _find_step(loaded.run.steps, _TAKE_DOWN) if loaded is not None else None
    if loaded is None or step is None or step.status != StepStatus.SUCCEEDED:
        return {}
    place = (str(step.spec.input["system"]), str(step.spec.input["site"]))
    return {place: Down(run, at, loaded.run.trigger.by)}


def _gather(system: str, project: str, found: list[tuple[Release, str]], down: Down | None) -> LiveSite:
    found.sort(key=lambda each: (each[0].at, each[0].run), reverse=True)
    releases = tuple(release for release, _ in found[:MAX_RELEASES])
    gone = down if down is not None and down.at >= releases[0].at else None
    return LiveSite(derive_id("site-", system, project), system, project, found[0][1], releases, gone)


def _describe_release(run: Run, step: Step, at: datetime, taken_back: bool) -> Release:
    note = describe_roll_back(run)
    watch, gate = _find_step(run.steps, _WATCH), run.step(_GATE) or _find_gate(run.steps)
    return Release(
        run=run.id,
        title=run.trigger.title,
        deployment=str(step.output["deployment"]),
        previous=str(step.output.get("previous", "")),
        at=at,
        by=run.trigger.by,
        approved_by=str(gate.output.get("by", "")) if gate is not None else "",
        taken_back=taken_back or bool(note),
        is_watched=watch is not None and not run.status.final,
        note=note,
    )


def _find_step(steps: Iterable[Step], kind: str) -> Step | None:
    return next((step for step in reversed([*steps]) if step.spec.kind == kind), None)


def _find_gate(steps: Iterable[Step]) -> Step | None:
    return next((step for step in reversed([*steps]) if step.id.rpartition(".")[2] == _GATE), None)
