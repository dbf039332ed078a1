"""No plan is refused for a rule that its planner was not told; what is refused has a name in one table."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from shared.app.intake.page_view import PageView
from shared.app.money import ceilings
from shared.app.planning import named_places, plan_checking, plan_columns
from shared.app.planning.plan_proposal import Proposal
from shared.app.planning.plan_thinking import validate_plan
from shared.app.planning.planner_facts.plan_context import Known
from shared.app.planning.planner_facts.plan_request import PLAN, ROUTINE, PlanRequest
from shared.bench.prompts.prompts_pages import PLACES, TEXTS, page_of
from shared.core.models.model_errors import InvalidOutput
from shared.core.planning import plan_validation
from shared.core.planning.plan_refusals import NOTION, REFUSALS
from shared.mind.context import assemble
from shared.mind.structured import schema_of
from tests.support.builders.proposals import a_proposal
from tests.support.builders.runs import begin
from tests.support.ports.local_ports import Unconnected, tools_with


def request_text(task: str) -> str:
    tools, run = tools_with(), begin()[0]
    view, known = PageView(page_of(next(iter(TEXTS))), "hash"), Known(places=PLACES)
    request = PlanRequest(view, tools, run, known, task)
    context = assemble(request.make_parts(), budget=60_000)
    asked = request.make_request(schema_of(Proposal))(context.prompt)
    told = "\n".join([asked.system, context.stable, asked.prompt, json.dumps(dict(asked.schema), ensure_ascii=False)])
    return " ".join(told.split())


@pytest.mark.parametrize("task", [PLAN, ROUTINE])
def test_every_rule_that_a_plan_can_be_refused_for_is_told_beforehand(task: str) -> None:
    told = request_text(task)
    mine = {name: rule for name, rule in REFUSALS.items() if rule.family in ("", NOTION)}
    assert [name for name, rule in mine.items() if rule.announced not in told] == []


@pytest.mark.parametrize("module", [plan_validation, plan_checking, plan_columns, named_places, ceilings])
def test_plans_are_refused_through_the_table_alone(module: Any) -> None:
    assert "InvalidOutput(" not in Path(module.__file__).read_text(encoding="utf-8")


def refused(*steps: Any) -> str:
    with pytest.raises(InvalidOutput) as found:
        validate_plan(a_proposal(list(steps)), tools_with(accounts=Unconnected()), begin()[0])
    return str(found.value)


def ask(agent: str, **given: Any) -> dict[str, Any]:
    return {"kind": "agent.ask", "input": {"agent": agent, "input": given}}


def test_a_reviewer_of_code_that_gets_no_files_is_refused_with_the_plan() -> None:
    step = {"id": "look", "kind": "agent.ask", "title": "Look", "depends_on": []}
    said = refused({**step, "input": {"agent": "security-reviewer", "input": {"files": []}}})
    assert "steps[0].input: " in said
    assert "files" in said
    assert "files" in refused({**step, "input": {"agent": "security-reviewer", "input": {"about": "our cost"}}})


def test_a_panel_whose_members_cannot_take_a_side_in_what_is_asked_is_refused_with_the_plan() -> None:
    members = [ask("critic", asked="Rent or buy?", plan="Rent."), ask("estimator", tasks=["Rent"])]
    panel = {"specialists": members, "chair": ask("critic", asked="Rent or buy?", plan="Rent."), "on": "choice"}
    said = refused({"id": "decide", "kind": "pattern.panel", "title": "Decide", "input": panel, "depends_on": []})
    assert "does not answer with 'choice'" in said


@pytest.mark.parametrize("artifact", ["tool", "none", ""])
def test_what_is_made_is_what_the_steps_make_whatever_the_answer_calls_it(artifact: str) -> None:
    proposal, _ = validate_plan(a_proposal(artifact=artifact), tools_with(accounts=Unconnected()), begin()[0])
    made = next(step["input"]["artifact"] for step in proposal.steps if step["kind"] == "code.generate")
    assert proposal.artifact == made


def test_a_change_is_planned_only_where_a_repository_is_named() -> None:
    change = {"id": "write", "kind": "code.generate", "title": "Change it", "input": {"artifact": "change"}}
    said = refused({**change, "depends_on": []})
    assert "steps[0].input.artifact: there is no software to change" in said
    settings = {"ship": {"code": {"owner": "acme", "repository": "vans"}}}
    proposal, _ = validate_plan(a_proposal([{**change, "depends_on": []}]), tools_with(settings=settings), begin()[0])
    assert proposal.artifact == "change"


@pytest.mark.parametrize(
    ("system", "name"), [("local_sites", "the machine that Workwright runs on"), ("cloud_storage", "Cloud Storage")]
)
def test_what_has_to_be_built_is_not_planned_for_a_host_that_serves_files_alone(system: str, name: str) -> None:
    write = {"id": "write", "kind": "code.generate", "title": "Write it", "input": {"artifact": "node_project"}}
    test = {"id": "test", "kind": "code.test", "title": "Test it", "depends_on": ["write"]}
    deploy = {"id": "show", "kind": "site.deploy", "title": "Show it", "input": {"project": "vans"}}
    steps = [{**write, "depends_on": []}, test, {**deploy, "depends_on": ["test"]}]
    connected = ["notion", "github", "vercel", system]

    def checked(host: str, given: list[Any]) -> Any:
        settings = {"connected": connected, "ship": {"site": {"system": host}}}
        return validate_plan(a_proposal(given), tools_with(settings=settings), begin()[0])[0]

    with pytest.raises(InvalidOutput) as found:
        checked(system, steps)
    assert f"steps[0].input.artifact: sites go to {name}, which serves files" in str(found.value)
    assert checked("vercel", steps).artifact == "node_project"
    assert checked(system, steps[:2]).artifact == "node_project", "it is not deployed"
    static = [{**steps[0], "input": {"artifact": "static_site"}}, *steps[1:]]
    assert checked(system, static).artifact == "static_site"
