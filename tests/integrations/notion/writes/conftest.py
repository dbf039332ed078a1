"""A simulated Notion for long writes."""

import pytest

from tests.support.rigs.long_writes import NotionInProcess, simulated_desk


@pytest.fixture(scope="module")
def desk() -> NotionInProcess:
    return simulated_desk()
