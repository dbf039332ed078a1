"""The day's plan against the simulated Notion: one page per day, at the tenant's time, whatever happens in between."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.app.connections.connect_account import change_settings
from shared.app.engine.due_times import read_alarm
from shared.app.engine.sweep import sweep
from shared.app.schedule.plan_day import MOVING
from shared.app.schedule.planning_time import next_planning, planning_problem
from shared.app.schedule.routines import routine_changed
from shared.app.workspace.workspace_create import create_databases
from shared.app.workspace.workspace_databases import database_of
from shared.app.workspace.workspace_schemas import ROUTINES, TASKS
from shared.core.errors import Busy, MalformedRequest
from shared.core.pages.author import PERSON, Author
from shared.core.run.run import Run, RunStatus
from shared.local.simulators.notion.simulator import NotionSimulator
from shared.ports import SYSTEM
from shared.steps import KINDS
from tests.integrations.conftest import Served
from tests.support.rigs.small_desk import Desk, settle_in
from tests.support.rigs.small_house import TENANT, SmallHouse


class Died(BaseException):
    """The process ended here."""


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]


@dataclass
class Days:
    """A desk with a Tasks database. The clock stands at Monday, 2 March 2026, 9:00 UTC."""

    desk: Desk
    source: str
    home: str

    @property
    def house(self) -> SmallHouse:
        return self.desk.house

    def task(self, title: str, due: str = "", hours: float | None = 1, status: str = "To do", **more: Any) -> str:
        """Write a task by hand."""
        properties = {
            "Name": {"title": [{"text": {"content": title}}]},
            "Status": {"select": {"name": status}},
            "Due": {"date": {"start": due} if due else None},
            "Estimate": {"number": hours},
            **more,
        }
        parent = {"type": "data_source_id", "data_source_id": self.source}
        return str(self.desk.as_person("POST", "/v1/pages", {"parent": parent, "properties": properties})["id"])

    def routine(self, schedule: str) -> str:
        """Write a routine by hand; nobody is told."""
        mapped = database_of(self.house.settings(TENANT), ROUTINES)
        assert mapped is not None
        properties = {
            "Name": {"title": [{"text": {"content": "Water"}}]},
            "Status": {"select": {"name": "Active"}},
            "Schedule": {"rich_text": [{"text": {"content": schedule}}]},
        }
        parent = {"type": "data_source_id", "data_source_id": mapped.data_source}
        return str(self.desk.as_person("POST", "/v1/pages", {"parent": parent, "properties": properties})["id"])

    def page_of(self, page: str) -> dict[str, Any]:
        """Return a page as Notion shows it."""
        return dict(self.desk.as_person("GET", f"/v1/pages/{page}"))

    def plan_at(self, time: str, zone: str = "UTC", **settings: Any) -> None:
        """Set the planning time as the owner does."""
        change_settings(self.house.deps, TENANT, planning_time=time, time_zone=zone, **settings)

    def at(self, moment: datetime) -> None:
        """Move the clock there, sweep and work."""
        self.house.clock.move(seconds=(moment - self.house.clock.now()).total_seconds())
        sweep(self.house.deps)
        self.house.work()

    def pages(self) -> dict[str, str]:
        """Return the pages of days by title."""
        found = self.desk.as_person("GET", f"/v1/blocks/{self.home}/children?page_size=100")["results"]
        titles = {one["child_page"]["title"]: str(one["id"]) for one in found if one["type"] == "child_page"}
        assert len(titles) == sum(one["type"] == "child_page" for one in found)
        return {title: page for title, page in titles.items() if title.startswith("Today")}

    def blocks(self, page: str) -> list[dict[str, Any]]:
        """Return a page's blocks."""
        return list(self.desk.as_person("GET", f"/v1/blocks/{page}/children?page_size=100")["results"])

    def lines(self, page: str) -> list[str]:
        """Return what a page says, each block with the first letters of its type."""
        return [f"{one['type'][:5]} {_text(one)}" for one in self.blocks(page)]

    def due(self, task: str) -> str:
        """Return the date a task is due."""
        return str(self.desk.as_person("GET", f"/v1/pages/{task}")["properties"]["Due"]["date"]["start"])

    def say(self, page: str, text: str) -> None:
        """Comment on a page as a person, and tell."""
        said = {"parent": {"page_id": page}, "rich_text": [{"text": {"content": text}}]}
        self.house.clock.move(minutes=1)
        self.desk.as_person("POST", "/v1/comments", said)
        self.desk.tell(page, author=Author(PERSON, self.desk.person, seen=True))

    def alarms(self) -> list[str]:
        """Return the times of all alarms."""
        return [str(doc.body["at"]) for doc in self.house.store.list_docs(SYSTEM, "due")]


def _text(block: dict[str, Any]) -> str:
    return "".join(part["plain_text"] for part in block[block["type"]].get("rich_text", ()))


@pytest.fixture
def days(house: Callable[..., SmallHouse], served: Callable[[Any], Served]) -> Days:
    """Return the desk with its Tasks and Routines."""
    url = served(NotionSimulator()).url
    desk = settle_in(house(endpoints={"notion": url}), url)
    database = desk.as_person("GET", f"/v1/data_sources/{desk.source}")["parent"]["database_id"]
    home = desk.as_person("GET", f"/v1/databases/{database}")["parent"]["page_id"]
    create_databases(desk.house.deps, desk.house.accounts, TENANT, home, (TASKS, ROUTINES))
    mapped = database_of(desk.house.settings(TENANT), TASKS)
    assert mapped is not None
    return Days(desk, mapped.data_source, home)


def test_the_day_is_planned_at_its_time_with_reasons(days: Days) -> None:
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


def test_a_day_has_one_page_however_often_its_time_is_told(days: Days) -> None:
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


def test_what_was_left_unticked_or_only_ticked_is_told_the_next_day(days: Days) -> None:
    days.task("Water plants", "2026-03-06")
    days.task("Write letter", "2026-03-06")
    days.plan_at("09:30")
    days.at(utc(2026, 3, 2, 9, 30))
    first = days.pages()["Today: Monday 2 March 2026"]
    letter = next(one for one in days.blocks(first) if _text(one).startswith("Write letter"))
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
def test_a_day_is_the_tenants_own(days: Days, zone: str, planned_at: datetime, title: str) -> None:
    days.task("Call baker", "2026-03-03")
    days.plan_at("07:30", zone)
    assert days.alarms() == [planned_at.isoformat()]
    days.at(planned_at)
    assert list(days.pages()) == [title]


def test_a_silent_scheduler_is_made_up_for_on_the_same_day_alone(days: Days) -> None:
    days.task("Call baker", "2026-03-03")
    days.plan_at("09:30")
    days.at(utc(2026, 3, 2, 12, 30))
    assert list(days.pages()) == ["Today: Monday 2 March 2026"]
    days.at(utc(2026, 3, 5, 0, 10))
    assert list(days.pages()) == ["Today: Monday 2 March 2026"]
    days.at(utc(2026, 3, 5, 9, 30))
    assert sorted(days.pages()) == ["Today: Monday 2 March 2026", "Today: Thursday 5 March 2026"]


def test_a_planning_time_moved_into_the_past_of_an_unplanned_day_counts_today(days: Days) -> None:
    days.task("Call baker", "2026-03-02")
    days.plan_at("15:00")
    days.plan_at("08:00")
    days.at(utc(2026, 3, 2, 9, 1))
    assert len(days.pages()) == 1
    days.plan_at("")
    assert days.alarms() == []


def test_the_change_of_clocks_and_the_leap_day_keep_the_wall_clock(days: Days) -> None:
    days.plan_at("02:30", "Europe/Berlin")
    days.at(utc(2026, 3, 28, 20))
    assert days.alarms() == ["2026-03-29T01:00:00+00:00"]  # 3:00 summer time: 2:30 does not exist
    days.at(utc(2028, 2, 28, 20))
    days.task("Call baker", "2028-02-29")
    days.at(utc(2028, 2, 29, 1, 30))
    assert "Today: Tuesday 29 February 2028" in days.pages()


def test_a_worker_whose_clock_is_behind_has_the_queue_come_again(days: Days) -> None:
    days.plan_at("09:30")
    command = read_alarm(next(iter(days.house.store.list_docs(SYSTEM, "due")))).command
    days.house.clock.move(minutes=30, seconds=-1)
    with pytest.raises(Busy):
        days.house.handle(command)
    days.house.clock.move(seconds=1)
    days.house.handle(command)
    assert len(days.pages()) == 1


def test_killed_while_settings_change_they_count_all_the_same(days: Days) -> None:
    house, wanted, died = days.house, 0, True
    page = days.page_of(days.routine("daily at 18:00"))
    assert routine_changed(house.deps, house.tools, TENANT, page)
    while died:
        wanted, passed = wanted + 1, list[str]()
        at, zone, due = (("14:00", "UTC", 18), ("13:00", "Europe/Berlin", 17))[wanted % 2]
        house.crash_point, died = _dying_at(wanted, passed), False
        try:
            days.plan_at(at, zone)
        except Died:
            died = True
        house.crash_point = lambda point: None
        house.pass_time(timedelta(minutes=2))
        if house.settings(TENANT).get("planning_time") == at:  # else it died before anything was saved
            planned = utc(2026, 3, 2, 14 if zone == "UTC" else 12)
            assert next_planning(house.deps, TENANT) == planned.isoformat(), passed
            assert {planned.isoformat(), utc(2026, 3, 2, due).isoformat()} <= set(days.alarms()), passed
    assert wanted > 7


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"planning_time": "half past seven"}, "planning_time"),
        ({"planning_time": "25:00"}, "planning_time"),
        ({"planning_time": "07:30", "time_zone": "Europe/Berlni"}, "time_zone"),
        ({"planning_time": "07:30", "day_hours": 30}, "day_hours"),
    ],
)
def test_a_wrong_setting_is_named_and_nothing_is_kept(days: Days, settings: dict[str, Any], said: str) -> None:
    before = dict(days.house.settings(TENANT))
    with pytest.raises(MalformedRequest, match=said):
        change_settings(days.house.deps, TENANT, **settings)
    assert dict(days.house.settings(TENANT)) == before


def test_an_outage_delays_the_page(days: Days) -> None:
    days.task("Call baker", "2026-03-02")
    days.plan_at("09:30")
    there = days.house.accounts.endpoints.notion
    days.house.with_endpoints(notion="http://127.0.0.1:9")
    days.at(utc(2026, 3, 2, 9, 30))
    days.house.with_endpoints(notion=there)
    assert days.pages() == {}
    assert "notion" in planning_problem(days.house.deps, TENANT)
    days.house.pass_time(timedelta(minutes=2))
    assert len(days.pages()) == 1
    assert planning_problem(days.house.deps, TENANT) == ""


def test_a_routine_whose_change_nobody_told_is_found_by_the_planning(days: Days) -> None:
    days.routine("daily at 12:00")
    days.plan_at("09:30")
    days.at(utc(2026, 3, 2, 9, 30))
    assert days.alarms() == ["2026-03-02T12:00:00+00:00", "2026-03-03T09:30:00+00:00"]


def _dying_at(wanted: int, passed: list[str]) -> Callable[[str], None]:
    def point(name: str) -> None:
        passed.append(name)
        if len(passed) == wanted:
            raise Died(name)

    return point


@pytest.mark.slow
def test_killed_between_any_two_actions_there_is_one_whole_page_and_one_question(days: Days) -> None:
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
        house.crash_point = _dying_at(wanted, passed)
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


def test_to_dos_that_people_add_to_a_page_just_made_stand_for_no_task(days: Days) -> None:
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
    page = _page_of(days)
    first = days.blocks(page)[0]["id"]
    mine = {"type": "to_do", "to_do": {"rich_text": [{"text": {"content": "My own"}}]}}
    after = {"type": "after_block", "after_block": {"id": first}}
    days.desk.as_person("PATCH", f"/v1/blocks/{page}/children", {"children": [mine], "position": after})
    days.at(utc(2026, 3, 2, 9, 31))
    doc = days.house.store.get(TENANT, "days", "2026-03-02")
    assert doc is not None
    shown = {str(one["id"]): _text(one).partition(" — ")[0] for one in days.blocks(page)}
    assert {shown[block]: task for block, task in doc.body["todos"].items()} == {
        "Write letter": letter,
        "Water plants": plants,
    }


def _since(days_ago: int, left_over: bool) -> str:
    called = {1: "yesterday", 2: "Sunday", 3: "Sunday", 4: "Sunday", 5: "Sunday", 6: "Sunday"}
    return called.get(days_ago, "1 March 2026")


# --- dates ------------------------------------------------------------------------------------------------------------


def _asked(days: Days) -> tuple[str, Run]:
    """Plan a day with a task too many; return that task and the run that asks about its date."""
    days.task("Call baker", "2026-03-02", 6, Priority={"select": {"name": "High"}})
    moved = days.task("Paint fence", "2026-03-02", 5)
    days.plan_at("09:30")
    days.at(utc(2026, 3, 2, 9, 30))
    (run,) = days.house.store.list_runs(TENANT)
    assert (run.status, run.trigger.kind) == (RunStatus.AWAITING_APPROVAL, "day")
    assert days.due(moved) == "2026-03-02"
    return moved, run


def _page_of(days: Days) -> str:
    return next(iter(days.pages().values()))


def test_dates_move_when_a_person_approves_and_not_before(days: Days) -> None:
    moved, run = _asked(days)
    page = _page_of(days)
    todo = next(one for one in days.blocks(page) if one["type"] == "to_do")
    days.desk.as_person("PATCH", f"/v1/blocks/{todo['id']}", {"to_do": {"checked": True}})
    days.desk.tell(page)  # ticking a task changes nothing about the question
    assert days.house.run(run.id).revision == 1
    days.say(page, "approve")
    assert days.house.run(run.id).status == RunStatus.SUCCEEDED
    assert days.due(moved) == "2026-03-03"


def test_a_no_leaves_the_dates_and_ends_the_question(days: Days) -> None:
    moved, run = _asked(days)
    days.say(_page_of(days), "no, because the paint has dried")
    after = days.house.run(run.id)
    assert (after.status, after.revision) == (RunStatus.CANCELLED, 1)
    assert days.due(moved) == "2026-03-02"


def test_without_a_step_that_sets_dates_they_are_advice(days: Days) -> None:
    days.house.tools = replace(days.house.tools, kinds={k: v for k, v in KINDS.items() if k != MOVING})
    days.task("Call baker", "2026-03-02", 6, Priority={"select": {"name": "High"}})
    days.task("Paint fence", "2026-03-02", 5)
    days.plan_at("09:30")
    days.at(utc(2026, 3, 2, 9, 30))
    assert "headi These dates could move" in days.lines(_page_of(days))
    assert days.house.store.list_runs(TENANT) == []


def test_a_span_keeps_its_length_and_a_time_its_hour_when_they_move(days: Days) -> None:
    days.task("Call baker", "2026-03-02", 6, Priority={"select": {"name": "High"}})
    trip = days.task("Trip", hours=3, Due={"date": {"start": "2026-02-27", "end": "2026-03-02"}})
    tea = days.task("Tea", "2026-03-02T15:00:00+01:00", 3)
    days.plan_at("09:30")
    days.at(utc(2026, 3, 2, 9, 30))
    days.say(_page_of(days), "approve")
    spans = [days.page_of(task)["properties"]["Due"]["date"] for task in (trip, tea)]
    assert [(one["start"][:10], one["end"]) for one in spans] == [("2026-02-28", "2026-03-03"), ("2026-03-03", None)]
    assert datetime.fromisoformat(spans[1]["start"]) == utc(2026, 3, 3, 14)


def test_a_date_that_a_person_has_set_since_stays(days: Days) -> None:
    moved, run = _asked(days)
    days.desk.as_person("PATCH", f"/v1/pages/{moved}", {"properties": {"Due": {"date": {"start": "2026-03-20"}}}})
    days.say(_page_of(days), "approve")
    assert days.house.run(run.id).status == RunStatus.SUCCEEDED
    assert days.due(moved) == "2026-03-20"
