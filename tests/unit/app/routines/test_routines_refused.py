"""Routines when Notion refuses, is away, or a worker dies: told once, and no run lost or doubled."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from shared.app.engine.sweep import sweep
from shared.app.tenants.settings_changes import change_settings
from shared.core.run.commands import ROUTINE
from shared.local.simulators.slack.simulator import SlackSimulator
from tests.integrations.conftest import Served
from tests.support.desks.timed_routines import TimedRoutines, list_alarms
from tests.support.ports.dying import Died, dying_at
from tests.support.ports.moved_clock import utc
from tests.support.rigs.small_house import TENANT
from tests.support.simulators import kept_open


def test_an_outage_of_notion_delays_the_run_and_loses_nothing(routines: TimedRoutines) -> None:
    page = routines.write("daily at 9:30")
    routines.told(page)
    there = routines.house.accounts.endpoints.get_address("notion")
    routines.house.with_endpoints(notion="http://127.0.0.1:9")
    routines.at(utc(2026, 3, 2, 9, 30))
    assert routines.runs() == []
    routines.house.with_endpoints(notion=there)
    routines.house.pass_time(timedelta(minutes=2))
    assert [run.trigger.by for run in routines.runs()] == ["its schedule, due Mon 02 Mar 2026 09:30 UTC"]


def test_routines_go_on_when_their_database_is_taken_away_and_given_back(routines: TimedRoutines) -> None:
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


def _refuse(routines: TimedRoutines, page: str) -> None:
    order = {"method": "GET", "path": f"/v1/pages/{page}", "times": 1000, **_REFUSAL}
    kept_open.post(f"{routines.desk.url}/_faults", json=order, timeout=10).raise_for_status()


def _refused(routines: TimedRoutines) -> int:
    journal = kept_open.get(f"{routines.desk.url}/_journal", timeout=10).json()
    return sum(one["method"] == "GET" and one["status"] == 403 for one in journal)


def test_a_routine_that_may_not_be_read_is_told_once_and_left_alone_until_somebody_edits_it(
    routines: TimedRoutines, served: Callable[[Any], Served]
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


def test_a_refusal_of_a_moment_is_no_matter(routines: TimedRoutines) -> None:
    page = routines.write("daily at 9:30")
    routines.told(page)
    _refuse(routines, page)
    routines.at(utc(2026, 3, 2, 9, 30))
    kept_open.delete(f"{routines.desk.url}/_faults", timeout=10).raise_for_status()
    routines.at(utc(2026, 3, 2, 10, 30))
    assert [run.trigger.by for run in routines.runs()] == ["its schedule, due Mon 02 Mar 2026 09:30 UTC"]
    assert routines.house.queue.dead_letters(TENANT) == []


def test_killed_between_any_two_actions_there_is_one_run_and_one_next_time(routines: TimedRoutines) -> None:
    house, wanted, day = routines.house, 0, 2
    page = routines.write("daily at 9:30")
    routines.told(page)
    routines.at(utc(2026, 3, day, 9, 29))
    while True:
        wanted, passed = wanted + 1, list[str]()
        house.clock.move(seconds=(utc(2026, 3, day, 9, 30) - house.clock.now()).total_seconds())
        sweep(house.deps)
        (command,) = [one.command for one in list_alarms(house) if one.at <= house.clock.now()]
        house.crash_point = dying_at(wanted, passed)
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
    assert [alarm.name for alarm in list_alarms(house)] == [ROUTINE]
