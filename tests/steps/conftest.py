"""A small house with a connected Notion, for the steps that work there."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from shared.sim.notion.simulator import NotionSimulator
from tests.integrations.conftest import Served, served
from tests.steps.bench import Bench, prepared
from tests.support.notion_description import of_exchange
from tests.support.small_house import SmallHouse
from tests.unit.app.conftest import house

__all__ = ["house", "served"]


@pytest.fixture
def bench(house: Callable[..., SmallHouse], served: Callable[[Any], Served]) -> Iterator[Bench]:
    """A house, and a workspace with a page and a table in it.

    Every request of a step must be one the published description allows, where that is present.
    """
    notion = served(NotionSimulator())
    asked: list[dict[str, Any]] = []
    made = house(endpoints={"notion": notion.url})
    made.accounts.trace = asked.append
    yield prepared(made, notion)
    assert [problem for exchange in asked for problem in of_exchange(exchange)] == []
