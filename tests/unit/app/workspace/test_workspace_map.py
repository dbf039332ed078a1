"""The map of a workspace: filled by a crawl, fresh after one delivery; a mirror reads again only what has changed."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.app.intake.reconcile import order_passes
from shared.app.workspace.crawl_orders import begin_crawl, remember
from shared.app.workspace.workspace_map import DATA_SOURCE, DATABASE, PAGE, WorkspaceMap
from shared.app.workspace.workspace_mirror import content, mirror
from shared.core.errors import RateLimited
from shared.core.pages import marks
from shared.core.run.run import RunStatus
from shared.integrations.notion.client.client import Notion
from shared.ports import Put
from tests.support.ports.moved_clock import START
from tests.support.rigs.small_desk import Desk
from tests.support.rigs.small_house import TENANT
from tests.support.simulators import kept_open

LATER = timedelta(minutes=30)


@pytest.fixture
def quiet(desk: Desk) -> Desk:
    """Return a desk whose Notion has the house's time."""
    _set_clocks(desk, timedelta(0))
    return desk


def _set_clocks(desk: Desk, forward: timedelta) -> None:
    """Move the house's clock, and set Notion's to the same time."""
    desk.house.clock.move(seconds=forward.total_seconds())
    offset = (desk.house.clock.now() - datetime.now(UTC)).total_seconds()
    kept_open.post(f"{desk.url}/_clock", json={"offset_s": offset}, timeout=10)


def _page(desk: Desk, parent: str, title: str, *, text: str = "Some words.", **key: Any) -> str:
    body = {
        "parent": {"type": "page_id", "page_id": parent},
        "properties": {"title": {"title": [{"text": {"content": title}}]}},
        "children": [{"type": "paragraph", "paragraph": {"rich_text": [{"text": {"content": text}}]}}],
    }
    return str(desk.as_person("POST", "/v1/pages", body)["id"])


def _rename(desk: Desk, page: str, title: str) -> None:
    desk.as_person("PATCH", f"/v1/pages/{page}", {"properties": {"title": {"title": [{"text": {"content": title}}]}}})


def _home(desk: Desk) -> str:
    state = kept_open.get(f"{desk.url}/_state", timeout=10).json()
    return next(str(node["id"]) for node in state["nodes"].values() if node["parent"]["type"] == "workspace")


def _requests(desk: Desk) -> int:
    journal = kept_open.get(f"{desk.url}/_journal", timeout=10).json()
    return sum(entry["path"].startswith("/v1/") for entry in journal)


def _notion(desk: Desk) -> Notion:
    return desk.house.accounts.connect_for(TENANT)(Notion)


def _crawled(desk: Desk) -> WorkspaceMap:
    assert order_passes(desk.house.deps) == {"ordered": 1}
    desk.house.work()
    return WorkspaceMap(desk.house.deps, TENANT)


def test_a_crawl_finds_what_the_search_left_out_and_knows_every_way(quiet: Desk) -> None:
    home = _home(quiet)
    inner = _page(quiet, _page(quiet, home, "Outer"), "Inner")
    row = quiet.write_idea("A row")
    kept_open.post(f"{quiet.url}/_config", json={"search_lag_s": 36_000}, timeout=10)  # only what was shared is found
    places = _crawled(quiet)
    assert [each.title for each in places.path(inner)] == ["Workspace home", "Outer", "Inner"]
    way = places.path(row)
    assert [each.kind for each in way] == [PAGE, DATABASE, DATA_SOURCE, PAGE]
    assert way[-1].title == "A row"
    assert [each.id for each in places.find(" inner ", PAGE)] == [inner]
    assert inner in {each.id for each in places.children(way[0].id)} | {inner}
    before = _requests(quiet)
    places.path(inner)
    assert (places.hits > 0, places.misses, _requests(quiet)) == (True, 0, before)


def test_the_crawl_goes_on_in_parts_and_its_look_ups_are_counted(quiet: Desk) -> None:
    home = _home(quiet)
    made = {_page(quiet, home, f"Page {number}") for number in range(25)}
    places = _crawled(quiet)
    assert made <= set(places.everything())
    assert all(place.listed_at for place in places.everything().values())
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
    return all(place.listed_at for place in WorkspaceMap(desk.house.deps, TENANT).everything().values())


def test_a_place_that_notion_refuses_to_show_does_not_hold_up_the_crawl(quiet: Desk) -> None:
    home = _home(quiet)
    odd, other = _page(quiet, home, "Odd"), _page(quiet, home, "Other")
    inner = _page(quiet, other, "Inner")
    body = {"object": "error", "status": 400, "code": "validation_error", "message": "This block is not supported."}
    refused = {"path": f"/v1/blocks/{odd}/children", "status": 400, "body": body, "times": 1000}
    kept_open.post(f"{quiet.url}/_faults", json=refused, timeout=10)
    kept_open.post(f"{quiet.url}/_config", json={"search_lag_s": 36_000}, timeout=10)
    places = _crawled(quiet)
    assert places.get(inner) is not None
    assert _whole(quiet)
    assert quiet.house.queue.dead_letters(TENANT) == []
    done = mirror(quiet.house.deps, TENANT, _notion(quiet), home)
    assert odd in done.refused
    assert inner in done.read


def test_a_crawl_that_a_revoked_grant_cut_off_is_taken_up_again(quiet: Desk) -> None:
    home, house = _home(quiet), quiet.house
    for number in range(25):
        _page(quiet, home, f"Page {number}")
    grant = house.store.get(TENANT, "grants", "notion")
    assert grant is not None
    stop = {"path": "/v1/blocks/*", "status": 401, "skip": 10, "times": 1000}
    kept_open.post(f"{quiet.url}/_faults", json=stop, timeout=10)
    _crawled(quiet)
    kept_open.delete(f"{quiet.url}/_faults", timeout=10)
    assert not _whole(quiet)
    house.store.put(TENANT, Put("grants", "notion", grant.body))
    _set_clocks(quiet, timedelta(hours=2))
    for _ in range(2):
        _crawled(quiet)
    assert _whole(quiet)
    before = _requests(quiet)
    _set_clocks(quiet, timedelta(hours=2))
    _crawled(quiet)
    assert _requests(quiet) - before < 10  # and it is not done once more


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
    assert all(place.listed_at >= store.begun for place in WorkspaceMap(house.deps, TENANT).everything().values())


def test_what_is_delivered_about_pages_outside_our_tables_costs_no_request(quiet: Desk) -> None:
    note, row = (
        _page(quiet, _home(quiet), "A poster", text="Everyone is welcome on Saturday at 10:00."),
        quiet.write_idea(),
    )
    _crawled(quiet)
    before, counted = _requests(quiet), _counted(quiet)
    for _ in range(3):
        quiet.deliver("page.content_updated", note)
    assert _requests(quiet) == before
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
    home = _home(quiet)
    first, second = _page(quiet, home, "First"), _page(quiet, home, "Second")
    page = _page(quiet, first, "Draft")
    _crawled(quiet)
    authors = [{"id": "bot-1", "type": "bot"}] if own else None
    _rename(quiet, page, "Final")
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
    made = _page(quiet, page, "Newest")
    quiet.deliver("page.created", made, authors=authors)
    assert len(WorkspaceMap(quiet.house.deps, TENANT).path(made)) == 4


def test_a_new_name_that_no_delivery_told_of_is_found_by_the_next_pass(quiet: Desk) -> None:
    page = _page(quiet, _home(quiet), "Old name")
    _crawled(quiet)
    _set_clocks(quiet, LATER)
    _rename(quiet, page, "New name")
    _crawled(quiet)
    assert [each.id for each in WorkspaceMap(quiet.house.deps, TENANT).find("New name")] == [page]


def _tree(desk: Desk) -> tuple[str, list[str]]:
    """Make five pages with three below each."""
    root = _page(desk, _home(desk), "Handbook")
    made = []
    for number in range(5):
        chapter = _page(desk, root, f"Chapter {number}")
        made += [chapter, *(_page(desk, chapter, f"Section {number}.{part}") for part in range(3))]
    return root, made


def test_a_second_mirror_reads_only_what_has_changed(quiet: Desk) -> None:
    root, pages = _tree(quiet)
    _set_clocks(quiet, LATER)
    deps, notion = quiet.house.deps, _notion(quiet)
    start = _requests(quiet)
    first = mirror(deps, TENANT, notion, root)
    cost = _requests(quiet) - start
    assert sorted(first.read) == sorted([root, *pages])
    _set_clocks(quiet, LATER)
    changed = [pages[1], pages[9], pages[17]]
    for page in changed:
        quiet.write_more(page, "A second thought.")
    start = _requests(quiet)
    second = mirror(deps, TENANT, notion, root)
    again = _requests(quiet) - start
    assert sorted(second.read) == sorted(changed)
    assert again * 4 <= cost
    for page in (*changed, pages[2]):
        place = WorkspaceMap(deps, TENANT).get(page)
        kept = content(deps, TENANT, place) if place else None
        assert kept is not None
        read = notion.read_page(page)
        assert [block.text for block in kept.walk()] == [block.text for block in read.walk()]
        assert kept.title == read.title


def test_a_mirror_follows_what_is_new_moved_and_gone(quiet: Desk) -> None:
    root, pages = _tree(quiet)
    deps, notion = quiet.house.deps, _notion(quiet)
    _set_clocks(quiet, LATER)
    mirror(deps, TENANT, notion, root)
    _set_clocks(quiet, LATER)
    new = _page(quiet, pages[0], "Appendix")
    quiet.as_person("POST", f"/v1/pages/{pages[5]}/move", {"parent": {"type": "page_id", "page_id": pages[0]}})
    quiet.as_person("DELETE", f"/v1/blocks/{pages[9]}")
    _set_clocks(quiet, timedelta(hours=25))  # once a day everything is looked at
    done = mirror(deps, TENANT, notion, root)
    assert done.whole
    assert new in done.read
    assert done.gone == [pages[9]]
    places = WorkspaceMap(deps, TENANT)
    assert [each.title for each in places.path(pages[5])][-2:] == ["Chapter 0", "Section 1.0"]


def test_what_was_read_in_the_minute_of_its_last_edit_is_read_once_more(quiet: Desk) -> None:
    root = _page(quiet, _home(quiet), "Fresh")
    deps, notion = quiet.house.deps, _notion(quiet)
    assert mirror(deps, TENANT, notion, root).read == [root]
    quiet.write_more(root, "Written in the same minute, after we have read.")
    _set_clocks(quiet, LATER)
    assert mirror(deps, TENANT, notion, root).read == [root]
    assert mirror(deps, TENANT, notion, root).read == []


def test_a_mirror_that_the_rate_stops_goes_on_where_it_was(quiet: Desk) -> None:
    root, pages = _tree(quiet)
    _set_clocks(quiet, LATER)
    deps, notion = quiet.house.deps, _notion(quiet)
    stop = {"path": "/v1/blocks/*", "status": 429, "headers": {"Retry-After": "20"}, "times": 1, "skip": 12}
    kept_open.post(f"{quiet.url}/_faults", json=stop, timeout=10)
    with pytest.raises(RateLimited):
        mirror(deps, TENANT, notion, root)
    _set_clocks(quiet, timedelta(minutes=1))
    done = mirror(deps, TENANT, notion, root)
    assert len(done.read) == len(pages) + 1 - 12
    read = Counter(
        entry["path"] for entry in kept_open.get(f"{quiet.url}/_journal", timeout=10).json()
        if entry["path"].endswith("/children") and entry["method"] == "GET" and entry["status"] == 200
    )  # fmt: skip
    assert set(read.values()) == {1}
    assert quiet.house.clock.now() > START
