"""The world that utterances are about: built once, and taken as a copy by each test."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.app.talk.world import World


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the world as it was built."""
    folder = tmp_path_factory.mktemp("talk") / "house"
    World(folder).close()
    return folder


@pytest.fixture
def world(built: Path, tmp_path: Path) -> Iterator[World]:
    """Yield a world of one's own."""
    shutil.copytree(built, tmp_path / "house")
    made = World(tmp_path / "house")
    yield made
    made.close()
