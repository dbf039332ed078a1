"""When a tenant's days are planned: by its settings, kept with the next time, settled when they change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from shared.app.engine.deps import Deps
from shared.app.engine.due_times import drop_alarm, set_alarm
from shared.app.engine.leases import lease
from shared.app.intake.refused_places import forget_refused_planning
from shared.app.schedule.time_zones import zone_named
from shared.core.documents.alarm import Alarm, whole_second
from shared.core.documents.codec import to_body
from shared.core.errors import MalformedRequest
from shared.core.run.commands import PLAN_DAY
from shared.core.schedule.day_tasks import CLOCK, DAYS, DEFAULT_CAPACITY, PlanningClock
from shared.core.schedule.schedule import BadSchedule, Days, Schedule, latest_time, list_next_times
from shared.ports import Put, get_as

SETTLING = "settings"  # the alarm's `ref` that asks for changed settings to be settled; that of a day is "day"
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Planning:
    """When a tenant's days are planned, and how many hours one holds."""

    at: time
    zone: ZoneInfo
    hours: float

    @property
    def schedule(self) -> Schedule:
        return Schedule(Days(), (self.at,))

    @property
    def key(self) -> str:
        """Return what the time of the next planning depends on."""
        return f"{self.at:%H:%M} {self.zone.key}"


def planning_of(settings: Mapping[str, Any]) -> Planning | None:
    """Return when the tenant's days are planned; None when its owner set no planning time.

    Raises MalformedRequest naming the setting that cannot be used.
    """
    if not settings.get("planning_time"):
        return None
    try:
        at = time.fromisoformat(str(settings["planning_time"]))
    except ValueError:
        at = time(0, 0, 1)
    if at.second or at.microsecond or at.tzinfo:
        raise MalformedRequest("setting 'planning_time' must be a time of the day", way_out="Write it as in 07:30.")
    try:
        zone = zone_named(str(settings.get("time_zone") or "UTC"))
    except BadSchedule as error:
        raise MalformedRequest(f"setting 'time_zone': {error.why}") from error
    hours = settings.get("day_hours", DEFAULT_CAPACITY)
    if isinstance(hours, bool) or not isinstance(hours, int | float) or not 0 < hours <= 24:
        raise MalformedRequest("setting 'day_hours' must be a number of hours, more than 0 and at most 24")
    return Planning(at, zone, float(hours))


def find_next_planning(deps: Deps, tenant: str) -> str:
    """Return when the tenant's next day is planned, as ISO 8601 in UTC; "" when none is."""
    due = clock_of(deps, tenant).due
    return due.isoformat() if due is not None else ""


def planning_problem(deps: Deps, tenant: str) -> str:
    """Return why the day that is due is not planned yet; "" when nothing is in the way."""
    return clock_of(deps, tenant).problem


def changes_planning(changes: Mapping[str, Any]) -> bool:
    """Say whether changed settings have to be settled."""
    return not {"planning_time", "time_zone"}.isdisjoint(changes)


def planning_changes(deps: Deps, tenant: str) -> Alarm:
    """Have settings settled in a minute, by when they are saved, even if we die before `settle_planning`."""
    alarm = Alarm(PLAN_DAY, tenant, SETTLING, whole_second(deps.clock.now() + timedelta(minutes=1)))
    set_alarm(deps, alarm)
    return alarm


def settle_planning(deps: Deps, tenant: str, settings: Mapping[str, Any]) -> None:
    """Let changed settings count: the next planning time, and the routines that go by the tenant's time zone.

    A time that was moved to earlier today, on a day not planned yet, is made up for at once. Raises Busy while a day
    is being planned; called again it does what is missing.
    """
    from shared.app.schedule.routines import look_at_routines

    look_at_routines(deps, tenant)
    planning = planning_of(settings)
    with lease(deps, tenant, "planning.day"):
        known = clock_of(deps, tenant)
        if planning is None:
            keep_clock(deps, tenant, known, PlanningClock())
        elif known.key != planning.key:
            now = deps.clock.now()
            missed = _find_missed_today(deps, tenant, planning, now) if known != PlanningClock() else None
            due = whole_second(missed or next(list_next_times(planning.schedule, now, planning.zone)))
            forget_refused_planning(deps, tenant, settings)
            keep_clock(deps, tenant, known, set_clock(known, planning.key, due))


def _find_missed_today(deps: Deps, tenant: str, planning: Planning, now: datetime) -> datetime | None:
    today = now.astimezone(planning.zone).date()
    due = latest_time(planning.schedule, now - _DAY, now, planning.zone)
    planned = deps.store.get(tenant, DAYS, today.isoformat()) is not None
    return due if due and not planned and due.astimezone(planning.zone).date() == today else None


def clock_of(deps: Deps, tenant: str) -> PlanningClock:
    """Return what is kept of the next planning: when it is due, and what was in the way."""
    return get_as(PlanningClock, deps.store, (tenant, *CLOCK)) or PlanningClock()


def set_clock(known: PlanningClock, key: str, due: datetime) -> PlanningClock:
    """Return the clock with another day due, and nothing in its way."""
    return replace(known, key=key, due=due, alarm=due, tries=0, problem="")


def keep_clock(deps: Deps, tenant: str, before: PlanningClock, after: PlanningClock) -> None:
    """Save when the next day is planned, and its alarm: the new alarm first, the old one away last.

    Raises VersionConflict where it is not the clock any more that was read `before`.
    """
    old, new = _alarm(tenant, before), _alarm(tenant, after)
    if new is not None and new != old:
        set_alarm(deps, new)
    if after != before:
        body = to_body(after) if after != PlanningClock(version=after.version) else None
        deps.store.put(tenant, Put(*CLOCK, body, before.version))
        deps.crash_point("day.after/clock")
    if old is not None and new != old:
        drop_alarm(deps, old)


def _alarm(tenant: str, clock: PlanningClock) -> Alarm | None:
    return Alarm(PLAN_DAY, tenant, "day", clock.alarm) if clock.alarm is not None else None
