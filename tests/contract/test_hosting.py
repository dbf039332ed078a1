"""What `Hosting` promises, kept by every host: Vercel and a bucket against their simulators, and a folder as it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pytest
import requests

from shared.core.errors import IntegrationError, Missing
from shared.core.loopback import resolve_loopback
from shared.http_client import HttpClient
from shared.integrations.cloud_storage.hosting import CloudStorage
from shared.integrations.hosting import ENDED, Deployed, Hosting, Site
from shared.integrations.local_sites.disk import Disk
from shared.integrations.local_sites.hosting import LocalSites
from shared.integrations.vercel.client import Vercel
from shared.lasting_port import find_lasting_port
from shared.local.serve import listen
from shared.local.simulators._server import Simulator, serve
from shared.local.simulators.cloud_storage import CloudStorageSimulator
from shared.local.simulators.vercel import VercelSimulator
from shared.local.sites.serving import SitesApp
from shared.ports import Secret

TOKEN = "-".join(["a", "token"])
OTHER = "-".join(["another", "token"])
BUCKET = "sites"
ONE = {"index.html": b"<h1>One</h1>", "style.css": b"h1{color:red}", "old/index.html": b"<h1>Old</h1>"}
TWO = {"index.html": b"<h1>Two</h1>", "style.css": b"h1{color:red}"}


@dataclass(frozen=True)
class Host:
    """A host, its client for one tenant and for another, and the simulated time, where the host takes any."""

    simulator: Simulator | None
    hosting: Hosting
    another: Hosting

    def get(self, address: str) -> requests.Response:
        where, meant = resolve_loopback(f"{self.hosting.scheme}://{address}")
        return requests.get(where, headers=meant, timeout=10, allow_redirects=False)

    def later(self, seconds: float = 5.0) -> None:
        if self.simulator is None:
            return
        offset = self.simulator.offset.total_seconds() + seconds
        assert requests.post(f"{self.simulator.base_url}/_clock", json={"offset_s": offset}, timeout=10).ok

    def deployed(self, site: Site, files: dict[str, bytes], **meta: str) -> Deployed:
        made = self.hosting.deploy(site, files, meta, fresh=True)
        self.later()
        ended = self.hosting.deployment(made.id)
        assert (ended.state, ended.live) == ("ready", True)
        return ended

    def shows(self, site: str, deployment: Deployed) -> None:
        self.later()
        now = self.hosting.site(site)
        assert now.production == deployment.id
        assert now.last_switch is not None
        assert (now.last_switch.state, now.last_switch.to) == ("done", deployment.id)


class Serving(Protocol):
    """Serves something until the end of the test."""

    def __call__(self, what: Simulator | SitesApp) -> str:
        """Return its address."""


def _vercel(served: Serving, folder: Path) -> Host:
    simulator = VercelSimulator(folder)
    url = served(simulator)
    clients = []
    for token in (TOKEN, OTHER):
        requests.post(f"{url}/_seed", json={"token": token, "user": token[:5]}, timeout=10)
        clients.append(Vercel(HttpClient("vercel", url, Secret(token), timeouts=(2, 10))))
    return Host(simulator, *clients)


def _cloud_storage(served: Serving, folder: Path) -> Host:
    simulator = CloudStorageSimulator(folder)
    url = served(simulator)
    requests.post(f"{url}/_seed", json={"token": TOKEN, "bucket": BUCKET, "public": ["live/", "preview/"]}, timeout=10)
    http = HttpClient("cloud_storage", url, Secret(TOKEN), timeouts=(2, 10))
    address = f"{url.partition('://')[2]}/{BUCKET}"
    return Host(simulator, *(CloudStorage(http, BUCKET, tenant, address) for tenant in ("one", "two")))


def _local_sites(served: Serving, folder: Path) -> Host:
    disk = Disk(folder / "sites")
    disk.prepare()
    address = served(SitesApp(disk.root, ("localhost",)))
    return Host(None, *(LocalSites(disk, tenant, address) for tenant in ("one", "two")))


@pytest.fixture(params=[_vercel, _cloud_storage, _local_sites], ids=["vercel", "cloud_storage", "local_sites"])
def host(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Host]:
    running: list[Callable[[], None]] = []

    def served(what: Simulator | SitesApp) -> str:
        server = listen(what, find_lasting_port()) if isinstance(what, SitesApp) else serve(what)
        running.extend((server.shutdown, server.server_close))
        return f"http://localhost:{server.server_port}" if isinstance(what, SitesApp) else what.base_url

    yield request.param(served, tmp_path)
    for stop in running:
        stop()


def test_a_site_is_made_once_and_shows_nothing_yet(host: Host) -> None:
    with pytest.raises(Missing):
        host.hosting.site("garden-a1b2c3")
    made = host.hosting.ensure_site("garden-a1b2c3")
    assert host.hosting.ensure_site("garden-a1b2c3") == made == host.hosting.site(made.id)
    assert (made.name, made.production, made.last_switch) == ("garden-a1b2c3", "", None)


def test_a_deployment_answers_at_an_address_of_its_own_and_production_knows_nothing_of_it(host: Host) -> None:
    site = host.hosting.ensure_site("garden")
    made = host.deployed(site, ONE, run="r1")
    page, sheet = host.get(f"{made.url}/index.html"), host.get(f"{made.url}/style.css")
    assert (page.status_code, page.content) == (200, ONE["index.html"])
    assert page.headers["Content-Type"].replace(" ", "").lower() == "text/html;charset=utf-8"
    assert sheet.headers["Content-Type"].startswith("text/css")
    assert host.get(f"{made.url}/").content == ONE["index.html"]
    assert host.get(f"{made.url}/old/").content == ONE["old/index.html"]
    assert host.get(f"{made.url}/no-such-page.html").status_code == 404
    assert made.meta["run"] == "r1"
    assert host.hosting.site("garden").production == ""
    assert host.hosting.build_log(made.id) is not None
    host.hosting.cancel(made.id)
    assert host.hosting.deployment(made.id).state in ENDED


def test_the_newest_deployment_with_a_mark_is_found(host: Host) -> None:
    site = host.hosting.ensure_site("garden")
    host.deployed(site, ONE, run="r1")
    second = host.deployed(site, TWO, run="r1")
    host.deployed(site, TWO, run="r2")
    found = host.hosting.find_deployment(site.id, "run", "r1")
    assert found is not None
    assert found.id == second.id
    assert host.hosting.find_deployment(site.id, "run", "r3") is None


def test_production_follows_promotions_and_goes_back(host: Host) -> None:
    site = host.hosting.ensure_site("garden")
    first, second = host.deployed(site, ONE), host.deployed(site, TWO)
    host.hosting.promote(site.id, first.id)
    host.shows("garden", first)
    domain = host.hosting.site("garden").domain
    assert host.get(f"{domain}/").content == ONE["index.html"]
    assert host.get(f"{domain}/old/").status_code == 200
    host.hosting.promote(site.id, second.id)
    host.shows("garden", second)
    assert host.get(f"{domain}/index.html").content == TWO["index.html"]
    assert host.get(f"{domain}/old/index.html").status_code == 404
    host.hosting.promote(site.id, second.id)  # once more changes nothing
    host.shows("garden", second)
    host.hosting.rollback(site.id, first.id, "the price list is missing")
    host.shows("garden", first)
    assert host.get(f"{domain}/").content == ONE["index.html"]
    assert host.get(f"{domain}/old/").content == ONE["old/index.html"]
    switch = host.hosting.site("garden").last_switch
    assert switch is not None
    assert switch.kind == "rollback"


def test_what_is_deleted_is_gone_and_may_be_deleted_again(host: Host) -> None:
    site = host.hosting.ensure_site("garden")
    first, second = host.deployed(site, ONE), host.deployed(site, TWO)
    host.hosting.promote(site.id, second.id)
    host.shows("garden", second)
    for _ in range(2):
        host.hosting.delete(first.id)
    with pytest.raises(Missing):
        host.hosting.deployment(first.id)
    assert host.get(f"{first.url}/index.html").status_code == 404
    domain = host.hosting.site("garden").domain
    assert host.get(f"{domain}/").content == TWO["index.html"]
    host.hosting.delete(second.id)
    assert host.get(f"{domain}/").status_code == 404
    assert host.hosting.site("garden").production == ""


def test_another_tenant_can_neither_see_nor_touch_it(host: Host) -> None:
    site = host.hosting.ensure_site("garden")
    made = host.deployed(site, ONE, run="r1")
    host.hosting.promote(site.id, made.id)
    host.shows("garden", made)
    other = host.another.ensure_site("meadow")
    assert host.another.find_deployment(other.id, "run", "r1") is None
    with pytest.raises(Missing):
        host.another.deployment(made.id)
    with pytest.raises(IntegrationError):
        host.another.promote(other.id, made.id)
    with pytest.raises(IntegrationError):
        host.another.rollback(site.id, made.id)
    host.another.delete(made.id)
    assert host.hosting.deployment(made.id).live
    assert host.get(f"{made.url}/index.html").content == ONE["index.html"]
    assert host.hosting.site("garden").production == made.id


def test_a_site_that_is_removed_is_gone_with_all_it_had_and_may_be_made_anew(host: Host) -> None:
    site, kept = host.hosting.ensure_site("garden"), host.hosting.ensure_site("meadow")
    first, second, other = host.deployed(site, ONE), host.deployed(site, TWO), host.deployed(kept, ONE)
    host.hosting.promote(site.id, second.id)
    host.shows("garden", second)
    domain = host.hosting.site("garden").domain
    for _ in range(2):
        host.hosting.remove_site(site.id)
    with pytest.raises(Missing):
        host.hosting.site(site.id)
    assert [host.get(f"{url}/index.html").status_code for url in (domain, first.url, second.url)] == [404] * 3
    assert host.get(f"{other.url}/index.html").status_code == 200
    again = host.hosting.ensure_site("garden")
    assert (again.name, again.production) == ("garden", "")
    assert host.get(f"{host.deployed(again, ONE).url}/index.html").status_code == 200


def test_another_tenants_site_is_not_removed(host: Host) -> None:
    site = host.hosting.ensure_site("garden")
    host.another.remove_site(site.id)
    assert host.hosting.site(site.id).name == "garden"
