"""What the tests of this folder share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from shared.app.workspace.workspace_schemas import KINDS
from shared.local.simulators.notion.simulator import NotionSimulator
from tests.integrations.conftest import Served
from tests.support.rigs.small_desk import Desk, settle_in
from tests.support.rigs.small_house import SmallHouse


@pytest.fixture
def notion(served: Callable[[Any], Served]) -> Served:
    return served(NotionSimulator())


@pytest.fixture
def full(house: Callable[..., SmallHouse], notion: Served) -> Desk:
    """Return a desk with all four databases."""
    return settle_in(house(endpoints={"notion": notion.url}), notion.url, KINDS)
