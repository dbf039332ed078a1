"""Plan a tenant's day at its planning time: one Today page from its Tasks, with reasons. Dates move only if approved.

Each part is remembered before the next begins, so that a death anywhere leads to the same page: what was planned, the
page, its to-dos, the question. The plan is made once per day; who begins again finds it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from shared import log
from shared.app.engine.deps import Deps
from shared.app.engine.due_times import Alarm, alarm_of, come_back, drop_alarm, set_alarm, whole_second
from shared.app.engine.engine import open_run, record
from shared.app.intake.left_alone import forget_refused_planning, is_for_good, may_ask, note_refused
from shared.app.intake.open_page_run import page_record, record_body
from shared.app.schedule.plan_day_page import day_blocks, day_title, moves_proposal
from shared.app.schedule.plan_day_tasks import DAYS, last_planned, open_tasks
from shared.app.schedule.time_zones import zone_named
from shared.app.workspace.workspace_databases import PLANNING, Mapped, database_of
from shared.core.errors import Busy, IntegrationError, MalformedRequest, Missing, NotAllowed, Rejected
from shared.core.run import events as ev
from shared.core.run.commands import PLAN_DAY, Command
from shared.core.run.run import RunStatus, Trigger, derived_id
from shared.core.schedule.day_plan import plan_day
from shared.core.schedule.day_tasks import DEFAULT_CAPACITY, DayPlan
from shared.core.schedule.schedule import BadSchedule, Days, Schedule, latest_time, next_times
from shared.integrations.notion.client.client import Notion
from shared.integrations.notion.content.blocks import one_text
from shared.ports import Put
from shared.telemetry import trace

if TYPE_CHECKING:
    from shared.app.engine.tools import Tools

_SETTINGS = "settings"  # the alarm's `ref` that asks for changed settings to be settled; that of a day is "day"
CLOCK = ("planning", "day")  # the document that says when the next day is planned
MOVING = "notion.update_page"  # the kind of step that sets a date
_DAY = timedelta(days=1)
_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Planning:
    """When a tenant's days are planned, and how many hours one holds."""

    at: time
    zone: ZoneInfo
    hours: float

    @property
    def schedule(self) -> Schedule:
        """Return the planning time as a schedule."""
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


def next_planning(deps: Deps, tenant: str) -> str:
    """Return when the tenant's next day is planned, as ISO 8601 in UTC; "" when none is."""
    return str(_clock(deps, tenant).get("due") or "")


def planning_problem(deps: Deps, tenant: str) -> str:
    """Return why the day that is due is not planned yet; "" when nothing is in the way."""
    return str(_clock(deps, tenant).get("problem") or "")


def changes_planning(changes: Mapping[str, Any]) -> bool:
    """Say whether changed settings have to be settled."""
    return not {"planning_time", "time_zone"}.isdisjoint(changes)


def planning_changes(deps: Deps, tenant: str) -> Alarm:
    """Have settings settled in a minute, by when they are saved, even if we die before `settle_planning`."""
    alarm = Alarm(PLAN_DAY, tenant, _SETTINGS, whole_second(deps.clock.now() + timedelta(minutes=1)))
    set_alarm(deps, alarm)
    return alarm


def settle_planning(deps: Deps, tenant: str, settings: Mapping[str, Any]) -> None:
    """Let changed settings count: the next planning time, and the routines that go by the tenant's time zone.

    A time that was moved to earlier today, on a day not planned yet, is made up for at once. Raises Busy while a day
    is being planned; called again it does what is missing.
    """
    from shared.app.engine.leases import lease
    from shared.app.schedule.routines import look_at_routines

    look_at_routines(deps, tenant)
    planning = planning_of(settings)
    with lease(deps, tenant, "planning.day"):
        known = _clock(deps, tenant)
        if planning is None:
            _keep_clock(deps, tenant, known, {})
        elif known.get("key") != planning.key:
            now = deps.clock.now()
            missed = _missed_today(deps, tenant, planning, now) if known else None
            due = _iso(missed or next(next_times(planning.schedule, now, planning.zone)))
            forget_refused_planning(deps, tenant, settings)
            _keep_clock(deps, tenant, known, {"key": planning.key, "due": due, "alarm": due, "tries": 0})


def _missed_today(deps: Deps, tenant: str, planning: Planning, now: datetime) -> datetime | None:
    today = now.astimezone(planning.zone).date()
    due = latest_time(planning.schedule, now - _DAY, now, planning.zone)
    planned = deps.store.get(tenant, DAYS, today.isoformat()) is not None
    return due if due and not planned and due.astimezone(planning.zone).date() == today else None


@trace.use_case
def plan_the_day(command: Command, deps: Deps, tools: Tools) -> None:
    """Plan the day whose time has come, and find the next. Yesterday is not planned today: nobody would read it."""
    from shared.app.engine.leases import lease

    tenant, alarm = command.tenant, alarm_of(command, deps)
    if alarm.ref == _SETTINGS:
        settle_planning(deps, tenant, tools.settings(tenant))
        drop_alarm(deps, alarm)
        return
    with lease(deps, tenant, "planning.day"):
        known, settings = _clock(deps, tenant), tools.settings(tenant)
        planning = planning_of(settings)
        if planning is None or known.get("alarm") != alarm.topic:
            drop_alarm(deps, alarm)
            return
        now = deps.clock.now()
        due = latest_time(planning.schedule, datetime.fromisoformat(known["due"]) - _MOMENT, now, planning.zone)
        try:
            if due is not None and due.astimezone(planning.zone).date() == now.astimezone(planning.zone).date():
                _plan(deps, tools, tenant, settings, planning, now.astimezone(planning.zone))
                forget_refused_planning(deps, tenant, settings)
        except (NotAllowed, Missing) as error:
            body = _put_off(deps, known, error)
            if is_for_good(settings, error) and note_refused(deps, tenant, PLANNING, error):
                body = {"problem": body["problem"]}  # without a key: whatever settles the planning begins anew
        except (IntegrationError, Busy) as error:
            log.line("WARNING", "day not planned yet", tenant=tenant, **log.about(error))
            body = _put_off(deps, known, error)
        else:
            at = _iso(next(next_times(planning.schedule, now, planning.zone)))
            body = {"key": planning.key, "due": at, "alarm": at, "tries": 0}
        _keep_clock(deps, tenant, known, body)


def _put_off(deps: Deps, known: Mapping[str, Any], error: IntegrationError | Busy) -> dict[str, Any]:
    tries = int(known.get("tries", 0))
    return {**known, "alarm": _iso(come_back(deps, error, tries)), "tries": tries + 1, "problem": str(error)[:300]}


# --- one day ----------------------------------------------------------------------------------------------------------


def _plan(
    deps: Deps, tools: Tools, tenant: str, settings: Mapping[str, Any], planning: Planning, now: datetime
) -> None:
    tasks = database_of(settings, "tasks")
    if tasks is None:
        return
    notion, day = tools.accounts.connect_for(tenant)(Notion), now.date().isoformat()
    doc = deps.store.get(tenant, DAYS, day)
    if doc is None:
        _look_at_all_routines(deps, tools, tenant, notion, database_of(settings, "routines"))
        plan = plan_day(
            open_tasks(notion, tasks, planning.zone),
            now.date(),
            planning.hours,
            last_planned(deps, tenant, notion, now.date()),
        )
        asking = MOVING in tools.kinds and bool(tasks.name("Due"))
        body = {**_planned(deps, tenant, plan, tasks, now, asking), "parent": _home(notion, settings)}
        deps.store.put(tenant, Put(DAYS, day, body, ""))
        deps.crash_point("day.after/planned")
    else:
        body = dict(doc.body)
    if "todos" not in body:
        body |= _written(deps, tenant, notion, body)
        deps.store.put(tenant, Put(DAYS, day, body))
        deps.crash_point("day.after/written")
    if body.get("moves") and "run" not in body:
        _give_up_older(deps, tenant, now.date())
        run = _ask_about_dates(deps, tenant, body)
        deps.store.put(tenant, Put(DAYS, day, {**body, "run": run}))


def _look_at_all_routines(deps: Deps, tools: Tools, tenant: str, notion: Notion, routines: Mapped | None) -> None:
    """Read every routine once a day: for one whose change nobody told us of."""
    from shared.app.schedule.routines import routine_changed

    if routines is None or not may_ask(tools.settings(tenant), routines.data_source, deps.clock.now()):
        return
    try:
        for page in notion.query(routines.data_source):
            routine_changed(deps, tools, tenant, page)
    except NotAllowed as error:  # the tasks may be read all the same
        note_refused(deps, tenant, routines.data_source, error)


def _planned(deps: Deps, tenant: str, plan: DayPlan, tasks: Mapped, now: datetime, asking: bool) -> dict[str, Any]:
    blocks = json.dumps(day_blocks(plan, now, asking=asking), ensure_ascii=False)
    return {
        "day": plan.day.isoformat(),
        "blocks": deps.store.put_text(tenant, blocks),
        "tasks": [item.task.id for item in plan.chosen],
        "moves": moves_proposal(plan, MOVING, tasks.name("Due")) if plan.moves and asking else None,
    }


def _written(deps: Deps, tenant: str, notion: Notion, body: Mapping[str, Any]) -> dict[str, Any]:
    """Write the page, once; return its id and which to-do stands for which task."""
    from shared.app.engine.effects import Effects
    from shared.steps._kind import Repeat

    day, parent = str(body["day"]), str(body["parent"])
    title = day_title(date.fromisoformat(day))
    effects = Effects(deps, tenant, f"day.{day}", "plan_day", "notion")
    children = json.loads(deps.store.get_text(tenant, str(body["blocks"])))
    heading = {"title": {"title": one_text(title)}}
    made = effects(
        "page",
        lambda: {"page": notion.create_page(page_id=parent, properties=heading, children=children)["id"]},
        repeat=Repeat.LOOK,
        look=lambda: _page_called(notion, parent, title),
    )
    return {"page": made["page"], "todos": _todos(children, notion.children(str(made["page"])), body["tasks"])}


def _todos(written: Sequence[Any], shown: Sequence[Any], tasks: Sequence[str]) -> dict[str, str]:
    """Return which to-do of the page stands for which task, by what it says: people may have added some already."""
    left = list(zip(map(_words, _only_todos(written)), tasks, strict=True))
    found: dict[str, str] = {}
    for block in _only_todos(shown):
        known = next((each for each in left if each[0] == _words(block)), None)
        if known is not None:
            left.remove(known)
            found[str(block["id"])] = known[1]
    return found


def _only_todos(blocks: Sequence[Any]) -> list[Any]:
    return [block for block in blocks if block.get("type") == "to_do"]


def _words(block: Any) -> str:
    return "".join(str((part.get("text") or {}).get("content", "")) for part in block["to_do"].get("rich_text") or ())


def _home(notion: Notion, settings: Mapping[str, Any]) -> str:
    """Return the page below which the days are kept: the one that holds the tenant's databases."""
    for kind in ("ideas", "tasks"):
        mapped = database_of(settings, kind)
        if mapped is not None:
            parent = notion.database(mapped.database).get("parent") or {}
            while parent.get("type") == "block_id":
                parent = notion.block(str(parent["block_id"])).get("parent") or {}
            if parent.get("type") == "page_id":
                return str(parent["page_id"])
    raise Rejected(
        "notion",
        "neither Ideas nor Tasks is on a page; move one onto the page for the daily plans",
    )


def _page_called(notion: Notion, parent: str, title: str) -> dict[str, Any] | None:
    for child in notion.children(parent):
        if child.get("type") == "child_page" and (child["child_page"] or {}).get("title") == title:
            return {"page": str(child["id"])}
    return None


# --- dates ------------------------------------------------------------------------------------------------------------


def _ask_about_dates(deps: Deps, tenant: str, body: Mapping[str, Any]) -> str:
    """Open the run that asks whether dates may move; its plan is made already."""
    from shared.app.planning.make_plan import PROPOSALS

    run_id, page = derived_id("run-", tenant, "day", str(body["day"])), str(body["page"])
    known = page_record(deps, tenant, page)
    trigger = Trigger("day", page, day_title(date.fromisoformat(str(body["day"]))), "the plan of the day")
    puts = (
        Put(PROPOSALS, page, {"answer": body["moves"]}),
        Put("pages", page, record_body(replace(known, run=run_id, generation=1, settled=False)), known.version),
    )
    if deps.store.load_run(tenant, run_id) is None:
        open_run(deps, ev.RunOpened(deps.clock.now(), tenant, run_id, trigger, deps.limits), puts=puts)
    return run_id


def _give_up_older(deps: Deps, tenant: str, day: date) -> None:
    """End the question of an earlier day that nobody answered: today's takes its place."""
    for back in range(1, 8):
        doc = deps.store.get(tenant, DAYS, (day - timedelta(days=back)).isoformat())
        run = str(doc.body.get("run") or "") if doc is not None else ""
        loaded = deps.store.load_run(tenant, run) if run else None
        if loaded is not None and loaded.run.status == RunStatus.AWAITING_APPROVAL:
            now, why = deps.clock.now(), "nobody answered, and today's plan takes its place"
            record(deps, tenant, run, ev.CancelRequested(now, "the plan of the day", why))


# --- the clock --------------------------------------------------------------------------------------------------------


def _clock(deps: Deps, tenant: str) -> Mapping[str, Any]:
    doc = deps.store.get(tenant, *CLOCK)
    return doc.body if doc is not None else {}


def _keep_clock(deps: Deps, tenant: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """Save when the next day is planned, and its alarm: the new alarm first, the old one away last."""
    old, new = _alarm(tenant, before), _alarm(tenant, after)
    if new is not None and new != old:
        set_alarm(deps, new)
    if after != before:
        deps.store.put(tenant, Put(*CLOCK, dict(after) or None))
        deps.crash_point("day.after/clock")
    if old is not None and new != old:
        drop_alarm(deps, old)


def _alarm(tenant: str, clock: Mapping[str, Any]) -> Alarm | None:
    alarm = str(clock.get("alarm") or "")
    return Alarm(PLAN_DAY, tenant, "day", datetime.fromisoformat(alarm)) if alarm else None


def _iso(at: datetime) -> str:
    return whole_second(at).isoformat(timespec="seconds")
