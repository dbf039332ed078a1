"""A quick look at the tables: what it finds, what it leaves alone, and how often it is ordered."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shared.app.engine.switches import HELD, explain_pause, hold_back, set_pause
from shared.app.intake.reconcile import order_passes
from shared.app.tenants.settings_changes import change_settings
from shared.app.workspace.workspace_create import create_databases
from shared.app.workspace.workspace_databases import sources_of
from shared.app.workspace.workspace_schemas import EVERYTHING, KINDS, RUNS
from shared.core.pages import marks
from shared.core.run.commands import QUICK, RECONCILE, Command
from shared.core.run.run import RunStatus
from tests.support.rigs.asked_desk import AskedDesk
from tests.support.rigs.small_house import TENANT

pytestmark = pytest.mark.slow


def _tables(quiet: AskedDesk) -> list[str]:
    return [entry["path"].split("/")[3] for entry in quiet.asked() if entry["path"].endswith("/query")]


def test_a_status_set_in_a_minute_that_was_looked_at_already_is_found_by_the_next_look(quiet: AskedDesk) -> None:
    page = quiet.desk.write_idea()
    quiet.look()
    quiet.pass_time(timedelta(seconds=10))
    quiet.desk.set_status(page, marks.PLAN_IT)  # the row's time of edit is the same
    quiet.look()
    assert quiet.run_of(page).status == RunStatus.AWAITING_APPROVAL
    assert quiet.run_of(page).trigger.by == "Ada Example"


def test_a_row_is_looked_at_for_a_change_and_not_for_what_we_wrote_ourselves(quiet: AskedDesk) -> None:
    page = quiet.desk.write_idea()
    assert quiet.look() > 1  # the table and the page
    quiet.pass_time(timedelta(seconds=10))
    assert quiet.look() == 1  # the table
    quiet.desk.set_status(page, marks.PLAN_IT)
    quiet.pass_time(timedelta(seconds=10))
    quiet.look()
    assert quiet.desk.status(page) == marks.PLAN_READY  # written by us, after the look
    quiet.pass_time(timedelta(seconds=13))
    assert quiet.look() == 3  # the table, and the comments on the page and on its plan
    quiet.desk.as_person(
        "PATCH", f"/v1/pages/{page}", {"properties": {"Name": {"title": [{"text": {"content": "New"}}]}}}
    )
    quiet.pass_time(timedelta(seconds=13))
    assert quiet.look() > 3
    assert len(quiet.house.store.list_runs(TENANT)) == 1


def test_looks_come_as_often_as_somebody_works_and_only_to_those_who_asked_for_it(quiet: AskedDesk) -> None:
    assert quiet.order() == {"ordered": 1, "after_s": 6.0}
    assert quiet.order() == {"ordered": 0, "after_s": 6.0}
    quiet.house.work()
    quiet.pass_time(timedelta(seconds=58))
    assert quiet.order() == {"ordered": 0, "after_s": 2.0}
    quiet.desk.write_idea()  # somebody works
    quiet.pass_time(timedelta(seconds=2))
    assert quiet.look() > 0
    found = []
    for _ in range(8):
        quiet.pass_time(timedelta(seconds=2.1))
        found.append(quiet.order()["ordered"])
        quiet.house.work()
    assert found == [0, 0, 1, 0, 0, 1, 0, 0]
    change_settings(quiet.house.deps, TENANT, asks="")
    quiet.pass_time(timedelta(minutes=5))
    assert quiet.order() == {"ordered": 0, "after_s": 60.0}


def test_a_clock_turned_back_does_not_stop_the_looks(quiet: AskedDesk) -> None:
    quiet.pass_time(timedelta(seconds=61))
    assert quiet.order()["ordered"] == 1
    quiet.pass_time(timedelta(hours=-20))
    assert quiet.order()["ordered"] == 1


def test_the_table_of_runs_is_ours_and_passes_leave_out_what_was_just_asked(quiet: AskedDesk) -> None:
    deps, house = quiet.house.deps, quiet.house
    create_databases(deps, house.accounts, TENANT, quiet.desk.home, KINDS)
    settings = house.settings(TENANT)
    runs = settings["databases"][RUNS]["data_source"]
    order_passes(deps)
    house.work()  # the first one maps the workspace
    quiet.pass_time(timedelta(seconds=61))
    before = len(_tables(quiet))
    quiet.look()
    assert sorted(_tables(quiet)[before:]) == sorted({*sources_of(settings)} - {runs})
    before = len(_tables(quiet))
    order_passes(deps)
    house.work()
    assert _tables(quiet)[before:] == [runs]
    quiet.pass_time(timedelta(minutes=10))  # nobody looks any more: the passes do
    before = len(_tables(quiet))
    order_passes(deps)
    house.work()
    assert sorted(_tables(quiet)[before:]) == sources_of(settings)


def test_a_box_on_the_page_pauses_everything_within_one_look_and_clearing_it_lets_it_go_on(quiet: AskedDesk) -> None:
    title = {"Name": {"title": [{"text": {"content": EVERYTHING}}]}, "Paused": {"checkbox": True}}
    parent = {"type": "data_source_id", "data_source_id": quiet.desk.source}
    page = quiet.desk.as_person("POST", "/v1/pages", {"parent": parent, "properties": title})["id"]
    quiet.look()
    deps, command = quiet.house.deps, Command("quick-1", RECONCILE, "sync", TENANT, topic=QUICK)
    assert explain_pause(deps, TENANT)
    assert not hold_back(command, deps)  # or nobody would see the box cleared
    quiet.desk.as_person("PATCH", f"/v1/pages/{page}", {"properties": {"Paused": {"checkbox": False}}})
    quiet.look_later()
    assert not explain_pause(deps, TENANT)
    set_pause(deps, TENANT, True, "Ada")
    assert hold_back(command, deps)
    assert deps.store.list_docs(TENANT, HELD) == []  # one every few seconds would be many by tomorrow


def test_a_team_may_want_more_time_between_two_looks(quiet: AskedDesk) -> None:
    change_settings(quiet.house.deps, TENANT, sync={"interval_s": 240})
    quiet.pass_time(timedelta(minutes=5))
    assert quiet.order()["ordered"] == 1
    quiet.pass_time(timedelta(seconds=239))
    assert quiet.order()["ordered"] == 0
    quiet.pass_time(timedelta(seconds=1))
    assert quiet.order()["ordered"] == 1
