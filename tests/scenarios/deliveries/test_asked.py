"""A house that Notion tells nothing: its own clock asks, and a page is planned without waiting for a pass."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from shared.app.polling import ASKS, OFTEN
from shared.app.tenants.settings_changes import change_settings
from shared.core.pages import marks
from shared.local.runtime import SCHEDULE
from tests.support.rigs.house import open_house

pytestmark = pytest.mark.slow


def test_the_clock_of_the_house_finds_what_nobody_tells_it(tmp_path: Path) -> None:
    with open_house(tmp_path / "data", WORKWRIGHT_NOTION_RATE="150") as house:
        house.configure("notion", drop_share=1.0)
        change_settings(house.house.wired.deps, house.home.tenant, **{ASKS: OFTEN})
        page = house.write("Found by asking")
        house.set_status(page, marks.PLAN_IT)
        ends = time.monotonic() + SCHEDULE["sync"] / 2
        while not house.runs(page):
            assert time.monotonic() < ends, "it waits for the next pass"
            time.sleep(0.1)
        assert house.planned(page).trigger.page == page
