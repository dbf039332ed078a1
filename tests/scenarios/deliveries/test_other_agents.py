"""Another agent works in the same Notion: it may ask for plans, never approve, and never in an endless chain."""

from __future__ import annotations

import pytest

from shared.core.pages import marks
from shared.core.run.run import RunStatus
from tests.support.rigs.house import Neighbourhood
from tests.support.simulators.world import OTHER_AGENT

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("other_agents")]


def test_runs_that_another_agent_wakes_again_and_again_end_at_depth_three(house: Neighbourhood) -> None:
    page = house.write("Echo")
    house.set_status(page, marks.PLAN_IT)
    for count in (1, 2, 3):
        run = house.planned(page, count)
        assert run.depth == count - 1
        house.set_status(page, marks.CANCELLED)
        assert house.ended(page, count).status == RunStatus.CANCELLED
        house.calm()
        house.agent_sets(page, marks.PLAN_IT)
    last = house.ended(page, 4)
    assert (last.status, last.depth) == (RunStatus.FAILED, 3)
    assert last.trigger.causes == tuple(run.id for run in house.runs(page)[:3])
    assert house.status(page) == marks.FAILED
    assert [text for text in house.comments(page) if "wake each other without end" in text] != []
    assert [step for step in last.steps if step.spec.kind == "plan.propose" and step.output] == []
    house.calm()
    house.set_status(page, marks.PLAN_IT)  # a person begins a new chain
    assert house.planned(page, 5).depth == 0


def test_another_agent_cannot_approve(house: Neighbourhood) -> None:
    page = house.write("Not for robots")
    house.plan(page)
    house.calm()
    house.agent_sets(page, marks.APPROVED)
    house.calm()
    assert house.run(page).status == RunStatus.AWAITING_APPROVAL
    house.set_status(page, marks.PLAN_READY)
    house.calm()
    house.set_status(page, marks.APPROVED)
    run = house.ended(page)
    assert run.status == RunStatus.SUCCEEDED
    gates = [step for step in run.steps if step.spec.kind == "approval.ask"]
    assert [gate.output["by"] for gate in gates] == ["Ada Example"] * 3


def test_another_agent_cannot_approve_behind_the_back_of_a_person(house: Neighbourhood) -> None:
    """Notion merges what happens at one time into one event with several authors, and does not say who did what."""
    page = house.write("Merged")
    house.plan(page)
    house.calm()
    house.agent_sets(page, marks.APPROVED)
    house.calm()
    state = house.look("notion", "/_state")
    (agent,) = [bot["id"] for bot in state["bots"].values() if bot["client_id"] == OTHER_AGENT]
    house.deliver(page, [{"id": house.home.person, "type": "person"}, {"id": agent, "type": "bot"}])
    house.calm()
    assert house.run(page).status == RunStatus.AWAITING_APPROVAL


def test_another_agent_cannot_cancel(house: Neighbourhood) -> None:
    page = house.write("Kept")
    house.plan(page)
    house.calm()
    house.agent_sets(page, marks.CANCELLED)
    house.calm()
    assert house.run(page).status == RunStatus.AWAITING_APPROVAL
