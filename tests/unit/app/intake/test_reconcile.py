"""A pass over a tenant's tables: what it asks for and remembers, and what a death or a limit in the middle does."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from shared.app.intake.reconcile import PAGE, order_passes
from shared.app.polling.changed_rows import look_for_rows
from shared.app.workspace.workspace_create import create_databases
from shared.app.workspace.workspace_databases import sources_of
from shared.app.workspace.workspace_schemas import TASKS
from shared.backends.local.delivery import tasks
from shared.core.errors import RateLimited
from shared.core.pages import marks
from shared.core.run.commands import RECONCILE, Command
from shared.core.run.run import RunStatus
from shared.integrations.notion.client.client import Notion
from shared.ports import Put
from tests.support.desks.passes import let_pass, look_for_changes
from tests.support.rigs.small_desk import Desk
from tests.support.rigs.small_house import TENANT
from tests.support.simulators import kept_open

pytestmark = pytest.mark.slow


def list_queries(desk: Desk) -> list[Any]:
    journal = kept_open.get(f"{desk.url}/_journal", timeout=10).json()
    return [entry for entry in journal if entry["path"].endswith("/query")]


def test_a_row_is_looked_at_while_its_minute_lasts_and_once_after_it(quiet: Desk) -> None:
    page = quiet.write_idea()
    assert look_for_changes(quiet) == 1
    assert look_for_changes(quiet) == 0  # known by its name
    quiet.set_status(page, marks.PLAN_IT)  # in the same minute: the version is the same
    assert look_for_changes(quiet) == 0
    let_pass(quiet, timedelta(minutes=3))
    assert look_for_changes(quiet) == 1
    assert quiet.run_of(page).status == RunStatus.AWAITING_APPROVAL
    let_pass(quiet, timedelta(minutes=3))
    for _ in range(2):
        look_for_changes(quiet)
    assert look_for_changes(quiet) == 0
    assert len(quiet.house.store.list_runs(TENANT)) == 1


def test_a_row_that_was_delivered_and_looked_at_since_its_edit_is_left_alone(quiet: Desk) -> None:
    page = quiet.write_idea()
    let_pass(quiet, timedelta(minutes=5))
    quiet.deliver("page.created", page)
    assert look_for_changes(quiet) == 0


def test_an_edit_that_shows_late_is_found_within_the_overlap_and_an_old_one_is_not_asked_for(quiet: Desk) -> None:
    quiet.write_idea("Long ago")
    let_pass(quiet, timedelta(hours=2))
    look_for_changes(quiet)
    let_pass(quiet, timedelta(minutes=-9))  # Notion's clock is behind ours
    late = quiet.write_idea("Late")
    quiet.set_status(late, marks.PLAN_IT)
    let_pass(quiet, timedelta(minutes=12))
    assert look_for_changes(quiet) == 1
    assert quiet.run_of(late).status == RunStatus.AWAITING_APPROVAL


def test_a_death_after_the_looks_were_ordered_asks_again_and_orders_the_same(quiet: Desk) -> None:
    pages = [quiet.write_idea(f"Idea {number}") for number in range(3)]
    for page in pages:
        quiet.set_status(page, marks.PLAN_IT)
    let_pass(quiet, timedelta(minutes=5))
    assert look_for_changes(quiet) == 3
    quiet.house.store.put(TENANT, Put("swept", quiet.source, None))  # as if it had died before it remembered
    let_pass(quiet, timedelta(minutes=1))
    look_for_changes(quiet)
    assert [
        len([run for run in quiet.house.store.list_runs(TENANT) if run.trigger.page == page]) for page in pages
    ] == [
        1,
        1,
        1,
    ]


def test_what_the_rate_stops_goes_on_after_the_rows_that_were_seen(quiet: Desk) -> None:
    parent = {"type": "data_source_id", "data_source_id": quiet.source}
    for number in range(105):
        name = {"Name": {"title": [{"text": {"content": f"Row {number}"}}]}}
        quiet.as_person("POST", "/v1/pages", {"parent": parent, "properties": name})
        if number == 97:
            let_pass(quiet, timedelta(minutes=1))
    let_pass(quiet, timedelta(minutes=5))
    stop = {"path": "*/query", "status": 429, "headers": {"Retry-After": "20"}, "skip": 1}
    kept_open.post(f"{quiet.url}/_faults", json=stop, timeout=10)
    notion = quiet.house.accounts.connect_for(TENANT)(Notion)
    with pytest.raises(RateLimited):
        look_for_rows(quiet.house.deps, TENANT, notion, quiet.source)
    let_pass(quiet, timedelta(minutes=1))
    before = len(list_queries(quiet))
    assert look_for_rows(quiet.house.deps, TENANT, notion, quiet.source) == 5
    assert len(list_queries(quiet)) == before + 1  # the first hundred are not asked for again


@pytest.mark.parametrize("expired", [False, True])
def test_a_table_whose_rows_are_of_one_minute_is_read_on_at_its_cursor(quiet: Desk, expired: bool) -> None:
    lifetime = 30 if expired else 3600
    kept_open.post(f"{quiet.url}/_config", json={"list_most": 2, "cursor_lifetime_s": lifetime}, timeout=10)
    pages = [quiet.write_idea(f"Idea {number}") for number in range(8)]
    let_pass(quiet, timedelta(minutes=5))
    stop = {"path": "*/query", "status": 429, "headers": {"Retry-After": "20"}, "skip": 2}
    kept_open.post(f"{quiet.url}/_faults", json=stop, timeout=10)
    notion = quiet.house.accounts.connect_for(TENANT)(Notion)
    with pytest.raises(RateLimited):
        look_for_rows(quiet.house.deps, TENANT, notion, quiet.source)
    late = quiet.write_idea("Written after the list was begun")
    let_pass(quiet, timedelta(minutes=15))
    before = len(list_queries(quiet))
    found = look_for_rows(quiet.house.deps, TENANT, notion, quiet.source)
    assert (found, len(list_queries(quiet)) - before) == ((5, 6) if expired else (4, 2))
    let_pass(quiet, timedelta(minutes=3))
    look_for_changes(quiet)
    looks = {page for page in [*pages, late] if quiet.house.store.get(TENANT, "looks", page)}
    assert looks == {*pages, late}


def test_more_rows_than_one_query_gives_are_all_looked_at(quiet: Desk) -> None:
    """Notion stops a query after so many rows and says only in passing that there are more."""
    kept_open.post(f"{quiet.url}/_config", json={"query_cap": 4}, timeout=10)
    pages = []
    for number in range(10):
        pages.append(quiet.write_idea(f"Idea {number}"))
        quiet.set_status(pages[-1], marks.PLAN_IT)
        if number % 3 == 2:
            let_pass(quiet, timedelta(minutes=2))  # a slow machine must not bring a fourth row into a minute
    let_pass(quiet, timedelta(minutes=5))
    assert look_for_changes(quiet) == 10
    assert sorted(run.trigger.page for run in quiet.house.store.list_runs(TENANT)) == sorted(pages)


def test_what_is_remembered_of_a_table_stays_small_and_nothing_is_looked_at_twice(quiet: Desk) -> None:
    page = quiet.write_idea()
    let_pass(quiet, timedelta(minutes=5))
    assert look_for_changes(quiet) == 1
    doc = quiet.house.store.get(TENANT, "swept", quiet.source)
    assert doc is not None
    (version,) = [each for name, each in doc.body["settled"].items() if name == page]
    many = {f"row-{number}": version for number in range(20_000)}
    quiet.house.store.put(TENANT, Put("swept", quiet.source, {**doc.body, "settled": {page: version, **many}}))
    assert look_for_changes(quiet) == 0
    doc = quiet.house.store.get(TENANT, "swept", quiet.source)
    assert doc is not None
    assert len(json.dumps(doc.body)) < 500_000  # a document of Firestore holds 1 MiB
    assert page not in doc.body["settled"]
    assert look_for_changes(quiet) == 0


def test_more_rows_of_one_minute_than_one_query_gives_are_reported(
    quiet: Desk, capfd: pytest.CaptureFixture[str]
) -> None:
    kept_open.post(f"{quiet.url}/_config", json={"query_cap": 3}, timeout=10)
    for number in range(5):
        quiet.write_idea(f"Idea {number}")
    let_pass(quiet, timedelta(minutes=5))
    late = quiet.write_idea("After them")
    quiet.set_status(late, marks.PLAN_IT)
    let_pass(quiet, timedelta(minutes=5))
    look_for_changes(quiet)
    assert quiet.run_of(late).status == RunStatus.AWAITING_APPROVAL
    said = [json.loads(line) for line in capfd.readouterr().err.splitlines() if line.startswith("{")]
    (told,) = [line for line in said if "rows of one minute" in line["message"]]
    assert (told["severity"], told["source"]) == ("WARNING", quiet.source)


@pytest.mark.parametrize("status", [400, 403])
def test_a_table_that_notion_refuses_to_list_does_not_hold_up_the_others(quiet: Desk, status: int) -> None:
    house = quiet.house
    create_databases(house.deps, house.accounts, TENANT, quiet.home, (TASKS,))
    others = [each for each in sources_of(house.settings(TENANT)) if each != quiet.source]
    page = quiet.write_idea()
    quiet.set_status(page, marks.PLAN_IT)
    code = {400: "validation_error", 403: "restricted_resource"}[status]
    body = {"object": "error", "status": status, "code": code, "message": "No."}
    for each in others:
        refused = {"path": f"/v1/data_sources/{each}/query", "status": status, "body": body, "times": 1000}
        kept_open.post(f"{quiet.url}/_faults", json=refused, timeout=10)
    assert others
    let_pass(quiet, timedelta(minutes=5))
    order_passes(house.deps)
    house.work()
    assert quiet.run_of(page).status == RunStatus.AWAITING_APPROVAL
    done = house.store.get(TENANT, "sync", "pass")
    assert done is not None
    assert house.queue.dead_letters(TENANT) == []


def test_passes_are_ordered_for_the_connected_one_at_a_time(quiet: Desk) -> None:
    deps = quiet.house.deps
    deps.store.put("t-never", Put("settings", "tenant", {"name": "Nobody"}))
    for _ in range(3):
        assert order_passes(deps) == {"ordered": 1}
    quiet.house.work()
    done = deps.store.get(TENANT, "sync", "pass")
    assert done is not None
    assert len(list_queries(quiet)) >= 1
    before = len(list_queries(quiet))
    order_passes(deps)
    quiet.house.work()
    assert len(list_queries(quiet)) > before  # the first is over: a new one
    quiet.house.revoke("notion")
    assert order_passes(deps) == {"ordered": 0}


def _waiting(desk: Desk) -> list[Command]:
    with desk.house.store.reading() as connection:
        return [command for command, _, _ in tasks.alive(connection) if command.name == RECONCILE]


def test_no_request_orders_passes_for_more_tenants_than_a_page(quiet: Desk) -> None:
    deps = quiet.house.deps
    others = [f"t-{number:04}" for number in range(2 * PAGE)]
    for tenant in others:
        deps.store.put(tenant, Put("grants", "notion", {"status": "connected"}))
    assert order_passes(deps) == {"ordered": 0, "pages": 3}  # 401 of them
    pages = _waiting(quiet)
    assert sorted(len(page.ref.split()) for page in pages) == [1, PAGE, PAGE]
    for page in [*pages, pages[0]]:  # one of them is delivered twice
        quiet.house.handle(page)
    passes = [command.tenant for command in _waiting(quiet) if not command.topic]
    assert sorted(passes) == sorted([*others, TENANT])


def test_the_tables_of_a_tenant_are_those_of_its_settings() -> None:
    databases = {"tasks": {"data_source": "b"}, "runs": {"data_source": "c"}, "ideas": {"data_source": "a"}}
    assert sources_of({"databases": databases, "ideas_data_source": "a"}) == ["a", "b", "c"]
    assert sources_of({"name": "x"}) == []
