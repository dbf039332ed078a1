"""A site that a person takes down shows nothing, whatever dies or comes twice meanwhile, until it goes live again."""

from __future__ import annotations

import pytest

from shared.app.ship.live_sites import LiveSite, find_sites
from shared.app.ship.take_down import take_down
from shared.core.errors import Conflicting, MalformedRequest, NotThere
from shared.core.people.actor import Actor, ActorKind
from shared.core.run.run import Run, RunStatus
from tests.integrations.conftest import served
from tests.steps.ship.sites_desk import rig
from tests.support.rigs.site_rig import GOOD, NAME, SiteRig, fetch
from tests.support.rigs.small_house import TENANT

pytestmark = pytest.mark.slow

__all__ = ["rig", "served"]

ADA = Actor(ActorKind.PERSON, f"p-{'a' * 24}", "Ada Example")


def site_of(rig: SiteRig) -> LiveSite:
    (site,) = find_sites(rig.house.deps, TENANT)
    return site


def ask(rig: SiteRig) -> Run:
    site = site_of(rig)
    return take_down(rig.house.deps, TENANT, site.id, site.name, ADA)


def status_of(rig: SiteRig) -> int:
    return fetch(f"{rig.sim.url}/_alias/{NAME}/")[0]


def test_its_address_shows_nothing_and_it_says_who_did_that_until_it_goes_live_again(rig: SiteRig) -> None:
    rig.live("run-1", GOOD.replace("Club", "One"))
    rig.live("run-2", GOOD.replace("Club", "Two"))
    asked = [ask(rig) for _ in range(2)]
    assert asked[0].id == asked[1].id
    done = rig.later(asked[0].id)
    assert (done.status, done.failure, done.trigger.actor) == (RunStatus.SUCCEEDED, "", ADA)
    assert [step.spec.kind for step in done.steps] == ["site.take_down"]
    assert (status_of(rig), rig.production, len(rig.deployments)) == (404, "", 1)
    assert rig.sim.effects().count("deployment.delete") == 1
    down = site_of(rig).down
    assert down is not None
    assert (down.by, down.run, site_of(rig).deployment) == ("Ada Example", done.id, "")
    assert ask(rig).id == done.id, "it is down"
    rig.house.clock.move(seconds=60)
    assert rig.live("run-3", GOOD.replace("Club", "Three")).status == RunStatus.SUCCEEDED
    assert (status_of(rig), "Three" in rig.shown, site_of(rig).down) == (200, True, None)
    assert ask(rig).id != done.id


def test_a_death_at_any_point_takes_it_down_once(rig: SiteRig) -> None:
    passed: list[str] = []
    for number in range(1, 40):
        rig.live(f"run-{number}", GOOD.replace("Club", f"Nr {number}"))
        seen: list[str] = []

        def die(point: str, number: int = number, seen: list[str] = seen) -> None:
            seen.append(point)
            if len(seen) == number:
                raise RuntimeError(f"the process died at {point}")

        run = ask(rig)
        before = rig.sim.effects().count("deployment.delete")
        rig.house.crash_point = die
        done = rig.later(run.id, minutes=60)
        rig.house.crash_point = lambda point: None
        assert (done.status, done.failure) == (RunStatus.SUCCEEDED, ""), seen
        assert (status_of(rig), rig.production) == (404, ""), seen
        assert rig.sim.effects().count("deployment.delete") == before + 1, seen
        passed = seen
        if len(seen) < number:
            break
    assert "effect.after/site.take_down/takedown" in passed


def test_what_a_colleague_put_live_meanwhile_is_left_alone(rig: SiteRig) -> None:
    rig.live("run-1", GOOD.replace("Club", "One"))
    run = ask(rig)
    client = rig.client
    site = client.site(NAME)
    other = client.deploy(site, {"index.html": b"<p>By hand</p>"}, {}, fresh=True)
    client.promote(site.id, other.id)
    done = rig.later(run.id)
    assert (done.status, "another version went live since" in done.failure) == (RunStatus.FAILED, True)
    assert rig.production == other.id
    assert site_of(rig).down is None


def test_an_address_that_goes_on_showing_it_is_told_with_the_way_out(rig: SiteRig) -> None:
    rig.live("run-1")
    run = ask(rig)
    rig.show_instead(GOOD, times=10_000)
    done = rig.later(run.id, minutes=30)
    assert done.status == RunStatus.FAILED
    assert "its address still answers after 5 minutes. What to do: " in done.failure
    assert site_of(rig).down is None
    assert ask(rig).id != run.id


def test_a_site_that_is_watched_or_not_named_or_anothers_stays(rig: SiteRig) -> None:
    rig.house.settle(ship={"site": {"watch_s": 600}})
    rig.live("run-1", GOOD.replace("Club", "One"))
    rig.open("run-2", GOOD.replace("Club", "Two"))
    rig.agree("run-2")
    rig.agree("run-2")
    site = site_of(rig)
    with pytest.raises(Conflicting, match="is being watched") as refused:
        take_down(rig.house.deps, TENANT, site.id, site.name, ADA)
    assert "run-2" in refused.value.way_out
    with pytest.raises(MalformedRequest, match="confirm it with its name"):
        take_down(rig.house.deps, TENANT, site.id, "another.example", ADA)
    with pytest.raises(NotThere):
        take_down(rig.house.deps, "t-2", site.id, site.name, ADA)
    assert "Two" in rig.shown
