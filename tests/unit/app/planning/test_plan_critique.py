"""A risky plan of a model is looked at by a critic: findings lead to one more round, the rest is shown to people."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from shared.app.planning.planner_facts.plan_inputs import shorten_input
from shared.core.errors import Unavailable
from shared.core.models.model_errors import InvalidOutput
from shared.core.run.run import Run, RunStatus
from shared.local.simulators.notion.simulator import NotionSimulator
from shared.steps import KINDS
from tests.integrations.conftest import Served
from tests.support.measures.prompts import parts_of
from tests.support.ports.planner_in_hand import Json, PlannerInHand, comment, plan_of
from tests.support.rigs.small_desk import Desk, settle_in
from tests.support.rigs.small_house import SmallHouse

TRASH: Json = {"id": "old", "kind": "notion.trash_page", "title": "Take the old page away", "depends_on": [],
               "input": {"page": "{page}"}}  # fmt: skip
RISKY, MILD = plan_of(TRASH), plan_of(comment("tell", "hello"))
FINE: Json = {"verdict": "ok", "findings": []}


def finds(problem: str, severity: str = "high", verdict: str = "mend") -> Json:
    found = {"severity": severity, "where": "old", "problem": problem, "mend": "Ask first."}
    return {"verdict": verdict, "findings": [found]}


Planned = Callable[[PlannerInHand], tuple[Desk, str]]


@pytest.fixture
def planned(house: Callable[..., SmallHouse], served: Callable[[Any], Served]) -> Planned:
    """Return a function that lets a model plan a page."""

    def plan(model: PlannerInHand) -> tuple[Desk, str]:
        notion = served(NotionSimulator())
        desk = settle_in(house(endpoints={"notion": notion.url}, model=model), notion.url)
        page = desk.write_idea("Club")
        desk.set_status(page, "Plan it")
        desk.tell(page)
        assert desk.run_of(page).status == RunStatus.AWAITING_APPROVAL, desk.run_of(page).failure
        return desk, page

    return plan


def output(run: Run) -> Any:
    return next(step.output for step in run.steps if step.id == "plan")


def shown(desk: Desk, page: str) -> str:
    container = next(s.output["container"] for s in desk.run_of(page).steps if s.output.get("container"))
    return json.dumps(desk.as_person("GET", f"/v1/blocks/{container}/children"), ensure_ascii=False)


def critic(*answers: Any) -> dict[str, list[Any]]:
    return {"agent.critic": list(answers)}


def test_a_mild_plan_is_not_looked_at_twice(planned: Planned) -> None:
    model = PlannerInHand([MILD], critic(finds("anything")))
    desk, page = planned(model)
    assert model.asked_for("agent.critic") == []
    assert (output(desk.run_of(page))["risk"]["level"], output(desk.run_of(page))["second_look"]) == ("medium", "")


def test_a_critic_that_finds_nothing_is_named(planned: Planned) -> None:
    model = PlannerInHand([RISKY], critic(FINE))
    desk, page = planned(model)
    assert [request.task_class for request in model.asked_for("agent.critic")] == ["cheap"]
    assert len(model.asked_for("plan")) == 1
    assert "it removes pages" in shown(desk, page)
    assert "has found nothing wrong" in shown(desk, page)


def test_findings_lead_to_one_more_plan_which_is_looked_at_too(planned: Planned) -> None:
    model = PlannerInHand([RISKY, MILD], critic(finds("Nobody asked for it."), FINE))
    desk, page = planned(model)
    first, second = model.asked_for("plan")
    assert "Nobody asked for it." not in first.prompt
    assert "Nobody asked for it." in second.prompt
    assert [s.spec.kind for s in desk.run_of(page).steps][-1] == "notion.comment"
    assert len(model.asked_for("agent.critic")) == 2
    assert output(desk.run_of(page))["findings"] == []


def test_what_is_still_wrong_after_that_is_shown_to_who_approves(planned: Planned) -> None:
    model = PlannerInHand([RISKY], critic(finds("Nobody asked for it."), finds("Still nobody asked.", verdict="stop")))
    desk, page = planned(model)
    assert len(model.asked_for("plan")) == 2  # and no third
    text = shown(desk, page)
    assert "still finds something wrong" in text
    assert "Still nobody asked." in text
    assert "advises against doing this" in text
    assert "Nobody asked for it." not in text


@pytest.mark.parametrize(
    "failure",
    [
        pytest.param(Unavailable("anthropic", "503"), id="down"),
        pytest.param(InvalidOutput("no JSON"), id="nonsense"),
    ],
)
def test_a_critic_that_fails_holds_nothing_up_and_people_are_told(planned: Planned, failure: Exception) -> None:
    desk, page = planned(PlannerInHand([RISKY], critic(failure)))
    assert desk.status(page) == "Plan ready"
    assert "Nobody has taken a second look" in shown(desk, page)


@pytest.mark.parametrize(
    "second",
    [
        pytest.param(Unavailable("anthropic", "503"), id="down"),
        pytest.param({}, id="nonsense"),
        pytest.param(plan_of({"id": "x", "kind": "shell.run", "input": {}}), id="an impossible plan"),
    ],
)
def test_when_no_better_plan_comes_the_first_is_shown_with_what_is_wrong(planned: Planned, second: Any) -> None:
    desk, page = planned(PlannerInHand([RISKY, second], critic(finds("Nobody asked for it."))))
    assert [s.spec.kind for s in desk.run_of(page).steps][-1] == "notion.trash_page"
    assert "Nobody asked for it." in shown(desk, page)


def test_questions_that_come_after_the_critic_are_asked(
    house: Callable[..., SmallHouse], served: Callable[[Any], Served]
) -> None:
    notion = served(NotionSimulator())
    asks = plan_of(questions=["Which page is the old one?"])
    model = PlannerInHand([RISKY, asks, MILD], critic(finds("The target is guessed.")))
    desk = settle_in(house(endpoints={"notion": notion.url}, model=model), notion.url)
    page = desk.write_idea("Club")
    desk.set_status(page, "Plan it")
    desk.tell(page)
    run = desk.run_of(page)
    assert run.status == RunStatus.AWAITING_INPUT
    asked = [step.spec.input["question"] for step in run.steps if step.spec.kind == "notion.ask_question"]
    assert asked == ["Which page is the old one?"]


def test_the_critic_is_told_what_the_planner_was_told(planned: Planned) -> None:
    model = PlannerInHand([plan_of(TRASH, comment("tell", "hello"))], critic(FINE))
    planned(model)
    (request,) = model.asked_for("agent.critic")
    told = part_of_source(request.prompt, "kinds of steps of this plan, and others")
    used, _, others = told.partition("\nOthers that a plan may use:\n")
    assert "notion.trash_page{page: TARGET}: Put a page into the trash." in used
    assert "page:1 is the page that people wrote" in used
    assert "- notion.trash_page: A page, with all below it." in used  # as the planner has it under its fields
    assert "- notion.comment: On `page` or `block`;" in used
    assert "query_rows" not in used
    assert "agent.ask" not in others  # of which the planner was not told
    assert "notion.query_rows{data_source, filter?, sorts?, columns?, limit?} Leaves a text." in others


def part_of_source(prompt: str, source: str) -> str:
    (found,) = [text for _, each, text in parts_of(prompt) if each == source]
    return found


def test_the_critic_sees_what_was_planned_and_nothing_that_code_has_set(planned: Planned) -> None:
    base: Json = {"id": "base", "kind": "notion.create_database", "title": "Make it", "depends_on": [],
                  "input": {"page": "{page}", "title": "Base"}}  # fmt: skip
    find: Json = {"id": "find", "kind": "notion.query_rows", "title": "Find", "depends_on": [],
                  "input": {"data_source": "step:base", "columns": ["Name"]}}  # fmt: skip
    model = PlannerInHand([plan_of(TRASH, base, find)], critic(FINE))
    planned(model)
    plan = part_of_source(model.asked_for("agent.critic")[0].prompt, "critic: plan")
    assert plan.splitlines()[-1] == (  # neither the limit of 100, which is there anyway, nor the approval it waits for
        'find: Find — notion.query_rows {"columns": ["Name"], "data_source": "step:base"} after base'
    )
    assert '"title_column"' not in plan
    assert "notion.publish_plan" not in plan


@pytest.mark.parametrize(
    ("kind", "given", "planned"),
    [
        ("notion.query_rows", {"data_source": "step:a", "filter": {}, "limit": 100, "columns": []},
         {"data_source": "step:a"}),
        ("notion.query_rows", {"data_source": "step:a", "limit": 99}, {"data_source": "step:a", "limit": 99}),
        ("notion.update_rows", {"data_source": "step:a", "filter": {}, "rows": [], "set": {"A": 1}, "at_most": 10_000},
         {"data_source": "step:a", "filter": {}, "set": {"A": 1}}),  # {} stands for all rows
        ("repository.propose_change", {"title": "T", "branch": "workwright/t"}, {"title": "T"}),
        ("agent.ask", {"agent": "editor", "input": {"text": "T"}, "takes": {}, "reads": [], "role": "chair"},
         {"agent": "editor", "input": {"text": "T"}}),
        ("notion.query_rows", {"source": "by the rules of an earlier day", "limit": None}, {}),
        ("gone.kind", {"source": "x", "limit": None}, {"source": "x"}),
    ],
)  # fmt: skip
def test_an_input_is_told_as_it_was_planned(kind: str, given: Json, planned: Json) -> None:
    assert shorten_input(KINDS.get(kind), given) == planned


def test_the_critic_is_shown_the_requirements_and_no_field_that_a_plan_left_empty(planned: Planned) -> None:
    wish = {"id": "R1", "text": "The old page is gone", "block": "", "source": ""}
    append = {"id": "say", "kind": "notion.append_blocks", "title": "Say it", "depends_on": [],
              "input": {"page": "{page}", "markdown": "Gone."}}  # fmt: skip
    model = PlannerInHand([plan_of(TRASH, append, requirements=[wish])], critic(FINE))
    planned(model)
    (request,) = model.asked_for("agent.critic")
    assert "R1: The old page is gone" in request.prompt
    assert '"markdown": "Gone."' in request.prompt
    assert '"from_step": ""' not in request.prompt


def test_a_second_look_is_told_what_the_first_one_found_and_what_has_changed(planned: Planned) -> None:
    model = PlannerInHand(
        [RISKY, plan_of(comment("tell", "hello"), TRASH)], critic(finds("Nobody asked for it."), FINE)
    )
    planned(model)
    first, second = model.asked_for("agent.critic")
    assert "Nobody asked for it." not in first.prompt
    assert "Nobody asked for it." in second.prompt
    assert "+tell: Say hello" in second.prompt
    assert "-old: " not in second.prompt  # it stays as it was


def test_a_plan_that_is_mended_is_shown_to_its_planner_with_the_findings_whole(planned: Planned) -> None:
    long = "This step writes a list in any case, though nothing has been changed before it. " * 7 + "The end."
    model = PlannerInHand([RISKY, MILD], critic(finds(long), FINE))
    planned(model)
    first, second = model.asked_for("plan")
    assert "your last plan" not in first.prompt
    assert "Take the old page away" in second.prompt
    assert "The end. Ask first." in second.prompt
    last = part_of_source(second.prompt, "your last plan")
    assert '"artifact"' not in last  # which code fills
    assert '"source"' not in last


@pytest.mark.parametrize("severity", ["medium", "high"])
def test_a_critic_that_says_ok_beside_a_finding_of_weight_is_not_taken_at_its_word(
    planned: Planned, severity: str
) -> None:
    model = PlannerInHand([RISKY], critic(finds("Nobody asked for it.", severity, "ok")))
    desk, page = planned(model)
    assert len(model.asked_for("plan")) == 2
    assert "Nobody asked for it." in shown(desk, page)


def test_what_a_critic_that_says_ok_finds_small_holds_nothing_up(planned: Planned) -> None:
    model = PlannerInHand([RISKY], critic(finds("A comma.", "low", "ok")))
    desk, page = planned(model)
    assert len(model.asked_for("plan")) == 1
    assert "A comma." not in shown(desk, page)


def test_a_model_may_raise_the_risk_and_not_lower_it(planned: Planned) -> None:
    model = PlannerInHand(
        [plan_of(comment("tell", "hello"), analysis={"asked": "", "missing": [], "risk": "high"})], critic(FINE)
    )
    desk, page = planned(model)
    assert output(desk.run_of(page))["risk"]["level"] == "high"
    assert len(model.asked_for("agent.critic")) == 1


def test_what_a_page_says_to_the_critic_is_data(planned: Planned) -> None:
    model = PlannerInHand([RISKY], critic(FINE))
    planned(model)
    request = model.asked_for("agent.critic")[0]
    before, _, _ = request.prompt.partition("We repair bicycles")
    assert "is data" in before
    assert "We repair bicycles" not in request.system


def test_long_steps_hide_no_other_from_the_critic_and_people_are_told_that_it_has_not_read_all(
    planned: Planned,
) -> None:
    long = [comment(f"say{number}", f"{number} " + "bread and cake " * 120) for number in range(30)]
    model = PlannerInHand([plan_of(*long, {**TRASH, "depends_on": ["say29"]})], critic(FINE))
    desk, page = planned(model)
    (request,) = model.asked_for("agent.critic")
    assert "notion.trash_page" in request.prompt
    assert all(f"say{number}: " in request.prompt for number in range(30))
    assert len(request.prompt) < 60_000
    assert "which has not read all of it, has found nothing wrong" in shown(desk, page)


def test_assumptions_other_ways_and_reasons_stand_folded_beside_the_steps(planned: Planned) -> None:
    steps = {**comment("tell", "hello"), "why": "because they asked"}
    desk, page = planned(PlannerInHand([plan_of(steps)]))
    text = shown(desk, page)
    for words in ("Assumptions (1)", "Other ways that were considered (1)", "Why each step (1)"):
        assert words in text
    assert "usually 1 to 15 seconds of work" in text
    assert "at most 0.00 US dollars" in text
