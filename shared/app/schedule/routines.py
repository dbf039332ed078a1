"""Routines: pages that say what to do and when. At each time they are due, exactly one run is opened.

What a routine's page said last is kept beside the time it is due next, so that nobody asks Notion whose time has come.
The page is read again when it changes, and when its time has come. After a silence one run is opened for the latest
time, which says how many were missed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from shared import log
from shared.app.engine.deps import Deps
from shared.app.engine.due_times import alarm_of, come_back, drop_alarm, find_next_ring, set_alarm
from shared.app.engine.engine import open_run, record
from shared.app.engine.leases import lease
from shared.app.engine.tools import Tools
from shared.app.intake.open_page_run import note_next_run, page_record, record_put
from shared.app.intake.refused_places import note_page_refused
from shared.app.money.budget import plan_estimate
from shared.app.schedule.routine_display import show_times, tell_if_wrong
from shared.app.schedule.routine_page import Desk, belongs, desk_of, read_routine, schedule_of, set_next_time
from shared.core.documents.alarm import Alarm, whole_second
from shared.core.documents.codec import to_body
from shared.core.documents.routine import KIND, Routine
from shared.core.errors import IntegrationError, Missing, NotAllowed, VersionConflict
from shared.core.run import acts
from shared.core.run import events as ev
from shared.core.run.commands import MIRROR, ROUTINE, Command
from shared.core.run.run import Run, RunStatus, Trigger, derive_id
from shared.core.schedule.schedule import Schedule, latest_time, list_next_times
from shared.ports import Put, all_as, get_as
from shared.telemetry import trace

_COUNTED = 1000  # missed times; beyond that there are just many
_MOMENT = timedelta(microseconds=1)


def routine_changed(deps: Deps, tools: Tools, tenant: str, page: Mapping[str, Any]) -> bool:
    """Take note of a page as Notion gives it; say whether it is a routine. An edited schedule counts from now on.

    Raises Busy while another worker is at this routine, and the errors of the integration.
    """
    desk = desk_of(deps, tools, tenant)
    if desk is None or not belongs(desk, page):
        return False
    page_id = str(page["id"])
    with lease(deps, tenant, f"routine.{page_id}"):
        known = _load(deps, tenant, page_id)
        seen = read_routine(desk, page, known)
        if seen != known:  # read again: another worker may have noted a later state of the page than this one
            page = desk.notion.page(page_id)
            seen = read_routine(desk, page, known)
        _keep(desk, known, seen)
        tell_if_wrong(desk, page, seen)
        show_times(desk, page, seen)
    return True


def look_at_routines(deps: Deps, tenant: str) -> None:
    """Have every routine of the tenant read again soon: what they all go by, like the time zone, has changed."""
    soon = whole_second(deps.clock.now())
    for routine in all_as(Routine, deps.store, tenant, KIND):
        if routine.alarm:
            set_alarm(deps, Alarm(ROUTINE, tenant, routine.page, soon))  # beside its own: any alarm leads to a look


@trace.use_case
def run_routine(command: Command, deps: Deps, tools: Tools) -> None:
    """Look at a routine: open the run that is due, if one is, and find its next time. A second look changes nothing."""
    alarm = alarm_of(command, deps)
    with lease(deps, command.tenant, f"routine.{command.ref}"):
        desk, known = desk_of(deps, tools, command.tenant), _load(deps, command.tenant, command.ref)
        if desk is not None:
            _look(desk, known)
        else:
            _forget(deps, command.tenant, known)
        if desk is None or _load(deps, command.tenant, command.ref).alarm != alarm.topic:
            drop_alarm(deps, alarm)


def _look(desk: Desk, known: Routine) -> None:
    """Carry out what is due now, or come back to it later."""
    at = None
    try:
        if not _carry_out(desk, known):
            at = find_next_ring(desk.deps.clock.now(), known.tries)
    except NotAllowed as error:
        log.line("WARNING", "routine may not be read", tenant=desk.tenant, page=known.page, **log.about(error))
        if known.tries:  # for good: an hour later it was no other; an edit of the page brings it back
            note_page_refused(desk.deps, desk.tenant, known.page)
            _keep(desk, known, replace(known, alarm="", tries=0))
            return
        at = come_back(desk.deps, error, known.tries)
    except IntegrationError as error:
        log.line("WARNING", "routine not looked at", tenant=desk.tenant, page=known.page, **log.about(error))
        at = come_back(desk.deps, error, known.tries)
    if at is not None:
        _keep(desk, known, replace(known, alarm=at.isoformat(timespec="seconds"), tries=known.tries + 1))


def _carry_out(desk: Desk, known: Routine) -> bool:
    """Open what is due; False when it cannot be done yet."""
    try:
        page = desk.notion.page(known.page)
    except Missing:
        page = {}
    if not page or not belongs(desk, page):
        _forget(desk.deps, desk.tenant, known)
        return True
    seen = read_routine(desk, page, known)
    now, last = desk.deps.clock.now(), None
    if seen.due and seen.due == known.due and datetime.fromisoformat(seen.due) <= now:
        schedule, zone = schedule_of(seen)
        due = datetime.fromisoformat(seen.due)
        last = latest_time(schedule, due - _MOMENT, now, zone) or due
        missed = sum(1 for _ in islice(_times(schedule, due - _MOMENT, last - _MOMENT, zone), _COUNTED))
        if not _open(desk, seen, last, missed, zone):
            return False
        seen = set_next_time(seen, schedule, zone, now)
    seen = replace(seen, alarm=seen.due, tries=0)
    tell_if_wrong(desk, page, seen)
    show_times(desk, page, seen, last)
    _keep(desk, known, seen)  # last: until then the same alarm rings again, and does what is missing
    return True


def _times(schedule: Schedule, after: datetime, until: datetime, zone: ZoneInfo) -> Any:
    for moment in list_next_times(schedule, after, zone):
        if moment > until:
            return
        yield moment


def _open(desk: Desk, routine: Routine, due: datetime, missed: int, zone: ZoneInfo) -> bool:
    """Open the run of that time; False while the run before it is not over, which is asked to end if it only waits."""
    deps, tenant = desk.deps, desk.tenant
    run_id = derive_id("run-", tenant, routine.page, due.isoformat())
    if deps.store.load_run(tenant, run_id) is not None:
        return True
    before = page_record(deps, tenant, routine.page)
    if before.run and not _is_over(desk, before.run, before.settled):
        return False
    trigger = Trigger("routine", routine.page, routine.title, _says(due, missed, zone))
    reserve = plan_estimate(desk.tools.model(tenant))
    event = ev.RunOpened(deps.clock.now(), tenant, run_id, trigger, deps.limits, plan_estimate=reserve)
    after = note_next_run(deps, tenant, before, run_id)
    try:
        open_run(deps, event, puts=(record_put(routine.page, after),), ceiling=routine.micros)
    except VersionConflict:  # the page has got another run: this time of the routine is looked at again after that one
        return False
    return True


def _is_over(desk: Desk, run_id: str, settled: bool) -> bool:
    loaded = desk.deps.store.load_run(desk.tenant, run_id)
    if loaded is None:
        return True
    run = loaded.run
    if run.status.final:
        if not settled:  # the page does not show its end yet: ask again, in case that was lost
            _ask_to_show(desk, run)
        return settled
    if run.status in (RunStatus.AWAITING_APPROVAL, RunStatus.AWAITING_INPUT):
        now = desk.deps.clock.now()
        why = "nobody answered before the routine was due again"
        record(desk.deps, desk.tenant, run_id, acts.CancelRequested(now, "the routine", why))
    return False


def _ask_to_show(desk: Desk, run: Run) -> None:
    name = derive_id("settle-", run.id, desk.deps.clock.now().isoformat(timespec="minutes"))
    desk.deps.queue.enqueue([Command(name, MIRROR, "notify", run.tenant, run.id)])


def _says(due: datetime, missed: int, zone: ZoneInfo) -> str:
    """Return who asked for the run: the schedule, for which time, and what it stands for beside."""
    when = f"{due.astimezone(zone):%a %d %b %Y %H:%M} {zone.key}"
    if not missed:
        return f"its schedule, due {when}"
    count = f"{missed} earlier time{'s' if missed > 1 else ''}" if missed < _COUNTED else "many earlier times"
    return f"its schedule, due {when}; {count} missed before and left out"


def _load(deps: Deps, tenant: str, page: str) -> Routine:
    return get_as(Routine, deps.store, (tenant, KIND, page)) or Routine(page)


def _keep(desk: Desk, before: Routine, after: Routine) -> None:
    """Save the routine and its alarm: the new alarm first, the old one away last. The caller holds the lease."""
    deps, tenant = desk.deps, desk.tenant
    old, new = _alarm(tenant, before), _alarm(tenant, after)
    if new is not None and new != old:
        set_alarm(deps, new)
    if after != before:
        deps.store.put(tenant, Put(KIND, after.page, to_body(after)))
        deps.crash_point("routine.after/kept")
    if old is not None and new != old:
        drop_alarm(deps, old)


def _alarm(tenant: str, routine: Routine) -> Alarm | None:
    if not routine.alarm:
        return None
    return Alarm(ROUTINE, tenant, routine.page, whole_second(datetime.fromisoformat(routine.alarm)))


def _forget(deps: Deps, tenant: str, known: Routine) -> None:
    """Drop a routine whose page is gone or in no routines database; seen there again, it begins anew."""
    deps.store.put(tenant, Put(KIND, known.page, None))
    alarm = _alarm(tenant, known)
    if alarm is not None:
        drop_alarm(deps, alarm)
