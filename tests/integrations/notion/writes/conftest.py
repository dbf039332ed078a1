"""A simulated Notion for long writes."""

import pytest

from tests.support.rigs.long_writes import Desk, simulated_desk


@pytest.fixture(scope="module")
def desk() -> Desk:
    return simulated_desk()
