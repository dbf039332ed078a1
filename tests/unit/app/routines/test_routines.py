"""Routines against the simulated Notion, with a clock in hand: one run per time, whatever happens in between."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.app.connections.connect_account import change_settings
from shared.app.engine.due_times import Alarm, read_alarm
from shared.app.engine.engine import record
from shared.app.engine.sweep import sweep
from shared.app.schedule.routines import routine_changed
from shared.app.workspace.workspace_create import create_databases
from shared.app.workspace.workspace_databases import database_of
from shared.app.workspace.workspace_schemas import ROUTINES
from shared.core.errors import Busy
from shared.core.run.acts import CancelRequested
from shared.core.run.commands import ROUTINE
from shared.core.run.run import Run, RunStatus
from shared.local.simulators.slack.slack import SlackSimulator
from shared.ports import SYSTEM
from tests.integrations.conftest import Served
from tests.support.rigs.small_desk import Desk
from tests.support.rigs.small_house import TENANT, SmallHouse
from tests.support.simulators import kept_open


class Died(BaseException):
    """The process ended here."""


@dataclass
class Routines:
    """A desk with a Routines database in it. The clock stands at Monday, 2 March 2026, 9:00 UTC."""

    desk: Desk
    source: str

    @property
    def house(self) -> SmallHouse:
        return self.desk.house

    def write(self, schedule: str, status: str = "Active", zone: str = "", text: str = "Water the plants") -> str:
        """Write a routine by hand; nobody is told yet."""
        properties = {**_name("Water"), **_select(status), **_text("Schedule", schedule), **_text("Time zone", zone)}
        to_do = {"type": "to_do", "to_do": {"rich_text": [{"text": {"content": text}}], "checked": False}}
        parent = {"type": "data_source_id", "data_source_id": self.source}
        body = {"parent": parent, "properties": properties, "children": [to_do]}
        return str(self.desk.as_person("POST", "/v1/pages", body)["id"])

    def change(self, page: str, **changes: Any) -> None:
        """Change properties by hand, and tell."""
        self.desk.as_person("PATCH", f"/v1/pages/{page}", {"properties": changes})
        self.told(page)

    def told(self, page: str) -> None:
        """Take note of the page, as after a delivery."""
        assert routine_changed(self.house.deps, self.house.tools, TENANT, self.page(page))

    def page(self, page: str) -> dict[str, Any]:
        """Return the page as Notion shows it."""
        return dict(self.desk.as_person("GET", f"/v1/pages/{page}"))

    def shown(self, page: str, name: str) -> datetime | None:
        """Return a date that the page shows, in UTC."""
        date = self.page(page)["properties"][name]["date"]
        return datetime.fromisoformat(date["start"]).astimezone(UTC) if date else None

    def comments(self, page: str) -> list[str]:
        """Return the comments on a page."""
        found = self.desk.as_person("GET", f"/v1/comments?block_id={page}")["results"]
        return ["".join(part["plain_text"] for part in one["rich_text"]) for one in found]

    def runs(self) -> list[Run]:
        """Return all runs, the oldest first."""
        return list(reversed(self.house.store.list_runs(TENANT)))

    def at(self, moment: datetime) -> None:
        """Move the clock there, sweep and work."""
        self.house.clock.move(seconds=(moment - self.house.clock.now()).total_seconds())
        sweep(self.house.deps)
        self.house.work()

    def alarms(self) -> list[str]:
        """Return the times of all alarms."""
        return [str(doc.body["at"]) for doc in self.house.store.list_docs(SYSTEM, "due")]

    def end(self, run: Run) -> None:
        """Let a run end, and its page show it."""
        record(self.house.deps, TENANT, run.id, CancelRequested(self.house.clock.now(), "ada", force=True))
        self.house.work()


def _name(text: str) -> dict[str, Any]:
    return {"Name": {"title": [{"text": {"content": text}}]}}


def _select(name: str) -> dict[str, Any]:
    return {"Status": {"select": {"name": name}}}


def _text(column: str, text: str) -> dict[str, Any]:
    return {column: {"rich_text": [{"text": {"content": text}}] if text else []}}


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]


@pytest.fixture
def routines(desk: Desk) -> Routines:
    home = desk.as_person("GET", f"/v1/data_sources/{desk.source}")["parent"]["database_id"]
    parent = desk.as_person("GET", f"/v1/databases/{home}")["parent"]["page_id"]
    create_databases(desk.house.deps, desk.house.accounts, TENANT, parent, (ROUTINES,))
    mapped = database_of(desk.house.settings(TENANT), ROUTINES)
    assert mapped is not None
    return Routines(desk, mapped.data_source)


def test_a_routine_shows_when_it_runs_and_gets_one_run_at_that_time(routines: Routines) -> None:
    page = routines.write("every weekday at 9:30")
    routines.told(page)
    assert routines.shown(page, "Next run") == utc(2026, 3, 2, 9, 30)
    routines.at(utc(2026, 3, 2, 9, 29, 59))
    assert routines.runs() == []
    routines.at(utc(2026, 3, 2, 9, 30))
    (run,) = routines.runs()
    assert (run.trigger.kind, run.trigger.page, run.trigger.title) == ("routine", page, "Water")
    assert run.trigger.by == "its schedule, due Mon 02 Mar 2026 09:30 UTC"
    assert routines.shown(page, "Last run") == utc(2026, 3, 2, 9, 30)
    assert routines.shown(page, "Next run") == utc(2026, 3, 3, 9, 30)
    assert routines.alarms() == ["2026-03-03T09:30:00+00:00"]


def test_two_schedulers_at_once_and_late_copies_open_one_run(routines: Routines) -> None:
    page = routines.write("daily at 9:30")
    routines.told(page)
    routines.house.clock.move(minutes=31)
    alarm = next(doc for doc in routines.house.store.list_docs(SYSTEM, "due"))
    assert (sweep(routines.house.deps)["woken"], sweep(routines.house.deps)["woken"]) == (1, 1)
    routines.house.work()
    routines.house.handle(read_alarm(alarm).command)  # an hour later the queue has forgotten the name
    routines.house.work()
    assert len(routines.runs()) == 1
    assert routines.alarms() == ["2026-03-03T09:30:00+00:00"]


def test_after_three_silent_hours_one_run_stands_for_all_and_says_so(routines: Routines) -> None:
    page = routines.write("every 15 minutes")
    routines.told(page)
    routines.at(utc(2026, 3, 2, 12, 20))
    (run,) = routines.runs()
    assert run.trigger.by == "its schedule, due Mon 02 Mar 2026 12:15 UTC; 12 earlier times missed before and left out"
    assert routines.shown(page, "Next run") == utc(2026, 3, 2, 12, 30)


def test_a_paused_routine_does_nothing_even_when_nobody_told_us(routines: Routines) -> None:
    page = routines.write("daily at 9:30")
    routines.told(page)
    routines.desk.as_person("PATCH", f"/v1/pages/{page}", {"properties": _select("Paused")})
    routines.at(utc(2026, 3, 2, 9, 30))
    assert routines.runs() == []
    assert routines.alarms() == []
    assert routines.shown(page, "Next run") is None
    routines.change(page, **_select("Active"))
    assert routines.shown(page, "Next run") == utc(2026, 3, 3, 9, 30)


def test_an_edited_schedule_counts_from_then_on(routines: Routines) -> None:
    page = routines.write("daily at 9:30")
    routines.told(page)
    routines.change(page, **_text("Schedule", "daily at 11:00"))
    routines.at(utc(2026, 3, 2, 9, 30))
    assert routines.runs() == []
    routines.at(utc(2026, 3, 2, 11, 0))
    assert [run.trigger.by for run in routines.runs()] == ["its schedule, due Mon 02 Mar 2026 11:00 UTC"]


@pytest.mark.parametrize(
    ("schedule", "zone", "said"),
    [
        ("whenever I like", "", "“whenever i like” was not understood"),
        ("daily at 9:30", "Europe/Berlni", "“Europe/Berlni” is not a time zone"),
        ("* * * * *", "", "runs more often than every 5 minutes"),
        ("", "", "there is no schedule"),
    ],
)
def test_a_wrong_schedule_gets_one_comment(routines: Routines, schedule: str, zone: str, said: str) -> None:
    page = routines.write(schedule, zone=zone)
    routines.told(page)
    routines.told(page)
    (comment,) = routines.comments(page)
    assert said in comment
    assert routines.alarms() == []
    routines.change(page, **_text("Schedule", "daily at 10:00"), **_text("Time zone", "Europe/Berlin"))
    assert routines.shown(page, "Next run") == utc(2026, 3, 3, 9, 0)
    assert len(routines.comments(page)) == 1


def test_a_routine_keeps_to_its_own_zone_or_the_tenants(routines: Routines) -> None:
    own = routines.write("daily at 10:00", zone="Pacific/Kiritimati")
    team = routines.write("daily at 10:00")
    change_settings(routines.house.deps, TENANT, time_zone="Pacific/Pago_Pago")
    routines.told(own)
    routines.told(team)
    assert routines.shown(own, "Next run") == utc(2026, 3, 2, 20, 0)
    assert routines.shown(team, "Next run") == utc(2026, 3, 2, 21, 0)
    change_settings(routines.house.deps, TENANT, time_zone="Europe/Berlin")
    routines.at(utc(2026, 3, 2, 9, 1))
    assert routines.shown(own, "Next run") == utc(2026, 3, 2, 20, 0)
    assert routines.shown(team, "Next run") == utc(2026, 3, 3, 9, 0)
    assert routines.runs() == []


def test_a_time_that_comes_while_people_have_not_answered_takes_the_place_of_the_older_run(routines: Routines) -> None:
    page = routines.write("daily at 9:30")
    routines.told(page)
    routines.at(utc(2026, 3, 2, 9, 30))
    (first,) = routines.runs()
    assert first.status in (RunStatus.AWAITING_INPUT, RunStatus.AWAITING_APPROVAL)
    routines.at(utc(2026, 3, 3, 9, 30))
    assert routines.house.run(first.id).cancel.endswith("nobody answered before the routine was due again")
    routines.at(utc(2026, 3, 3, 9, 31))
    assert [run.trigger.by for run in routines.runs()][1:] == ["its schedule, due Tue 03 Mar 2026 09:30 UTC"]


def test_a_routine_in_the_trash_or_elsewhere_is_forgotten(routines: Routines) -> None:
    page = routines.write("daily at 9:30")
    routines.told(page)
    routines.desk.as_person("PATCH", f"/v1/pages/{page}", {"in_trash": True})
    routines.at(utc(2026, 3, 2, 9, 30))
    assert routines.runs() == []
    assert routines.alarms() == []
    idea = routines.desk.write_idea()
    assert not routine_changed(routines.house.deps, routines.house.tools, TENANT, routines.page(idea))


def test_an_outage_of_notion_delays_the_run_and_loses_nothing(routines: Routines) -> None:
    page = routines.write("daily at 9:30")
    routines.told(page)
    there = routines.house.accounts.endpoints.notion
    routines.house.with_endpoints(notion="http://127.0.0.1:9")
    routines.at(utc(2026, 3, 2, 9, 30))
    assert routines.runs() == []
    routines.house.with_endpoints(notion=there)
    routines.house.pass_time(timedelta(minutes=2))
    assert [run.trigger.by for run in routines.runs()] == ["its schedule, due Mon 02 Mar 2026 09:30 UTC"]


def test_the_budget_of_the_page_limits_its_runs(routines: Routines) -> None:
    page = routines.write("daily at 9:30")
    routines.change(page, Budget={"number": 0.25})
    routines.at(utc(2026, 3, 2, 9, 30))
    assert routines.runs()[0].limits.micros == 250_000


def test_a_budget_of_nothing_is_no_budget_at_all_and_an_empty_one_the_usual(routines: Routines) -> None:
    nothing, usual = routines.write("daily at 9:30"), routines.write("daily at 9:31")
    routines.change(nothing, Budget={"number": 0})
    routines.change(usual, Budget={"number": None})
    routines.at(utc(2026, 3, 2, 9, 31))
    limits = {run.trigger.page: run.limits.micros for run in routines.runs()}
    assert limits == {nothing: 0, usual: routines.house.deps.limits.micros}


def test_a_worker_whose_clock_is_behind_has_the_queue_come_again(routines: Routines) -> None:
    page = routines.write("daily at 9:30")
    routines.told(page)
    (alarm,) = _alarms(routines.house)
    routines.house.clock.move(minutes=30, seconds=-1)
    with pytest.raises(Busy):
        routines.house.handle(alarm.command)
    assert routines.runs() == []
    routines.house.clock.move(seconds=1)
    routines.house.handle(alarm.command)
    assert len(routines.runs()) == 1


def test_what_was_read_before_a_later_edit_does_not_count(routines: Routines) -> None:
    page = routines.write("daily at 18:00")
    routines.told(page)
    late = routines.page(page)
    routines.change(page, **_text("Schedule", "daily at 10:00"))
    assert routine_changed(routines.house.deps, routines.house.tools, TENANT, late)
    assert routines.shown(page, "Next run") == utc(2026, 3, 2, 10)
    assert routines.alarms() == ["2026-03-02T10:00:00+00:00"]


def test_routines_go_on_when_their_database_is_taken_away_and_given_back(routines: Routines) -> None:
    page = routines.write("daily at 9:30")
    routines.told(page)
    databases = dict(routines.house.settings(TENANT)["databases"])
    change_settings(routines.house.deps, TENANT, databases={})
    routines.at(utc(2026, 3, 2, 9, 30))
    assert routines.alarms() == []
    change_settings(routines.house.deps, TENANT, databases=databases)
    routines.told(page)
    assert routines.alarms() == ["2026-03-03T09:30:00+00:00"]


_REFUSAL = {"status": 403, "body": {"object": "error", "status": 403, "code": "restricted_resource", "message": "no"}}


def _refuse(routines: Routines, page: str) -> None:
    order = {"method": "GET", "path": f"/v1/pages/{page}", "times": 1000, **_REFUSAL}
    kept_open.post(f"{routines.desk.url}/_faults", json=order, timeout=10).raise_for_status()


def _refused(routines: Routines) -> int:
    journal = kept_open.get(f"{routines.desk.url}/_journal", timeout=10).json()
    return sum(one["method"] == "GET" and one["status"] == 403 for one in journal)


def test_a_routine_that_may_not_be_read_is_told_once_and_left_alone_until_somebody_edits_it(
    routines: Routines, served: Callable[[Any], Served]
) -> None:
    house, page = routines.house, routines.write("daily at 9:30")
    slack = served(SlackSimulator())
    slack.control("/_config", {"rate_limit": 0})
    slack.control("/_seed", {"token": "word-of-slack", "channels": ["C1", "C2"], "users": []})
    house.with_endpoints(slack=f"{slack.url}/api")
    house.connect("slack", "word-of-slack")
    owner = {"id": "ada", "role": "owner", "slack": "C1", "channels": ["slack"]}
    change_settings(house.deps, TENANT, people=[owner, {"id": "ben", "slack": "C2", "channels": ["slack"]}])
    routines.told(page)
    _refuse(routines, page)
    for hour in range(9, 24):
        routines.at(utc(2026, 3, 2, hour, 30))
    assert _refused(routines) == 2  # when it was due, and an hour later
    assert (routines.alarms(), routines.runs(), house.queue.dead_letters(TENANT)) == ([], [], [])
    told = {name: len(texts) for name, texts in slack.simulator.state["channels"].items()}
    assert told == {"C1": 1, "C2": 0}
    assert "We may not read the routine “Water”" in json.dumps(
        slack.simulator.state["channels"]["C1"], ensure_ascii=False
    )
    kept_open.delete(f"{routines.desk.url}/_faults", timeout=10).raise_for_status()
    routines.told(page)  # somebody gave access, and edited it
    routines.at(utc(2026, 3, 2, 23, 45))
    assert [run.trigger.by for run in routines.runs()] == ["its schedule, due Mon 02 Mar 2026 09:30 UTC"]


def test_a_refusal_of_a_moment_is_no_matter(routines: Routines) -> None:
    page = routines.write("daily at 9:30")
    routines.told(page)
    _refuse(routines, page)
    routines.at(utc(2026, 3, 2, 9, 30))
    kept_open.delete(f"{routines.desk.url}/_faults", timeout=10).raise_for_status()
    routines.at(utc(2026, 3, 2, 10, 30))
    assert [run.trigger.by for run in routines.runs()] == ["its schedule, due Mon 02 Mar 2026 09:30 UTC"]
    assert routines.house.queue.dead_letters(TENANT) == []


def test_a_title_reaches_people_without_what_nobody_sees(routines: Routines) -> None:
    page = routines.write("daily at 9:30")
    routines.change(page, Name={"title": [{"text": {"content": "Wa\u202eter\u200b"}}]})
    routines.at(utc(2026, 3, 2, 9, 30))
    assert routines.runs()[0].trigger.title == "Water"


def _dying_at(wanted: int, passed: list[str]) -> Callable[[str], None]:
    def point(name: str) -> None:
        passed.append(name)
        if len(passed) == wanted:
            raise Died(name)

    return point


def test_killed_between_any_two_actions_there_is_one_run_and_one_next_time(routines: Routines) -> None:
    house, wanted, day = routines.house, 0, 2
    page = routines.write("daily at 9:30")
    routines.told(page)
    routines.at(utc(2026, 3, day, 9, 29))
    while True:
        wanted, passed = wanted + 1, list[str]()
        house.clock.move(seconds=(utc(2026, 3, day, 9, 30) - house.clock.now()).total_seconds())
        sweep(house.deps)
        (command,) = [one.command for one in _alarms(house) if one.at <= house.clock.now()]
        house.crash_point = _dying_at(wanted, passed)
        try:
            house.handle(command)
            died = False
        except Died:
            died = True
        house.crash_point = lambda point: None
        house.work()
        runs = routines.runs()
        assert len(runs) == day - 1, passed
        assert routines.shown(page, "Next run") == utc(2026, 3, day + 1, 9, 30), passed
        assert routines.alarms() == [utc(2026, 3, day + 1, 9, 30).isoformat()], passed
        routines.end(runs[-1])
        day += 1
        if not died:
            break
    assert wanted >= 7
    assert [alarm.name for alarm in _alarms(house)] == [ROUTINE]


def _alarms(house: SmallHouse) -> list[Alarm]:
    return [read_alarm(doc) for doc in house.store.list_docs(SYSTEM, "due")]


def test_a_delivery_about_a_routine_is_enough(routines: Routines) -> None:
    page = routines.write("every Monday and Thursday 14:00")
    routines.desk.tell(page)
    assert routines.shown(page, "Next run") == utc(2026, 3, 2, 14, 0)
    assert routines.runs() == []


def test_what_we_write_on_the_page_does_not_plan_its_run_anew(routines: Routines) -> None:
    page = routines.write("daily at 9:30")
    routines.told(page)
    routines.at(utc(2026, 3, 2, 9, 30))
    (run,) = routines.runs()
    routines.desk.tell(page)
    assert routines.house.run(run.id).revision == 1
    assert routines.page(page)["properties"]["Status"]["select"]["name"] == "Active"
