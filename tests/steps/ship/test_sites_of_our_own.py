"""Sites on the operator's own hosts, a bucket and a folder: the same steps, live, watched, stopped, and taken back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.app.resources.inventory import find_made
from shared.app.resources.removal import take_away
from shared.app.ship.roll_back import roll_back
from shared.core.errors import Missing
from shared.core.run.run import RunStatus
from shared.integrations.cloud_storage.hosting import CloudStorage
from shared.integrations.hosting import Hosting, OwnHosts
from shared.integrations.local_sites.disk import Disk
from shared.integrations.local_sites.hosting import LocalSites
from shared.lasting_port import find_lasting_port
from shared.local.serve import listen
from shared.local.simulators.cloud_storage import CloudStorageSimulator
from shared.local.sites.serving import SitesApp
from tests.integrations.conftest import Served, served
from tests.support.rigs.site_rig import GOOD, MINE, NAME, SiteRig, fetch, output
from tests.support.rigs.small_house import TENANT, SmallHouse

__all__ = ["served"]
WORD = "word-of-" + "the-operator"
ONE, TWO = (GOOD.replace("Club", name) for name in ("One", "Two"))


class _OwnRig(SiteRig):
    system: str

    def __post_init__(self) -> None:
        self.house.check_site = fetch
        self.house.settle(ship={"site": {"system": self.system}})

    @property
    def host(self) -> Hosting:
        """Return the tenant's part of the host."""
        raise NotImplementedError

    @property
    def names(self) -> list[str]:
        """Return the names of everything that lies there."""
        raise NotImplementedError

    @property
    def production(self) -> str:
        return self.host.site(NAME).production

    @property
    def live_at(self) -> str:
        """Return the address of the site."""
        return f"http://{self.host.site(NAME).domain}"

    @property
    def shown(self) -> str:
        return fetch(f"{self.live_at}/")[1]


class _BucketRig(_OwnRig):
    system = "cloud_storage"

    def __post_init__(self) -> None:
        self.sim.control("/_seed", {"token": WORD, "bucket": "sites", "public": ["live/", "preview/"]})
        super().__post_init__()

    @property
    def host(self) -> Hosting:
        return self.house.accounts.connect_for(TENANT)(CloudStorage)

    @property
    def names(self) -> list[str]:
        return [one["name"] for one in self.sim.simulator.state["objects"].scan()]


class _FolderRig(_OwnRig):
    system = "local_sites"

    @property
    def host(self) -> Hosting:
        return self.house.accounts.connect_for(TENANT)(LocalSites)

    @property
    def names(self) -> list[str]:
        return [str(each) for each in (self.house.folder.parent / "sites").rglob("*")]

    def pass_outside(self, seconds: float) -> None:
        """A folder knows no time."""


def _bucket(tmp_path: Path, served: Callable[[Any], Served]) -> Iterator[_OwnRig]:
    sim = served(CloudStorageSimulator())

    def part(tenant: str) -> CloudStorage:
        return CloudStorage(sim.http("cloud_storage", WORD), "sites", tenant, f"{sim.url.partition('://')[2]}/sites")

    house = SmallHouse(tmp_path / "house", kinds=MINE, own_hosts=OwnHosts({CloudStorage: part}))
    yield _BucketRig(house, sim)
    house.close()


def _folder(tmp_path: Path, served: Callable[[Any], Served]) -> Iterator[_OwnRig]:
    disk = Disk(tmp_path / "sites")
    disk.prepare()
    server = listen(SitesApp(disk.root, ("localhost",)), find_lasting_port())
    address = f"http://localhost:{server.server_port}"
    own = OwnHosts({LocalSites: lambda tenant: LocalSites(disk, tenant, address)})
    house = SmallHouse(tmp_path / "house", kinds=MINE, own_hosts=own)
    yield _FolderRig(house, None)  # type: ignore[arg-type]  # nothing is simulated
    house.close()
    server.shutdown()
    server.server_close()


@pytest.fixture(params=[_bucket, _folder], ids=["bucket", "folder"])
def rig(request: pytest.FixtureRequest, served: Callable[[Any], Served], tmp_path: Path) -> Iterator[_OwnRig]:
    yield from request.param(tmp_path, served)


def test_a_person_takes_a_version_back(rig: _OwnRig) -> None:
    assert rig.live("run-1", ONE).status == RunStatus.SUCCEEDED
    first = rig.production
    assert rig.live("run-2", TWO).status == RunStatus.SUCCEEDED
    assert rig.shown == TWO
    asked = {roll_back(rig.house.deps, TENANT, "run-2", "Ada Example").id for _ in range(2)}
    done = rig.later(asked.pop())
    assert (done.status, done.failure, asked) == (RunStatus.SUCCEEDED, "", set())
    assert (rig.production, rig.shown) == (first, ONE)


def test_what_is_wrong_in_production_goes_back_by_itself(rig: _OwnRig) -> None:
    rig.live("run-1", ONE)
    live = rig.live_at
    rig.open("run-2", TWO)
    rig.agree("run-2")
    rig.house.check_site = lambda url, *more: (200, "<p>Oops</p>") if url.startswith(live) else fetch(url, *more)
    rig.agree("run-2")
    run = rig.later("run-2", minutes=10)
    assert run.status == RunStatus.FAILED
    assert "rolled back to the previous version" in run.failure
    assert rig.shown == ONE


def test_a_stop_while_it_is_watched_brings_the_version_before_back_and_takes_what_was_made_away(rig: _OwnRig) -> None:
    rig.house.settle(ship={"site": {"system": rig.system, "watch_s": 600}})
    rig.live("run-1", ONE)
    rig.open("run-2", TWO)
    rig.agree("run-2")
    second = output(rig.agree("run-2"), "deploy")["deployment"]
    assert rig.production == second
    assert [name for name in rig.names if second.partition(".")[2] in name]
    run = rig.cancel("run-2")
    assert (run.status, run.undone_failed, rig.shown) == (RunStatus.CANCELLED, (), ONE)
    assert [name for name in rig.names if second.partition(".")[2] in name] == []


def test_a_site_that_is_taken_away_is_gone_with_all_its_versions(rig: _OwnRig) -> None:
    rig.live("run-1", ONE)
    live, site = rig.live_at, NAME
    (thing,) = [each for each in find_made(rig.house.deps, TENANT).things if each.what == "project"]
    run = take_away(rig.house.deps, TENANT, thing.id, thing.name, "Ada Example")
    rig.house.work()
    assert rig.house.run(run.id).status == RunStatus.SUCCEEDED, rig.house.run(run.id).failure
    with pytest.raises(Missing):
        rig.host.site(site)
    assert fetch(f"{live}/")[0] == 404
    assert [name for name in rig.names if name.endswith((".html", "site.json", ".html.json"))] == []
    (after,) = [each for each in find_made(rig.house.deps, TENANT).things if each.what == "project"]
    assert after.gone == "deleted, with its deployments"
