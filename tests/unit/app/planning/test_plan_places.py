"""What a planner is told of where it plans: found in the simulated Notion, looked up once, and never in the way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.app.planning.planner_facts.plan_places import (
    MAX,
    MAX_OPTIONS,
    Places,
    list_known_places,
    places_of,
    today_of,
)
from shared.app.workspace.database_columns import FRESH
from shared.app.workspace.workspace_map import WorkspaceMap
from shared.app.workspace.workspace_schemas import IDEAS, TASKS
from shared.core.page import Block, Page, Span
from shared.integrations.notion.client.client import Notion
from shared.local.simulators.notion.simulator import NotionSimulator
from shared.ports import Put
from tests.integrations.conftest import Served
from tests.support.ports.planner_in_hand import PlannerInHand, comment, plan_of
from tests.support.rigs.small_desk import Desk, settle_in
from tests.support.rigs.small_house import TENANT, SmallHouse
from tests.support.simulators import kept_open


@pytest.fixture
def desk(house: Callable[..., SmallHouse], served: Callable[[Any], Served]) -> Desk:
    notion = served(NotionSimulator())
    model = PlannerInHand([plan_of(comment("tell", "hello"))])
    return settle_in(house(endpoints={"notion": notion.url}, model=model), notion.url, (IDEAS, TASKS))


def _page(*texts: str, href: str | None = None) -> Page:
    return Page(
        "p", "A page", tuple(Block(f"b{n}", "paragraph", (Span(text, href=href),)) for n, text in enumerate(texts))
    )


def _database(desk: Desk, title: str, **columns: Any) -> str:
    """Make a database by hand; return its id."""
    body = {
        "parent": {"type": "page_id", "page_id": desk.home},
        "title": [{"text": {"content": title}}],
        "initial_data_source": {"properties": {"Name": {"title": {}}, **columns}},
    }
    return str(desk.as_person("POST", "/v1/databases", body)["id"])


def _seen(desk: Desk, database: str) -> str:
    """Have the map know the database, as a crawl does; return its data source."""
    notion = desk.house.accounts.connect_for(TENANT)(Notion)
    return WorkspaceMap(desk.house.deps, TENANT, notion).keep_sources(notion.database(database))[0].id


def _places(desk: Desk, page: Page) -> Places:
    return places_of(desk.house.deps, desk.house.tools, TENANT, page)


def _titles(places: Places) -> list[str]:
    return [each.columns.title for each in places.databases]


def _asked(desk: Desk) -> list[str]:
    journal = kept_open.get(f"{desk.url}/_journal", timeout=10).json()
    return [entry["path"] for entry in journal if entry["path"].startswith("/v1/data_sources/")]


def _options(*names: str) -> dict[str, Any]:
    return {"select": {"options": [{"name": name} for name in names]}}


def test_whoever_plans_a_page_is_told_the_day_and_the_databases(desk: Desk) -> None:
    page = desk.write_idea("Set all overdue tasks to Blocked")
    desk.set_status(page, "Plan it")
    desk.tell(page)
    assert isinstance(desk.house.model, PlannerInHand)
    asked = desk.house.model.asked_for("plan")[0]
    assert (
        f"Today is {desk.house.clock.now():%A}, {desk.house.clock.now():%Y-%m-%d}, in the time zone UTC."
        in asked.prompt
    )
    line = next(line for line in asked.prompt.splitlines() if line.startswith("Database 'Tasks'"))
    assert "data source database:1:" in line
    assert "; Status: select (To do, Doing, Blocked, Done); " in line
    assert "; Due: date; " in line
    assert "Depends on: relation to data source database:1" in line


def test_what_people_renamed_or_added_is_told_as_it_is_called_now(desk: Desk) -> None:
    tasks = desk.house.settings(TENANT)["databases"]["tasks"]["data_source"]
    changes = {"Due": {"name": "Bis wann"}, "Ort": _options("Hof", "Werkstatt")}
    desk.as_person("PATCH", f"/v1/data_sources/{tasks}", {"properties": changes})
    line = _places(desk, _page("hello")).databases[0].line
    assert "Bis wann: date" in line
    assert "Ort: select (Hof, Werkstatt)" in line


def test_a_database_is_looked_up_once_for_a_while(desk: Desk) -> None:
    _places(desk, _page("hello"))
    before = len(_asked(desk))
    first = _places(desk, _page("hello"))
    assert len(_asked(desk)) == before
    assert list_known_places(desk.house.deps, desk.house.settings(TENANT), TENANT, "hello") == first
    desk.house.clock.move(seconds=FRESH.total_seconds() + 1)
    _places(desk, _page("hello"))
    assert len(_asked(desk)) == before + 2


def test_a_database_that_the_page_links_to_or_calls_by_its_title_is_told_too(desk: Desk) -> None:
    linked, named, other = (_database(desk, title) for title in ("Vans", "Suppliers & mills", "Members"))
    for each in (named, other):
        _seen(desk, each)
    found = _places(
        desk, _page("Ask the suppliers & mills.", href=f"https://www.notion.so/x/{linked.replace('-', '')}?v=1")
    )
    assert _titles(found) == ["Tasks", "Ideas", "Vans", "Suppliers & mills"]
    assert _titles(_places(desk, _page("We remember Membership fees"))) == ["Tasks", "Ideas"]


def test_what_is_not_to_be_known_of_the_workspace_is_not_told(desk: Desk) -> None:
    database = _database(desk, "Salaries")
    _seen(desk, database)
    doc = desk.house.store.get(TENANT, "settings", "tenant")
    assert doc is not None
    assert "Salaries" in _titles(_places(desk, _page("See salaries")))
    desk.house.store.put(
        TENANT, Put("settings", "tenant", {**doc.body, "knowledge": {"without": [database]}}, doc.version)
    )
    assert "Salaries" not in _titles(_places(desk, _page("See salaries")))


def test_where_notion_does_not_answer_the_plan_goes_on_and_is_told_so(desk: Desk) -> None:
    database = _database(desk, "Vans")
    source = _seen(desk, database)
    desk.house.revoke("notion")
    found = _places(desk, _page("Ask for the vans"))
    assert _titles(found) == ["Tasks", "Ideas", "Vans"]
    tasks, _, vans = (each.line for each in found.databases)
    assert "as it was set up; its columns could not be looked up now" in tasks
    assert "Status: select (To do, Doing, Blocked, Done)" in tasks
    assert vans == f"Database 'Vans', data source {source} (its columns could not be looked up): "


def test_what_is_too_much_is_left_out_and_that_is_said(desk: Desk) -> None:
    many = [f"Store {letter}" for letter in "ABCDEFG"]
    for title in many:
        _seen(desk, _database(desk, title, Size=_options(*(f"size {n}" for n in range(MAX_OPTIONS + 3)))))
    found = _places(desk, _page(", ".join(many)))
    told = found.part().text
    assert len(found.databases) == MAX
    assert "size 11, 3 more)" in told
    assert told.splitlines()[-1] == "Further databases, not shown: Store E, Store F, Store G"


@pytest.mark.parametrize(
    ("zone", "told"),
    [
        ("Europe/Berlin", ("2026-11-24", "Tuesday, 2026-11-24, in the time zone Europe/Berlin")),
        ("America/New_York", ("2026-11-23", "Monday, 2026-11-23, in the time zone America/New_York")),
        ("", ("2026-11-23", "Monday, 2026-11-23, in the time zone UTC")),
    ],
)
def test_the_day_is_that_of_the_team(zone: str, told: tuple[str, str]) -> None:
    assert today_of({"time_zone": zone}, datetime(2026, 11, 23, 23, 30, tzinfo=UTC)) == told
