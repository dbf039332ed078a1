"""What the tests of this folder share."""

from __future__ import annotations

import pytest

from tests.support.desks.talk import Talk
from tests.support.rigs.small_desk import Desk


@pytest.fixture
def talk(desk: Desk) -> Talk:
    return Talk(desk, desk.write_idea("Bicycle club"), "Bicycle club")
