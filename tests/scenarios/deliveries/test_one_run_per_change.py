"""Webhooks come twice, merged, late and in any order; our own writes come back. A change still opens one run."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from shared.core.pages import marks
from shared.core.run.run import RunStatus
from tests.support.rigs.house import Neighbourhood
from tests.support.simulators.world import post_signed

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("one_run_per_change")]


@pytest.fixture
def unruly(house: Neighbourhood) -> Iterator[Neighbourhood]:
    """Let Notion deliver everything twice and in any order, merged over a longer time."""
    house.configure("notion", duplicate=True, reorder=True, aggregation_s=0.15)
    yield house
    house.configure("notion", duplicate=False, reorder=False, aggregation_s=0.05)


def test_doubled_shuffled_and_merged_webhooks_open_one_run_per_change(unruly: Neighbourhood) -> None:
    pages = [unruly.write(f"Stall {number}") for number in range(3)]
    for page in pages:  # several changes within one window, then the one that matters
        unruly.add(page, "Bring a basket.")
        unruly.set_status(page, marks.IDEA)
        unruly.set_status(page, marks.PLAN_IT)
    for page in pages:
        unruly.planned(page)
    unruly.calm()
    assert [len(unruly.runs(page)) for page in pages] == [1, 1, 1]
    assert [unruly.run(page).revision for page in pages] == [1, 1, 1]
    for page in pages:
        unruly.set_status(page, marks.APPROVED)
    for page in pages:
        assert unruly.ended(page).status == RunStatus.SUCCEEDED
    unruly.calm()
    assert [len(unruly.runs(page)) for page in pages] == [1, 1, 1]
    opened = unruly.effects("github", "pull.create")
    assert len(opened) == 3
    again = pages[0]
    unruly.set_status(again, marks.PLAN_IT)
    unruly.planned(again, count=2)
    unruly.calm()
    assert len(unruly.runs(again)) == 2


def test_what_our_own_bot_writes_opens_nothing(house: Neighbourhood) -> None:
    page = house.write("Quiet shop")
    house.calm()
    us = {"id": house.bot, "type": "bot"}
    body = {"properties": {"Status": {"select": {"name": marks.PLAN_IT}}}}
    house.as_person("PATCH", f"/v1/pages/{house.write('Other shop')}", body)  # the queue has something to do meanwhile
    parent = {"id": house.home.database, "type": "database", "data_source_id": house.home.ideas}
    status = {
        "parent": parent,
        "updated_properties": ["st%3Aat"],
    }  # no name: the map of the workspace has no news either
    assert house.deliver(page, [us], data=status) == {"accepted": 0}
    house.calm()
    assert house.runs(page) == []


def test_a_delivery_that_comes_again_long_after_the_end_opens_nothing(house: Neighbourhood) -> None:
    page = house.write("Late letters")
    house.plan(page)
    person = {"id": house.home.person, "type": "person"}
    late = house.event(page, [person], "page.properties_updated")
    house.set_status(page, marks.APPROVED)
    house.ended(page)
    for _ in range(2):
        assert post_signed(house, late).json() == {"accepted": 1}
    house.calm()
    assert len(house.runs(page)) == 1
    assert house.status(page) == marks.DONE


def test_events_of_a_page_that_is_no_idea_open_nothing(house: Neighbourhood) -> None:
    state = house.look("notion", "/_state")
    (home,) = [node["id"] for node in state["nodes"].values() if node["parent"]["type"] == "workspace"]
    parent = {"type": "page_id", "page_id": home}
    title = {"title": {"title": [{"text": {"content": "Plan it"}}]}}
    page = str(house.as_person("POST", "/v1/pages", {"parent": parent, "properties": title})["id"])
    house.add(page, "Plan it")
    house.calm()
    assert house.runs(page) == []


def test_a_page_thrown_away_before_its_event_is_read_opens_nothing(house: Neighbourhood) -> None:
    page = house.write("Second thoughts")
    house.calm()
    house.configure("notion", webhook_delay_s=0.3)
    try:
        house.set_status(page, marks.PLAN_IT)
        house.as_person("PATCH", f"/v1/pages/{page}", {"in_trash": True})
        time.sleep(0.5)
        house.calm()
    finally:
        house.configure("notion", webhook_delay_s=0)
    assert house.runs(page) == []
