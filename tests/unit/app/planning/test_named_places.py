"""What a plan names in Notion is looked up while it is planned: mended where it is plain, else told in words."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from shared.app.planning.plan_columns import ColumnCheck
from shared.app.workspace.database_columns import columns_in
from shared.core.planning.plan_refusals import Problems
from shared.core.run.run import Run, RunStatus
from shared.local.simulators.notion.simulator import NotionSimulator
from tests.integrations.conftest import Served
from tests.support.ports.planner_in_hand import Json, PlannerInHand, plan_of
from tests.support.rigs.small_desk import Desk, settle_in
from tests.support.rigs.small_house import TENANT, SmallHouse
from tests.support.simulators import kept_open

Planned = Callable[..., tuple[Run, PlannerInHand, Json]]
LATE: Json = {"property": "Due", "date": {"before": "today"}}


def late(source: str, **more: Any) -> Json:
    given = {"data_source": source, "filter": LATE, "set": {"Status": "Blocked"}, **more}
    return {"id": "late", "kind": "notion.update_rows", "title": "Late", "depends_on": [], "input": given}


@pytest.fixture
def planned(house: Callable[..., SmallHouse], served: Callable[[Any], Served]) -> Planned:
    """Return a function that lets a model plan; `step` makes the step from the ids of the Tasks database and a page."""

    def plan(step: Callable[[Json], Json], before: Callable[[Desk], None] = lambda desk: None) -> Any:
        notion = served(NotionSimulator())
        model = PlannerInHand([lambda request: None])
        desk = settle_in(house(endpoints={"notion": notion.url}, model=model), notion.url, ("ideas", "tasks"))
        ids = dict(desk.house.store.get(TENANT, "settings", "tenant").body["databases"]["tasks"])  # type: ignore[union-attr]
        page = desk.write_idea("Late tasks")
        ids["page"] = page
        model.plans[:] = [plan_of(step(ids))]
        before(desk)
        desk.set_status(page, "Plan it")
        desk.tell(page)
        ids["kept"] = lambda ref: json.loads(desk.house.store.get_text(TENANT, ref))
        return desk.run_of(page), model, ids

    return plan


def work(run: Run) -> Json:
    assert run.status == RunStatus.AWAITING_APPROVAL, run.failure
    return dict(next(step.spec.input for step in run.steps if step.id == "late"))


@pytest.mark.parametrize(
    "named",
    [
        pytest.param(lambda ids: ids["data_source"], id="its id"),
        pytest.param(lambda ids: ids["database"], id="the database's id"),
        pytest.param(
            lambda ids: f"https://www.notion.so/acme/Tasks-{ids['database'].replace('-', '')}?v=1", id="address"
        ),
        pytest.param(lambda ids: f"collection://{ids['data_source']}", id="collection"),
        pytest.param(lambda ids: "tasks", id="its name"),
    ],
)
def test_a_database_may_be_named_as_people_name_it(planned: Planned, named: Callable[[Json], str]) -> None:
    run, model, ids = planned(lambda ids: late(named(ids)))
    assert work(run)["data_source"] == ids["data_source"]
    assert len(model.asked_for("plan")) == 1


def test_a_day_in_words_and_a_filter_of_the_wrong_kind_are_mended(planned: Planned) -> None:
    both = {"and": [LATE, {"property": "status", "status": {"does_not_equal": "done"}}]}
    run, model, _ = planned(
        lambda ids: late(ids["data_source"], filter=both, set={"Status": "blocked", "Due": "tomorrow"})
    )
    given = work(run)
    due, status = given["filter"]["and"]
    assert due["date"]["before"] == run.opened_at.date().isoformat()
    assert status == {"property": "status", "select": {"does_not_equal": "Done"}}
    assert given["set"]["Status"] == "Blocked"
    assert given["set"]["Due"] > due["date"]["before"]
    assert len(model.asked_for("plan")) == 1


@pytest.mark.parametrize(
    ("more", "said"),
    [
        pytest.param({"set": {"Stat": "Done"}}, "there is no column 'Stat'; there are: ", id="column"),
        pytest.param(
            {"set": {"Status": "Overdue"}},
            "there is no option 'Overdue'; there are: To do, Doing, Blocked, Done",
            id="option",
        ),
        pytest.param(
            {"filter": {"property": "Due", "select": {"equals": "x"}}},
            "a filter of the type select does not fit the column 'Due', which is a date",
            id="type of filter",
        ),
        pytest.param(
            {"filter": {"property": "Due", "date": {"before": "next week"}}},
            "'next week' is no date; write YYYY-MM-DD, counted from today, ",
            id="date",
        ),
    ],
)
def test_what_is_not_there_is_told_with_what_is(planned: Planned, more: Json, said: str) -> None:
    run, model, _ = planned(lambda ids: late(ids["data_source"], **more))
    assert run.status == RunStatus.FAILED
    assert said in run.failure
    assert said in model.asked_for("plan")[1].messages[-1].text


@pytest.mark.parametrize("written", ["to do", "To  do", "TODO", " To do "])
def test_an_option_is_known_in_any_case_and_with_any_spaces(planned: Planned, written: str) -> None:
    run, model, _ = planned(lambda ids: late(ids["data_source"], set={"Status": written}))
    assert work(run)["set"]["Status"] == "To do"
    assert len(model.asked_for("plan")) == 1


def test_a_new_option_that_the_page_names_is_made_and_told(planned: Planned) -> None:
    run, model, ids = planned(lambda ids: late(ids["data_source"], set={"Status": "Late"}))  # the page: “Late tasks”
    assert work(run)["set"]["Status"] == "Late"
    assert len(model.asked_for("plan")) == 1
    proposal = next(step.output["proposal"] for step in run.steps if step.output.get("proposal"))
    assert "“Late” becomes a new option of the column “Status”." in ids["kept"](proposal)["assumptions"]


STATUS: Json = {"S": {"type": "status", "status": {"options": [{"name": "Open"}]}}}
SELECT: Json = {"S": {"type": "select", "select": {"options": [{"name": "Open"}]}}}
SEVERAL: Json = {"S": {"type": "multi_select", "multi_select": {"options": [{"name": "Open"}]}}}


@pytest.mark.parametrize(
    ("columns", "given", "becomes", "made"),
    [
        (SELECT, "Parked", "Parked", ["Parked"]),
        (SELECT, "Lost", None, []),
        (SELECT, "Park", None, []),
        (SELECT, "a, b", None, []),
        (SEVERAL, ["open", "Parked"], ["Open", "Parked"], ["Parked"]),
        (SEVERAL, ["Open", "Lost"], None, []),
        (STATUS, "Parked", None, []),
        (STATUS, "open", "Open", []),
        (SELECT, "step:one.text", "step:one.text", []),
    ],
)
def test_a_new_option_has_to_be_named_and_a_status_has_none(
    columns: Json, given: Any, becomes: Any, made: list[str]
) -> None:
    problems = Problems()
    there = columns_in({"id": "s", "properties": columns})
    check = ColumnCheck(there, date(2026, 1, 1), problems, "steps[0].input", "What waits is Parked. Write a, b.")
    result = check.input({"set": {"S": given}})
    assert [option for option, _ in check.made] == made
    assert bool(problems) == (becomes is None)
    assert becomes is None or result["set"]["S"] == becomes


def test_a_page_is_no_database(planned: Planned) -> None:
    run, _, ids = planned(lambda ids: late(ids["page"]))
    assert run.status == RunStatus.FAILED
    assert "is the page “Late tasks”, not a database; name one of: " in run.failure
    assert f"Tasks ({ids['data_source']})" in run.failure


def test_a_name_that_nothing_has_is_told(planned: Planned) -> None:
    run, _, _ = planned(lambda ids: late("The old ledger"))
    assert "no database is called 'The old ledger'; name one of: " in run.failure


def test_what_cannot_be_looked_up_now_is_left_as_it_is(planned: Planned) -> None:
    def break_it(desk: Desk) -> None:
        order = {"method": "GET", "path": "/v1/data_sources/*", "when": "before", "status": 503, "times": 99}
        assert kept_open.post(f"{desk.url}/_faults", json=order, timeout=10).ok

    run, _, ids = planned(lambda ids: late(ids["data_source"], set={"Stat": "x"}), break_it)
    assert work(run)["set"] == {"Stat": "x"}
    assert work(run)["data_source"] == ids["data_source"]
