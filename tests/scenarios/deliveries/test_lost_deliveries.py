"""Notion loses one delivery in five: with the reconcile passes every page that asks for a plan gets exactly one run."""

from __future__ import annotations

from collections import Counter

import pytest
import requests

from shared.backends.local.keys.identity import LocalCallers
from shared.core.pages import marks
from tests.support.rigs.house import Neighbourhood

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("lost_deliveries")]


def _call_sync(house: Neighbourhood) -> None:
    """Call `sync` as the scheduler does, and wait until the passes it orders are over."""
    url = house.house.functions["sync"]
    headers = {"Authorization": LocalCallers(house.house.data).authorization(url)}
    answer = requests.post(url, headers=headers, timeout=10)
    assert (answer.status_code, answer.json()) == (200, {"ordered": 1})
    house.calm()


def test_every_page_gets_one_run_although_deliveries_are_lost(house: Neighbourhood) -> None:
    house.configure("notion", drop_share=0.2, duplicate_share=0.2, seed=7)
    pages = [house.write(f"Stall {number}") for number in range(8)]
    for page in pages:
        house.set_status(page, marks.PLAN_IT)
    house.calm()
    house.configure("notion", drop_share=1.0)
    unheard = [house.write(f"Whisper {number}") for number in range(2)]
    for page in unheard:
        house.set_status(page, marks.PLAN_IT)
    house.calm()
    outcomes = Counter(entry["outcome"] for entry in house.look("notion", "/_deliveries"))
    assert min(outcomes["lost"], outcomes["delivered"]) > 5
    assert [house.runs(page) for page in unheard] == [[], []]
    for _ in range(3):  # the second and third find nothing to open
        _call_sync(house)
    for page in [*pages, *unheard]:
        house.planned(page)
    house.calm()
    assert [len(house.runs(page)) for page in [*pages, *unheard]] == [1] * 10
    assert {house.run(page).revision for page in [*pages, *unheard]} == {1}
    house.configure("notion", drop_share=0, duplicate_share=0)


def test_a_lost_approval_decides_nothing_until_it_is_delivered(house: Neighbourhood) -> None:
    """A table tells who edited a row last, not who set its status: that may have been another agent."""
    page = house.write("Approved in silence")
    house.plan(page)
    house.calm()
    house.configure("notion", drop_share=1.0)
    house.set_status(page, marks.APPROVED)
    house.calm()
    house.configure("notion", drop_share=0)
    _call_sync(house)
    assert house.run(page).status.value == "awaiting_approval"
    house.deliver(page, [{"id": house.home.person, "type": "person"}])
    assert house.ended(page).status.value == "succeeded"
