"""Dates that the day's plan proposes move when a person approves, and never against one."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from shared.app.schedule.plan_day import MOVING
from shared.core.run.run import Run, RunStatus
from shared.steps import KINDS
from tests.support.desks.planned_days import PlannedDays, page_of
from tests.support.ports.moved_clock import utc
from tests.support.rigs.small_house import TENANT


def _asked(days: PlannedDays) -> tuple[str, Run]:
    """Plan a day with a task too many; return that task and the run that asks about its date."""
    days.task("Call baker", "2026-03-02", 6, Priority={"select": {"name": "High"}})
    moved = days.task("Paint fence", "2026-03-02", 5)
    days.plan_at("09:30")
    days.at(utc(2026, 3, 2, 9, 30))
    (run,) = days.house.store.list_runs(TENANT)
    assert (run.status, run.trigger.kind) == (RunStatus.AWAITING_APPROVAL, "day")
    assert days.due(moved) == "2026-03-02"
    return moved, run


def test_dates_move_when_a_person_approves_and_not_before(days: PlannedDays) -> None:
    moved, run = _asked(days)
    page = page_of(days)
    todo = next(one for one in days.blocks(page) if one["type"] == "to_do")
    days.desk.as_person("PATCH", f"/v1/blocks/{todo['id']}", {"to_do": {"checked": True}})
    days.desk.tell(page)  # ticking a task changes nothing about the question
    assert days.house.run(run.id).revision == 1
    days.say(page, "approve")
    assert days.house.run(run.id).status == RunStatus.SUCCEEDED
    assert days.due(moved) == "2026-03-03"


def test_a_no_leaves_the_dates_and_ends_the_question(days: PlannedDays) -> None:
    moved, run = _asked(days)
    days.say(page_of(days), "no, because the paint has dried")
    after = days.house.run(run.id)
    assert (after.status, after.revision) == (RunStatus.CANCELLED, 1)
    assert days.due(moved) == "2026-03-02"


def test_without_a_step_that_sets_dates_they_are_advice(days: PlannedDays) -> None:
    days.house.tools = replace(days.house.tools, kinds={k: v for k, v in KINDS.items() if k != MOVING})
    days.task("Call baker", "2026-03-02", 6, Priority={"select": {"name": "High"}})
    days.task("Paint fence", "2026-03-02", 5)
    days.plan_at("09:30")
    days.at(utc(2026, 3, 2, 9, 30))
    assert "headi These dates could move" in days.lines(page_of(days))
    assert days.house.store.list_runs(TENANT) == []


def test_a_span_keeps_its_length_and_a_time_its_hour_when_they_move(days: PlannedDays) -> None:
    days.task("Call baker", "2026-03-02", 6, Priority={"select": {"name": "High"}})
    trip = days.task("Trip", hours=3, Due={"date": {"start": "2026-02-27", "end": "2026-03-02"}})
    tea = days.task("Tea", "2026-03-02T15:00:00+01:00", 3)
    days.plan_at("09:30")
    days.at(utc(2026, 3, 2, 9, 30))
    days.say(page_of(days), "approve")
    spans = [days.page_of(task)["properties"]["Due"]["date"] for task in (trip, tea)]
    assert [(one["start"][:10], one["end"]) for one in spans] == [("2026-02-28", "2026-03-03"), ("2026-03-03", None)]
    assert datetime.fromisoformat(spans[1]["start"]) == utc(2026, 3, 3, 14)


def test_a_date_that_a_person_has_set_since_stays(days: PlannedDays) -> None:
    moved, run = _asked(days)
    days.desk.as_person("PATCH", f"/v1/pages/{moved}", {"properties": {"Due": {"date": {"start": "2026-03-20"}}}})
    days.say(page_of(days), "approve")
    assert days.house.run(run.id).status == RunStatus.SUCCEEDED
    assert days.due(moved) == "2026-03-20"
