"""Pages that Notion refuses for good: no crawl and no round of the index asks for them again and again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shared.app.connections.connect_account import resume_waiting
from shared.app.knowledge.knowledge_marks import note_act
from shared.app.knowledge.knowledge_sync import begin_sync, progress
from shared.app.workspace.crawl_orders import begin_crawl
from tests.support.rigs.read_workspace import Reading, make_reading
from tests.support.rigs.small_desk import Desk
from tests.support.rigs.small_house import TENANT
from tests.support.simulators import kept_open

pytestmark = pytest.mark.slow

CODES = {403: "restricted_resource", 404: "object_not_found"}


@pytest.fixture
def reading(desk: Desk) -> Reading:
    """Return a desk with an index that is still empty."""
    return make_reading(desk)


def _refuse(reading: Reading, page: str, status: int) -> None:
    body = {"object": "error", "status": status, "code": CODES[status], "message": "No."}
    for path in (f"/v1/pages/{page}", f"/v1/blocks/{page}/children"):
        fault = {"path": path, "status": status, "body": body, "times": 100_000}
        kept_open.post(f"{reading.desk.url}/_faults", json=fault, timeout=10).raise_for_status()


def _asked(reading: Reading, page: str) -> int:
    journal = kept_open.get(f"{reading.desk.url}/_journal", timeout=10).json()
    return sum(page in entry["path"] and entry["path"].startswith("/v1/") for entry in journal)


def _days(reading: Reading, number: int) -> None:
    for _ in range(number):
        reading.set_clocks(timedelta(hours=24))
        reading.sync()


@pytest.mark.parametrize("status", CODES)
def test_a_page_that_the_crawl_may_not_read_is_asked_for_once_a_week_and_at_once_when_somebody_edits_it(
    reading: Reading, status: int
) -> None:
    page = reading.write(reading.home, "Page", "Text.")
    reading.set_clocks(timedelta(days=2))  # no search lists it as edited lately
    _refuse(reading, page, status)
    reading.sync()
    reading.sync()
    asked = _asked(reading, page)
    assert 1 <= asked <= 3  # by the crawl, and once more to be sure
    _days(reading, 5)
    assert _asked(reading, page) == asked
    _days(reading, 4)
    assert _asked(reading, page) == asked + 1
    _days(reading, 3)
    assert _asked(reading, page) == asked + 1
    reading.refuse()
    reading.desk.told_of(page, "page.content_updated")
    reading.sync()
    assert reading.texts(page) == ["Text."]
    assert reading.served(page)


def test_a_page_of_the_index_that_is_refused_is_served_to_nobody_and_does_not_stop_the_round(reading: Reading) -> None:
    pages = sorted(reading.write(reading.home, f"Page {number}", "Text.") for number in range(6))
    reading.sync()
    _refuse(reading, pages[0], 403)  # the round goes by their ids
    for page in pages[1:]:
        reading.rewrite(page, 0, "After.")
    kept_open.post(f"{reading.desk.url}/_config", json={"search_lag_s": 360_000}, timeout=10)  # no search finds it
    _days(reading, 2)
    assert not reading.served(pages[0])
    assert reading.texts(pages[0]) == []
    assert [reading.texts(page) for page in pages[1:]] == [["After."]] * 5
    assert reading.desk.house.queue.dead_letters(TENANT) == []


@pytest.mark.parametrize("status", CODES)
def test_a_crawl_that_nobody_asked_for_passes_over_what_is_refused_and_one_of_a_person_does_not(
    reading: Reading, status: int
) -> None:
    page = reading.write(reading.home, "Page", "Text.")
    reading.set_clocks(timedelta(days=2))
    _refuse(reading, page, status)
    reading.sync()
    reading.sync()
    asked, deps = _asked(reading, page), reading.desk.house.deps
    reading.set_clocks(timedelta(hours=2))
    begin_crawl(deps, TENANT)  # as one that was cut off is begun again
    reading.sync()
    after = _asked(reading, page)
    assert after - asked <= (0 if status == 403 else 2)  # one that the search lists again is shared again
    note_act(deps, TENANT)
    begin_sync(deps, TENANT)
    reading.sync()
    assert _asked(reading, page) > after


def test_who_connects_notion_again_has_the_round_ask_for_what_was_refused(reading: Reading) -> None:
    page = reading.write(reading.home, "Page", "Text.")
    reading.set_clocks(timedelta(days=2))
    _refuse(reading, page, 403)
    reading.sync()
    reading.sync()
    reading.refuse()
    _days(reading, 2)
    assert reading.texts(page) == []
    resume_waiting(reading.desk.house.deps, TENANT, "notion")
    _days(reading, 2)
    assert reading.texts(page) == ["Text."]


def test_pages_that_are_lost_in_large_numbers_are_asked_for_more_and_more_rarely(reading: Reading) -> None:
    pages = [reading.write(reading.home, f"Page {number}", "Text.") for number in range(8)]
    reading.sync()
    for page in pages:
        _refuse(reading, page, 404)
    _days(reading, 3)
    assert progress(reading.desk.house.deps, TENANT)["alert"]
    before = _asked(reading, pages[0])
    for _ in range(7 * 12):
        reading.set_clocks(timedelta(hours=2))
        reading.sync()
    assert _asked(reading, pages[0]) - before <= 3
    reading.refuse()
    _days(reading, 8)
    assert all(reading.served(page) for page in pages)
