"""Routines: pages that say what to do and when. At each time they are due, exactly one run is opened.

What a routine's page said last is kept beside the time it is due next, so that nobody asks Notion whose time has come.
The page is read again when it changes, and when its time has come. After a silence one run is opened for the latest
time, which says how many were missed.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import islice, pairwise
from typing import Any
from zoneinfo import ZoneInfo

from shared import log
from shared.app.engine.deps import Deps
from shared.app.engine.due_times import Alarm, alarm_of, come_back, drop_alarm, set_alarm, snoozed, whole_second
from shared.app.engine.effects import Effects
from shared.app.engine.engine import open_run, record
from shared.app.engine.leases import lease
from shared.app.engine.tools import Tools
from shared.app.intake.left_alone import note_page_refused
from shared.app.intake.open_page_run import note_next_run, page_record, record_body
from shared.app.money.budget import plan_estimate
from shared.app.planning.make_plan import ROUTINES
from shared.app.schedule.time_zones import zone_named
from shared.app.workspace.workspace_databases import Mapped, bare, database_of
from shared.core.errors import IntegrationError, Missing, NotAllowed, Rejected, Unauthorized, VersionConflict
from shared.core.page import Span
from shared.core.pages import marks
from shared.core.run import events as ev
from shared.core.run.commands import MIRROR, ROUTINE, Command
from shared.core.run.run import Run, RunStatus, Trigger, derived_id
from shared.core.schedule.schedule import BadSchedule, Schedule, latest_time, next_times
from shared.core.schedule.schedule_text import parse_schedule
from shared.core.text.outgoing_text import visible
from shared.integrations.notion.client.client import Notion
from shared.integrations.notion.content.reading import property_text
from shared.ports import Put
from shared.steps._kind import Repeat
from shared.telemetry import trace

KIND = ROUTINES
ACTIVE = "Active"
OFTEN = timedelta(minutes=5)  # the least time between two runs
_COUNTED = 1000  # missed times; beyond that there are just many
_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Routine:
    """What we know of one routine. Times are ISO 8601 in UTC, empty when there is none."""

    page: str
    title: str = ""
    schedule: str = ""
    zone: str = ""
    active: bool = False
    anchor: str = ""  # the day "every 2 weeks" counts from
    micros: int | None = None  # what each run may cost, in millionths of a US dollar; None for the usual limit
    due: str = ""  # the next time that has no run yet
    alarm: str = ""  # when to look at it: when it is due, later after a failure
    tries: int = 0
    wrong: str = ""  # why the schedule cannot be followed


@dataclass(frozen=True, slots=True)
class _Desk:
    """One tenant's routines database, and what it takes to work on it."""

    deps: Deps
    tools: Tools
    tenant: str
    mapped: Mapped
    settings: Mapping[str, Any]

    @property
    def notion(self) -> Notion:
        return self.tools.accounts.connect_for(self.tenant)(Notion)


def routine_changed(deps: Deps, tools: Tools, tenant: str, page: Mapping[str, Any]) -> bool:
    """Take note of a page as Notion gives it; say whether it is a routine. An edited schedule counts from now on.

    Raises Busy while another worker is at this routine, and the errors of the integration.
    """
    desk = _desk(deps, tools, tenant)
    if desk is None or not _belongs(desk, page):
        return False
    page_id = str(page["id"])
    with lease(deps, tenant, f"routine.{page_id}"):
        known = _load(deps, tenant, page_id)
        seen = _seen(desk, page, known)
        if seen != known:  # read again: another worker may have noted a later state of the page than this one
            page = desk.notion.page(page_id)
            seen = _seen(desk, page, known)
        _keep(desk, known, seen)
        _tell_if_wrong(desk, page, seen)
        _show(desk, page, seen)
    return True


def look_at_routines(deps: Deps, tenant: str) -> None:
    """Have every routine of the tenant read again soon: what they all go by, like the time zone, has changed."""
    after, soon = "", whole_second(deps.clock.now())
    while docs := deps.store.list_docs(tenant, KIND, after=after):
        for doc in docs:
            if doc.body.get("alarm"):
                set_alarm(deps, Alarm(ROUTINE, tenant, doc.id, soon))  # beside its own: any alarm leads to a look
        after = docs[-1].id


@trace.use_case
def run_routine(command: Command, deps: Deps, tools: Tools) -> None:
    """Look at a routine: open the run that is due, if one is, and find its next time. A second look changes nothing."""
    alarm = alarm_of(command, deps)
    with lease(deps, command.tenant, f"routine.{command.ref}"):
        desk, known = _desk(deps, tools, command.tenant), _load(deps, command.tenant, command.ref)
        if desk is not None:
            _look(desk, known)
        else:
            _forget(deps, command.tenant, known)
        if desk is None or _load(deps, command.tenant, command.ref).alarm != alarm.topic:
            drop_alarm(deps, alarm)


def _look(desk: _Desk, known: Routine) -> None:
    """Carry out what is due now, or come back to it later."""
    at = None
    try:
        if not _carry_out(desk, known):
            at = snoozed(desk.deps.clock.now(), known.tries)
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


def _carry_out(desk: _Desk, known: Routine) -> bool:
    """Open what is due; False when it cannot be done yet."""
    try:
        page = desk.notion.page(known.page)
    except Missing:
        page = {}
    if not page or not _belongs(desk, page):
        _forget(desk.deps, desk.tenant, known)
        return True
    seen = _seen(desk, page, known)
    now, last = desk.deps.clock.now(), None
    if seen.due and seen.due == known.due and datetime.fromisoformat(seen.due) <= now:
        schedule, zone = _schedule(seen)
        due = datetime.fromisoformat(seen.due)
        last = latest_time(schedule, due - _MOMENT, now, zone) or due
        missed = sum(1 for _ in islice(_times(schedule, due - _MOMENT, last - _MOMENT, zone), _COUNTED))
        if not _open(desk, seen, last, missed, zone):
            return False
        seen = _with_next(seen, schedule, zone, now)
    seen = replace(seen, alarm=seen.due, tries=0)
    _tell_if_wrong(desk, page, seen)
    _show(desk, page, seen, last)
    _keep(desk, known, seen)  # last: until then the same alarm rings again, and does what is missing
    return True


def _times(schedule: Schedule, after: datetime, until: datetime, zone: ZoneInfo) -> Any:
    for moment in next_times(schedule, after, zone):
        if moment > until:
            return
        yield moment


# --- opening ----------------------------------------------------------------------------------------------------------


def _open(desk: _Desk, routine: Routine, due: datetime, missed: int, zone: ZoneInfo) -> bool:
    """Open the run of that time; False while the run before it is not over, which is asked to end if it only waits."""
    deps, tenant = desk.deps, desk.tenant
    run_id = derived_id("run-", tenant, routine.page, due.isoformat())
    if deps.store.load_run(tenant, run_id) is not None:
        return True
    before = page_record(deps, tenant, routine.page)
    if before.run and not _is_over(desk, before.run, before.settled):
        return False
    trigger = Trigger("routine", routine.page, routine.title, _says(due, missed, zone))
    usual = deps.limits.micros
    limits = replace(deps.limits, micros=usual if routine.micros is None else min(usual, routine.micros))
    event = ev.RunOpened(
        deps.clock.now(), tenant, run_id, trigger, limits, plan_estimate=plan_estimate(desk.tools.model(tenant))
    )
    after = note_next_run(deps, tenant, before, run_id)
    try:
        open_run(deps, event, puts=(Put("pages", routine.page, record_body(after), before.version),))
    except VersionConflict:
        return False
    return True


def _is_over(desk: _Desk, run_id: str, settled: bool) -> bool:
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
        record(desk.deps, desk.tenant, run_id, ev.CancelRequested(now, "the routine", why))
    return False


def _ask_to_show(desk: _Desk, run: Run) -> None:
    name = derived_id("settle-", run.id, desk.deps.clock.now().isoformat(timespec="minutes"))
    desk.deps.queue.enqueue([Command(name, MIRROR, "notify", run.tenant, run.id)])


def _says(due: datetime, missed: int, zone: ZoneInfo) -> str:
    """Return who asked for the run: the schedule, for which time, and what it stands for beside."""
    when = f"{due.astimezone(zone):%a %d %b %Y %H:%M} {zone.key}"
    if not missed:
        return f"its schedule, due {when}"
    count = f"{missed} earlier time{'s' if missed > 1 else ''}" if missed < _COUNTED else "many earlier times"
    return f"its schedule, due {when}; {count} missed before and left out"


# --- what the page says -----------------------------------------------------------------------------------------------


def _seen(desk: _Desk, page: Mapping[str, Any], known: Routine) -> Routine:
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
        schedule, zone = _schedule(seen)
    except BadSchedule as error:
        return replace(seen, due="", alarm="", tries=0, wrong=str(error))
    return _with_next(replace(seen, tries=0, wrong=""), schedule, zone, desk.deps.clock.now())


def _from_now(desk: _Desk, due: str) -> str:
    """Return when one that was left alone rings again: at a time of its own, for an alarm rings once."""
    return max(datetime.fromisoformat(due), whole_second(desk.deps.clock.now())).isoformat(timespec="seconds")


def _schedule(routine: Routine) -> tuple[Schedule, ZoneInfo]:
    """Return what the routine's schedule means; raises BadSchedule for people to read."""
    schedule = parse_schedule(routine.schedule, date.fromisoformat(routine.anchor or "1970-01-05"))
    zone = zone_named(schedule.zone or routine.zone)
    first = list(islice(next_times(schedule, datetime(2026, 1, 1, tzinfo=UTC), zone), 60))
    if any(later - earlier < OFTEN for earlier, later in pairwise(first)):
        raise BadSchedule(f"“{routine.schedule}” runs more often than every {OFTEN // timedelta(minutes=1)} minutes")
    return schedule, zone


def _with_next(routine: Routine, schedule: Schedule, zone: ZoneInfo, now: datetime) -> Routine:
    due = next(next_times(schedule, now, zone), None)
    at = due.isoformat(timespec="seconds") if due else ""
    return replace(routine, due=at, alarm=at)


def _micros(value: Mapping[str, Any]) -> int | None:
    number = value.get("number")
    return round(max(0, number) * 1_000_000) if isinstance(number, int | float) else None


def _title(page: Mapping[str, Any]) -> str:
    values = (page.get("properties") or {}).values()
    return visible(next((property_text(value) for value in values if value.get("type") == "title"), ""))


def _desk(deps: Deps, tools: Tools, tenant: str) -> _Desk | None:
    settings = tools.settings(tenant)
    mapped = database_of(settings, "routines")
    return _Desk(deps, tools, tenant, mapped, settings) if mapped is not None else None


def _belongs(desk: _Desk, page: Mapping[str, Any]) -> bool:
    return bare(str((page.get("parent") or {}).get("data_source_id", ""))) == bare(desk.mapped.data_source)


# --- what we keep and show --------------------------------------------------------------------------------------------


def _load(deps: Deps, tenant: str, page: str) -> Routine:
    doc = deps.store.get(tenant, KIND, page)
    return Routine(page, **{k: v for k, v in doc.body.items() if k != "page"}) if doc is not None else Routine(page)


def _keep(desk: _Desk, before: Routine, after: Routine) -> None:
    """Save the routine and its alarm: the new alarm first, the old one away last. The caller holds the lease."""
    deps, tenant = desk.deps, desk.tenant
    old, new = _alarm(tenant, before), _alarm(tenant, after)
    if new is not None and new != old:
        set_alarm(deps, new)
    if after != before:
        deps.store.put(tenant, Put(KIND, after.page, asdict(after)))
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


def _show(desk: _Desk, page: Mapping[str, Any], routine: Routine, last: datetime | None = None) -> None:
    """Write when it ran last and when it runs next, where the page does not show that already."""
    zone = ZoneInfo("UTC")
    if routine.due:
        _, zone = _schedule(routine)
    changes: dict[str, Any] = {}
    wanted = {"Next run": datetime.fromisoformat(routine.due) if routine.due else None}
    if last is not None:
        wanted["Last run"] = last
    for name, at in wanted.items():
        value = desk.mapped.value(page, name)
        if value and _shown(value) != at:
            start = {"start": at.astimezone(zone).isoformat(timespec="milliseconds")} if at else None
            changes[desk.mapped.name(name)] = {"date": start}
    if changes:
        with suppress(Missing, Rejected):  # the page or the column went away just now: nothing depends on it
            desk.notion.update_page(routine.page, changes)
            desk.deps.crash_point("routine.after/shown")


def _shown(value: Mapping[str, Any]) -> datetime | None:
    start = str((value.get("date") or {}).get("start") or "")
    try:
        at = datetime.fromisoformat(start)
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _tell_if_wrong(desk: _Desk, page: Mapping[str, Any], routine: Routine) -> None:
    """Comment once on a schedule that cannot be followed."""
    if not routine.wrong:
        return
    digest = derived_id("", routine.schedule, routine.zone)
    target = marks.mark(str(page.get("url") or desk.deps.public_url), f"schedule-{digest}")
    text = f"{routine.wrong} Until then this routine does not run."
    effects = Effects(desk.deps, desk.tenant, f"routine.{routine.page}", "routine", "notion")
    with suppress(Missing, Rejected, Unauthorized):  # may not comment here: the property Next run stays empty
        effects(
            f"wrong-{digest}",
            lambda: {"id": desk.notion.comment(routine.page, (Span("Schedule: ", href=target), Span(text)))["id"]},
            repeat=Repeat.LOOK,
            look=lambda: _comment_with(desk.notion, routine.page, target),
        )


def _comment_with(notion: Notion, page: str, target: str) -> dict[str, Any] | None:
    for comment in notion.comments(page):
        if any((text.get("href") or "") == target for text in comment.get("rich_text", ())):
            return {"id": str(comment["id"])}
    return None
