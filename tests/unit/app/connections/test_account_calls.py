"""A tenant's calls to Notion: within the budget, with tokens that are renewed, and people told when neither helps."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from shared.accounts.accounts import Accounts
from shared.app.connections.connect_notion import connect_notion
from shared.core.errors import Blocked, BudgetSpent, Busy, RateLimited, Unauthorized
from shared.core.rate_window import Rate
from shared.integrations.notion.client.client import Notion
from shared.local.simulators.notion.simulator import NotionSimulator
from shared.oauth import NOTION, GrantTokens, exchange
from shared.ports import SYSTEM, Put, Secret
from shared.rate_budget import endpoint_of
from tests.integrations.conftest import Served
from tests.support.rigs.small_house import TENANT, SmallHouse
from tests.support.simulators import kept_open

CLIENT, BACK = "workwright-test", "http://127.0.0.1:9/back"


class Bench:
    """A house and a simulated Notion, with grants as a person gives them; any number of instances of ours."""

    def __init__(self, house: SmallHouse, notion: Served) -> None:
        self.house, self.notion = house, notion
        self.slept: list[float] = []
        self.lost: list[tuple[str, str, str]] = []
        notion.control("/_config", {"rate_limit": 0})
        self.secret = "word-of-the-client"
        house.secrets.set("notion-client-id", Secret(CLIENT))
        house.secrets.set("notion-client-secret", Secret(self.secret))
        for client in (CLIENT, "another"):
            connection = {"client_id": client, "client_secret": self.secret, "redirect_uris": [BACK], "name": client}
            notion.control("/_seed", {"integration": {**connection, "auto_approve": True}})

    def consent(self, client: str = CLIENT) -> GrantTokens:
        """Let the person say yes to a connection; return what Notion hands over."""
        asked = {"client_id": client, "redirect_uri": BACK, "response_type": "code"}
        to = kept_open.get(f"{self.notion.url}/v1/oauth/authorize", params=asked, allow_redirects=False, timeout=10)
        code = to.headers["Location"].partition("code=")[2]
        http = self.house.accounts.plain_http("notion")
        return exchange(http, NOTION, client, Secret(self.secret), code, BACK)

    def instance(self, limit: int = 100, sleep: Callable[[float], None] | None = None) -> Accounts:
        """Return the accounts of another instance."""
        house = self.house
        return Accounts(
            house.store,
            house.secrets,
            house.clock,
            house.accounts.endpoints,
            house.deps.owner,
            rate=Rate(limit=limit),
            sleep=sleep or self._sleep,
            lost=lambda tenant, system, what, since: self.lost.append((tenant, system, what)),
        )

    def asked(self, path: str = "/v1/users/me") -> int:
        """Return how many requests of that path arrived."""
        return sum(entry["path"] == path for entry in self.notion.journal())

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.house.clock.move(seconds=seconds)


@pytest.fixture
def bench(house: Callable[..., SmallHouse], served: Callable[[Any], Served]) -> Bench:
    notion = served(NotionSimulator())
    return Bench(house(endpoints={"notion": notion.url}), notion)


@pytest.fixture
def tenant(bench: Bench) -> str:
    """Connect the person's workspace."""
    return connect_notion(bench.house.deps, bench.house.accounts, bench.consent())


def notion_of(accounts: Accounts, tenant: str) -> Notion:
    return accounts.connect_for(tenant)(Notion)


def test_what_the_budget_does_not_allow_is_not_sent_by_any_instance(bench: Bench, tenant: str) -> None:
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


def test_a_short_pause_is_waited_for_and_a_long_one_is_not(bench: Bench, tenant: str) -> None:
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


def test_a_renewed_token_is_used_within_the_same_budget(bench: Bench, tenant: str) -> None:
    notion = notion_of(bench.instance(limit=3), tenant)
    notion.me()
    bench.notion.fault(path="/v1/users/me", status=401)
    notion.me()  # two calls: the refused one, and the one with the new token
    with pytest.raises(BudgetSpent):
        notion.me()


def test_being_blocked_ends_all_calls_is_told_and_ends_with_a_new_connection(bench: Bench, tenant: str) -> None:
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


def test_of_two_who_renew_at_once_one_does_and_both_go_on(bench: Bench, tenant: str) -> None:
    def sleep(seconds: float) -> None:
        time.sleep(min(seconds, 0.05))

    workers = [notion_of(bench.instance(sleep=sleep), tenant) for _ in range(2)]
    bench.notion.fault(path="/v1/users/me", status=401, times=2)
    bench.notion.fault(path="/v1/oauth/token", delay_s=0.15)
    found: list[str] = []
    threads = [threading.Thread(target=lambda one=one: found.append(one.me()["id"])) for one in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 2
    issued = [e["grant_type"] for j in bench.notion.journal() for e in j["effects"] if e["kind"] == "grant.issue"]
    assert issued == ["authorization_code", "refresh_token"]


def _renewing(bench: Bench, tenant: str, found: list[str]) -> threading.Thread:
    """Let an instance find its token refused and ask for a new one, whose answer takes 0.3 s; return it underway."""
    slow = notion_of(bench.instance(), tenant)
    bench.notion.fault(path="/v1/oauth/token", delay_s=0.3)
    late = threading.Thread(target=lambda: found.append(slow.me()["id"]))
    late.start()
    while bench.asked() == 0:
        time.sleep(0.01)
    time.sleep(0.1)
    bench.house.clock.move(minutes=5)  # beyond its lease
    return late


def test_a_renewal_that_outlives_its_lease_takes_what_the_next_one_got(bench: Bench, tenant: str) -> None:
    """The answer to the first comes so late that another worker has renewed by then, and the refresh token is dead."""
    found: list[str] = []
    bench.notion.fault(path="/v1/users/me", status=401, times=2)
    late = _renewing(bench, tenant, found)
    found.append(notion_of(bench.instance(), tenant).me()["id"])
    late.join()
    assert len(found) == 2
    assert bench.lost == []


def test_a_renewal_that_outlives_its_lease_is_kept_although_the_next_one_was_refused(bench: Bench, tenant: str) -> None:
    """Notion has renewed already, so whoever asks second gets nothing and marks the grant as revoked."""
    found: list[str] = []
    bench.notion.fault(path="/v1/users/me", status=401)
    late = _renewing(bench, tenant, found)
    store = bench.house.store
    doc = store.get(tenant, "grants", "notion")
    assert doc is not None
    store.put(tenant, Put("grants", "notion", {**doc.body, "status": "revoked"}, doc.version))
    late.join()
    assert len(found) == 1
    notion_of(bench.instance(), tenant).me()


def test_who_comes_with_a_token_that_another_one_has_renewed_takes_the_newer_one(bench: Bench, tenant: str) -> None:
    late = notion_of(bench.instance(), tenant)
    bench.notion.fault(path="/v1/users/me", status=401)
    notion_of(bench.instance(), tenant).me()
    late.me()  # its token is dead by now
    issued = [e["grant_type"] for j in bench.notion.journal() for e in j["effects"] if e["kind"] == "grant.issue"]
    assert issued == ["authorization_code", "refresh_token"]


def test_who_cannot_wait_for_another_ones_renewal_comes_again(bench: Bench, tenant: str) -> None:
    notion = notion_of(bench.instance(), tenant)
    bench.notion.fault(path="/v1/users/me", status=401)
    assert bench.house.store.claim(tenant, "renew.notion", "somebody", timedelta(seconds=90))
    with pytest.raises(Busy):
        notion.me()
    assert sum(bench.slept) <= 2
    assert bench.lost == []


def test_a_token_that_is_refused_although_it_is_new_means_that_access_is_gone(bench: Bench, tenant: str) -> None:
    notion = notion_of(bench.instance(), tenant)
    bench.notion.fault(path="/v1/users/me", status=401, times=2)
    with pytest.raises(Unauthorized):
        notion.me()
    assert bench.lost == [(tenant, "notion", "revoked")]
    with pytest.raises(Unauthorized):
        notion_of(bench.instance(), tenant)
    assert bench.lost == [(tenant, "notion", "revoked")]  # told once


def test_a_pair_that_was_lost_on_its_way_needs_a_person_and_says_so(bench: Bench, tenant: str) -> None:
    """Notion has renewed, its answer never came: the old pair is dead and nobody has the new one."""
    bench.notion.fault(path="/v1/users/me", status=401)
    bench.notion.fault(path="/v1/oauth/token", drop=True, when="after")
    with pytest.raises(Exception, match="no complete answer"):
        notion_of(bench.instance(), tenant).me()
    assert bench.lost == []  # for all we know it may have worked
    with pytest.raises(Unauthorized):
        notion_of(bench.instance(), tenant).me()
    assert bench.lost == [(tenant, "notion", "revoked")]
    assert connect_notion(bench.house.deps, bench.house.accounts, bench.consent()) == tenant
    notion_of(bench.instance(), tenant).me()


def test_people_hear_of_a_loss_although_its_finder_died(bench: Bench, tenant: str) -> None:
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


def test_the_same_persons_new_bot_takes_the_older_ones_place_and_the_tenant_stays(bench: Bench, tenant: str) -> None:
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


def test_a_new_bot_that_does_not_work_replaces_nothing(bench: Bench, tenant: str) -> None:
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


def test_a_grant_that_names_no_bot_has_a_budget_of_its_own(bench: Bench) -> None:
    bench.house.connect("notion", bench.consent().access.reveal())
    notion = notion_of(bench.instance(limit=2), TENANT)
    notion.me()
    notion.me()
    with pytest.raises(BudgetSpent):
        notion.me()
