"""Sites that are wrong, cancelled or taken back by a person: what is live afterwards, and what is said of it."""

from __future__ import annotations

from typing import Any

import pytest

from shared.app.ship.roll_back import roll_back
from shared.core.run.run import RunStatus, StepStatus
from tests.integrations.conftest import served
from tests.steps.ship.sites_desk import rig
from tests.support.rigs.site_rig import GOOD, SiteRig, output
from tests.support.rigs.small_house import TENANT

pytestmark = pytest.mark.slow

__all__ = ["rig", "served"]


def test_production_that_is_wrong_is_rolled_back_by_itself(rig: SiteRig) -> None:
    assert rig.live("run-1", GOOD.replace("Club", "One")).status == RunStatus.SUCCEEDED
    first = rig.production
    rig.open("run-2", GOOD.replace("Club", "Two"))
    rig.agree("run-2")
    rig.show_instead("<p>Oops</p>")
    run = rig.agree("run-2")
    run = rig.later("run-2", minutes=5)
    assert run.status == RunStatus.FAILED
    assert "1 of 1 requirement not found on the site: R1" in run.failure
    assert "rolled back to the previous version" in run.failure
    assert rig.production == first
    assert not rig.client.site("club-000001").auto_assigns
    assert rig.sim.effects().count("deployment.rollback") == 1


def test_one_hiccup_rolls_nothing_back(rig: SiteRig) -> None:
    rig.house.settle(ship={"site": {"watch_s": 60}})
    assert rig.live("run-1").status == RunStatus.SUCCEEDED
    rig.open("run-2", GOOD.replace("Club", "Two"))
    rig.agree("run-2")
    rig.show_instead("", times=1, status=502)
    assert rig.agree("run-2").status != RunStatus.FAILED
    assert rig.later("run-2", minutes=5).status == RunStatus.SUCCEEDED
    assert "Two" in rig.shown
    assert "deployment.rollback" not in rig.sim.effects()


def test_what_breaks_while_it_is_watched_is_rolled_back(rig: SiteRig) -> None:
    rig.house.settle(ship={"site": {"watch_s": 300}})
    rig.live("run-1", GOOD.replace("Club", "One"))
    first = rig.production
    rig.open("run-2", GOOD.replace("Club", "Two"))
    rig.agree("run-2")
    rig.agree("run-2")
    rig.later("run-2", minutes=1)
    step = rig.house.run("run-2").step("watch")
    assert step is not None
    assert step.status == StepStatus.WAITING
    rig.show_instead("<p>Oops</p>")
    run = rig.later("run-2", minutes=5)
    assert (run.status, rig.production) == (RunStatus.FAILED, first)
    assert "rolled back" in run.failure


def test_after_a_rollback_the_next_approval_says_so_and_going_live_restores_it(rig: SiteRig) -> None:
    rig.live("run-1", GOOD.replace("Club", "One"))
    rig.live("run-2", GOOD.replace("Club", "Two"))
    client = rig.client
    site = client.site("club-000001")
    client.rollback(site.id, rig.deployments[0])
    rig.open("run-3", GOOD.replace("Club", "Three"))
    run = rig.agree("run-3")
    assert output(run, "verify")["auto_assigns"] is False
    assert "nothing goes live by itself" in run.facts["notes"]
    rig.agree("run-3")
    assert rig.later("run-3", minutes=5).status == RunStatus.SUCCEEDED
    assert "Three" in rig.shown
    assert client.site(site.id).auto_assigns


def test_a_first_version_that_is_wrong_has_nothing_to_go_back_to_and_says_what_to_do(rig: SiteRig) -> None:
    rig.open("run-1")
    rig.agree("run-1")
    rig.show_instead("<p>Oops</p>")
    rig.agree("run-1")
    run = rig.later("run-1", minutes=5)
    assert run.status == RunStatus.FAILED
    assert "there is no earlier version to go back to" in run.failure
    assert "What to do now: open the project" in run.failure
    assert run.facts["alarm"] in run.failure


@pytest.mark.parametrize(
    ("order", "why"),
    [
        ({"status": 402, "times": 100}, "402"),
        ({"status": 422, "times": 100}, "422"),
        ({"status": 503, "times": 10_000}, "503"),
        ({"status": 403, "times": 100, "body": {"error": {"code": "forbidden", "invalidToken": True}}}, "revoked"),
    ],
)
def test_a_rollback_that_fails_is_an_alarm_with_the_way_out(rig: SiteRig, order: dict[str, Any], why: str) -> None:
    rig.live("run-1", GOOD.replace("Club", "One"))
    first = rig.production
    rig.open("run-2", GOOD.replace("Club", "Two"))
    rig.agree("run-2")
    rig.show_instead("<p>Oops</p>")
    rig.sim.fault(path="/v1/projects/*/rollback/*", **order)
    rig.agree("run-2")
    run = rig.later("run-2", minutes=60)
    assert run.status == RunStatus.FAILED
    assert "going back failed" in run.failure
    assert why in run.failure
    assert f"make the deployment {first} the one in production" in run.failure


def test_a_death_after_a_rollback_does_not_let_the_run_wait_for_what_was_rolled_back(rig: SiteRig) -> None:
    rig.live("run-1", GOOD.replace("Club", "One"))
    first = rig.production
    died: list[str] = []

    def die_once(point: str) -> None:
        if point == "result.after/site.promote/rollback" and not died:
            died.append(point)
            raise RuntimeError("the process died here")

    rig.house.crash_point = die_once
    rig.open("run-2", GOOD.replace("Club", "Two"))
    rig.agree("run-2")
    rig.show_instead("<p>Oops</p>")
    rig.agree("run-2")
    run = rig.later("run-2", minutes=60)
    assert (run.status, died) == (RunStatus.FAILED, ["result.after/site.promote/rollback"])
    assert "rolled back" in run.failure
    assert rig.production == first


def test_cancelled_while_it_builds_nothing_is_left(rig: SiteRig) -> None:
    rig.sim.control("/_config", {"build_seconds": 1_000})
    rig.open("run-1")
    rig.agree("run-1")
    assert len(rig.deployments) == 1
    assert rig.cancel("run-1").status == RunStatus.CANCELLED
    assert rig.deployments == []
    assert "deployment.cancel" in rig.sim.effects()


def test_cancelled_while_it_is_watched_the_version_before_is_back(rig: SiteRig) -> None:
    rig.house.settle(ship={"site": {"watch_s": 600}})
    rig.live("run-1", GOOD.replace("Club", "One"))
    first = rig.production
    rig.open("run-2", GOOD.replace("Club", "Two"))
    rig.agree("run-2")
    rig.agree("run-2")
    assert "Two" in rig.shown
    assert rig.cancel("run-2").status == RunStatus.CANCELLED
    assert (rig.production, rig.deployments) == (first, [first])


def test_a_person_takes_a_live_version_back_and_nothing_else_is_touched(rig: SiteRig) -> None:
    rig.live("run-1", GOOD.replace("Club", "One"))
    first = rig.production
    run = rig.live("run-2", GOOD.replace("Club", "Two"))
    assert run.status == RunStatus.SUCCEEDED
    rig.sim.control("/_config", {"alias_seconds": 5})
    asked = [roll_back(rig.house.deps, TENANT, "run-2", "Ada Example") for _ in range(2)]
    assert asked[0].id == asked[1].id
    done = rig.later(asked[0].id, minutes=1)
    assert (done.status, done.failure) == (RunStatus.SUCCEEDED, "")
    assert (rig.production, done.facts["rolled_back_to"]) == (first, first)
    assert rig.sim.effects().count("deployment.rollback") == 1


def test_a_version_that_is_not_live_any_more_is_not_taken_back(rig: SiteRig) -> None:
    for number, name in enumerate(("One", "Two", "Three"), 1):
        rig.live(f"run-{number}", GOOD.replace("Club", name))
    third = rig.production
    run = rig.later(roll_back(rig.house.deps, TENANT, "run-2", "Ada Example").id)
    assert run.status == RunStatus.FAILED
    assert "another version went live since" in run.failure
    assert rig.production == third


def test_a_rollback_that_the_host_refuses_says_what_to_do_by_hand(rig: SiteRig) -> None:
    rig.live("run-1", GOOD.replace("Club", "One"))
    first = rig.production
    rig.live("run-2", GOOD.replace("Club", "Two"))
    rig.sim.fault(path="/v1/projects/*/rollback/*", status=402, times=10)
    run = rig.later(roll_back(rig.house.deps, TENANT, "run-2", "Ada Example").id)
    assert run.status == RunStatus.FAILED
    assert f"make the deployment {first} the one in production (there: Instant Rollback" in run.failure


def test_a_first_version_that_is_cancelled_while_it_is_watched_leaves_nothing(rig: SiteRig) -> None:
    rig.house.settle(ship={"site": {"watch_s": 600}})
    rig.open("run-1")
    rig.agree("run-1")
    rig.agree("run-1")
    assert "bicycles" in rig.shown
    assert rig.cancel("run-1").status == RunStatus.CANCELLED
    assert (rig.production, rig.deployments) == ("", [])
