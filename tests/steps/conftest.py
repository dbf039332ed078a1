"""A small house with a connected Notion, for the steps that work there."""

from collections.abc import Callable
from typing import Any

import pytest

from shared.sim.notion.simulator import NotionSimulator
from tests.integrations.conftest import Served, served
from tests.steps.bench import Bench, prepared
from tests.support.small_house import SmallHouse
from tests.unit.app.conftest import house

__all__ = ["house", "served"]


@pytest.fixture
def bench(house: Callable[..., SmallHouse], served: Callable[[Any], Served]) -> Bench:
    """Return a house, and a workspace with a page and a table in it."""
    notion = served(NotionSimulator())
    return prepared(house(endpoints={"notion": notion.url}), notion)
