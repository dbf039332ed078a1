"""What the tests of this folder share."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.desks.mapped_workspace import set_clocks
from tests.support.rigs.small_desk import Desk


@pytest.fixture
def quiet(desk: Desk) -> Desk:
    """Return a desk whose Notion has the house's time."""
    set_clocks(desk, timedelta(0))
    return desk
