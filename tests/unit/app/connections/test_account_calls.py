"""A tenant's calls to Notion: within the budget, with tokens that are renewed, and people told when neither helps."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shared.accounts.accounts import Accounts
from shared.app.connections.connect_notion import connect_notion
from shared.core.errors import Blocked, BudgetSpent, RateLimited, Unauthorized
from shared.ports import SYSTEM
from shared.rate_budget import endpoint_of
from tests.support.desks.account_calls import AccountCalls, notion_of
from tests.support.rigs.small_house import TENANT


def test_what_the_budget_does_not_allow_is_not_sent_by_any_instance(bench: AccountCalls, tenant: str) -> None:
    first, second = (notion_of(bench.instance(limit=6), tenant) for _ in range(2))
    for _ in range(3):
        first.me()
        second.me()
    for notion in (first, second):
        with pytest.raises(BudgetSpent) as spent:
            notion.me()
        assert spent.value.retry_after is not None
        assert 55 < spent.value.retry_after.total_seconds() < 75
    assert bench.asked() == 6
    bench.house.clock.move(seconds=73)
    second.me()


def test_a_short_pause_is_waited_for_and_a_long_one_is_not(bench: AccountCalls, tenant: str) -> None:
    notion = notion_of(bench.instance(), tenant)
    notion.me()
    bench.notion.fault(path="/v1/users/me", status=429, headers={"Retry-After": "2"})
    notion.me()
    assert bench.slept == [pytest.approx(2)]
    bench.notion.fault(path="/v1/users/me", status=429, headers={"Retry-After": "30"})
    with pytest.raises(RateLimited) as told:
        notion.me()
    assert told.value.retry_after == timedelta(seconds=30)
    asked = bench.asked()
    for again in (notion, notion_of(bench.instance(), tenant)):
        with pytest.raises(BudgetSpent):
            again.me()
    assert bench.asked() == asked


def test_a_renewed_token_is_used_within_the_same_budget(bench: AccountCalls, tenant: str) -> None:
    notion = notion_of(bench.instance(limit=3), tenant)
    notion.me()
    bench.notion.fault(path="/v1/users/me", status=401)
    notion.me()  # two calls: the refused one, and the one with the new token
    with pytest.raises(BudgetSpent):
        notion.me()


def test_being_blocked_ends_all_calls_is_told_and_ends_with_a_new_connection(bench: AccountCalls, tenant: str) -> None:
    notion = notion_of(bench.instance(), tenant)
    bench.notion.fault(path="/v1/users/me", status=429, reason="public_api_request_blocked")
    for _ in range(3):
        with pytest.raises(Blocked):
            notion.me()
    other = notion_of(bench.instance(), tenant)
    with pytest.raises(Blocked):
        other.me()
    assert bench.asked() == 1
    assert set(bench.lost) == {(tenant, "notion", "blocked")}
    assert connect_notion(bench.house.deps, bench.house.accounts, bench.consent()) == tenant
    bench.house.clock.move(seconds=1)
    notion_of(bench.instance(), tenant).me()


def test_people_hear_of_a_loss_although_its_finder_died(bench: AccountCalls, tenant: str) -> None:
    def die(*news: str) -> None:
        raise KeyboardInterrupt

    bench.notion.fault(path="/v1/users/me", status=401, times=2)
    house = bench.house
    mortal = Accounts(house.store, house.secrets, house.clock, house.accounts.endpoints, house.deps.owner, lost=die)
    with pytest.raises(KeyboardInterrupt):
        notion_of(mortal, tenant).me()
    for _ in range(2):
        with pytest.raises(Unauthorized):
            notion_of(bench.instance(), tenant)
    assert bench.lost == [(tenant, "notion", "revoked")]


def test_the_same_persons_new_bot_takes_the_older_ones_place_and_the_tenant_stays(
    bench: AccountCalls, tenant: str
) -> None:
    deps, older = bench.house.deps, bench.consent()
    newer = bench.consent("another")  # stands for a consent after which Notion has made a new bot
    assert newer.public["bot_id"] != older.public["bot_id"]
    assert newer.public["owner"]["user"]["id"] == older.public["owner"]["user"]["id"]
    assert connect_notion(deps, bench.house.accounts, newer) == tenant
    assert notion_of(bench.instance(), tenant).me()["id"] == newer.public["bot_id"]
    workspace = deps.store.get(SYSTEM, "workspaces", newer.public["workspace_id"])
    assert workspace is not None
    assert workspace.body["tenants"] == {tenant: newer.public["bot_id"]}
    retired = deps.store.get(SYSTEM, "bots", older.public["bot_id"])
    assert retired is not None
    assert retired.body["tenant"] == tenant
    assert "retired" in retired.body
    assert connect_notion(deps, bench.house.accounts, newer) == tenant


def test_a_new_bot_that_does_not_work_replaces_nothing(bench: AccountCalls, tenant: str) -> None:
    newer = bench.consent("another")
    bench.notion.fault(path="/v1/users/me", status=401)
    with pytest.raises(Exception, match="does not accept the access it has just given"):
        connect_notion(bench.house.deps, bench.house.accounts, newer)
    assert notion_of(bench.instance(), tenant).me()["id"] != newer.public["bot_id"]


@pytest.mark.parametrize(
    ("path", "endpoint"),
    [
        ("/v1/search", "GET /v1/search"),
        ("/v1/pages/2c5e7f44-0000-4000-8000-0123456789ab", "GET /v1/pages/{id}"),
        ("/v1/blocks/2c5e7f440000400080000123456789ab/children", "GET /v1/blocks/{id}/children"),
        ("/v1/pages/2c5e7f440000400080000123456789ab/properties/%3AaB1", "GET /v1/pages/{id}/properties/{id}"),
    ],
)
def test_an_endpoint_is_a_path_without_its_ids(path: str, endpoint: str) -> None:
    assert endpoint_of("GET", path) == endpoint


def test_a_grant_that_names_no_bot_has_a_budget_of_its_own(bench: AccountCalls) -> None:
    bench.house.connect("notion", bench.consent().access.reveal())
    notion = notion_of(bench.instance(limit=2), TENANT)
    notion.me()
    notion.me()
    with pytest.raises(BudgetSpent):
        notion.me()
