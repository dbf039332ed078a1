"""What the tests of this folder share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from shared.app.connections.connect_notion import connect_notion
from shared.local.simulators.notion.simulator import NotionSimulator
from tests.integrations.conftest import Served
from tests.support.desks.account_calls import AccountCalls
from tests.support.rigs.small_house import SmallHouse


@pytest.fixture
def bench(house: Callable[..., SmallHouse], served: Callable[[Any], Served]) -> AccountCalls:
    notion = served(NotionSimulator())
    return AccountCalls(house(endpoints={"notion": notion.url}), notion)


@pytest.fixture
def tenant(bench: AccountCalls) -> str:
    """Connect the person's workspace."""
    return connect_notion(bench.house.deps, bench.house.accounts, bench.consent())
