"""What people see of a run in the table Runs: one row that follows it, once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shared.app.workspace.workspace_databases import database_of
from shared.app.workspace.workspace_schemas import RUNS
from shared.core.run.run import RunStatus
from tests.support.desks.shown_runs import end_run, mirror_again, plain_text, plan_page, read_rows
from tests.support.ports.dying import Died
from tests.support.rigs.small_desk import Desk
from tests.support.rigs.small_house import TENANT


def test_a_run_has_one_row_that_follows_it(full: Desk) -> None:
    page = plan_page(full)
    run = full.run_of(page)
    (row,) = read_rows(full)
    assert plain_text(row["Name"]["title"]) == "Bicycle club"
    assert row["Status"]["select"]["name"] == "Plan ready"
    assert row["Run"]["url"].endswith(run.id)
    assert [one["id"] for one in row["Idea"]["relation"]] == [run.trigger.page]
    assert row["Started"]["date"]["start"].startswith("2026-03-02T09:00:00")
    assert row["Ended"]["date"] is None
    end_run(full, page)
    (row,) = read_rows(full)
    assert (row["Status"]["select"]["name"], row["Cost"]["number"]) == ("Cancelled", 0)
    assert row["Ended"]["date"]["start"].startswith("2026-03-02T09:0")


def test_without_runs_there_is_no_row(desk: Desk) -> None:
    page = plan_page(desk)
    assert database_of(desk.house.settings(TENANT), RUNS) is None
    assert desk.house.store.list_docs(TENANT, "rows") == []
    assert desk.status(page) == "Plan ready"


@pytest.mark.parametrize("point", ["effect.before/mirror/row", "effect.after/mirror/row", "result.after/mirror/row"])
def test_a_row_is_not_doubled_by_a_death(full: Desk, point: str) -> None:
    armed = [point]

    def die(passed: str) -> None:
        if armed and passed == armed[0]:
            armed.clear()
            raise Died(passed)

    full.house.crash_point = die
    page = full.write_idea()
    full.set_status(page, "Plan it")
    with pytest.raises(Died):
        full.tell(page)
    full.house.pass_time(timedelta(minutes=20))
    assert armed == []
    assert full.run_of(page).status == RunStatus.AWAITING_APPROVAL
    mirror_again(full, page)
    (row,) = read_rows(full)
    assert row["Status"]["select"]["name"] == "Plan ready"


def test_a_row_that_people_have_thrown_away_stays_away(full: Desk) -> None:
    page = plan_page(full)
    doc = full.house.store.get(TENANT, "rows", full.run_of(page).id)
    assert doc is not None
    full.as_person("PATCH", f"/v1/pages/{doc.body['row']}", {"in_trash": True})
    assert end_run(full, page).status == RunStatus.CANCELLED
    assert full.status(page) == "Cancelled"
    assert read_rows(full) == []
