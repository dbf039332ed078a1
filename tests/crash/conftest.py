"""One settled house per test process, and copies of it for every case."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.support.disturbed_house import Place, Settled, copy, settle
from tests.support.processes import Starter
from tests.support.told_story import Ending, ending

NewPlace = Callable[..., Place]


@dataclass(frozen=True)
class Planned:
    """The house at rest with a plan that waits for its approval, and the points it had passed by then."""

    settled: Settled
    points: list[str]

    def passing(self, point: str) -> str | None:
        """Return the point as counted from here on, or None when that passing of it comes earlier in the story."""
        name, _, number = point.partition("#")
        left = int(number or 1) - self.points.count(name)
        return f"{name}#{left}" if left > 0 else None


@dataclass(frozen=True)
class Undisturbed:
    """How the story ends, and the points it passes, in their order."""

    end: Ending
    points: list[str]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep these tests in two of the processes: the first in each waits for a settled house and a whole story."""
    ours = [item for item in items if Path(__file__).parent in item.path.parents]
    for number, item in enumerate(ours):
        item.add_marker(pytest.mark.xdist_group(f"crash-{number % 2}"))


@pytest.fixture(scope="session")
def starter() -> Iterator[Starter]:
    starter = Starter()
    yield starter
    starter.close()


@pytest.fixture(scope="session")
def settled(starter: Starter, tmp_path_factory: pytest.TempPathFactory) -> Settled:
    return settle(starter, tmp_path_factory.mktemp("settled") / "house")


@pytest.fixture
def new_place(starter: Starter, settled: Settled, tmp_path: Path) -> Iterator[NewPlace]:
    made: list[Place] = []

    def make(start: Settled = settled, **env: str) -> Place:
        for place in made:
            place.end()  # they share their ports
        made.append(copy(starter, start, tmp_path / f"place-{len(made)}", **env))
        return made[-1]

    yield make
    for place in made:
        place.end()
        shutil.rmtree(place.folder)


@pytest.fixture(scope="session")
def planned(starter: Starter, settled: Settled, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Planned]:
    """The middle of the story, to begin from what dies only after it."""
    place = copy(starter, settled, tmp_path_factory.mktemp("planned") / "house")
    try:
        place.begin()
        place.ask_for_plan([])
        place.rest()
    finally:
        place.end()
    return Planned(replace(settled, folder=place.folder), place.points())


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
