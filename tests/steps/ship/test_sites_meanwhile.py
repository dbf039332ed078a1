"""What else happens while a site goes live: work that goes back, other versions, other settings, a stop."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from shared.app.engine.engine import record
from shared.app.ship.site_environment import keep_value
from shared.core.run import acts
from shared.core.run.run import RunStatus
from shared.local.simulators.vercel import VercelSimulator
from shared.ports import Secret
from shared.ports.browser import PageLook
from tests.integrations.conftest import Served, served
from tests.support.rigs.site_rig import GOOD, MINE, NAME, SiteRig, output
from tests.support.rigs.small_house import TENANT, SmallHouse

__all__ = ["served"]
ONE, TWO, THREE = (GOOD.replace("Club", name) for name in ("One", "Two", "Three"))


@pytest.fixture
def rig(served: Callable[[Any], Served], tmp_path: Path) -> Iterator[SiteRig]:
    sim = served(VercelSimulator(tmp_path / "vercel"))
    house = SmallHouse(tmp_path / "house", endpoints={"vercel": sim.url}, kinds=MINE)
    yield SiteRig(house, sim)
    house.close()


def _watched(rig: SiteRig, run: str, page: str, **given: Any) -> str:
    """Bring a run to where its version is live and watched; return that version."""
    rig.house.settle(ship={"site": {"watch_s": 600}})
    rig.open(run, page, **given)
    rig.agree(run)
    rig.agree(run)
    assert not rig.house.run(run).status.final
    return rig.production


def _send_back(rig: SiteRig, run: str, wish: str) -> None:
    asked = acts.ReworkAsked(rig.house.clock.now(), "code", wish, "Ada Example")
    record(rig.house.deps, TENANT, run, asked)
    rig.later(run)


def test_work_that_goes_back_while_it_is_watched_stays_live_until_the_next_is_approved(rig: SiteRig) -> None:
    rig.live("run-1", ONE)
    first = rig.production
    live = _watched(rig, "run-2", TWO, mended=THREE)
    _send_back(rig, "run-2", "blue, please")
    assert rig.agree("run-2").status == RunStatus.AWAITING_APPROVAL
    assert (rig.production, "Two" in rig.shown) == (live, True)
    rig.agree("run-2")
    assert "Three" in rig.shown
    rig.show_instead("<p>Oops</p>")
    run = rig.later("run-2", minutes=15)
    assert (run.status, rig.production) == (RunStatus.FAILED, live)
    assert first in rig.deployments


@pytest.mark.parametrize("approved", [0, 1, 2])
def test_stopped_after_work_has_gone_back_the_version_before_the_run_is_there_again(
    rig: SiteRig, approved: int
) -> None:
    rig.live("run-1", ONE)
    first = rig.production
    _watched(rig, "run-2", TWO, mended=THREE)
    _send_back(rig, "run-2", "blue, please")
    for _ in range(approved):
        rig.agree("run-2")
    run = rig.cancel("run-2")
    assert (run.status, run.undone_failed) == (RunStatus.CANCELLED, ())
    assert (rig.production, rig.deployments) == (first, [first])


def test_work_that_comes_back_to_what_it_was_is_deployed_again(rig: SiteRig) -> None:
    rig.open("run-1", ONE, mended=TWO)
    rig.agree("run-1")
    _send_back(rig, "run-1", "blue, please")
    rig.agree("run-1")
    assert len(rig.deployments) == 1
    _send_back(rig, "run-1", "")  # which makes of it what it was at first
    rig.agree("run-1")
    run = rig.agree("run-1")
    assert rig.later("run-1", minutes=5).status == RunStatus.SUCCEEDED, run.failure
    assert "One" in rig.shown
    assert len(rig.deployments) == 1


def test_a_version_that_somebody_else_put_live_is_not_taken_back_with_ours(rig: SiteRig) -> None:
    rig.live("run-0", THREE)
    other = rig.production
    rig.live("run-1", ONE)
    client = rig.client

    def by_hand(point: str) -> None:
        if point == "result.after/site.promote/wrong":
            client.promote(client.site(NAME).id, other)

    rig.house.crash_point = by_hand
    rig.open("run-2", TWO)
    rig.agree("run-2")
    rig.show_instead("<p>Oops</p>")
    rig.agree("run-2")
    run = rig.later("run-2", minutes=60)
    assert (run.status, rig.production) == (RunStatus.FAILED, other)
    assert "another version went live since" in run.failure
    assert "alarm" not in run.facts


def test_a_stop_leaves_alone_what_somebody_else_has_put_live_since(rig: SiteRig) -> None:
    rig.live("run-0", THREE)
    other = rig.production
    rig.live("run-1", ONE)
    _watched(rig, "run-2", TWO)
    rig.client.promote(rig.client.site(NAME).id, other)
    assert rig.cancel("run-2").status == RunStatus.CANCELLED
    assert rig.production == other


def test_a_stop_in_the_middle_of_the_switch_waits_for_its_end_and_goes_back(rig: SiteRig) -> None:
    rig.live("run-1", ONE)
    first = rig.production
    rig.sim.control("/_config", {"alias_seconds": 4})
    rig.open("run-2", TWO)
    rig.agree("run-2")
    died: list[str] = []

    def stop(point: str) -> None:
        if point == "result.after/site.promote/promotion" and not died:
            died.append(point)
            record(rig.house.deps, TENANT, "run-2", acts.CancelRequested(rig.house.clock.now(), "Ada Example"))

    rig.house.crash_point = stop
    rig.agree("run-2")
    run = rig.later("run-2", minutes=10)
    assert (run.status, run.undone_failed) == (RunStatus.CANCELLED, ())
    assert (rig.production, rig.deployments) == (first, [first])


def test_what_another_run_has_put_live_meanwhile_is_what_it_goes_back_to(rig: SiteRig) -> None:
    rig.live("run-1", ONE)
    rig.open("run-2", TWO)
    rig.agree("run-2")
    rig.sim.fault(path="/v10/projects/*/promote/*", status=429, headers={"Retry-After": "600"})
    rig.agree("run-2")  # it has kept what was before, and was turned away
    client = rig.client
    rig.open("run-3", THREE)
    rig.agree("run-3")
    third = output(rig.house.run("run-3"), "deploy")["deployment"]
    client.promote(client.site(NAME).id, third)
    rig.show_instead("<p>Oops</p>")
    run = rig.later("run-2", minutes=20)
    assert (run.status, rig.production) == (RunStatus.FAILED, third)


def test_ours_put_live_by_hand_and_wrong_is_not_called_rolled_back(rig: SiteRig) -> None:
    rig.live("run-1", ONE)
    rig.open("run-2", TWO)
    run = rig.agree("run-2")
    rig.client.promote(rig.client.site(NAME).id, output(run, "deploy")["deployment"])
    rig.show_instead("<p>Oops</p>")
    rig.agree("run-2")
    run = rig.later("run-2", minutes=20)
    assert run.status == RunStatus.FAILED
    assert "rolled back to the previous version" not in run.failure
    assert run.facts["alarm"] in run.failure


def test_what_was_deployed_at_one_host_is_taken_from_there_whatever_the_settings_say_since(rig: SiteRig) -> None:
    rig.open("run-1")
    rig.agree("run-1")
    assert len(rig.deployments) == 1
    rig.house.settle(ship={"site": {"system": "cloud_storage"}})
    run = rig.cancel("run-1")
    assert (run.status, run.undone_failed, rig.deployments) == (RunStatus.CANCELLED, (), [])


class _Talks:
    """A browser in which the page says what it knows."""

    name = "talks"

    def __init__(self, word: str) -> None:
        self._word = word

    def look(self, urls: Sequence[str], *, within: str, headers: Mapping[str, Secret]) -> list[PageLook]:
        return [PageLook(url, console=(f"the console says: key {self._word} refused",)) for url in urls]


def test_a_value_that_the_site_gives_away_is_not_told_on(rig: SiteRig) -> None:
    value = "a-value-" + "nobody-may-see"
    keep_value(rig.house.deps, TENANT, "forms", Secret(value))
    rig.house.settle(ship={"site": {"environment": [{"name": "FORMS_KEY", "secret": "forms"}]}})
    rig.house.tools = replace(rig.house.tools, browser=lambda: _Talks(value))
    rig.open("run-1", ONE)
    told = output(rig.agree("run-1"), "code")["told"]
    assert "the console says: key" in told
    assert value not in told
    assert value not in "".join(path.read_bytes().decode("latin-1") for path in rig.house.folder.rglob("*.db*"))
