"""The map of a workspace: filled by a crawl, and fresh after one delivery."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.app.intake.reconcile import order_passes
from shared.app.workspace.crawl_orders import begin_crawl, remember
from shared.app.workspace.workspace_map import DATA_SOURCE, DATABASE, PAGE, WorkspaceMap
from shared.core.pages import marks
from shared.core.run.run import RunStatus
from shared.ports import Put
from tests.support.desks.mapped_workspace import LATER, count_requests, find_home, set_clocks, write_page
from tests.support.rigs.small_desk import Desk
from tests.support.rigs.small_house import TENANT
from tests.support.simulators import kept_open


def rename_page(desk: Desk, page: str, title: str) -> None:
    desk.as_person("PATCH", f"/v1/pages/{page}", {"properties": {"title": {"title": [{"text": {"content": title}}]}}})


def _crawled(desk: Desk) -> WorkspaceMap:
    assert order_passes(desk.house.deps) == {"ordered": 1}
    desk.house.work()
    return WorkspaceMap(desk.house.deps, TENANT)


def test_a_crawl_finds_what_the_search_left_out_and_knows_every_way(quiet: Desk) -> None:
    home = find_home(quiet)
    inner = write_page(quiet, write_page(quiet, home, "Outer"), "Inner")
    row = quiet.write_idea("A row")
    kept_open.post(f"{quiet.url}/_config", json={"search_lag_s": 36_000}, timeout=10)  # only what was shared is found
    places = _crawled(quiet)
    assert [each.title for each in places.path(inner)] == ["Workspace home", "Outer", "Inner"]
    way = places.path(row)
    assert [each.kind for each in way] == [PAGE, DATABASE, DATA_SOURCE, PAGE]
    assert way[-1].title == "A row"
    assert [each.id for each in places.find(" inner ", PAGE)] == [inner]
    assert inner in {each.id for each in places.children(way[0].id)} | {inner}
    before = count_requests(quiet)
    places.path(inner)
    assert (places.hits > 0, places.misses, count_requests(quiet)) == (True, 0, before)


def test_the_crawl_goes_on_in_parts_and_its_look_ups_are_counted(quiet: Desk) -> None:
    home = find_home(quiet)
    made = {write_page(quiet, home, f"Page {number}") for number in range(25)}
    places = _crawled(quiet)
    assert made <= set(places.list_all())
    assert all(place.listed_at for place in places.list_all().values())
    before = _counted(quiet)
    for page in made:
        places.get(page)
    places.report()
    again = WorkspaceMap(quiet.house.deps, TENANT)
    again.get(next(iter(made)))
    again.get("00000000-0000-4000-8000-000000000000")
    again.report()
    assert _counted(quiet) - before == Counter(hits=26, misses=1)


def _counted(desk: Desk) -> Counter[str]:
    doc = desk.house.store.get(TENANT, "metrics", "workspace-map")
    return Counter(doc.body if doc else {})


def _whole(desk: Desk) -> bool:
    return all(place.listed_at for place in WorkspaceMap(desk.house.deps, TENANT).list_all().values())


def test_a_place_that_notion_refuses_to_show_does_not_hold_up_the_crawl(quiet: Desk) -> None:
    home = find_home(quiet)
    odd, other = write_page(quiet, home, "Odd"), write_page(quiet, home, "Other")
    inner = write_page(quiet, other, "Inner")
    body = {"object": "error", "status": 400, "code": "validation_error", "message": "This block is not supported."}
    refused = {"path": f"/v1/blocks/{odd}/children", "status": 400, "body": body, "times": 1000}
    kept_open.post(f"{quiet.url}/_faults", json=refused, timeout=10)
    kept_open.post(f"{quiet.url}/_config", json={"search_lag_s": 36_000}, timeout=10)
    places = _crawled(quiet)
    assert places.get(inner) is not None
    assert _whole(quiet)
    assert quiet.house.queue.dead_letters(TENANT) == []


def test_a_crawl_that_a_revoked_grant_cut_off_is_taken_up_again(quiet: Desk) -> None:
    home, house = find_home(quiet), quiet.house
    for number in range(25):
        write_page(quiet, home, f"Page {number}")
    grant = house.store.get(TENANT, "grants", "notion")
    assert grant is not None
    stop = {"path": "/v1/blocks/*", "status": 401, "skip": 10, "times": 1000}
    kept_open.post(f"{quiet.url}/_faults", json=stop, timeout=10)
    _crawled(quiet)
    kept_open.delete(f"{quiet.url}/_faults", timeout=10)
    assert not _whole(quiet)
    house.store.put(TENANT, Put("grants", "notion", grant.body))
    set_clocks(quiet, timedelta(hours=2))
    for _ in range(2):
        _crawled(quiet)
    assert _whole(quiet)
    before = count_requests(quiet)
    set_clocks(quiet, timedelta(hours=2))
    _crawled(quiet)
    assert count_requests(quiet) - before < 10  # and it is not done once more


def test_a_crawl_that_is_begun_while_another_ends_is_done_as_well(quiet: Desk) -> None:
    house = quiet.house
    _crawled(quiet)

    class Between:
        """A store in which a person begins a crawl between somebody's look at the state and his writing of it."""

        begun = ""

        def __getattr__(self, name: str) -> Any:
            return getattr(house.store, name)

        def get(self, tenant: str, kind: str, id: str) -> Any:
            found = house.store.get(tenant, kind, id)
            if (kind, id) == ("sync", "map") and not self.begun:
                self.begun = "now"
                house.clock.move(seconds=1)
                self.begun = begin_crawl(house.deps, tenant)
            return found

    state = house.store.get(TENANT, "sync", "map")
    assert state is not None
    store = Between()
    remember(replace(house.deps, store=store), TENANT, {"crawled": "9999"}, crawl=state.body["crawl"])
    after = house.store.get(TENANT, "sync", "map")
    assert after is not None
    assert (after.body["crawl"], after.body.get("crawled")) == (store.begun, state.body["crawled"])
    house.work()
    assert all(place.listed_at >= store.begun for place in WorkspaceMap(house.deps, TENANT).list_all().values())


def test_what_is_delivered_about_pages_outside_our_tables_costs_no_request(quiet: Desk) -> None:
    note, row = (
        write_page(quiet, find_home(quiet), "A poster", text="Everyone is welcome on Saturday at 10:00."),
        quiet.write_idea(),
    )
    _crawled(quiet)
    before, counted = count_requests(quiet), _counted(quiet)
    for _ in range(3):
        quiet.deliver("page.content_updated", note)
    assert count_requests(quiet) == before
    assert _counted(quiet) - counted == Counter(hits=3)
    quiet.set_status(row, marks.PLAN_IT)
    quiet.deliver("page.properties_updated", row)
    assert quiet.run_of(row).status == RunStatus.AWAITING_APPROVAL
    body = {"parent": {"type": "data_source_id", "data_source_id": quiet.source}}
    quiet.as_person("POST", f"/v1/pages/{note}/move", body)
    quiet.set_status(note, marks.PLAN_IT)
    quiet.deliver("page.properties_updated", note, parent={"type": "database", "data_source_id": quiet.source})
    assert quiet.run_of(note).status == RunStatus.AWAITING_APPROVAL  # although nobody told that it was moved


@pytest.mark.parametrize("own", [False, True], ids=["by a person", "by ourselves"])
def test_a_rename_a_move_and_a_deletion_show_within_one_delivery(quiet: Desk, own: bool) -> None:
    home = find_home(quiet)
    first, second = write_page(quiet, home, "First"), write_page(quiet, home, "Second")
    page = write_page(quiet, first, "Draft")
    _crawled(quiet)
    authors = [{"id": "bot-1", "type": "bot"}] if own else None
    rename_page(quiet, page, "Final")
    quiet.deliver("page.properties_updated", page, authors=authors, updated_properties=["title"])
    places = WorkspaceMap(quiet.house.deps, TENANT)
    assert [each.title for each in places.path(page)] == ["Workspace home", "First", "Final"]
    quiet.as_person("POST", f"/v1/pages/{page}/move", {"parent": {"type": "page_id", "page_id": second}})
    quiet.deliver("page.moved", page, authors=authors)
    places = WorkspaceMap(quiet.house.deps, TENANT)
    assert [each.title for each in places.path(page)] == ["Workspace home", "Second", "Final"]
    quiet.as_person("PATCH", f"/v1/pages/{page}", {"in_trash": True})
    quiet.deliver("page.deleted", page, authors=authors)
    assert WorkspaceMap(quiet.house.deps, TENANT).find("Final") == []
    quiet.as_person("PATCH", f"/v1/pages/{page}", {"in_trash": False})
    quiet.deliver("page.undeleted", page, authors=authors)
    assert [each.id for each in WorkspaceMap(quiet.house.deps, TENANT).find("Final")] == [page]
    made = write_page(quiet, page, "Newest")
    quiet.deliver("page.created", made, authors=authors)
    assert len(WorkspaceMap(quiet.house.deps, TENANT).path(made)) == 4


def test_a_new_name_that_no_delivery_told_of_is_found_by_the_next_pass(quiet: Desk) -> None:
    page = write_page(quiet, find_home(quiet), "Old name")
    _crawled(quiet)
    set_clocks(quiet, LATER)
    rename_page(quiet, page, "New name")
    _crawled(quiet)
    assert [each.id for each in WorkspaceMap(quiet.house.deps, TENANT).find("New name")] == [page]
