"""A bot that may hardly call: what is stopped on the way comes again and ends, without a dead letter or a double."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.accounts.accounts import Accounts
from shared.app.intake.reconcile import order_passes
from shared.app.schedule.routines import routine_changed
from shared.app.tenants.settings_changes import change_settings
from shared.app.workspace.workspace_databases import database_of
from shared.app.workspace.workspace_map import WorkspaceMap
from shared.app.workspace.workspace_schemas import IDEAS, ROUTINES, TASKS
from shared.bench.notion.notion_mirror import mirror, read_mirrored
from shared.core.errors import BudgetSpent
from shared.core.pages import marks
from shared.core.rate_window import Rate
from shared.core.run.run import RunStatus
from shared.integrations.notion.client.client import Notion
from shared.local.simulators.notion.simulator import NotionSimulator
from tests.integrations.conftest import Served
from tests.support.rigs.small_desk import Desk, settle_in
from tests.support.rigs.small_house import TENANT, SmallHouse
from tests.support.simulators import kept_open

pytestmark = pytest.mark.slow

LIMIT = 5  # calls a minute


@pytest.fixture
def scarce(house: Callable[..., SmallHouse], served: Callable[[Any], Served]) -> Desk:
    """Return a desk with three databases."""
    url = served(NotionSimulator()).url
    return settle_in(house(endpoints={"notion": url}), url, (IDEAS, TASKS, ROUTINES))


def _hold_back(desk: Desk) -> None:
    house, at = desk.house, desk.house.accounts.endpoints
    slow = Accounts(house.store, house.secrets, house.clock, at, lambda: "slow", rate=Rate(limit=LIMIT))
    house.tools = replace(house.tools, accounts=slow)


def _calls(desk: Desk) -> int:
    journal = kept_open.get(f"{desk.url}/_journal", timeout=10).json()
    return sum(entry["path"].startswith("/v1/") for entry in journal)


def _rest(desk: Desk, minutes: int) -> int:
    """Let time pass; return in how many minutes something was asked of Notion, each within the limit."""
    busy = 0
    for _ in range(minutes):
        before = _calls(desk)
        desk.house.pass_time(timedelta(minutes=1), timedelta(seconds=20))
        asked = _calls(desk) - before
        assert asked <= LIMIT
        busy += asked > 0
    assert desk.house.queue.dead_letters(TENANT) == []
    return busy


def _mapped(desk: Desk, kind: str) -> str:
    mapped = database_of(desk.house.settings(TENANT), kind)
    assert mapped is not None
    return mapped.data_source


def _row(desk: Desk, kind: str, **properties: Any) -> str:
    parent = {"type": "data_source_id", "data_source_id": _mapped(desk, kind)}
    named = {"Name": {"title": [{"text": {"content": kind}}]}, **properties}
    return str(desk.as_person("POST", "/v1/pages", {"parent": parent, "properties": named})["id"])


def test_the_sweep_and_the_crawl_end(scarce: Desk) -> None:
    pages = [scarce.write_idea(f"Idea {n}") for n in range(6)]
    for page in pages[:2]:
        scarce.set_status(page, marks.PLAN_IT)
    _hold_back(scarce)
    order_passes(scarce.house.deps)
    scarce.house.work()
    assert _rest(scarce, 30) >= 4
    state = scarce.house.store.get(TENANT, "sync", "map")
    assert state is not None
    assert "crawled" in state.body
    places = WorkspaceMap(scarce.house.deps, TENANT, scarce.house.accounts.connect_for(TENANT)(Notion))
    assert {place.id for place in places.list_all().values()} >= set(pages)
    runs = scarce.house.store.list_runs(TENANT)
    assert sorted(run.trigger.page for run in runs) == sorted(pages[:2])
    assert {run.status for run in runs} == {RunStatus.AWAITING_APPROVAL}


@pytest.mark.parametrize("lag", [36_000, 0], ids=["found in their table", "found by the search"])
def test_a_crawl_ends_that_meets_a_list_of_more_calls_than_it_has_at_once(scarce: Desk, lag: int) -> None:
    kept_open.post(f"{scarce.url}/_config", json={"search_lag_s": lag, "list_most": 2}, timeout=10)
    rows = {_row(scarce, TASKS) for _ in range(2 * LIMIT * 3)}
    _hold_back(scarce)
    order_passes(scarce.house.deps)
    scarce.house.work()
    assert _rest(scarce, 40) >= 6
    places = WorkspaceMap(scarce.house.deps, TENANT).list_all()
    assert {place.id for place in places.values() if place.listed_at} >= rows
    assert {place.parent for place in places.values() if place.id in rows} == {_mapped(scarce, TASKS)}
    state = scarce.house.store.get(TENANT, "sync", "map")
    assert state is not None
    assert "crawled" in state.body
    assert not scarce.house.store.list_docs(TENANT, "kept")


def test_a_mirror_ends_that_meets_a_table_of_more_calls_than_it_has_at_once(scarce: Desk) -> None:
    kept_open.post(f"{scarce.url}/_config", json={"list_most": 5}, timeout=10)
    rows = {_row(scarce, TASKS) for _ in range(5 * LIMIT * 3)}
    _hold_back(scarce)
    deps, root = scarce.house.deps, _mapped(scarce, TASKS)
    scarce.house.clock.move(seconds=70)
    assert _stops_of_mirror(scarce, root) >= (15 + len(rows)) // LIMIT - 1
    places = WorkspaceMap(deps, TENANT).list_all()
    assert all(places[row].listed_at and not places[row].trashed for row in rows)
    assert all(read_mirrored(deps, TENANT, row) is not None for row in rows)


def test_a_mirror_ends_that_meets_a_page_of_more_calls_than_it_has_at_once(scarce: Desk) -> None:
    line = {"paragraph": {"rich_text": [{"text": {"content": "inside"}}]}}
    toggles = [{"toggle": {"rich_text": [], "children": [line]}} for _ in range(LIMIT * 3)]
    title = {"title": {"title": [{"text": {"content": "Deep"}}]}}
    body = {"parent": {"type": "page_id", "page_id": scarce.home}, "properties": title, "children": toggles}
    page = str(scarce.as_person("POST", "/v1/pages", body)["id"])
    offset = (scarce.house.clock.now() - datetime.now(UTC)).total_seconds() - 600
    kept_open.post(f"{scarce.url}/_clock", json={"offset_s": offset}, timeout=10)  # edited a while ago
    scarce.as_person("PATCH", f"/v1/pages/{page}", {"properties": title})
    _hold_back(scarce)
    assert _stops_of_mirror(scarce, page) >= 3
    kept = read_mirrored(scarce.house.deps, TENANT, page)
    assert kept is not None
    assert [block.text for block in kept.walk()].count("inside") == LIMIT * 3


def _stops_of_mirror(desk: Desk, root: str) -> int:
    """Mirror until it is done; return how often it was stopped."""
    notion = desk.house.tools.accounts.connect_for(TENANT)(Notion)
    for stopped in range(60):
        try:
            mirror(desk.house.deps, TENANT, notion, root)
            return stopped
        except BudgetSpent:
            desk.house.clock.move(seconds=70)
    raise AssertionError("the mirror does not end")


def test_routines_that_are_due_at_once_all_run(scarce: Desk) -> None:
    active = {
        "Status": {"select": {"name": "Active"}},
        "Schedule": {"rich_text": [{"text": {"content": "daily at 9:10"}}]},
    }
    pages = [_row(scarce, ROUTINES, **active) for _ in range(5)]
    for page in pages:
        shown = scarce.as_person("GET", f"/v1/pages/{page}")
        assert routine_changed(scarce.house.deps, scarce.house.tools, TENANT, shown)
    _hold_back(scarce)
    assert _rest(scarce, 45) >= 4
    runs = scarce.house.store.list_runs(TENANT)
    assert sorted(run.trigger.page for run in runs) == sorted(pages)


def test_a_day_is_planned_in_the_end(scarce: Desk) -> None:
    for _ in range(6):
        _row(scarce, TASKS, Due={"date": {"start": "2026-03-02"}})
    active = {
        "Status": {"select": {"name": "Active"}},
        "Schedule": {"rich_text": [{"text": {"content": "daily at 23:30"}}]},
    }
    for _ in range(6):
        _row(scarce, ROUTINES, **active)
    change_settings(scarce.house.deps, TENANT, planning_time="09:05", time_zone="UTC")
    _hold_back(scarce)
    assert _rest(scarce, 40) >= 4
    found = scarce.as_person("GET", f"/v1/blocks/{scarce.home}/children?page_size=100")["results"]
    days = [each for each in found if each["type"] == "child_page"]
    assert len(days) == 1
    lines = scarce.as_person("GET", f"/v1/blocks/{days[0]['id']}/children?page_size=100")["results"]
    assert sum(each["type"] == "to_do" for each in lines) == 6
