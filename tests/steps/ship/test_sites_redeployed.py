"""A release is put live again: the same work, approved anew, once; and nothing but the site is touched by it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.app.engine.engine import record
from shared.app.intake.open_page_run import page_record, record_put
from shared.app.ship.live_sites import LiveSite, find_sites
from shared.app.ship.redeploy import redeploy
from shared.app.ship.take_down import take_down
from shared.core.errors import Busy, Conflicting, NotThere
from shared.core.people.actor import Actor, ActorKind
from shared.core.run import acts
from shared.core.run.run import Run, RunStatus
from tests.integrations.conftest import served
from tests.steps.ship.sites_desk import rig
from tests.support.rigs.site_rig import GOOD, NAME, PAGE, SiteRig, fetch
from tests.support.rigs.small_house import TENANT

pytestmark = pytest.mark.slow

__all__ = ["rig", "served"]

ADA = Actor(ActorKind.PERSON, f"p-{'a' * 24}", "Ada Example")


def site_of(rig: SiteRig) -> LiveSite:
    (site,) = find_sites(rig.house.deps, TENANT)
    return site


def ask(rig: SiteRig, run: str = "") -> Run:
    """Ask as the API does; that the page shows the end of its last run is the page's own matter."""
    settle(rig)
    return redeploy(rig.house.deps, lambda: rig.house.tools, TENANT, site_of(rig).id, run, ADA)


def settle(rig: SiteRig) -> None:
    record = page_record(rig.house.deps, TENANT, PAGE)
    rig.house.store.put(TENANT, record_put(PAGE, replace(record, settled=True)))


def approve_all(rig: SiteRig, run: str) -> tuple[Run, list[str]]:
    """Approve all that the run asks; return its end, and at which gates it was asked."""
    asked: list[str] = []
    now = rig.later(run)
    while now.asked and len(asked) < 5:
        asked += [step.id for step in now.steps if step.wait]
        now = rig.agree(run)
    return rig.later(run, minutes=10), asked


def test_what_was_taken_down_is_live_again_once_it_is_approved(rig: SiteRig) -> None:
    first = rig.live("run-1", GOOD.replace("Club", "One"))
    site = site_of(rig)
    down = rig.later(take_down(rig.house.deps, TENANT, site.id, site.name, ADA).id)
    assert (down.status, rig.production) == (RunStatus.SUCCEEDED, "")
    rig.house.clock.move(seconds=60)
    runs = [ask(rig) for _ in range(2)]
    assert runs[0].id == runs[1].id
    waits = rig.later(runs[0].id)
    assert (waits.status, rig.production, rig.deployments) == (RunStatus.AWAITING_APPROVAL, "", [])
    run, asked = approve_all(rig, runs[0].id)
    assert (run.status, run.failure, asked) == (RunStatus.SUCCEEDED, "", ["release", "production"])
    assert (run.trigger.kind, run.trigger.actor, run.facts["redeploys"]) == ("redeploy", ADA, first.id)
    assert ("One" in rig.shown, len(rig.deployments), site_of(rig).down) == (True, 1, None)
    assert [each.run for each in site_of(rig).releases] == [run.id, "run-1"]
    assert run.earlier.micros == run.spent.micros == 0


def test_an_earlier_release_is_live_again_as_a_new_one_and_can_be_taken_back(rig: SiteRig) -> None:
    rig.live("run-1", GOOD.replace("Club", "One"))
    rig.live("run-2", GOOD.replace("Club", "Two"))
    second = rig.production
    rig.house.clock.move(seconds=60)
    run, _ = approve_all(rig, ask(rig, "run-1").id)
    assert (run.status, "One" in rig.shown) == (RunStatus.SUCCEEDED, True), run.failure
    latest = site_of(rig).releases[0]
    assert (latest.run, latest.previous) == (run.id, second)


def test_nothing_goes_live_without_a_person_and_a_no_touches_nothing_of_before(rig: SiteRig) -> None:
    rig.live("run-1", GOOD.replace("Club", "One"))
    shown, effects = rig.production, rig.sim.effects()
    run = rig.later(ask(rig).id)
    denied = acts.ApprovalDenied(rig.house.clock.now(), "release", run.asked, "Ben Example")
    record(rig.house.deps, TENANT, run.id, denied)
    ended = rig.later(run.id, minutes=10)
    assert (ended.status, ended.undone_failed) == (RunStatus.CANCELLED, ())
    assert (rig.production, rig.sim.effects()) == (shown, effects), "the release of before is as it was"


def test_an_approval_of_before_opens_nothing_and_two_people_are_two_people(rig: SiteRig) -> None:
    old = rig.live("run-1", GOOD.replace("Club", "One"))
    shown = rig.production
    rig.house.settle(ship={"approvals": {"four_eyes": True}})
    run = rig.later(ask(rig).id)
    given = old.step("release")
    assert given is not None
    assert run.asked
    stale = acts.ApprovalGranted(rig.house.clock.now(), "production", str(given.output["plan_hash"]), "Ben Example")
    assert record(rig.house.deps, TENANT, run.id, stale) == run
    rig.agree(run.id)
    later = rig.agree(run.id)  # the one who asked for it, and let it leave
    assert later.status != RunStatus.SUCCEEDED
    assert rig.production == shown, "what is live is what two people agreed to"


def test_a_death_at_any_point_puts_it_live_once(rig: SiteRig) -> None:
    rig.live("run-1", GOOD.replace("Club", "One"))
    died: list[str] = []
    points = ("effect.after/site.deploy/deployment", "effect.after/site.promote/promotion", "commit.after/site.promote")

    def die(point: str) -> None:
        if point in points and point not in died:
            died.append(point)
            raise RuntimeError(f"the process died at {point}")

    made = rig.sim.effects().count("deployment.create")
    run = ask(rig)
    rig.house.crash_point = die
    now = rig.later(run.id, minutes=60)
    while now.asked:
        rig.agree(run.id)
        now = rig.later(run.id, minutes=60)
    assert (now.status, set(died)) == (RunStatus.SUCCEEDED, set(points)), now.failure
    assert rig.sim.effects().count("deployment.create") == made + 1
    assert fetch(f"{rig.sim.url}/_alias/{NAME}/")[0] == 200


def test_what_is_not_there_or_not_done_or_anothers_is_refused_with_the_way_out(rig: SiteRig) -> None:
    rig.live("run-1", GOOD.replace("Club", "One"))
    site = site_of(rig)

    def wish(run: str = "", tenant: str = TENANT) -> Run:
        return redeploy(rig.house.deps, lambda: rig.house.tools, tenant, site.id, run, ADA)

    with pytest.raises(NotThere):
        wish(tenant="t-2")
    rig.open("run-3")
    rig.cancel("run-3")
    for other in ("run-9", "run-3"):
        with pytest.raises(NotThere, match="has put no release of this site live"):
            wish(other)
    open_one = page_record(rig.house.deps, TENANT, PAGE)
    rig.house.store.put(TENANT, record_put(PAGE, replace(open_one, run="run-1", settled=False)))
    with pytest.raises(Busy):
        wish()
    settle(rig)
    run = rig.house.run("run-1")
    tested = run.step("code")
    assert tested is not None
    rig.live("run-2", GOOD.replace("Club", "Two"))
    rig.house.store.delete_text(TENANT, str(tested.output["work"]))
    with pytest.raises(Conflicting, match="no longer kept") as refused:
        wish("run-1")
    assert "Plan it" in refused.value.way_out
    begun = wish("run-2")
    with pytest.raises(Conflicting, match="at work at the same page"):
        wish("run-1")
    assert wish("run-2").id == begun.id
