"""Who may write to the bucket and the folder for sites, where they are, and what is not published in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import requests

from shared.accounts.accounts import Accounts
from shared.accounts.endpoints import Endpoints
from shared.app.engine.deps import Deps
from shared.backends.local.delivery.local_queue import LocalQueue
from shared.backends.local.keys.local_secrets import LocalSecrets
from shared.backends.local.state.local_store import LocalStore
from shared.core.errors import Missing, NotAllowed, Rejected, Unauthorized
from shared.integrations.cloud_storage.hosting import CloudStorage
from shared.integrations.local_sites.disk import Disk
from shared.integrations.local_sites.hosting import LocalSites
from shared.local.simulators._server import serve
from shared.local.simulators.cloud_storage import CloudStorageSimulator
from shared.ports import Secret
from shared.settings import Settings
from shared.wiring.sites import wire_sites
from tests.support.ports.moved_clock import MovedClock

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
    assert world.accounts(WORKWRIGHT_SITES_BUCKET="acme-sites").systems("t-1")["connected"] == ["cloud_storage"]
    none = world.accounts()
    assert none.systems("t-1")["connected"] == []
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
    assert (hosting.scheme, world.url.partition(":")[0]) == ("https", "http"), "of its own pages, whatever else is used"


def test_with_a_folder_every_tenant_is_connected_and_has_a_part_of_its_own(world: World, tmp_path: Path) -> None:
    folder = tmp_path / "sites"
    Disk(folder).prepare()
    env = {"WORKWRIGHT_SITES_FOLDER": str(folder), "WORKWRIGHT_SITES_FOLDER_URL": "https://sites.example"}
    accounts = world.accounts(**env)
    assert accounts.systems("t-1")["connected"] == ["local_sites"]
    assert world.accounts(WORKWRIGHT_SITES_BUCKET="acme-sites", **env).systems("t-1")["connected"] == [
        "local_sites",
        "cloud_storage",
    ]
    first, second = (accounts.connect_for(tenant)(LocalSites) for tenant in ("t-1", "t-2"))
    made = first.deploy(first.ensure_site("garden"), {"index.html": b"hello"}, {})
    assert (first.scheme, made.url.partition(".")[2]) == ("https", "sites.example")
    with pytest.raises(Missing):
        second.deployment(made.id)


def test_a_file_with_a_secret_in_it_is_not_put_into_the_folder(world: World, tmp_path: Path) -> None:
    folder = tmp_path / "sites"
    Disk(folder).prepare()
    hosting = world.accounts(WORKWRIGHT_SITES_FOLDER=str(folder)).connect_for("t-1")(LocalSites)
    site = hosting.ensure_site("garden")
    with pytest.raises(Rejected, match="not sent"):
        hosting.deploy(site, {"a.html": b"good", "index.html": f"<p>{TENANTS_OWN}</p>".encode()}, {})
    assert list((folder / "versions").rglob("*.html")) == []
    hosting.deploy(site, {"index.html": b"ordinary"}, {})


def test_where_no_folder_is_named_that_is_said_with_the_way_out(world: World) -> None:
    with pytest.raises(NotAllowed, match=r"local_sites: there is none here.*ship\.site\.system"):
        world.accounts().connect_for("t-1")(LocalSites)


def test_each_durable_action_in_the_folder_is_a_point_at_which_tests_of_deaths_can_end_us(
    world: World, tmp_path: Path
) -> None:
    passed: list[str] = []
    folder = tmp_path / "sites"
    Disk(folder).prepare()
    watched = replace(world, deps=replace(world.deps, crash_point=passed.append))
    hosting = watched.accounts(WORKWRIGHT_SITES_FOLDER=str(folder)).connect_for("t-1")(LocalSites)
    hosting.promote("garden", hosting.deploy(hosting.ensure_site("garden"), {"index.html": b"x"}, {}).id)
    assert passed[-1] == "local_sites.after/link live"
