"""The end of a tenant ends our access to its Notion there, also when Notion does not answer at first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from shared.app.connections.connect_account import finish_connection, start_connection
from shared.app.connections.connect_tickets import STATE_KEY
from shared.app.connections.connections import connect_by_token, connect_installation
from shared.app.engine.switches import ARRIVALS, order_erasures
from shared.app.tenants.tenant_delete import deletion_view, erase_tenant, request_deletion
from shared.backends.local.search.local_knowledge import LocalKnowledge
from shared.core.errors import Conflicting, Unauthorized
from shared.core.run.commands import ERASE, Command
from shared.core.tenants.erasure import TOMBSTONES
from shared.integrations.cloud_storage.hosting import CloudStorage
from shared.integrations.hosting import OwnHosts
from shared.integrations.local_sites.disk import Disk
from shared.integrations.local_sites.hosting import LocalSites
from shared.integrations.notion.client.client import Notion
from shared.local.simulators.cloud_storage import CloudStorageSimulator
from shared.local.simulators.notion.simulator import NotionSimulator
from shared.ports import SYSTEM, Put, Secret
from tests.integrations.conftest import Served
from tests.support.desks.account_calls import AccountCalls as Bench
from tests.support.rigs.small_house import NOWHERE, TENANT, SmallHouse

NOBODYS = "-".join(["a", "token"])


@pytest.fixture
def bench(house: Callable[..., SmallHouse], served: Callable[[Any], Served]) -> Bench:
    notion = served(NotionSimulator())
    return Bench(house(endpoints={"notion": notion.url}), notion)


def _erase(house: SmallHouse) -> None:

    tools = replace(house.tools, knowledge=LocalKnowledge(house.folder).open_for)
    erase_tenant(Command("e", ERASE, "sync", TENANT), house.deps, tools, house.accounts)


def test_notions_grant_is_revoked_there_once_it_answers(bench: Bench) -> None:
    house, tokens = bench.house, bench.consent()
    house.accounts.keep(TENANT, "notion", tokens, tokens.public)
    there = Notion(house.accounts.http_with("notion", tokens.access))
    assert there.me()
    house.settle(name="Ada's team")
    url = house.accounts.endpoints.get_address("notion")
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
    house.store.put(SYSTEM, Put(ARRIVALS, TENANT, {"migration": "m", "state": "on", "at": ""}))  # it may come anew
    house.with_endpoints(notion=NOWHERE)
    request_deletion(house.deps, TENANT, TENANT, "an owner")
    for _ in range(10):
        _erase(house)
        house.clock.move(minutes=70)
    tombstone = house.store.get(SYSTEM, TOMBSTONES, TENANT)
    assert tombstone is not None
    assert [left.partition(":")[0] for left in tombstone.body["left"]] == ["notion"]
    assert house.store.kinds(TENANT) == []
    assert house.store.get(SYSTEM, ARRIVALS, TENANT) is None


def test_a_site_that_an_attempt_under_way_put_up_meanwhile_goes_too(
    house: Callable[..., SmallHouse], served: Callable[[Any], Served]
) -> None:
    made, bucket = house(), served(CloudStorageSimulator())
    bucket.control("/_seed", {"token": NOBODYS, "bucket": "sites", "public": ["live/", "preview/"]})
    sites = CloudStorage(bucket.http("cloud_storage", NOBODYS), "sites", TENANT, f"{bucket.url}/sites")
    made.accounts.own_hosts = OwnHosts({CloudStorage: lambda tenant: sites})
    request_deletion(made.deps, TENANT, TENANT, "an owner")
    _erase(made)
    assert deletion_view(made.deps, TENANT)["phase"] == "settle"
    sites.deploy(sites.ensure_site("garden"), {"index.html": b"<h1>Late</h1>"}, {}, fresh=True)
    made.clock.move(minutes=12)
    _erase(made)
    assert made.store.get(SYSTEM, TOMBSTONES, TENANT) is not None
    assert list(bucket.simulator.state["objects"].scan()) == []


def test_the_tenants_part_of_the_folder_for_sites_goes_and_others_stay(
    house: Callable[..., SmallHouse], tmp_path: Path
) -> None:
    disk = Disk(tmp_path / "sites")
    disk.prepare()
    made = house(own_hosts=OwnHosts({LocalSites: lambda tenant: LocalSites(disk, tenant, "http://localhost:1")}))
    for tenant in (TENANT, "t-2"):
        sites = made.accounts.connect_for(tenant)(LocalSites)
        sites.promote("garden", sites.deploy(sites.ensure_site("garden"), {"index.html": tenant.encode()}, {}).id)
    request_deletion(made.deps, TENANT, TENANT, "an owner")
    _erase(made)
    made.clock.move(minutes=12)
    _erase(made)
    assert made.store.get(SYSTEM, TOMBSTONES, TENANT) is not None
    assert [each.read_bytes() for each in disk.root.rglob("index.html")] == [b"t-2"]
    assert [(each / "index.html").read_bytes() for each in (disk.root / "live").iterdir()] == [b"t-2"]


def test_nothing_is_connected_to_a_tenant_that_is_being_deleted(bench: Bench) -> None:
    house = bench.house
    request_deletion(house.deps, TENANT, TENANT, "an owner")
    token = Secret(NOBODYS)
    with pytest.raises(Conflicting, match="deleted"):
        connect_by_token(house.deps, house.accounts, TENANT, "vercel", token)
    with pytest.raises(Conflicting, match="deleted"):
        connect_installation(house.deps, house.accounts, TENANT, 1, token)
    house.secrets.set(STATE_KEY, Secret("a state key of the tests"))
    house.secrets.set("gitlab-client-id", Secret("our id"))
    begun = start_connection(house.deps, house.accounts, "gitlab", "http://localhost/", TENANT)
    query = {"state": parse_qs(urlsplit(begun.url).query)["state"][0], "code": "a code"}
    with pytest.raises(Conflicting, match="deleted"):
        finish_connection(house.deps, house.accounts, "gitlab", query, begun.cookie, "http://localhost/", {})
    assert house.store.list_docs(TENANT, "grants") == []


def test_a_webhook_whose_token_does_not_open_any_more_does_not_hold_up_the_end(bench: Bench) -> None:
    house = bench.house
    hook = {"system": "github", "repository": "ada/garden", "at": house.clock.now().isoformat(), "remote": 7}
    house.connect("github", NOBODYS)
    house.secrets.shred(TENANT)
    house.store.put(TENANT, Put("hooks", "h1", hook))
    request_deletion(house.deps, TENANT, TENANT, "an owner")
    _erase(house)
    house.clock.move(minutes=12)
    _erase(house)
    tombstone = house.store.get(SYSTEM, TOMBSTONES, TENANT)
    assert tombstone is not None
    assert "github still has a webhook of ada/garden; remove it there" in tombstone.body["left"]
