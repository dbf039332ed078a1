"""What a plan names is asked of Notion once: what its planner was told of is known, and a change since is seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from shared.core.run.run import Run, RunStatus
from shared.local.simulators.notion.simulator import NotionSimulator
from tests.integrations.conftest import Served
from tests.support.ports.planner_in_hand import Json, PlannerInHand, plan_of
from tests.support.rigs.small_desk import Desk, settle_in
from tests.support.rigs.small_house import SmallHouse
from tests.support.simulators import kept_open

LOOKS = ("GET /v1/data_sources/", "GET /v1/databases/", "GET /v1/pages/", "POST /v1/search")


class Planning:
    """A desk whose planner sets a column of a database, and what that asks of Notion."""

    def __init__(self, desk: Desk, model: PlannerInHand) -> None:
        self.desk, self._model = desk, model

    def database(self, title: str, **columns: Any) -> tuple[str, str]:
        """Make a database by hand; return its id and that of its data source."""
        body = {
            "parent": {"type": "page_id", "page_id": self.desk.home},
            "title": [{"text": {"content": title}}],
            "initial_data_source": {"properties": {"Name": {"title": {}}, **columns}},
        }
        made = self.desk.as_person("POST", "/v1/databases", body)
        return str(made["id"]), str(made["data_sources"][0]["id"])

    def plan(self, named: str, text: str = "Write it down.", **values: Any) -> tuple[Run, list[str]]:
        """Plan a step in what is named so; return the run, and what was asked for schemas and places."""
        given = {"data_source": named, "properties": {"Name": "One", **values}}
        step: Json = {"id": "add", "kind": "notion.create_page", "title": "Add", "input": given, "depends_on": []}
        self._model.plans[:] = [plan_of(step)]
        page = self.desk.write_idea("Vans of ours", text)
        self.desk.set_status(page, "Plan it")
        before = len(self._journal())
        self.desk.tell(page)
        asked = [each for each in self._journal()[before:] if page.replace("-", "") not in each.replace("-", "")]
        return self.desk.run_of(page), asked

    def _journal(self) -> list[str]:
        asked = kept_open.get(f"{self.desk.url}/_journal", timeout=10).json()
        told = [f"{each['method']} {each['path']}" for each in asked]
        return [each for each in told if each.startswith(LOOKS) and not each.endswith("/markdown")]


@pytest.fixture
def planning(house: Callable[..., SmallHouse], served: Callable[[Any], Served]) -> Planning:
    notion = served(NotionSimulator())
    model = PlannerInHand([lambda request: None])
    return Planning(
        settle_in(house(endpoints={"notion": notion.url}, model=model), notion.url, ("ideas", "tasks")), model
    )


def _added(run: Run) -> Json:
    assert run.status == RunStatus.AWAITING_APPROVAL, run.failure
    return dict(next(step.spec.input for step in run.steps if step.id == "add"))


def test_a_database_that_its_planner_was_told_of_is_not_asked_for_again(planning: Planning) -> None:
    tasks = planning.desk.house.settings("t-1")["databases"]["tasks"]
    run, asked = planning.plan("Tasks", Status="to do")
    assert _added(run)["data_source"] == tasks["data_source"]
    assert _added(run)["properties"]["Status"] == "To do"
    assert sorted(set(asked)) == sorted(asked)
    assert asked.count(f"GET /v1/data_sources/{tasks['data_source']}") == 1
    _, asked = planning.plan(tasks["database"], Status="Done")
    assert asked == []


def test_a_database_that_the_page_links_to_costs_its_place_and_its_columns(planning: Planning) -> None:
    database, source = planning.database("Vans", Seats={"number": {}})
    run, asked = planning.plan(database, f"Ours are in https://www.notion.so/x/{database.replace('-', '')}?v=1")
    assert _added(run)["data_source"] == source
    of_it = [each for each in asked if source in each or database in each]
    assert of_it == [f"GET /v1/pages/{database}", f"GET /v1/databases/{database}", f"GET /v1/data_sources/{source}"]


def test_a_database_that_nobody_was_told_of_is_known_from_then_on(planning: Planning) -> None:
    _, source = planning.database("Vans", Seats={"number": {}})
    run, asked = planning.plan("Vans")
    assert _added(run)["data_source"] == source
    assert asked[-2:] == ["POST /v1/search", f"GET /v1/data_sources/{source}"]
    _, asked = planning.plan(source)
    assert asked == []


def test_columns_that_people_have_changed_since_are_looked_at_again_before_anything_is_refused(
    planning: Planning,
) -> None:
    _, source = planning.database("Vans", State={"select": {"options": [{"name": "Free"}]}})
    planning.plan(source, State="Free")
    changes = {"State": {"select": {"options": [{"name": "Free"}, {"name": "Hired"}]}}, "Town": {"rich_text": {}}}
    planning.desk.as_person("PATCH", f"/v1/data_sources/{source}", {"properties": changes})
    run, asked = planning.plan(source, State="hired", Town="Oberdorf")
    assert _added(run)["properties"]["State"] == "Hired"
    assert asked == [f"GET /v1/data_sources/{source}"]


def test_what_is_wrong_is_looked_at_again_once_in_each_attempt(planning: Planning) -> None:
    _, source = planning.database("Vans", State={"select": {"options": [{"name": "Free"}]}})
    planning.plan(source, State="Free")
    run, asked = planning.plan(source, Colour="red", Size="large")
    assert "there is no column 'Colour'; there are: " in run.failure
    assert run.steps[0].attempt == 2
    assert asked == [f"GET /v1/data_sources/{source}"] * 2


def test_a_column_may_be_named_by_its_id_where_the_columns_were_kept(planning: Planning) -> None:
    _, source = planning.database("Vans", State={"select": {"options": [{"name": "Free"}]}})
    planning.plan(source)
    schema = planning.desk.as_person("GET", f"/v1/data_sources/{source}")["properties"]
    run, asked = planning.plan(source, **{schema["State"]["id"]: "free"})
    assert _added(run)["properties"][schema["State"]["id"]] == "Free"
    assert asked == []
