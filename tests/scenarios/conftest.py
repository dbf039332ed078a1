"""One settled house per file of stories; a story writes pages of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.parts import require
from tests.support.rigs.house import Neighbourhood, open_house


def pytest_runtest_setup() -> None:
    """Ask for a sandbox before any house is opened: what the stories are about is code that is written and tested."""
    require("sandbox")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Neighbourhood]:
    """Yield a house with its tenant, at work."""
    with open_house(tmp_path_factory.mktemp("house")) as opened:
        yield opened
