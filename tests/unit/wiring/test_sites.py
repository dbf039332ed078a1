"""Who may write to the bucket for sites, where it is, and what a tenant's client of it refuses to publish."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from shared.accounts import Accounts, Endpoints
from shared.app.deps import Deps
from shared.backends.local.queue import LocalQueue
from shared.backends.local.secrets import LocalSecrets
from shared.backends.local.store import LocalStore
from shared.core.errors import Rejected, Unauthorized
from shared.integrations.cloud_storage.hosting import CloudStorage
from shared.ports import Secret
from shared.settings import Settings
from shared.sim._server import serve
from shared.sim.cloud_storage import CloudStorageSimulator
from shared.wiring.sites import wire_sites
from tests.support.moved_clock import MovedClock

TOKEN, TENANTS_OWN = "-".join(["sites", "token"]), "-".join(["a", "tenants", "own", "token"])
NOBODYS = "http://127.0.0.1:9"


@dataclass(frozen=True)
class World:
    """Ports, and a simulated bucket."""

    deps: Deps
    url: str

    def accounts(self, **env: str) -> Accounts:
        """Return accounts as the functions wire them."""
        settings = Settings.from_env({"WORKWRIGHT_CLOUD_STORAGE_URL": self.url, **env})
        sites = wire_sites(settings, self.deps, None, lambda tenant: [TENANTS_OWN] if tenant == "t-1" else [])
        deps = self.deps
        return Accounts(deps.store, deps.secrets, deps.clock, Endpoints(), deps.owner, own_hosts=sites)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    clock = MovedClock()
    store = LocalStore(tmp_path, clock)
    simulator = CloudStorageSimulator()
    server = serve(simulator)
    seed = {"token": TOKEN, "bucket": "acme-sites", "public": ["live/", "preview/"]}
    requests.post(f"{simulator.base_url}/_seed", json=seed, timeout=10)
    yield World(Deps(store, LocalQueue(store, clock), LocalSecrets(tmp_path), clock), simulator.base_url)
    server.shutdown()
    server.server_close()
    store.close()


def test_with_a_bucket_every_tenant_is_connected_and_without_one_nobody_is(world: World) -> None:
    assert world.accounts(WORKWRIGHT_SITES_BUCKET="acme-sites").connected("t-1") == ["cloud_storage"]
    none = world.accounts()
    assert none.connected("t-1") == []
    with pytest.raises(Unauthorized, match="has not connected"):
        none.connect_for("t-1")(CloudStorage)


def test_two_tenants_write_to_parts_of_their_own_with_the_operators_token(world: World) -> None:
    world.deps.secrets.set("sites-token", Secret(TOKEN))
    accounts = world.accounts(WORKWRIGHT_SITES_BUCKET="acme-sites")
    addresses = set()
    for tenant in ("t-1", "t-2"):
        hosting = accounts.connect_for(tenant)(CloudStorage)
        made = hosting.deploy(hosting.ensure_site("garden"), {"index.html": tenant.encode()}, {})
        hosting.promote("garden", made.id)
        domain = hosting.site("garden").domain
        assert requests.get(f"http://{domain}/", timeout=10).text == tenant
        addresses.add(domain)
    assert len(addresses) == 2
    assert all(domain.startswith(f"{world.url.partition('://')[2]}/acme-sites/live/") for domain in addresses)


def test_a_page_with_a_secret_in_it_is_not_published(world: World) -> None:
    world.deps.secrets.set("sites-token", Secret(TOKEN))
    hosting = world.accounts(WORKWRIGHT_SITES_BUCKET="acme-sites").connect_for("t-1")(CloudStorage)
    site = hosting.ensure_site("garden")
    with pytest.raises(Rejected, match="not sent"):
        hosting.deploy(site, {"index.html": f"<p>{TENANTS_OWN}</p>".encode()}, {})
    for word in ("ordinary", "<p>sha256 0123456789abcdef</p>", "ключ", "\x00\xff"):
        hosting.deploy(site, {"index.html": word.encode()}, {"run": "r1"}, fresh=True)


def test_at_another_address_than_googles_none_of_googles_tokens_is_sent(world: World) -> None:
    accounts = world.accounts(WORKWRIGHT_SITES_BUCKET="acme-sites")
    with pytest.raises(Unauthorized, match="sites-token is not set"):
        accounts.connect_for("t-1")(CloudStorage)


def test_pages_are_read_where_the_operator_says(world: World) -> None:
    world.deps.secrets.set("sites-token", Secret(TOKEN))
    url = "https://sites.acme.example/"
    accounts = world.accounts(WORKWRIGHT_SITES_BUCKET="acme-sites", WORKWRIGHT_SITES_URL=url)
    hosting = accounts.connect_for("t-1")(CloudStorage)
    made = hosting.deploy(hosting.ensure_site("garden"), {"index.html": b"hello"}, {})
    assert made.url.startswith("sites.acme.example/preview/")
