"""What the tests of this folder share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from shared.backends.local.search.local_knowledge import LocalKnowledge
from tests.support.desks.asked_workspace import PAGES, Asked
from tests.support.rigs.read_workspace import Reading, make_reading
from tests.support.rigs.small_desk import Desk
from tests.support.rigs.small_house import TENANT, SmallHouse


@pytest.fixture
def asked(house: Callable[..., SmallHouse]) -> Asked:
    """Return a house that knows the pages above."""
    made = house()
    known = LocalKnowledge(made.folder)
    made.tools = replace(made.tools, knowledge=known.open_for)
    made.connect("notion", "a-token")
    asked = Asked(made)
    for page, (title, parent, lines) in PAGES.items():
        asked.know(TENANT, page, title, parent, lines)
    return asked


@pytest.fixture
def reading(desk: Desk) -> Reading:
    """Return a desk with an index that is still empty."""
    return make_reading(desk)
