"""Plan a tenant's day at its planning time: one Today page from its Tasks, with reasons. Dates move only if approved.

Each part is remembered before the next begins, so that a death anywhere leads to the same page: what was planned, the
page, its to-dos, the question. The plan is made once per day; who begins again finds it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from shared import log
from shared.app.engine.deps import Deps
from shared.app.engine.due_times import alarm_of, come_back, drop_alarm
from shared.app.engine.effects import Effects
from shared.app.engine.engine import open_run, record
from shared.app.engine.leases import lease
from shared.app.intake.open_page_run import page_record, record_put
from shared.app.intake.refused_places import forget_refused_planning, is_for_good, may_ask, note_refused
from shared.app.schedule.plan_day_page import day_blocks, day_title, moves_proposal
from shared.app.schedule.plan_day_tasks import find_last_planned, open_tasks
from shared.app.schedule.routines import routine_changed
from shared.app.workspace.workspace_databases import PLANNING, Mapped, database_of
from shared.core.documents.alarm import whole_second
from shared.core.documents.codec import to_body
from shared.core.errors import Busy, IntegrationError, Missing, NotAllowed, Rejected
from shared.core.planning.proposal import PROPOSALS, RuledPlan
from shared.core.run import acts
from shared.core.run import events as ev
from shared.core.run.commands import Command
from shared.core.run.run import RunStatus, Trigger, derive_id
from shared.core.schedule.day_plan import plan_day
from shared.core.schedule.day_tasks import DAYS, DayPlan, PlannedDay, PlanningClock
from shared.core.schedule.schedule import latest_time, list_next_times
from shared.integrations.notion.client.client import Notion
from shared.integrations.notion.content.blocks import write_block_text
from shared.ports import Put, change_as, get_as
from shared.steps._kind import Repeat
from shared.telemetry import trace

if TYPE_CHECKING:
    from shared.app.engine.tools import Tools

from shared.app.schedule.planning_time import (
    SETTLING,
    Planning,
    clock_of,
    keep_clock,
    planning_of,
    set_clock,
    settle_planning,
)

MOVING = "notion.update_page"  # the kind of step that sets a date
_MOMENT = timedelta(microseconds=1)


@trace.use_case
def plan_the_day(command: Command, deps: Deps, tools: Tools) -> None:
    """Plan the day whose time has come, and find the next. Yesterday is not planned today: nobody would read it."""
    tenant, alarm = command.tenant, alarm_of(command, deps)
    if alarm.ref == SETTLING:
        settle_planning(deps, tenant, tools.settings(tenant))
        drop_alarm(deps, alarm)
        return
    with lease(deps, tenant, "planning.day"):
        known, settings = clock_of(deps, tenant), tools.settings(tenant)
        planning = planning_of(settings)
        if planning is None or known.due is None or known.alarm != alarm.at:
            drop_alarm(deps, alarm)
            return
        now = deps.clock.now()
        due = latest_time(planning.schedule, known.due - _MOMENT, now, planning.zone)
        try:
            if due is not None and due.astimezone(planning.zone).date() == now.astimezone(planning.zone).date():
                _plan(deps, tools, tenant, settings, planning, now.astimezone(planning.zone))
                forget_refused_planning(deps, tenant, settings)
        except (NotAllowed, Missing) as error:
            after = _put_off(deps, known, error)
            if is_for_good(settings, error) and note_refused(deps, tenant, PLANNING, error):
                after = replace(after, key="", due=None, alarm=None, tries=None)  # whatever settles it begins anew
        except (IntegrationError, Busy) as error:
            log.line("WARNING", "day not planned yet", tenant=tenant, **log.about(error))
            after = _put_off(deps, known, error)
        else:
            due = whole_second(next(list_next_times(planning.schedule, now, planning.zone)))
            after = set_clock(known, planning.key, due)
        keep_clock(deps, tenant, known, after)


def _put_off(deps: Deps, known: PlanningClock, error: IntegrationError | Busy) -> PlanningClock:
    tries = known.tries or 0
    at = whole_second(come_back(deps, error, tries))
    return replace(known, alarm=at, tries=tries + 1, problem=str(error)[:300])


def _plan(
    deps: Deps, tools: Tools, tenant: str, settings: Mapping[str, Any], planning: Planning, now: datetime
) -> None:
    tasks = database_of(settings, "tasks")
    if tasks is None:
        return
    notion, day = tools.accounts.connect_for(tenant)(Notion), now.date().isoformat()
    place = (tenant, DAYS, day)
    planned = get_as(PlannedDay, deps.store, place)
    if planned is None:
        _look_at_all_routines(deps, tools, tenant, notion, database_of(settings, "routines"))
        plan = plan_day(
            open_tasks(notion, tasks, planning.zone),
            now.date(),
            planning.hours,
            find_last_planned(deps, tenant, notion, now.date()),
        )
        asking = MOVING in tools.kinds and bool(tasks.name("Due"))
        planned = replace(_store_plan(deps, tenant, plan, tasks, now, asking), parent=_home(notion, settings))
        deps.store.put(tenant, Put(DAYS, day, to_body(planned), ""))
        deps.crash_point("day.after/planned")
    if planned.todos is None:
        page, todos = _write_page(deps, tenant, notion, planned)
        planned = replace(planned, page=page, todos=todos)
        change_as(PlannedDay, deps.store, place, lambda known: known and replace(known, page=page, todos=todos))
        deps.crash_point("day.after/written")
    if planned.moves and not planned.run:
        _give_up_older(deps, tenant, now.date())
        run = _ask_about_dates(deps, tenant, planned)
        change_as(PlannedDay, deps.store, place, lambda known: known and replace(known, run=run))


def _look_at_all_routines(deps: Deps, tools: Tools, tenant: str, notion: Notion, routines: Mapped | None) -> None:
    """Read every routine once a day: for one whose change nobody told us of."""
    if routines is None or not may_ask(tools.settings(tenant), routines.data_source, deps.clock.now()):
        return
    try:
        for page in notion.query(routines.data_source):
            routine_changed(deps, tools, tenant, page)
    except NotAllowed as error:  # the tasks may be read all the same
        note_refused(deps, tenant, routines.data_source, error)


def _store_plan(deps: Deps, tenant: str, plan: DayPlan, tasks: Mapped, now: datetime, asking: bool) -> PlannedDay:
    blocks = json.dumps(day_blocks(plan, now, asking=asking), ensure_ascii=False)
    return PlannedDay(
        day=plan.day.isoformat(),
        blocks=deps.store.put_text(tenant, blocks),
        tasks=tuple(item.task.id for item in plan.chosen),
        moves=moves_proposal(plan, MOVING, tasks.name("Due")) if plan.moves and asking else None,
    )


def _write_page(deps: Deps, tenant: str, notion: Notion, planned: PlannedDay) -> tuple[str, dict[str, str]]:
    """Write the page, once; return its id and which to-do stands for which task."""
    day, parent = planned.day, planned.parent
    title = day_title(date.fromisoformat(day))
    effects = Effects(deps, tenant, f"day.{day}", "plan_day", "notion")
    children = json.loads(deps.store.get_text(tenant, planned.blocks))
    heading = {"title": {"title": write_block_text(title)}}
    made = effects(
        "page",
        lambda: {"page": notion.create_page(page_id=parent, properties=heading, children=children)["id"]},
        repeat=Repeat.LOOK,
        look=lambda: _page_called(notion, parent, title),
    )
    page = str(made["page"])
    return page, _todos(children, notion.children(page), planned.tasks)


def _todos(written: Sequence[Any], shown: Sequence[Any], tasks: Sequence[str]) -> dict[str, str]:
    """Return which to-do of the page stands for which task, by what it says: people may have added some already."""
    left = list(zip(map(_words, _select_todos(written)), tasks, strict=True))
    found: dict[str, str] = {}
    for block in _select_todos(shown):
        known = next((each for each in left if each[0] == _words(block)), None)
        if known is not None:
            left.remove(known)
            found[str(block["id"])] = known[1]
    return found


def _select_todos(blocks: Sequence[Any]) -> list[Any]:
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


def _ask_about_dates(deps: Deps, tenant: str, planned: PlannedDay) -> str:
    """Open the run that asks whether dates may move; its plan is made already."""
    run_id, page = derive_id("run-", tenant, "day", planned.day), planned.page
    known = page_record(deps, tenant, page)
    trigger = Trigger("day", page, day_title(date.fromisoformat(planned.day)), "the plan of the day")
    puts = (
        Put(PROPOSALS, page, to_body(RuledPlan(planned.moves or {}))),
        record_put(page, replace(known, run=run_id, generation=1, settled=False)),
    )
    if deps.store.load_run(tenant, run_id) is None:
        open_run(deps, ev.RunOpened(deps.clock.now(), tenant, run_id, trigger, deps.limits), puts=puts)
    return run_id


def _give_up_older(deps: Deps, tenant: str, day: date) -> None:
    """End the question of an earlier day that nobody answered: today's takes its place."""
    for back in range(1, 8):
        older = get_as(PlannedDay, deps.store, (tenant, DAYS, (day - timedelta(days=back)).isoformat()))
        run = older.run if older is not None else ""
        loaded = deps.store.load_run(tenant, run) if run else None
        if loaded is not None and loaded.run.status == RunStatus.AWAITING_APPROVAL:
            now, why = deps.clock.now(), "nobody answered, and today's plan takes its place"
            record(deps, tenant, run, acts.CancelRequested(now, "the plan of the day", why))
