"""The end of a tenant ends our access to its Notion there, also when Notion does not answer at first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from shared.app.switches import TOMBSTONES, order_erasures
from shared.app.tenant_delete import deletion_view, erase_tenant, request_deletion
from shared.backends.local.knowledge import LocalKnowledge
from shared.core.commands import ERASE, Command
from shared.core.errors import Unauthorized
from shared.integrations.notion.client import Notion
from shared.ports import SYSTEM
from shared.sim.notion.simulator import NotionSimulator
from tests.integrations.conftest import Served
from tests.support.small_house import NOWHERE, TENANT, SmallHouse
from tests.unit.app.test_account_calls import Bench


@pytest.fixture
def bench(house: Callable[..., SmallHouse], served: Callable[[Any], Served]) -> Bench:
    notion = served(NotionSimulator())
    return Bench(house(endpoints={"notion": notion.url}), notion)


def _erase(house: SmallHouse) -> None:

    tools = replace(house.tools, knowledge=LocalKnowledge(house.folder).of)
    erase_tenant(Command("e", ERASE, "sync", TENANT), house.deps, tools, house.accounts)


def test_notions_grant_is_revoked_there_once_it_answers(bench: Bench) -> None:
    house, tokens = bench.house, bench.consent()
    house.accounts.keep(TENANT, "notion", tokens, tokens.public)
    there = Notion(house.accounts.http_with("notion", tokens.access))
    assert there.me()
    house.settle(name="Ada's team")
    url = house.accounts.endpoints.notion
    house.with_endpoints(notion=NOWHERE)
    request_deletion(house.deps, TENANT, TENANT, "an owner")
    _erase(house)
    assert deletion_view(house.deps, TENANT)["phase"] == "grants"
    assert house.store.get(TENANT, "grants", "notion") is not None, "the token is needed to end it"
    house.with_endpoints(notion=url)
    for _ in range(3):
        house.clock.move(minutes=12)
        assert order_erasures(house.deps) in (0, 1)
        _erase(house)
    tombstone = house.store.get(SYSTEM, TOMBSTONES, TENANT)
    assert tombstone is not None
    assert tombstone.body["left"] == []
    with pytest.raises(Unauthorized):
        there.me()
    assert bench.asked("/v1/oauth/revoke") == 2, "the token and what renews it"


def test_a_system_that_never_answers_is_left_for_people(bench: Bench) -> None:
    house, tokens = bench.house, bench.consent()
    house.accounts.keep(TENANT, "notion", tokens, tokens.public)
    house.with_endpoints(notion=NOWHERE)
    request_deletion(house.deps, TENANT, TENANT, "an owner")
    for _ in range(10):
        _erase(house)
        house.clock.move(minutes=70)
    tombstone = house.store.get(SYSTEM, TOMBSTONES, TENANT)
    assert tombstone is not None
    assert [left.partition(":")[0] for left in tombstone.body["left"]] == ["notion"]
    assert house.store.kinds(TENANT) == []
