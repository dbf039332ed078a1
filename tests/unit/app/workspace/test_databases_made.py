"""The databases are made once, whole, however often the making is killed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from shared.app.workspace.workspace_create import create_databases
from shared.app.workspace.workspace_databases import Mapped, database_of
from shared.app.workspace.workspace_schemas import KINDS, SCHEMAS
from shared.core.errors import OutcomeUnknown
from shared.local.simulators.notion.simulator import NotionSimulator
from tests.integrations.conftest import Served
from tests.support.ports.dying import Died
from tests.support.rigs.small_house import TENANT, SmallHouse
from tests.support.simulators import kept_open

# The columns as they are agreed upon, written down a second time.
WANTED = {
    "Ideas": {"Name", "Status", "Pull request", "Site", "Run", "Cost", "Paused"},
    "Tasks": {
        "Name", "Status", "Priority", "Due", "Assignee", "Estimate", "Budget", "Depends on", "Link", "Idea", "Run",
    },
    "Routines": {"Name", "Status", "Schedule", "Time zone", "Budget", "Last run", "Next run", "Run"},
    "Runs": {"Name", "Status", "Page", "Started", "Ended", "Cost", "Pull request", "Site", "Run", "Idea"},
}  # fmt: skip
TYPES = {
    ("Tasks", "Due"): "date", ("Tasks", "Assignee"): "people", ("Tasks", "Estimate"): "number",
    ("Tasks", "Depends on"): "relation", ("Tasks", "Link"): "url", ("Tasks", "Run"): "rich_text",
    ("Routines", "Schedule"): "rich_text", ("Routines", "Next run"): "date", ("Runs", "Run"): "url",
    ("Runs", "Started"): "date", ("Runs", "Cost"): "number", ("Runs", "Idea"): "relation",
}  # fmt: skip


@pytest.fixture
def notion(served: Callable[[Any], Served]) -> Served:
    return served(NotionSimulator())


@pytest.fixture
def empty(house: Callable[..., SmallHouse], notion: Served) -> tuple[SmallHouse, str]:
    """Return a house with a connected Notion that has nothing of ours, and a page in it."""
    kept_open.post(f"{notion.url}/_config", json={"rate_limit": 0}, timeout=10)
    seeded = kept_open.post(f"{notion.url}/_seed", json={"internal": True}, timeout=10).json()
    made = house(endpoints={"notion": notion.url})
    made.connect("notion", seeded["token"])
    return made, str(seeded["home_page_id"])


def _state(notion: Served) -> dict[str, Any]:
    found: dict[str, Any] = kept_open.get(f"{notion.url}/_state", timeout=10).json()
    return found


def _sources(notion: Served) -> dict[str, dict[str, Any]]:
    nodes = _state(notion)["nodes"].values()
    sources = [node for node in nodes if node["object"] == "data_source"]
    named = {"".join(part["plain_text"] for part in one["title"]): one for one in sources}
    assert len(named) == len(sources)
    return named


def _rows(notion: Served) -> int:
    nodes = _state(notion)["nodes"].values()
    return sum(1 for node in nodes if node["object"] == "page" and node["parent"]["type"] == "data_source_id")


def test_all_four_are_there_with_every_column_and_one_example(empty: tuple[SmallHouse, str], notion: Served) -> None:
    house, page = empty
    settings = create_databases(house.deps, house.accounts, TENANT, page)
    sources = _sources(notion)
    assert {name: {c["name"] for c in one["columns"]} for name, one in sources.items()} == WANTED
    types = {(name, c["name"]): c["type"] for name, one in sources.items() for c in one["columns"]}
    assert {key: types[key] for key in TYPES} == TYPES
    assert _rows(notion) == 4
    for kind in KINDS:
        mapped = database_of(settings, kind)
        assert mapped is not None
        assert mapped.data_source == sources[SCHEMAS[kind].title]["id"]
        assert set(mapped.properties) == WANTED[SCHEMAS[kind].title]
    own = next(c for c in sources["Tasks"]["columns"] if c["name"] == "Depends on")
    assert own["config"]["data_source_id"] == sources["Tasks"]["id"]
    assert settings["ideas_data_source"] == sources["Ideas"]["id"]


def test_no_example_starts_anything(empty: tuple[SmallHouse, str], notion: Served) -> None:
    house, page = empty
    settings = create_databases(house.deps, house.accounts, TENANT, page)
    connect = house.accounts.connect_for(TENANT)
    from shared.integrations.notion.client.client import Notion

    shown = {}
    for kind in KINDS:
        mapped = database_of(settings, kind)
        assert mapped is not None
        (row,) = connect(Notion).query(mapped.data_source)
        shown[kind] = mapped.status(row)
        assert connect(Notion).children(row["id"]) != []
    assert shown == {"ideas": "Idea", "tasks": "Done", "routines": "Paused", "runs": "Done"}


def test_again_changes_nothing(empty: tuple[SmallHouse, str], notion: Served) -> None:
    house, page = empty
    first = create_databases(house.deps, house.accounts, TENANT, page)
    before = notion.effects()
    assert create_databases(house.deps, house.accounts, TENANT, page) == first
    assert notion.effects() == before


def test_killed_before_or_after_any_request_it_is_made_once(empty: tuple[SmallHouse, str], notion: Served) -> None:
    """One making that dies at every durable point in turn, begun again each time."""
    house, page = empty
    died: set[tuple[str, int]] = set()
    passed: dict[str, int] = {}

    def die(point: str) -> None:
        passed[point] = passed.get(point, 0) + 1
        if "/databases." in point and (point, passed[point]) not in died:
            died.add((point, passed[point]))
            raise Died(point)

    house.crash_point = die
    for _ in range(200):
        passed.clear()
        try:
            create_databases(house.deps, house.accounts, TENANT, page)
            break
        except Died:
            house.clock.move(seconds=1)
        except OutcomeUnknown:
            house.clock.move(seconds=80)
    assert len(died) >= 4 * 2 * 4  # kinds, effects of each, points around an effect
    assert {name: {c["name"] for c in one["columns"]} for name, one in _sources(notion).items()} == WANTED
    assert _rows(notion) == 4


def test_two_tenants_on_one_page_get_their_own(
    empty: tuple[SmallHouse, str], notion: Served, house: Callable[..., SmallHouse]
) -> None:
    mine, page = empty
    first = create_databases(mine.deps, mine.accounts, TENANT, page, ("ideas",))
    other = "t-another"
    mine.store.put(other, _grant_of(mine))
    second = create_databases(mine.deps, mine.accounts, other, page, ("ideas",))
    assert first["ideas_data_source"] != second["ideas_data_source"]


def _grant_of(house: SmallHouse) -> Any:
    from shared.ports import Put, Secret

    doc = house.store.get(TENANT, "grants", "notion")
    assert doc is not None
    token = house.secrets.open(TENANT, "notion.access", doc.body["access"])
    sealed = house.secrets.seal("t-another", "notion.access", Secret(token.reveal()))
    return Put("grants", "notion", {**doc.body, "access": sealed})


def test_settings_of_before_are_read_by_name() -> None:
    mapped = database_of({"ideas_database": "d", "ideas_data_source": "s"}, "ideas")
    page = {"properties": {"Status": {"id": "x", "type": "select", "select": {"id": "o", "name": "Plan it"}}}}
    assert isinstance(mapped, Mapped)
    assert mapped.status(page) == "Plan it"
    assert mapped.name("Status") == "Status"
    assert database_of({}, "ideas") is None
    assert database_of({"ideas_data_source": "s"}, "runs") is None


def test_renamed_columns_and_options_are_followed_by_id() -> None:
    settings = {
        "databases": {
            "runs": {
                "database": "d", "data_source": "s", "properties": {"Status": "a%3Ab", "Run": "r", "Cost": "c"},
                "options": {"Done": "Done"}, "option_ids": {"Done": "o1"},
            }
        }
    }  # fmt: skip
    mapped = database_of(settings, "runs")
    assert mapped is not None
    renamed = {"id": "a:b", "type": "status", "status": {"id": "o1", "name": "Finished"}}
    page = {"properties": {"Phase": renamed, "Link": {"id": "r", "type": "url", "url": "x"},
                           "Price": {"id": "c", "type": "rich_text", "rich_text": []}}}  # fmt: skip
    assert mapped.status(page) == "Done"
    assert mapped.status_value(page, "Done") == {"status": {"id": "o1", "name": "Done"}}
    assert mapped.map_names(page) == {"Status": "Phase", "Run": "Link", "Cost": "Price"}
    assert mapped.value(page, "Run")["url"] == "x"
    assert mapped.value(page, "Cost") == {}  # it is no number any more
    assert mapped.value(page, "Site") == {}
