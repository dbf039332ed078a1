"""The machine's clock jumps while a house works: a day on while it waits for approval, an hour back in between."""

from __future__ import annotations

import time

import pytest

from shared.core.run.codec import run_from_data
from shared.core.run.run import WaitKind
from tests.crash.conftest import NewPlace, Undisturbed
from tests.support.measures.told_story import compare, ending
from tests.support.rigs.disturbed_house import TIMEOUT_S, Place
from tests.support.rigs.settled_house import control

DAY, HOUR = 86_400.0, 3_600.0


def _waits(place: Place, kind: str) -> bool:
    """Say whether a step of that kind waits for a time."""
    steps = [step for run in place.runs() for step in run_from_data(run).steps]
    return any(step.spec.kind == kind and step.wait is not None and step.wait.kind == WaitKind.TIME for step in steps)


@pytest.mark.parametrize("jumps", [(DAY, DAY - HOUR), (-HOUR, -2 * HOUR), (DAY, 0.0)], ids=str)
def test_a_clock_that_jumps_changes_nothing(
    jumps: tuple[float, float], new_place: NewPlace, undisturbed: Undisturbed
) -> None:
    place = new_place(WORKWRIGHT_WORKERS="4")
    place.begin()
    control(place.simulators["vercel"], "/_config", {"build_seconds": 2})  # long enough to be seen waiting
    place.set_status("Plan it")
    place.wait_for("the plan", lambda: place.status() == "Plan ready" and place.asked() is not None, [])
    place.move_clock(jumps[0])
    place.wait_for("the deployment", lambda: place.agrees() and _waits(place, "site.deploy"), [])
    place.move_clock(jumps[1])  # the step wants to look again in less than a second
    place.approve([])
    assert compare(place, ending(place), undisturbed.end.effects) == []


def test_a_death_and_a_clock_moved_on_a_day_meanwhile(new_place: NewPlace, undisturbed: Undisturbed) -> None:
    place = new_place()
    place.begin(WORKWRIGHT_CRASH_AT="effect.after/site.deploy/deployment")
    place.set_status("Plan it")
    place.wait_for("the plan", lambda: place.status() == "Plan ready" and place.asked() is not None, [])
    assert place.house is not None
    house = place.house
    ends = time.monotonic() + TIMEOUT_S
    while house.ended() is None:
        assert time.monotonic() < ends, place.report()
        place.agrees()
        time.sleep(0.05)
    place.move_clock(20 * HOUR)  # an approval is good for a day
    place.approve([])
    assert compare(place, ending(place), undisturbed.end.effects) == []
