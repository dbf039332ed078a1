"""A site that is put live with a pause before each of its writes: the host has seen the same as without any."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from shared.app.approval.approvals import asked_now
from shared.app.engine.engine import record
from shared.core.run import acts
from shared.core.run.run import RunStatus
from shared.local.simulators.vercel.simulator import VercelSimulator
from tests.integrations.conftest import Served
from tests.support.rigs.site_rig import MINE, SiteRig
from tests.support.rigs.small_house import TENANT, SmallHouse

_MAX = 200


def _to_its_end(rig: SiteRig) -> None:
    """Let the run go on whenever it was paused, and agree to all that it asks."""
    for _ in range(_MAX):
        rig.house.work()
        run, now = rig.house.run("run-1"), rig.house.clock.now()
        if run.status.final:
            return
        if run.pause is not None:
            rig.house.clock.move(hours=2)  # longer than any attempt may take
            record(rig.house.deps, TENANT, "run-1", acts.RunResumed(rig.house.clock.now(), "Ada"))
        elif run.status == RunStatus.AWAITING_APPROVAL:
            asked = asked_now(run)
            record(rig.house.deps, TENANT, "run-1", acts.ApprovalGranted(now, asked.gate, asked.plan_hash, "Ada"))
        rig.house.clock.move(seconds=2)
    raise AssertionError("it never ended")


def _told(served: Callable[[Any], Served], folder: Path, *, pausing: bool) -> tuple[list[str], list[str], SiteRig]:
    """Return what happened at the host, and where the run was paused."""
    sim = served(VercelSimulator(folder / "vercel"))
    house = SmallHouse(folder / "house", endpoints={"vercel": sim.url}, kinds=MINE)
    rig, paused = SiteRig(house, sim), list[str]()

    def pause(point: str) -> None:
        stops = point.startswith(("intent.before/", "result.after/"))
        if pausing and stops and point not in paused:
            paused.append(point)
            record(house.deps, TENANT, "run-1", acts.RunPaused(house.clock.now(), "Ada"))
            house.clock.move(seconds=1)

    house.crash_point = pause
    rig.open("run-1", watch=False)
    _to_its_end(rig)
    return sim.effects(), paused, rig


def test_a_pause_before_and_after_each_write_leads_to_the_same_end(
    served: Callable[[Any], Served], tmp_path: Path
) -> None:
    plain, _, undisturbed = _told(served, tmp_path / "plain", pausing=False)
    effects, paused, rig = _told(served, tmp_path / "pausing", pausing=True)
    wrote = {point.partition("/")[2] for point in paused}
    assert {"site.deploy/project", "site.deploy/deployment", "site.promote/promotion"} <= wrote
    assert effects == plain
    run = rig.house.run("run-1")
    assert (run.status, rig.shown) == (RunStatus.SUCCEEDED, undisturbed.shown)
    assert [step.failures for step in run.steps] == [0] * len(run.steps)
    assert [step.attempt for step in run.steps] == [step.attempt for step in undisturbed.house.run("run-1").steps]
    for each in (rig, undisturbed):
        each.house.close()
