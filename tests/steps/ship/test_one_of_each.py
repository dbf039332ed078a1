"""A run makes one repository and one site at most: what is there afterwards is counted at the forge and at the host."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from shared.app.engine.engine import open_run
from shared.core.run.events import RunOpened
from shared.core.run.run import Limits, RunStatus, StepSpec, Trigger
from shared.local.simulators.vercel.simulator import VercelSimulator
from tests.integrations.conftest import Served
from tests.support.rigs import site_rig
from tests.support.rigs.forge_rig import NAME, SITE, ForgeRig
from tests.support.rigs.forge_rig import PAGE as FORGE_PAGE
from tests.support.rigs.forge_rig import steps as forge_steps
from tests.support.rigs.small_house import TENANT, SmallHouse


def test_a_second_site_of_one_run_is_refused_before_it_is_made(served: Callable[[Any], Served], tmp_path: Path) -> None:
    sim = served(VercelSimulator(tmp_path / "vercel"))
    house = SmallHouse(tmp_path / "house", endpoints={"vercel": sim.url}, kinds=site_rig.MINE)
    rig = site_rig.SiteRig(house, sim)
    specs = [step for step in site_rig.steps("club", {"page": site_rig.GOOD}) if step.id in _FIRST]
    specs.append(StepSpec("other", "site.deploy", "", {"project": "other"}, ("deploy",), "deploy", undoable=True))
    event = RunOpened(
        house.clock.now(), TENANT, "run-1", Trigger("page", site_rig.PAGE, "Club"), Limits(), tuple(specs)
    )
    open_run(house.deps, event)
    house.work()
    run = rig.agree("run-1")
    assert run.status == RunStatus.FAILED
    assert "a run makes one site at most; this one makes vercel:club-000001" in run.failure
    assert [each["name"] for each in sim.simulator.state["projects"].values()] == [site_rig.NAME]
    house.close()


_FIRST = ("code", "review", "release", "deploy")


def test_a_second_repository_of_one_run_is_refused_before_it_is_made(rig: ForgeRig) -> None:
    """The settings name another repository as soon as the first one is there."""

    def rename(point: str) -> None:
        if point == "result.after/repository.propose_change/repository":
            rig.ship(repository="another")

    rig.house.crash_point = rename
    first = forge_steps({"files": SITE}, "Make the club's page")
    title = {"title": "Make the club's page", "branch": "workwright/second"}
    second = StepSpec("second", "repository.propose_change", "", title, ("propose",), "deploy", undoable=True)
    trigger = Trigger("page", FORGE_PAGE, "Club")
    event = RunOpened(rig.house.clock.now(), TENANT, "run-00000001", trigger, Limits(), (*first, second))
    open_run(rig.house.deps, event)
    rig.house.work()
    for _ in range(3):  # what leaves is asked about anew, because it would go elsewhere
        run = rig.agree()
        if run.status.final:
            break
    assert run.status == RunStatus.FAILED
    assert list(rig.sim.simulator.state["repos"]) == [f"acme/{NAME}"]
