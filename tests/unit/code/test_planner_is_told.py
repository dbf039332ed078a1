"""A planner knows of the team's repository by its name in the settings alone, and only where it plans software."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.app.intake.page_view import PageView
from shared.app.planning.planner_facts.plan_context import Known
from shared.app.planning.planner_facts.plan_request import PLAN, ROUTINE, PlanRequest
from tests.support.builders.runs import begin
from tests.support.ports.local_ports import tools_with
from tests.unit.mind.situations import BAKERY

SHIP = {"ship": {"code": {"owner": "acme", "repository": "shop"}}}


@pytest.mark.parametrize(
    ("settings", "task", "told"),
    [(SHIP, PLAN, ["acme/shop"]), ({}, PLAN, []), (SHIP, ROUTINE, ["acme/shop"])],
    ids=["named", "none named", "a routine"],
)
def test_the_repository_is_told_as_data(settings: dict[str, object], task: str, told: list[str]) -> None:
    tools = replace(tools_with(settings=settings), kinds={})
    parts = PlanRequest(PageView(BAKERY, "hash"), tools, begin()[0], Known(), task).make_parts()
    found = [part for part in parts if part.source == "the team's repository"]
    assert [part.text for part in found] == told
    assert not any(part.trusted for part in found)
