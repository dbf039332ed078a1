"""A routine as its page in Notion says: what it is called, when it runs, and what each run may cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import islice, pairwise
from typing import Any
from zoneinfo import ZoneInfo

from shared.app.engine.deps import Deps
from shared.app.engine.tools import Tools
from shared.app.schedule.time_zones import zone_named
from shared.app.workspace.workspace_databases import Mapped, bare, database_of
from shared.core.documents.alarm import whole_second
from shared.core.documents.routine import Routine
from shared.core.schedule.schedule import BadSchedule, Schedule, list_next_times
from shared.core.schedule.schedule_text import parse_schedule
from shared.core.text.outgoing_text import visible
from shared.integrations.notion.client.client import Notion
from shared.integrations.notion.content.reading import property_text

ACTIVE = "Active"
OFTEN = timedelta(minutes=5)  # the least time between two runs


@dataclass(frozen=True, slots=True)
class Desk:
    """One tenant's routines database, and what it takes to work on it."""

    deps: Deps
    tools: Tools
    tenant: str
    mapped: Mapped
    settings: Mapping[str, Any]

    @property
    def notion(self) -> Notion:
        return self.tools.accounts.connect_for(self.tenant)(Notion)


def read_routine(desk: Desk, page: Mapping[str, Any], known: Routine) -> Routine:
    """Return the routine as its page says now; the time it is due stays while nothing that decides it has changed."""
    mapped = desk.mapped
    seen = replace(
        known,
        title=_title(page),
        schedule=property_text(mapped.value(page, "Schedule")).strip(),
        zone=property_text(mapped.value(page, "Time zone")).strip() or str(desk.settings.get("time_zone") or "UTC"),
        active=mapped.status(page) == ACTIVE and not page.get("in_trash"),
        anchor=known.anchor or str(page.get("created_time") or "")[:10],
        micros=_micros(mapped.value(page, "Budget")),
    )
    if not seen.active:
        return replace(seen, due="", alarm="", tries=0, wrong="")
    same = (seen.schedule, seen.zone) == (known.schedule, known.zone)
    if same and known.active and (known.due or known.wrong):
        return seen if known.alarm or not known.due else replace(seen, alarm=_from_now(desk, known.due))
    try:
        schedule, zone = schedule_of(seen)
    except BadSchedule as error:
        return replace(seen, due="", alarm="", tries=0, wrong=str(error))
    return set_next_time(replace(seen, tries=0, wrong=""), schedule, zone, desk.deps.clock.now())


def _from_now(desk: Desk, due: str) -> str:
    """Return when one that was left alone rings again: at a time of its own, for an alarm rings once."""
    return max(datetime.fromisoformat(due), whole_second(desk.deps.clock.now())).isoformat(timespec="seconds")


def schedule_of(routine: Routine) -> tuple[Schedule, ZoneInfo]:
    """Return what the routine's schedule means; raises BadSchedule for people to read."""
    schedule = parse_schedule(routine.schedule, date.fromisoformat(routine.anchor or "1970-01-05"))
    zone = zone_named(schedule.zone or routine.zone)
    first = list(islice(list_next_times(schedule, datetime(2026, 1, 1, tzinfo=UTC), zone), 60))
    if any(later - earlier < OFTEN for earlier, later in pairwise(first)):
        raise BadSchedule(f"“{routine.schedule}” runs more often than every {OFTEN // timedelta(minutes=1)} minutes")
    return schedule, zone


def set_next_time(routine: Routine, schedule: Schedule, zone: ZoneInfo, now: datetime) -> Routine:
    """Return the routine with the next time of its schedule, and its alarm at that time."""
    due = next(list_next_times(schedule, now, zone), None)
    at = due.isoformat(timespec="seconds") if due else ""
    return replace(routine, due=at, alarm=at)


def _micros(value: Mapping[str, Any]) -> int | None:
    number = value.get("number")
    return round(max(0, number) * 1_000_000) if isinstance(number, int | float) else None


def _title(page: Mapping[str, Any]) -> str:
    values = (page.get("properties") or {}).values()
    return visible(next((property_text(value) for value in values if value.get("type") == "title"), ""))


def desk_of(deps: Deps, tools: Tools, tenant: str) -> Desk | None:
    """Return what it takes to work on the routines of a tenant; None where it has no database of them."""
    settings = tools.settings(tenant)
    mapped = database_of(settings, "routines")
    return Desk(deps, tools, tenant, mapped, settings) if mapped is not None else None


def belongs(desk: Desk, page: Mapping[str, Any]) -> bool:
    """Say whether a page is a row of the routines database."""
    return bare(str((page.get("parent") or {}).get("data_source_id", ""))) == bare(desk.mapped.data_source)
