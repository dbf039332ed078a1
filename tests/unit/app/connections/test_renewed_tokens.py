"""Tokens that are renewed: by one at a time, kept before they are used, and told to people when one is lost."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest

from shared.app.connections.connect_notion import connect_notion
from shared.core.errors import Busy, Unauthorized
from shared.ports import Put
from tests.support.desks.account_calls import AccountCalls, notion_of


def test_of_two_who_renew_at_once_one_does_and_both_go_on(bench: AccountCalls, tenant: str) -> None:
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


def _renewing(bench: AccountCalls, tenant: str, found: list[str]) -> threading.Thread:
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


def test_a_renewal_that_outlives_its_lease_takes_what_the_next_one_got(bench: AccountCalls, tenant: str) -> None:
    """The answer to the first comes so late that another worker has renewed by then, and the refresh token is dead."""
    found: list[str] = []
    bench.notion.fault(path="/v1/users/me", status=401, times=2)
    late = _renewing(bench, tenant, found)
    found.append(notion_of(bench.instance(), tenant).me()["id"])
    late.join()
    assert len(found) == 2
    assert bench.lost == []


def test_a_renewal_that_outlives_its_lease_is_kept_although_the_next_one_was_refused(
    bench: AccountCalls, tenant: str
) -> None:
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


def test_who_comes_with_a_token_that_another_one_has_renewed_takes_the_newer_one(
    bench: AccountCalls, tenant: str
) -> None:
    late = notion_of(bench.instance(), tenant)
    bench.notion.fault(path="/v1/users/me", status=401)
    notion_of(bench.instance(), tenant).me()
    late.me()  # its token is dead by now
    issued = [e["grant_type"] for j in bench.notion.journal() for e in j["effects"] if e["kind"] == "grant.issue"]
    assert issued == ["authorization_code", "refresh_token"]


def test_who_cannot_wait_for_another_ones_renewal_comes_again(bench: AccountCalls, tenant: str) -> None:
    notion = notion_of(bench.instance(), tenant)
    bench.notion.fault(path="/v1/users/me", status=401)
    assert bench.house.store.claim(tenant, "renew.notion", "somebody", timedelta(seconds=90))
    with pytest.raises(Busy):
        notion.me()
    assert sum(bench.slept) <= 2
    assert bench.lost == []


def test_a_token_that_is_refused_although_it_is_new_means_that_access_is_gone(bench: AccountCalls, tenant: str) -> None:
    notion = notion_of(bench.instance(), tenant)
    bench.notion.fault(path="/v1/users/me", status=401, times=2)
    with pytest.raises(Unauthorized):
        notion.me()
    assert bench.lost == [(tenant, "notion", "revoked")]
    with pytest.raises(Unauthorized):
        notion_of(bench.instance(), tenant)
    assert bench.lost == [(tenant, "notion", "revoked")]  # told once


def test_a_pair_that_was_lost_on_its_way_needs_a_person_and_says_so(bench: AccountCalls, tenant: str) -> None:
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
