"""Sites in a bucket of Cloud Storage: the same steps, live, watched, stopped, and taken back by a person."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.app.roll_back import roll_back
from shared.core.run import RunStatus
from shared.integrations.cloud_storage.hosting import CloudStorage
from shared.sim.cloud_storage import CloudStorageSimulator
from tests.integrations.conftest import Served, served
from tests.support.site_rig import GOOD, MINE, NAME, SiteRig, fetch, output
from tests.support.small_house import TENANT, SmallHouse

__all__ = ["served"]
WORD = "word-of-" + "the-operator"
ONE, TWO = (GOOD.replace("Club", name) for name in ("One", "Two"))


class _BucketRig(SiteRig):
    def __post_init__(self) -> None:
        self.sim.control("/_seed", {"token": WORD, "bucket": "sites", "public": ["live/", "preview/"]})
        self.house.check_site = fetch
        self.house.settle(ship={"site": {"system": "cloud_storage"}})

    @property
    def bucket(self) -> CloudStorage:
        return self.house.accounts.connect_for(TENANT)(CloudStorage)

    @property
    def production(self) -> str:
        return self.bucket.site(NAME).production

    @property
    def shown(self) -> str:
        return fetch(f"http://{self.bucket.site(NAME).domain}/")[1]


@pytest.fixture
def rig(served: Callable[[Any], Served], tmp_path: Path) -> Iterator[_BucketRig]:
    sim = served(CloudStorageSimulator())

    def sites(tenant: str) -> CloudStorage:
        return CloudStorage(sim.http("cloud_storage", WORD), "sites", tenant, f"{sim.url.partition('://')[2]}/sites")

    house = SmallHouse(tmp_path / "house", kinds=MINE, sites=sites)
    yield _BucketRig(house, sim)
    house.close()


def test_a_person_takes_a_version_back(rig: _BucketRig) -> None:
    assert rig.live("run-1", ONE).status == RunStatus.SUCCEEDED
    first = rig.production
    assert rig.live("run-2", TWO).status == RunStatus.SUCCEEDED
    assert rig.shown == TWO
    asked = {roll_back(rig.house.deps, TENANT, "run-2", "Ada Example").id for _ in range(2)}
    done = rig.later(asked.pop())
    assert (done.status, done.failure, asked) == (RunStatus.SUCCEEDED, "", set())
    assert (rig.production, rig.shown) == (first, ONE)


def test_what_is_wrong_in_production_goes_back_by_itself(rig: _BucketRig) -> None:
    rig.live("run-1", ONE)
    rig.open("run-2", TWO)
    rig.agree("run-2")
    rig.house.check_site = lambda url, *more: (200, "<p>Oops</p>") if "/live/" in url else fetch(url, *more)
    rig.agree("run-2")
    run = rig.later("run-2", minutes=10)
    assert run.status == RunStatus.FAILED
    assert "rolled back to the previous version" in run.failure
    assert rig.shown == ONE


def test_a_stop_while_it_is_watched_brings_the_version_before_back(rig: _BucketRig) -> None:
    rig.house.settle(ship={"site": {"system": "cloud_storage", "watch_s": 600}})
    rig.live("run-1", ONE)
    rig.open("run-2", TWO)
    rig.agree("run-2")
    second = output(rig.agree("run-2"), "deploy")["deployment"]
    assert rig.production == second
    run = rig.cancel("run-2")
    assert (run.status, run.undone_failed, rig.shown) == (RunStatus.CANCELLED, (), ONE)
    names = [one["name"] for one in rig.sim.simulator.state["objects"].scan()]
    assert not [name for name in names if second.partition(".")[2] in name]
