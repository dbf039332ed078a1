"""What the tests of this folder share."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from shared.app.intake.accept_delivery import TOKEN
from tests.support.rigs.house import Neighbourhood, open_house


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Neighbourhood]:
    """Yield a settled house that leaves everything in its queue."""
    with open_house(tmp_path_factory.mktemp("house"), working=False) as opened:
        yield opened


@pytest.fixture
def key(house: Neighbourhood) -> Iterator[str]:
    """Yield the token that signs, and put it back afterwards."""
    secrets = house.house.wired.deps.secrets
    before = secrets.get(TOKEN)
    yield before.reveal()
    secrets.set(TOKEN, before)


@pytest.fixture
def page() -> str:
    """Return a page that nothing was delivered about yet: what is delivered about one page comes together."""
    return str(uuid.uuid4())
