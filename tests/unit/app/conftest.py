"""A small house, a desk in it, and simulators on real ports."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.local.simulators.notion.simulator import NotionSimulator
from tests.integrations.conftest import Served, served
from tests.support.rigs.small_desk import Desk, settle_in
from tests.support.rigs.small_house import SmallHouse

__all__ = ["served"]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Callable[..., SmallHouse]]:
    """Return a function that builds a house, closed when the test is over."""
    built: list[SmallHouse] = []

    def build(**given: Any) -> SmallHouse:
        made = SmallHouse(tmp_path / f"house-{len(built)}", **given)
        built.append(made)
        return made

    yield build
    for each in built:
        each.close()


@pytest.fixture
def desk(house: Callable[..., SmallHouse], served: Callable[[Any], Served]) -> Desk:
    """Return a connected desk."""
    notion = served(NotionSimulator())
    return settle_in(house(endpoints={"notion": notion.url}), notion.url)
