"""A quick look at the tables: what it finds, what it leaves alone, and how often it is ordered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from shared.app.asking import ASKS, OFTEN
from shared.app.asking.often import order_looks
from shared.app.connect_account import change_settings
from shared.app.reconcile import order_passes
from shared.app.workspace_create import create_databases
from shared.app.workspace_databases import sources_of
from shared.app.workspace_schemas import KINDS, RUNS
from shared.core import marks
from shared.core.asking.pace import Room
from shared.core.run import RunStatus
from tests.support.small_desk import Desk
from tests.support.small_house import TENANT

pytestmark = pytest.mark.slow


@pytest.fixture
def quiet(desk: Desk) -> Desk:
    """Return a desk whose Notion has the house's time, two hours after everything in it was made and looked at."""
    change_settings(desk.house.deps, TENANT, **{ASKS: OFTEN})
    for span in (datetime.now(UTC) - desk.house.clock.now() + timedelta(hours=1), timedelta(hours=1)):
        pass_time(desk, span)
        look(desk)
    pass_time(desk, timedelta(seconds=125 - desk.house.clock.now().second))  # early in a minute
    return desk


def pass_time(desk: Desk, span: timedelta) -> None:
    desk.house.clock.move(seconds=span.total_seconds())
    offset = (desk.house.clock.now() - datetime.now(UTC)).total_seconds()
    requests.post(f"{desk.url}/_clock", json={"offset_s": offset}, timeout=10)


def order(desk: Desk, limit: int = 150) -> dict[str, float]:
    return dict(order_looks(desk.house.deps, lambda tenant: Room(limit)))


def look(desk: Desk) -> int:
    """Look if it is due; return how many requests that took."""
    before = len(_asked(desk))
    order(desk)
    desk.house.work()
    return len(_asked(desk)) - before


def _asked(desk: Desk) -> list[Any]:
    journal = requests.get(f"{desk.url}/_journal", timeout=10).json()
    return [entry for entry in journal if entry["path"].startswith("/v1/")]


def _tables(desk: Desk) -> list[str]:
    return [entry["path"].split("/")[3] for entry in _asked(desk) if entry["path"].endswith("/query")]


def test_a_status_set_in_a_minute_that_was_looked_at_already_is_found_by_the_next_look(quiet: Desk) -> None:
    page = quiet.write_idea()
    look(quiet)
    pass_time(quiet, timedelta(seconds=10))
    quiet.set_status(page, marks.PLAN_IT)  # the row's time of edit is the same
    look(quiet)
    assert quiet.run_of(page).status == RunStatus.AWAITING_APPROVAL
    assert quiet.run_of(page).trigger.by == "Ada Example"


def test_a_row_is_looked_at_for_a_change_and_not_for_what_we_wrote_ourselves(quiet: Desk) -> None:
    page = quiet.write_idea()
    assert look(quiet) > 1  # the table and the page
    pass_time(quiet, timedelta(seconds=10))
    assert look(quiet) == 1  # the table
    quiet.set_status(page, marks.PLAN_IT)
    pass_time(quiet, timedelta(seconds=10))
    look(quiet)
    assert quiet.status(page) == marks.PLAN_READY  # written by us, after the look
    pass_time(quiet, timedelta(seconds=13))
    assert look(quiet) == 1
    quiet.as_person("PATCH", f"/v1/pages/{page}", {"properties": {"Name": {"title": [{"text": {"content": "New"}}]}}})
    pass_time(quiet, timedelta(seconds=13))
    assert look(quiet) > 1
    assert len(quiet.house.store.list_runs(TENANT)) == 1


def test_looks_come_as_often_as_somebody_works_and_only_to_those_who_asked_for_it(quiet: Desk) -> None:
    assert order(quiet) == {"ordered": 1, "after_s": 6.0}
    assert order(quiet) == {"ordered": 0, "after_s": 6.0}
    quiet.house.work()
    pass_time(quiet, timedelta(seconds=58))
    assert order(quiet) == {"ordered": 0, "after_s": 2.0}
    quiet.write_idea()  # somebody works
    pass_time(quiet, timedelta(seconds=2))
    assert look(quiet) > 0
    found = []
    for _ in range(8):
        pass_time(quiet, timedelta(seconds=2.1))
        found.append(order(quiet)["ordered"])
        quiet.house.work()
    assert found == [0, 0, 1, 0, 0, 1, 0, 0]
    change_settings(quiet.house.deps, TENANT, asks="")
    pass_time(quiet, timedelta(minutes=5))
    assert order(quiet) == {"ordered": 0, "after_s": 60.0}


def test_a_clock_turned_back_does_not_stop_the_looks(quiet: Desk) -> None:
    pass_time(quiet, timedelta(seconds=61))
    assert order(quiet)["ordered"] == 1
    pass_time(quiet, timedelta(hours=-20))
    assert order(quiet)["ordered"] == 1


def test_the_table_of_runs_is_ours_and_passes_leave_out_what_was_just_asked(quiet: Desk) -> None:
    deps, house = quiet.house.deps, quiet.house
    create_databases(deps, house.accounts, TENANT, quiet.home, KINDS)
    settings = house.settings(TENANT)
    runs = settings["databases"][RUNS]["data_source"]
    order_passes(deps)
    house.work()  # the first one maps the workspace
    pass_time(quiet, timedelta(seconds=61))
    before = len(_tables(quiet))
    look(quiet)
    assert sorted(_tables(quiet)[before:]) == sorted({*sources_of(settings)} - {runs})
    before = len(_tables(quiet))
    order_passes(deps)
    house.work()
    assert _tables(quiet)[before:] == [runs]
    pass_time(quiet, timedelta(minutes=10))  # nobody looks any more: the passes do
    before = len(_tables(quiet))
    order_passes(deps)
    house.work()
    assert sorted(_tables(quiet)[before:]) == sources_of(settings)
