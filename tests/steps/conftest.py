"""A small house with a connected Notion, for the steps that work there."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.local.simulators.github.simulator import GitHubSimulator
from shared.local.simulators.notion.simulator import NotionSimulator
from tests.integrations.conftest import Served, served
from tests.steps.bench import Bench, prepared
from tests.support.descriptions import github_description, notion_description
from tests.support.rigs.forge_rig import MINE, ForgeRig
from tests.support.rigs.small_house import SmallHouse
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
    assert [problem for exchange in asked for problem in notion_description.of_exchange(exchange)] == []


@pytest.fixture
def rig(served: Callable[[Any], Served], tmp_path: Path) -> Iterator[ForgeRig]:
    """A house with a connected GitHub; every request must be one the published description allows, where present."""
    sim = served(GitHubSimulator(tmp_path / "github"))
    house = SmallHouse(tmp_path / "house", endpoints={"github": sim.url}, kinds=MINE)
    made = ForgeRig(house, sim, tmp_path)
    yield made
    house.close()
    assert [problem for exchange in made.asked for problem in github_description.of_exchange(exchange)] == []
