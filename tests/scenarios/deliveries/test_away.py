"""A house that was away looks at once for what it did not hear meanwhile, however seldom it looks otherwise."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path

import pytest

from shared.core.pages import marks
from shared.local.runtime import SCHEDULE
from shared.ports import Put
from tests.support.rigs.house import open_house

pytestmark = pytest.mark.slow


def test_a_page_that_asked_for_a_plan_while_the_house_was_away_waits_for_no_schedule(tmp_path: Path) -> None:
    with open_house(tmp_path / "data") as house:
        page, store = house.write("Asked in silence"), house.house.wired.deps.store
        house.calm()
        house.configure("notion", drop_share=1.0)
        house.set_status(page, marks.PLAN_IT)
        house.calm()
        assert house.runs(page) == []
        an_hour_ago = house.house.wired.deps.clock.now() - timedelta(hours=1)
        store.put(house.home.tenant, Put("sync", "pass", {"ended": an_hour_ago.isoformat()}))
    with open_house(tmp_path / "data") as house:
        ends = time.monotonic() + SCHEDULE["sync"] / 2
        while not house.runs(page):
            assert time.monotonic() < ends, "it waits for the next pass of the schedule"
            time.sleep(0.1)
        assert house.planned(page).trigger.page == page
