"""A desk whose Notion is only asked, and the time of both."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from shared.app.polling import ASKS, OFTEN
from shared.app.tenants.settings_changes import change_settings
from tests.support.rigs.asked_desk import AskedDesk
from tests.support.rigs.small_desk import Desk
from tests.support.rigs.small_house import TENANT


@pytest.fixture
def quiet(desk: Desk) -> AskedDesk:
    """Return a desk whose Notion has the house's time, two hours after everything in it was made and looked at."""
    change_settings(desk.house.deps, TENANT, **{ASKS: OFTEN})
    asked = AskedDesk(desk)
    for span in (datetime.now(UTC) - desk.house.clock.now() + timedelta(hours=1), timedelta(hours=1)):
        asked.pass_time(span)
        asked.look()
    asked.pass_time(timedelta(seconds=125 - desk.house.clock.now().second))  # early in a minute
    return asked
