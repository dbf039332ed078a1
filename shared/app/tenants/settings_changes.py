"""A team's settings are changed here, whoever changes which of them: saved at once or not at all, with who it was."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from shared import log
from shared.app.engine.deps import Deps
from shared.app.engine.due_times import drop_alarm
from shared.app.engine.engine import record
from shared.app.schedule.planning_time import changes_planning, planning_changes, planning_of, settle_planning
from shared.core.documents.alarm import Alarm
from shared.core.documents.tenant_settings import PLACE
from shared.core.errors import AgentError, Busy, VersionConflict
from shared.core.notify.telling import TEAM_TELLING
from shared.core.people.actor import THE_SYSTEM, Actor
from shared.core.retries import DOCUMENT
from shared.core.run.acts import BudgetChanged
from shared.core.run.run import WaitKind
from shared.core.tenants.sections import Bodies, list_values, note_changes
from shared.ports import Doc, Put

Decide = Callable[[Bodies], Bodies]


def load_bodies(deps: Deps, tenant: str) -> Bodies:
    """Return what is stored of a team's settings."""
    return _read_bodies(*_load(deps, tenant))


def change_settings(deps: Deps, tenant: str, by: Actor = THE_SYSTEM, /, **changes: Any) -> None:
    """Change fields of the tenant's settings document; whoever changes other fields at once is not undone.

    Raises what `change_sections` does.
    """
    settles = changes_planning(changes)
    change_sections(
        deps, tenant, by, lambda known: replace(known, settings={**known.settings, **changes}), settles=settles
    )


def change_sections(deps: Deps, tenant: str, by: Actor, decide: Decide, *, settles: bool = False) -> Bodies:
    """Save what `decide` makes of the settings, together or not at all; return them as they are then.

    It is asked again while others are faster, so it does nothing else, and what it raises ends the change. Work that
    waits for money asks again where a limit has changed, and the daily planning is settled where its time has, or
    where it `settles` anyway. Raises MalformedRequest naming a setting of the daily planning that cannot be used, and
    Busy when others were faster all the time.
    """
    alarm: Alarm | None = None
    for tries in range(DOCUMENT.tries):
        if tries:
            deps.stand_back(tries - 1)
        docs = _load(deps, tenant)
        before = _read_bodies(*docs)
        after = note_changes(before, decide(before), by, deps.clock.now())
        planning_of(after.settings)
        if alarm is None and (settles or _differs(before, after, "planning")):  # set before they are saved, once
            alarm = planning_changes(deps, tenant)
        try:
            if puts := _list_puts(docs, before, after):
                deps.store.put(tenant, *puts)
        except VersionConflict:  # two documents at once, or this would be `change_doc`
            continue
        break
    else:
        raise Busy(f"the settings of {tenant} were changed by others {DOCUMENT.tries} times in a row")
    if alarm is not None:
        deps.crash_point("planning.after/settings")
        settle_planning(deps, tenant, after.settings)
        drop_alarm(deps, alarm)
    if _differs(before, after, "budgets"):
        _let_go_on(deps, tenant)
    return after


def _load(deps: Deps, tenant: str) -> tuple[Doc | None, Doc | None]:
    return deps.store.get(tenant, *PLACE), deps.store.get(tenant, *TEAM_TELLING)


def _read_bodies(settings: Doc | None, telling: Doc | None) -> Bodies:
    return Bodies(settings.body if settings else {}, telling.body if telling else {})


def _list_puts(docs: tuple[Doc | None, Doc | None], before: Bodies, after: Bodies) -> list[Put]:
    found = zip(
        (PLACE, TEAM_TELLING), docs, (before.settings, before.telling), (after.settings, after.telling), strict=True
    )
    return [Put(*place, new, doc.version if doc else "") for place, doc, old, new in found if new != old]


def _differs(before: Bodies, after: Bodies, name: str) -> bool:
    return list_values(before, name) != list_values(after, name)


def _let_go_on(deps: Deps, tenant: str) -> None:
    """Let every run ask again that waits for money; one that cannot be saved now asks at its time."""
    after = ""
    while runs := deps.store.list_runs(tenant, limit=100, after=after):
        for run in runs:
            if not run.status.final and any(s.wait and s.wait.kind == WaitKind.BUDGET for s in run.steps):
                try:
                    record(deps, tenant, run.id, BudgetChanged(deps.clock.now()))
                except AgentError as error:
                    log.line("ERROR", "run not resumed", tenant=tenant, run=run.id, **log.about(error))
        after = runs[-1].id


def name_changer(changed: Mapping[str, Any] | None, section: str) -> Mapping[str, str]:
    """Return who changed a section last: name, actor, at; empty where nobody has since that is noted."""
    found = (changed or {}).get(section)
    return found if isinstance(found, Mapping) else {}
