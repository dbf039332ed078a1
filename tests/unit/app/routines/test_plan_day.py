"""The day's plan against the simulated Notion: one page per day, at the tenant's time, whatever happens in between."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from shared.app.engine.due_times import read_alarm
from shared.app.engine.sweep import sweep
from shared.app.schedule.planning_time import planning_problem
from shared.app.tenants.settings_changes import change_settings
from shared.core.errors import Busy, MalformedRequest
from shared.ports import SYSTEM
from tests.support.desks.planned_days import PlannedDays, plain_text
from tests.support.ports.moved_clock import utc
from tests.support.rigs.small_house import TENANT


def test_the_day_is_planned_at_its_time_with_reasons(days: PlannedDays) -> None:
    menu = days.task("Prepare menu")
    days.task("Print menu", "2026-03-02", **{"Depends on": {"relation": [{"id": menu}]}})
    days.task("Call baker", "2026-02-27", Priority={"select": {"name": "High"}})
    days.task("Paint fence", "2026-03-02", 5, Priority={"select": {"name": "Low"}})
    days.task("Done long ago", "2026-03-01", status="Done")
    days.plan_at("09:30")
    days.at(utc(2026, 3, 2, 9, 29))
    assert days.pages() == {}
    days.at(utc(2026, 3, 2, 9, 30))
    ((title, page),) = days.pages().items()
    assert title == "Today: Monday 2 March 2026"
    assert days.lines(page)[:7] == [
        "callo 3 tasks, 3 of 6 hours. Planned at 09:30 from what is open in Tasks; each line says why it is here.",
        "to_do Call baker — 1 h, slipped from Friday, high priority",
        "to_do Prepare menu — 1 h, unblocks Print menu",
        "to_do Print menu — 1 h, due today",
        "headi Due, but not today",
        "bulle Paint fence — due today, does not fit: needs 5 h, 3 h are left",
        "headi May I move these dates?",
    ]
    assert days.lines(page)[7].startswith("bulle Paint fence — from Monday 2 March to Tuesday 3 March")
    assert days.alarms() == ["2026-03-03T09:30:00+00:00"]


def test_a_day_has_one_page_however_often_its_time_is_told(days: PlannedDays) -> None:
    days.task("Call baker", "2026-03-02")
    days.plan_at("09:30")
    days.house.clock.move(minutes=30)
    command = read_alarm(next(iter(days.house.store.list_docs(SYSTEM, "due")))).command
    sweep(days.house.deps)
    sweep(days.house.deps)
    days.house.work()
    days.house.handle(command)
    days.plan_at("10:00")
    days.at(utc(2026, 3, 2, 10, 0))
    assert len(days.pages()) == 1
    assert days.alarms() == ["2026-03-03T10:00:00+00:00"]


def test_what_was_left_unticked_or_only_ticked_is_told_the_next_day(days: PlannedDays) -> None:
    days.task("Water plants", "2026-03-06")
    days.task("Write letter", "2026-03-06")
    days.plan_at("09:30")
    days.at(utc(2026, 3, 2, 9, 30))
    first = days.pages()["Today: Monday 2 March 2026"]
    letter = next(one for one in days.blocks(first) if plain_text(one).startswith("Write letter"))
    days.desk.as_person("PATCH", f"/v1/blocks/{letter['id']}", {"to_do": {"checked": True}})
    days.task("Pay rent", "2026-03-03")
    days.at(utc(2026, 3, 3, 9, 30))
    lines = days.lines(days.pages()["Today: Tuesday 3 March 2026"])
    assert "to_do Pay rent — 1 h, due today" in lines
    assert "to_do Water plants — 1 h, due Friday, left over from yesterday" in lines
    assert not any(line.startswith("to_do Write letter") for line in lines)


@pytest.mark.parametrize(
    ("zone", "planned_at", "title"),
    [
        ("Pacific/Kiritimati", utc(2026, 3, 2, 17, 30), "Today: Tuesday 3 March 2026"),
        ("Pacific/Pago_Pago", utc(2026, 3, 2, 18, 30), "Today: Monday 2 March 2026"),
        ("Europe/Berlin", utc(2026, 3, 3, 6, 30), "Today: Tuesday 3 March 2026"),
    ],
)
def test_a_day_is_the_tenants_own(days: PlannedDays, zone: str, planned_at: datetime, title: str) -> None:
    days.task("Call baker", "2026-03-03")
    days.plan_at("07:30", zone)
    assert days.alarms() == [planned_at.isoformat()]
    days.at(planned_at)
    assert list(days.pages()) == [title]


def test_a_silent_scheduler_is_made_up_for_on_the_same_day_alone(days: PlannedDays) -> None:
    days.task("Call baker", "2026-03-03")
    days.plan_at("09:30")
    days.at(utc(2026, 3, 2, 12, 30))
    assert list(days.pages()) == ["Today: Monday 2 March 2026"]
    days.at(utc(2026, 3, 5, 0, 10))
    assert list(days.pages()) == ["Today: Monday 2 March 2026"]
    days.at(utc(2026, 3, 5, 9, 30))
    assert sorted(days.pages()) == ["Today: Monday 2 March 2026", "Today: Thursday 5 March 2026"]


def test_a_planning_time_moved_into_the_past_of_an_unplanned_day_counts_today(days: PlannedDays) -> None:
    days.task("Call baker", "2026-03-02")
    days.plan_at("15:00")
    days.plan_at("08:00")
    days.at(utc(2026, 3, 2, 9, 1))
    assert len(days.pages()) == 1
    days.plan_at("")
    assert days.alarms() == []


def test_the_change_of_clocks_and_the_leap_day_keep_the_wall_clock(days: PlannedDays) -> None:
    days.plan_at("02:30", "Europe/Berlin")
    days.at(utc(2026, 3, 28, 20))
    assert days.alarms() == ["2026-03-29T01:00:00+00:00"]  # 3:00 summer time: 2:30 does not exist
    days.at(utc(2028, 2, 28, 20))
    days.task("Call baker", "2028-02-29")
    days.at(utc(2028, 2, 29, 1, 30))
    assert "Today: Tuesday 29 February 2028" in days.pages()


def test_a_worker_whose_clock_is_behind_has_the_queue_come_again(days: PlannedDays) -> None:
    days.plan_at("09:30")
    command = read_alarm(next(iter(days.house.store.list_docs(SYSTEM, "due")))).command
    days.house.clock.move(minutes=30, seconds=-1)
    with pytest.raises(Busy):
        days.house.handle(command)
    days.house.clock.move(seconds=1)
    days.house.handle(command)
    assert len(days.pages()) == 1


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"planning_time": "half past seven"}, "planning_time"),
        ({"planning_time": "25:00"}, "planning_time"),
        ({"planning_time": "07:30", "time_zone": "Europe/Berlni"}, "time_zone"),
        ({"planning_time": "07:30", "day_hours": 30}, "day_hours"),
    ],
)
def test_a_wrong_setting_is_named_and_nothing_is_kept(days: PlannedDays, settings: dict[str, Any], said: str) -> None:
    before = dict(days.house.settings(TENANT))
    with pytest.raises(MalformedRequest, match=said):
        change_settings(days.house.deps, TENANT, **settings)
    assert dict(days.house.settings(TENANT)) == before


def test_an_outage_delays_the_page(days: PlannedDays) -> None:
    days.task("Call baker", "2026-03-02")
    days.plan_at("09:30")
    there = days.house.accounts.endpoints.get_address("notion")
    days.house.with_endpoints(notion="http://127.0.0.1:9")
    days.at(utc(2026, 3, 2, 9, 30))
    days.house.with_endpoints(notion=there)
    assert days.pages() == {}
    assert "notion" in planning_problem(days.house.deps, TENANT)
    days.house.pass_time(timedelta(minutes=2))
    assert len(days.pages()) == 1
    assert planning_problem(days.house.deps, TENANT) == ""


def test_a_routine_whose_change_nobody_told_is_found_by_the_planning(days: PlannedDays) -> None:
    days.routine("daily at 12:00")
    days.plan_at("09:30")
    days.at(utc(2026, 3, 2, 9, 30))
    assert days.alarms() == ["2026-03-02T12:00:00+00:00", "2026-03-03T09:30:00+00:00"]
