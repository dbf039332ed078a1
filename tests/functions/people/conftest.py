"""One settled house with colleagues in its workspace, for each file of tests about people."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.support.rigs.house import Neighbourhood, open_house

BEN = {"name": "Ben Example", "email": "ben@example.test"}
CLEO = {"name": "Cleo Example", "email": "cleo@example.test"}
DAN = {"name": "Dan Example", "email": "dan@example.test"}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Neighbourhood]:
    """Yield a settled house with three colleagues in its workspace."""
    with open_house(tmp_path_factory.mktemp("house")) as opened:
        opened.control("notion", "/_seed", {"workspace": "Demo", "people": [BEN, CLEO, DAN]})
        yield opened


@pytest.fixture
def as_person(house: Neighbourhood) -> Iterator[Callable[[str], None]]:
    """Return what chooses who agrees at Notion from now on."""
    yield lambda email: house.configure("notion", authorize_as=email)
    house.configure("notion", authorize_as=None)
