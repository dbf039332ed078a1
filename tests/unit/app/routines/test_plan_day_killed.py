"""The day's plan when its worker dies anywhere: one whole page, one question, and settings that count."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shared.app.engine.due_times import read_alarm
from shared.app.engine.sweep import sweep
from shared.app.schedule.planning_time import find_next_planning
from shared.app.schedule.routines import routine_changed
from shared.core.run.run import RunStatus
from shared.ports import SYSTEM
from tests.support.desks.planned_days import PlannedDays, page_of, plain_text
from tests.support.ports.dying import Died, dying_at
from tests.support.ports.moved_clock import utc
from tests.support.rigs.small_house import TENANT


def test_killed_while_settings_change_they_count_all_the_same(days: PlannedDays) -> None:
    house, wanted, died = days.house, 0, True
    page = days.page_of(days.routine("daily at 18:00"))
    assert routine_changed(house.deps, house.tools, TENANT, page)
    while died:
        wanted, passed = wanted + 1, list[str]()
        at, zone, due = (("14:00", "UTC", 18), ("13:00", "Europe/Berlin", 17))[wanted % 2]
        house.crash_point, died = dying_at(wanted, passed), False
        try:
            days.plan_at(at, zone)
        except Died:
            died = True
        house.crash_point = lambda point: None
        house.pass_time(timedelta(minutes=2))
        if house.settings(TENANT).get("planning_time") == at:  # else it died before anything was saved
            planned = utc(2026, 3, 2, 14 if zone == "UTC" else 12)
            assert find_next_planning(house.deps, TENANT) == planned.isoformat(), passed
            assert {planned.isoformat(), utc(2026, 3, 2, due).isoformat()} <= set(days.alarms()), passed
    assert wanted > 7


@pytest.mark.slow
def test_killed_between_any_two_actions_there_is_one_whole_page_and_one_question(days: PlannedDays) -> None:
    house, wanted, died = days.house, 0, True
    days.task("Paint fence", "2026-03-01", 6)
    days.task("Call baker", "2026-03-01", 6)
    days.plan_at("09:30")
    while died:
        wanted, passed = wanted + 1, list[str]()
        day = utc(2026, 3, 1 + wanted, 9, 30)
        house.clock.move(seconds=(day - house.clock.now()).total_seconds())
        sweep(house.deps)
        (alarm,) = (one for one in map(read_alarm, house.store.list_docs(SYSTEM, "due")) if one.at <= house.clock.now())
        house.crash_point = dying_at(wanted, passed)
        died = False
        try:
            house.handle(alarm.command)
        except Died:
            died = True
        house.crash_point = lambda point: None
        house.work()
        house.pass_time(timedelta(minutes=3))  # after an unclear answer it looks, and waits until nothing can arrive
        assert len(days.pages()) == wanted, passed
        page = list(days.pages().values())[-1]
        assert [line for line in days.lines(page) if line.startswith("to_do")] == [
            "to_do Call baker — 6 h, slipped from " + _since(wanted, wanted > 1),
        ], passed
        asked = [run for run in house.store.list_runs(TENANT) if run.trigger.page == page]
        assert len(asked) == 1, passed
    assert wanted > 10
    waiting = [run for run in house.store.list_runs(TENANT) if run.status == RunStatus.AWAITING_APPROVAL]
    assert len(waiting) <= 1


def test_to_dos_that_people_add_to_a_page_just_made_stand_for_no_task(days: PlannedDays) -> None:
    letter, plants = days.task("Write letter", "2026-03-02"), days.task("Water plants", "2026-03-02")
    days.plan_at("09:30")
    days.house.clock.move(minutes=30)
    (alarm,) = map(read_alarm, days.house.store.list_docs(SYSTEM, "due"))

    def after_the_page(point: str) -> None:
        if point == "result.after/plan_day/page":
            raise Died(point)

    days.house.crash_point = after_the_page
    with pytest.raises(Died):
        days.house.handle(alarm.command)
    days.house.crash_point = lambda point: None
    page = page_of(days)
    first = days.blocks(page)[0]["id"]
    mine = {"type": "to_do", "to_do": {"rich_text": [{"text": {"content": "My own"}}]}}
    after = {"type": "after_block", "after_block": {"id": first}}
    days.desk.as_person("PATCH", f"/v1/blocks/{page}/children", {"children": [mine], "position": after})
    days.at(utc(2026, 3, 2, 9, 31))
    doc = days.house.store.get(TENANT, "days", "2026-03-02")
    assert doc is not None
    shown = {str(one["id"]): plain_text(one).partition(" — ")[0] for one in days.blocks(page)}
    assert {shown[block]: task for block, task in doc.body["todos"].items()} == {
        "Write letter": letter,
        "Water plants": plants,
    }


def _since(days_ago: int, left_over: bool) -> str:
    called = {1: "yesterday", 2: "Sunday", 3: "Sunday", 4: "Sunday", 5: "Sunday", 6: "Sunday"}
    return called.get(days_ago, "1 March 2026")
