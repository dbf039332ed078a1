"""A table, or the plan of the day, that Notion refuses for good: told once, left alone, taken up again by an act."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.app.connections.connect_account import resume_waiting
from shared.app.engine.sweep import sweep
from shared.app.intake.refused_places import read_refusals
from shared.app.schedule.planning_time import find_next_planning, planning_problem
from shared.app.tenants.settings_changes import change_settings
from shared.app.workspace.workspace_create import create_databases
from shared.app.workspace.workspace_databases import database_of
from shared.app.workspace.workspace_schemas import ROUTINES, TASKS
from shared.cli.doctor.refusal_findings import list_left_alone
from shared.core.pages import marks
from shared.core.run.commands import RECONCILE, Command
from shared.local.simulators.notion.simulator import NotionSimulator
from shared.local.simulators.slack.simulator import SlackSimulator
from tests.integrations.conftest import Served
from tests.support.rigs.small_desk import Desk, settle_in
from tests.support.rigs.small_house import TENANT, SmallHouse
from tests.support.simulators import kept_open

ADA = {"id": "ada", "role": "owner", "slack": "C1", "channels": ["slack"]}
BEN = {"id": "ben", "slack": "C2", "channels": ["slack"]}


class Refusing:
    """A desk whose Notion can be told to refuse, and an owner who is written to in Slack."""

    def __init__(self, desk: Desk, slack: Served) -> None:
        self.desk, self.house, self._slack, self._passes = desk, desk.house, slack, 0
        self._before: dict[str, int] = {}
        slack.control("/_config", {"rate_limit": 0})
        slack.control("/_seed", {"token": "word-of-slack", "channels": ["C1", "C2"], "users": []})
        desk.house.with_endpoints(slack=f"{slack.url}/api")
        desk.house.connect("slack", "word-of-slack")
        change_settings(desk.house.deps, TENANT, people=[ADA, BEN])

    def refuse(self, path: str, method: str = "POST", times: int = 100_000, status: int = 403) -> None:
        """Answer so to this call from now on, so many times."""
        self._before[path] = self._asked(path)
        code = {403: "restricted_resource", 404: "object_not_found"}[status]
        body = {"object": "error", "status": status, "code": code, "message": "No."}
        order = {"method": method, "path": path, "status": status, "body": body, "times": times}
        kept_open.post(f"{self.desk.url}/_faults", json=order, timeout=10).raise_for_status()

    def forgive(self) -> None:
        """Answer as usual again."""
        kept_open.delete(f"{self.desk.url}/_faults", timeout=10).raise_for_status()

    def asked(self, path: str) -> int:
        """Return how often that was asked for since it was refused first."""
        return self._asked(path) - self._before[path]

    def _asked(self, path: str) -> int:
        journal = kept_open.get(f"{self.desk.url}/_journal", timeout=10).json()
        return sum(entry["path"] == path for entry in journal)

    def told(self) -> dict[str, list[str]]:
        """Return what was written to whom about what we may not do."""
        channels = self._slack.simulator.state["channels"]
        return {
            name: [text for each in messages if "We may not" in (text := json.dumps(each, ensure_ascii=False))]
            for name, messages in channels.items()
        }

    def make_passes(self, hours: int) -> None:
        """Look through the tables every quarter of an hour, for some hours."""
        for _ in range(4 * hours):
            self._passes += 1
            self.house.queue.enqueue([Command(f"pass-{self._passes}", RECONCILE, "sync", TENANT)])
            self.house.work()
            self.house.clock.move(minutes=15)

    def tomorrow(self) -> datetime:
        """Return when the next day is planned."""
        return (self.house.clock.now() + timedelta(days=1)).replace(hour=9, minute=30, second=0, microsecond=0)

    def at(self, moment: datetime) -> None:
        """Move the clock there, sweep and work."""
        self.house.clock.move(seconds=(moment - self.house.clock.now()).total_seconds())
        sweep(self.house.deps)
        self.house.work()

    def source(self, kind: str) -> str:
        """Return the data source of one of our databases."""
        mapped = database_of(self.house.settings(TENANT), kind)
        assert mapped is not None
        return mapped.data_source


@pytest.fixture
def refusing(house: Callable[..., SmallHouse], served: Callable[[Any], Served]) -> Refusing:
    url = served(NotionSimulator()).url
    desk = settle_in(house(endpoints={"notion": url}), url)
    create_databases(desk.house.deps, desk.house.accounts, TENANT, desk.home, (TASKS, ROUTINES))
    made = Refusing(desk, served(SlackSimulator()))
    made.make_passes(1)  # the map of the workspace is made by now: it asks for tables too, once
    return made


def test_a_table_that_is_refused_for_good_is_told_once_and_no_pass_asks_for_it_again(refusing: Refusing) -> None:
    query = f"/v1/data_sources/{refusing.desk.source}/query"
    refusing.refuse(query)
    refusing.make_passes(2)
    asked = refusing.asked(query)
    assert asked == 2  # a refusal may pass: once more an hour later, and then it is believed
    refusing.make_passes(6)
    refusing.house.clock.move(hours=30)  # the queue has forgotten the names by now
    refusing.make_passes(1)
    assert refusing.asked(query) == asked
    told = refusing.told()
    assert {name: len(texts) for name, texts in told.items()} == {"C1": 1, "C2": 0}
    assert "Ideas" in told["C1"][0]
    assert refusing.house.queue.dead_letters(TENANT) == []


def test_a_refusal_that_passes_within_the_hour_is_told_to_nobody(refusing: Refusing) -> None:
    query = f"/v1/data_sources/{refusing.desk.source}/query"
    refusing.refuse(query, times=1)
    refusing.make_passes(3)
    assert refusing.asked(query) > 4
    assert refusing.told() == {"C1": [], "C2": []}
    assert read_refusals(refusing.house.settings(TENANT)) == {}


def test_an_edited_row_brings_its_table_back(refusing: Refusing) -> None:
    query = f"/v1/data_sources/{refusing.desk.source}/query"
    page = refusing.desk.write_idea()
    refusing.refuse(query)
    refusing.make_passes(2)
    refusing.forgive()
    refusing.make_passes(1)
    asked = refusing.asked(query)
    refusing.desk.tell(page)
    refusing.make_passes(1)
    assert refusing.asked(query) > asked
    assert read_refusals(refusing.house.settings(TENANT)) == {}


def test_who_connects_notion_again_brings_everything_back_and_is_told_again_of_what_is_refused_anew(
    refusing: Refusing,
) -> None:
    query = f"/v1/data_sources/{refusing.desk.source}/query"
    refusing.refuse(query)
    refusing.make_passes(2)
    resume_waiting(refusing.house.deps, TENANT, "notion")
    refusing.make_passes(3)
    assert refusing.asked(query) == 4
    assert len(refusing.told()["C1"]) == 2


def test_a_day_that_may_not_be_planned_is_told_once_and_not_asked_for_day_after_day(refusing: Refusing) -> None:
    query = f"/v1/data_sources/{refusing.source(TASKS)}/query"
    change_settings(refusing.house.deps, TENANT, planning_time="09:30", time_zone="UTC")
    day = refusing.tomorrow()
    refusing.refuse(query)
    for hours in (0, 2, 24, 48, 72):
        refusing.at(day + timedelta(hours=hours))
    assert refusing.asked(query) == 2
    told = refusing.told()
    assert {name: len(texts) for name, texts in told.items()} == {"C1": 1, "C2": 0}
    assert "plan" in told["C1"][0]
    assert "403" in planning_problem(refusing.house.deps, TENANT)
    refusing.forgive()
    change_settings(refusing.house.deps, TENANT, planning_time="09:30")
    assert planning_problem(refusing.house.deps, TENANT) == ""
    refusing.at(day + timedelta(hours=96, minutes=1))
    assert refusing.asked(query) > 2
    assert find_next_planning(refusing.house.deps, TENANT).startswith((day + timedelta(hours=120)).date().isoformat())


def test_tasks_that_are_refused_to_the_passes_and_to_the_plan_are_told_of_once(refusing: Refusing) -> None:
    query = f"/v1/data_sources/{refusing.source(TASKS)}/query"
    change_settings(refusing.house.deps, TENANT, planning_time="09:30", time_zone="UTC")
    day = refusing.tomorrow()
    refusing.refuse(query)
    refusing.at(day)
    refusing.make_passes(4)
    refusing.at(day + timedelta(hours=26))
    refusing.make_passes(2)
    assert len(refusing.told()["C1"]) == 1


def test_routines_that_are_refused_do_not_keep_the_day_from_being_planned(refusing: Refusing) -> None:
    change_settings(refusing.house.deps, TENANT, planning_time="09:30", time_zone="UTC")
    day = refusing.tomorrow()
    refusing.refuse(f"/v1/data_sources/{refusing.source(ROUTINES)}/query")
    refusing.at(day)
    assert planning_problem(refusing.house.deps, TENANT) == ""
    assert find_next_planning(refusing.house.deps, TENANT).startswith((day + timedelta(days=1)).date().isoformat())


def test_the_doctor_names_what_is_left_alone(refusing: Refusing, tmp_path: Path) -> None:
    assert list(list_left_alone(refusing.house.folder)) == []
    refusing.refuse(f"/v1/data_sources/{refusing.desk.source}/query")
    refusing.make_passes(2)
    (named,) = list_left_alone(refusing.house.folder)
    assert "Ideas" in named
    assert list(list_left_alone(tmp_path / "none")) == []


def test_the_doctor_names_a_refused_page_until_it_can_be_read_and_its_owner_is_told_of_each_time(
    refusing: Refusing,
) -> None:
    desk, page, other = refusing.desk, refusing.desk.write_idea(), refusing.desk.write_idea("Not of ours yet")
    desk.set_status(page, marks.PLAN_IT)
    desk.tell(page)
    for each in (page, other):
        refusing.refuse(f"/v1/pages/{each}", "GET")
    for _ in range(3):
        desk.tell(page)
        desk.tell(other)
        refusing.house.clock.move(hours=2)
    (named,) = list_left_alone(refusing.house.folder)
    assert "the page “Bicycle club”" in named
    assert page in named
    refusing.forgive()
    desk.tell(page)
    assert list(list_left_alone(refusing.house.folder)) == []
    refusing.house.clock.move(hours=30)
    refusing.refuse(f"/v1/pages/{page}", "GET")
    desk.tell(page)
    assert len(refusing.told()["C1"]) == 2


def test_a_table_that_is_not_shown_any_more_is_told_once_and_asked_for_once_a_week(refusing: Refusing) -> None:
    query = f"/v1/data_sources/{refusing.desk.source}/query"
    refusing.refuse(query, status=404)
    refusing.make_passes(4)
    assert refusing.asked(query) == 2
    refusing.house.clock.move(hours=24 * 6)
    refusing.make_passes(2)
    assert refusing.asked(query) == 2
    refusing.house.clock.move(hours=24)
    refusing.make_passes(4)
    assert refusing.asked(query) == 3
    assert {name: len(texts) for name, texts in refusing.told().items()} == {"C1": 1, "C2": 0}
    refusing.forgive()
    refusing.house.clock.move(hours=24 * 7)
    refusing.make_passes(1)
    assert read_refusals(refusing.house.settings(TENANT)) == {}


def test_a_day_whose_tasks_are_not_shown_any_more_is_not_asked_for_day_after_day(refusing: Refusing) -> None:
    query = f"/v1/data_sources/{refusing.source(TASKS)}/query"
    change_settings(refusing.house.deps, TENANT, planning_time="09:30", time_zone="UTC")
    day = refusing.tomorrow()
    refusing.refuse(query, status=404)
    refusing.at(day)
    refusing.make_passes(2)  # by which the table is left alone
    for hours in (24, 26, 28):
        refusing.at(day + timedelta(hours=hours))
    asked = refusing.asked(query)
    for hours in (48, 50, 72, 96):
        refusing.at(day + timedelta(hours=hours))
    assert refusing.asked(query) == asked
    assert len(refusing.told()["C1"]) == 1
    refusing.forgive()
    refusing.at(day + timedelta(days=8))
    refusing.make_passes(1)  # once a week the table is asked for, and days are planned again
    refusing.at(day + timedelta(days=8, hours=2))
    assert planning_problem(refusing.house.deps, TENANT) == ""
    assert find_next_planning(refusing.house.deps, TENANT)
