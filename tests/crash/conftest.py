"""One settled house per test process, and copies of it for every case."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.measures.told_story import Ending, ending
from tests.support.parts import require
from tests.support.programs.processes import Starter
from tests.support.rigs.disturbed_house import Place, copy, settle
from tests.support.rigs.settled_house import Settled
from tests.support.spread import tests_below

NewPlace = Callable[..., Place]


@dataclass(frozen=True)
class Undisturbed:
    """How the story ends, and the points it passes, in their order."""

    end: Ending
    points: list[str]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep these tests in three of the processes: the first in each waits for a settled house and a whole story.

    They wait more than they work, and in fewer they are the longest chain of the run by far.
    """
    for number, item in enumerate(tests_below(Path(__file__).parent, items)):
        item.add_marker(pytest.mark.xdist_group(f"crash-{number % 3}"))
        item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def starter() -> Iterator[Starter]:
    require("sandbox")
    starter = Starter()
    yield starter
    starter.close()


@pytest.fixture(scope="session")
def settled(starter: Starter, tmp_path_factory: pytest.TempPathFactory) -> Settled:
    return settle(starter, tmp_path_factory.mktemp("settled") / "house")


@pytest.fixture
def new_place(starter: Starter, settled: Settled, tmp_path: Path) -> Iterator[NewPlace]:
    made: list[Place] = []

    def make(**env: str) -> Place:
        for place in made:
            place.end()  # they share their ports
        made.append(copy(starter, settled, tmp_path / f"place-{len(made)}", **env))
        return made[-1]

    yield make
    for place in made:
        place.end()
        shutil.rmtree(place.folder)


@pytest.fixture(scope="session")
def undisturbed(starter: Starter, settled: Settled, tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    """The story as it goes when nothing happens: what all others are compared with."""
    place = copy(starter, settled, tmp_path_factory.mktemp("undisturbed") / "house")
    try:
        place.begin()
        place.tell_story()
        return Undisturbed(ending(place), place.points())
    finally:
        place.end()
