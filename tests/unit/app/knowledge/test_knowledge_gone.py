"""What the index of a workspace forgets and when: the trash, what is shown no more, lost access, the owner's lists."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from shared.app.knowledge.knowledge_marks import state_of
from shared.app.knowledge.knowledge_sync import allow_forgetting, progress
from shared.app.workspace.workspace_map import WorkspaceMap
from shared.ports import Put
from tests.support.rigs.read_workspace import Reading, write_pages
from tests.support.rigs.small_house import TENANT
from tests.support.simulators import kept_open

pytestmark = pytest.mark.slow


def test_what_goes_to_the_trash_is_forgotten_at_once_with_all_below_it_and_comes_back(reading: Reading) -> None:
    top = reading.write(reading.home, "Top", "Above.")
    below = reading.write(top, "Below", "Deep.")
    reading.sync()
    stop = {"path": "*", "status": 503, "times": 100_000}
    reading.trash(top)
    kept_open.post(f"{reading.desk.url}/_faults", json=stop, timeout=10)  # and Notion does not answer
    reading.desk.deliver("page.deleted", top)
    assert (reading.texts(top), reading.texts(below)) == ([], [])
    kept_open.delete(f"{reading.desk.url}/_faults", timeout=10)
    reading.sync()
    assert (reading.texts(top), reading.texts(below)) == ([], [])
    reading.trash(top, gone=False)
    reading.desk.deliver("page.undeleted", top)
    reading.sync()
    assert (reading.texts(top), reading.texts(below)) == (["Above.\nBelow"], ["Deep."])


def test_the_rows_of_a_table_go_and_come_back_with_it(reading: Reading) -> None:
    row = reading.row("Bicycle club")
    reading.sync()
    assert reading.texts(row)
    place = WorkspaceMap(reading.desk.house.deps, TENANT).find_known(reading.desk.source)
    assert place is not None
    for gone, kind in ((True, "database.deleted"), (False, "database.undeleted")):
        reading.desk.as_person("PATCH", f"/v1/databases/{place.parent}", {"in_trash": gone})
        reading.desk.told_of(place.parent, kind)
        assert reading.texts(row) == []
        reading.sync()
        assert bool(reading.texts(row)) is not gone


def test_a_deletion_that_is_told_late_takes_away_nothing_that_is_there(reading: Reading) -> None:
    page = reading.write(reading.home, "Page", "Still there.")
    below = reading.write(page, "Below", "As well.")
    reading.sync()
    reading.desk.deliver("page.deleted", page)
    reading.sync()
    assert (reading.texts(page), reading.texts(below)) == (["Still there.\nBelow"], ["As well."])
    assert reading.served(below)


def test_what_is_in_a_list_comes_back_although_what_it_is_below_of_is_not(reading: Reading) -> None:
    outer = reading.write(reading.home, "Outer", "Not for everybody.")
    inner = reading.write(outer, "Inner", "For everybody.")
    set_lists(reading, knowledge={"roots": [inner]})
    reading.sync()
    reading.desk.deliver("page.deleted", outer)  # it is not true, or not any more
    assert not reading.served(inner)
    reading.sync()
    assert (reading.texts(outer), reading.texts(inner)) == ([], ["For everybody."])
    assert reading.served(inner)


def test_a_page_that_is_shown_no_more_is_served_to_nobody_and_forgotten_when_that_is_sure(reading: Reading) -> None:
    pages = write_pages(reading, 10)
    reading.sync()
    reading.refuse(pages[0])
    reading.desk.deliver("page.content_updated", pages[0])
    reading.set_clocks(timedelta(seconds=70))
    reading.desk.house.work()
    assert not reading.served(pages[0])
    assert reading.texts(pages[0])  # one answer is not enough to forget
    reading.refuse()
    reading.sync()
    assert reading.served(pages[0])  # it was a slip
    assert progress(reading.desk.house.deps, TENANT)["lost"] == 0
    reading.refuse(pages[0])
    reading.desk.deliver("page.content_updated", pages[0])
    reading.sync()
    reading.sync()
    assert not reading.served(pages[0])
    assert reading.texts(pages[0]) == []
    assert reading.served(pages[1])


def test_when_much_is_lost_at_once_nothing_is_forgotten_until_a_person_says_so(reading: Reading) -> None:
    pages = write_pages(reading, 12)
    reading.sync()
    reading.refuse(*pages[:8])
    for _ in range(3):
        reading.set_clocks(timedelta(hours=25))  # nobody told: the round finds it
        reading.sync()
    assert not any(reading.served(page) for page in pages[:8])
    assert all(reading.texts(page) for page in pages)
    state = progress(reading.desk.house.deps, TENANT)
    assert "8 of" in state["alert"]
    allow_forgetting(reading.desk.house.deps, TENANT)
    reading.set_clocks(timedelta(hours=2))
    reading.sync()
    assert not any(reading.texts(page) for page in pages[:8])
    assert all(reading.texts(page) for page in pages[8:])
    assert progress(reading.desk.house.deps, TENANT)["alert"] == ""


def test_a_lost_permission_that_shows_bit_by_bit_is_noticed_too(reading: Reading) -> None:
    pages = write_pages(reading, 12)
    reading.sync()
    reading.refuse(*pages[:10])
    for some in (pages[:5], pages[:10]):  # of those that are forgotten already, too
        for page in some:
            reading.desk.told_of(page, "page.content_updated")
        reading.sync()
        reading.sync()
    assert [bool(reading.texts(page)) for page in pages] == [False] * 5 + [True] * 7
    assert not any(reading.served(page) for page in pages[:10])
    assert "10 of" in progress(reading.desk.house.deps, TENANT)["alert"]


def test_what_is_written_while_it_is_switched_off_is_erased_by_the_next_pass(reading: Reading) -> None:
    page = reading.write(reading.home, "Page", "Text.")
    reading.sync()
    known, chunks = reading.known.page(page), reading.known.chunks(page)
    set_lists(reading, knowledge={"off": True})
    reading.sync()
    reading.known.replace(known, chunks)  # by a command that had begun before, and died before it counted
    reading.sync()
    assert reading.known.count()["pages"] == 0


@pytest.mark.parametrize("lists", ["without", "roots"])
def test_the_owners_lists_count_for_all_below_and_at_once_for_whoever_asks(reading: Reading, lists: str) -> None:
    open_, closed = reading.write(reading.home, "Open", "All."), reading.write(reading.home, "Closed", "Few.")
    inner = reading.write(closed, "Inner", "Fewer.")
    reading.sync()
    given = {"without": [closed]} if lists == "without" else {"roots": [open_]}
    set_lists(reading, knowledge=given)
    assert [reading.served(page) for page in (open_, closed, inner)] == [True, False, False]
    reading.sync()
    assert [bool(reading.texts(page)) for page in (open_, closed, inner)] == [True, False, False]
    set_lists(reading, knowledge={})
    reading.sync()
    assert [bool(reading.texts(page)) for page in (open_, closed, inner)] == [True, True, True]
    set_lists(reading, knowledge={"off": True})
    reading.sync()
    assert reading.known.count()["pages"] == 0
    assert state_of(reading.desk.house.deps, TENANT) is None


def set_lists(reading: Reading, **changes: Any) -> None:
    house = reading.desk.house
    doc = house.store.get(TENANT, "settings", "tenant")
    assert doc is not None
    house.store.put(TENANT, Put("settings", "tenant", {**doc.body, **changes}))


def test_a_page_that_moves_out_of_what_is_allowed_is_not_served_any_more(reading: Reading) -> None:
    closed, page = reading.write(reading.home, "Closed"), reading.write(reading.home, "Page", "Text.")
    set_lists(reading, knowledge={"without": [closed]})
    reading.sync()
    assert reading.served(page)
    parent = {"parent": {"type": "page_id", "page_id": closed}}
    reading.desk.as_person("POST", f"/v1/pages/{page}/move", parent)
    reading.desk.deliver("page.moved", page)
    assert not reading.served(page)
    reading.sync()
    assert reading.texts(page) == []


def test_a_disconnected_workspace_is_erased_after_a_while_and_read_anew_when_it_is_back(reading: Reading) -> None:
    page = reading.write(reading.home, "Page", "Text.")
    reading.sync()
    grant = reading.desk.house.store.get(TENANT, "grants", "notion")
    assert grant is not None
    reading.desk.house.revoke("notion")
    reading.sync()
    reading.set_clocks(timedelta(days=29))
    reading.sync()
    assert reading.texts(page)
    reading.set_clocks(timedelta(days=2))
    reading.sync()
    assert reading.known.count()["pages"] == 0
    reading.desk.house.store.put(TENANT, Put("grants", "notion", grant.body))
    reading.sync()
    assert reading.texts(page) == ["Text."]
    for _ in range(2):  # short ones do not add up
        reading.desk.house.revoke("notion")
        reading.sync()
        assert reading.texts(page)
        reading.desk.house.store.put(TENANT, Put("grants", "notion", grant.body))
        reading.sync()
        reading.set_clocks(timedelta(days=40))
