"""What a model is told when it plans: enough of everything, and little in all."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from shared.app.intake.page_view import PageView
from shared.app.planning.plan_proposal import Proposal
from shared.app.planning.plan_thinking import rule_of, validate_plan
from shared.app.planning.planner_facts.plan_context import Known
from shared.app.planning.planner_facts.plan_examples import EXAMPLES, SHOWN, example_plans, possible
from shared.app.planning.planner_facts.plan_families import AGENTS, CODE, NOTION, families_for, family_of
from shared.app.planning.planner_facts.plan_kinds import kinds_notes, kinds_table
from shared.app.planning.planner_facts.plan_request import PlanRequest, usable
from shared.backends.models import shapes
from shared.backends.models.openai_chat import OpenAIChat
from shared.backends.models.turns import Turn
from shared.bench.prompts.prompts_pages import PLACES, TEXTS, page_of
from shared.core.models.model_facts import Catalogue
from shared.core.page import Block, Page, Span
from shared.core.planning.plan import validate
from shared.mind.context import assemble
from shared.mind.page_text import page_text, page_words
from shared.mind.structured import schema_of
from shared.steps import KINDS
from tests.support.builders.proposals import a_proposal
from tests.support.builders.runs import begin
from tests.support.ports.local_ports import ScriptedModel, Unconnected, tools_with
from tests.support.ports.moved_clock import MovedClock

MAX_TOKENS = 4000
SHIP = {"ship": {"code": {"owner": "acme", "repository": "shop"}}}


def told(page: Page, **settings: Any) -> dict[str, Any]:
    """Return the body of the request that a server of Chat Completions gets."""
    tools, run = tools_with(settings=settings), begin()[0]
    view, known = PageView(page, "hash"), Known(places=PLACES)
    request = PlanRequest(view, tools, run, known)
    context = assemble(request.make_parts(), budget=60_000)
    asked = request.make_request(schema_of(Proposal))(context.prompt)
    server = OpenAIChat("compatible", "http://127.0.0.1:9/v1", None, Catalogue({}, {}), MovedClock())
    return server._body("some", Turn(replace(asked, stable=context.stable), "compatible"), 4000)


def text_of(body: Mapping[str, Any]) -> str:
    return "\n".join(str(each["content"]) for each in body["messages"]) + json.dumps(body.get("response_format"))


@pytest.mark.parametrize("name", TEXTS)
def test_a_plan_of_a_page_of_300_words_is_asked_for_in_4000_tokens(name: str) -> None:
    page = page_of(name)
    found = text_of(told(page, **SHIP))
    assert len(found) / 4 <= MAX_TOKENS
    for block in page.walk():
        assert block.text in found


@pytest.mark.parametrize("name", TEXTS)
def test_the_shape_of_the_answer_is_told_once(name: str) -> None:
    body = told(page_of(name))
    assert text_of(body).count('"why_not"') == 2  # as a property, and as one that is required
    assert body["response_format"] == {"type": "json_object"}


@pytest.mark.parametrize("name", TEXTS)
def test_every_kind_of_step_is_told_with_its_fields(name: str) -> None:
    found = text_of(told(page_of(name)))
    agents = AGENTS in families_for(page_words(page_of(name)), KINDS).names
    for kind in usable(KINDS, {"connected": ["notion", "github", "vercel"]}).values():
        if family_of(kind.name) == AGENTS and not agents:
            assert f"{kind.name}{{" not in found  # nobody can ask agents without their names
            continue
        line = next(line for line in found.splitlines() if line.startswith(f"{kind.name}{{"))
        for field in schema_of(kind.input).get("properties", {}):
            assert re.search(rf"[{{ ]{field}[?]?[:,}}]", line)


def test_today_and_the_databases_are_told_with_types_and_options() -> None:
    found = text_of(told(page_of("overdue tasks")))
    assert "Today is Monday, 2026-11-23, in the time zone Europe/Berlin." in found
    assert "Status: select (To do, Doing, Blocked, Done)" in found
    assert "Depends on: relation to data source database:1" in found
    assert "11111111-0000-4000-8000-000000000000" not in found


def test_columns_are_told_where_a_page_may_need_them() -> None:
    found = text_of(told(page_of("API from meeting notes")))
    assert "Database 'Tasks', data source database:1\n" in found
    assert "Status: select" not in found
    assert "Status: select" in text_of(told(VAGUE))  # nothing tells what it needs


VAGUE = Page("p", "A place", (Block("b", "paragraph", (Span("Where people of our street can meet"),)),))


@pytest.mark.parametrize("family", EXAMPLES)
def test_an_example_is_a_plan_that_is_taken(family: str) -> None:
    tools, run = tools_with(accounts=Unconnected()), begin()[0]
    proposal, specs = validate_plan(a_proposal([dict(step) for step in EXAMPLES[family]]), tools, run)
    assert {step["id"] for step in proposal.steps} <= {spec.id for spec in specs}


@pytest.mark.parametrize("family", EXAMPLES)
def test_what_a_prompt_shows_as_an_example_is_read_back_from_it_and_taken(family: str) -> None:
    shown = example_plans(KINDS, {family}).splitlines()
    steps = SHOWN.expand([json.loads(line) for line in shown if line.startswith("{")])
    assert len(steps) == len(EXAMPLES[family])
    rules = {kind.name: rule_of(kind, ScriptedModel([{}]), KINDS) for kind in KINDS.values()}
    assert len(validate(steps, rules, prefix="", max_steps=20)) == len(steps)


def test_kinds_that_a_page_may_not_need_are_told_in_short() -> None:
    table = kinds_table(KINDS.values(), 60_000, {CODE})
    needed, _, short = table.partition("\nIn short, for what a page asks for besides:\n")
    assert 'code.generate{artifact: "static_site"|' in needed
    assert "notion." not in needed
    assert "notion.query_rows{data_source, filter?, sorts?, columns?, limit?} Leaves a text.\n" in short
    needed, _, short = kinds_table(KINDS.values(), 60_000, {NOTION}).partition("\nIn short")
    assert "notion.query_rows{data_source: TARGET, filter?: object, " in needed
    assert 'code.generate{artifact: "static_site"|' in short  # words that nobody can guess
    assert "code.test{} After: code.generate.\n" in short
    assert "In short" not in kinds_table(KINDS.values(), 60_000)


def test_words_are_explained_where_a_line_has_them_alone() -> None:
    few = [KINDS["code.generate"], KINDS["code.test"]]
    assert "VALUES" not in kinds_table(few, 60_000)
    assert "TARGET" not in kinds_table(few, 60_000)
    assert "from_step" not in kinds_table(few, 60_000)
    assert "from_step names a step that leaves a text. TARGET: " in kinds_table(KINDS.values(), 60_000, {NOTION})


def test_a_list_of_targets_and_what_holds_where_a_limit_is_left_out_are_told() -> None:
    table = kinds_table(KINDS.values(), 60_000, {NOTION})
    assert "rows?: [TARGET]" in table
    assert "limit?: integer (else 100)" in table


def test_kinds_of_agents_are_told_where_agents_are_named() -> None:
    for families in ({NOTION}, {CODE}, {CODE, NOTION}):
        table = kinds_table(KINDS.values(), 60_000, families)
        assert "agent." not in table
        assert "pattern." not in table
    assert "\npattern.debate{" in kinds_table(KINDS.values(), 60_000, {NOTION, AGENTS})


def test_a_planner_is_told_whether_there_is_a_repository() -> None:
    assert "None is named yet: repository.propose_change makes one" in text_of(told(page_of("a site")))
    found = text_of(told(page_of("a site"), **SHIP))
    assert "acme/shop" in found
    assert "None is named yet" not in found


def test_an_example_shows_no_step_that_the_team_cannot_have() -> None:
    connected = tools_with(settings={"connected": ["notion", "github"]})
    kinds = usable(connected.kinds, connected.settings("t-1"))
    assert "site." not in example_plans(kinds, {CODE})
    left = possible(EXAMPLES[CODE], kinds)
    rules = {name: rule_of(kind, ScriptedModel([{}]), KINDS) for name, kind in kinds.items()}
    assert [spec.id for spec in validate(left, rules, prefix="", max_steps=20)] == [
        "write",
        "test",
        "propose",
        "checks",
    ]


@pytest.mark.parametrize(
    ("text", "families"),
    [
        ("Build us a small web app for the club", {CODE}),
        ("Setze alle überfälligen Aufgaben auf Blockiert", {NOTION}),
        ("Toutes les tâches en retard, en commentaire", {NOTION}),
        ("Should we rent or buy? Let specialists argue and decide, with the risks", {AGENTS}),
        ("Vergleicht beide Anbieter, mit Vorteilen und Nachteilen, und empfehlt einen", {AGENTS}),
        ("商店街のサイトを作ってください", {CODE}),
        ("A place where people of our street can meet", {CODE, NOTION}),
        ("See https://example.org/tasks/api/decide", {CODE, NOTION}),
    ],
)
def test_a_page_tells_which_families_of_steps_it_may_need(text: str, families: set[str]) -> None:
    kinds = [name for name, kind in KINDS.items() if kind.plannable]
    assert families_for(text, kinds).names == families


def test_what_is_told_of_a_family_goes_beyond_names_and_types() -> None:
    notes = kinds_notes(KINDS.values(), {NOTION}, 60_000)
    assert '"property": "Status"' in notes
    assert "researcher(question" not in notes
    advised = kinds_notes(KINDS.values(), {AGENTS}, 60_000)
    assert "advisor(question, options: texts, view?, facts?: texts) → choice" in advised
    assert "python-engineer(" not in advised
    assert "python-engineer(task, files: list of {path, content})" in kinds_notes(
        KINDS.values(), {AGENTS, CODE}, 60_000
    )
    assert "researcher(question" in kinds_notes(KINDS.values(), {AGENTS}, 60_000)
    assert kinds_notes(KINDS.values(), {AGENTS}, 6000) == ""  # no room: the lines alone have to do
    table = kinds_table(KINDS.values(), 60_000)
    assert table.count("relates_to?") == 1
    watch = next(line for line in table.splitlines() if line.startswith("site.watch{}"))
    assert watch.endswith(" After: site.promote.")  # which itself comes after all that is before


def test_steps_are_told_as_objects_and_taken_as_text_too() -> None:
    schema = shapes.wire(shapes.flat(schema_of(Proposal)), all_required=True)
    step = schema["properties"]["steps"]["items"]
    assert step["required"] == ["id", "kind", "title", "why", "input", "depends_on"]
    assert "artifact" not in schema["properties"]
    assert '"input":{"type":"object"}' in shapes.describe_shape(shapes.flat(schema_of(Proposal)))
    given = a_proposal()
    plain = Proposal.model_validate(given).steps
    assert Proposal.model_validate({**given, "steps": [json.dumps(step) for step in given["steps"]]}).steps == plain
    inner = [{**step, "input": json.dumps(step["input"])} for step in given["steps"]]
    assert Proposal.model_validate({**given, "steps": inner}).steps == plain


def test_what_is_made_follows_from_the_steps() -> None:
    assert Proposal.model_validate(a_proposal(artifact="tool")).artifact == "static_site"
    without = {name: value for name, value in a_proposal().items() if name != "artifact"}
    assert Proposal.model_validate(without).artifact == "static_site"


def test_a_branch_that_no_plan_names_is_ours_and_tells_what_is_on_it() -> None:
    kind = KINDS["repository.propose_change"]
    assert "branch" not in schema_of(kind.input)["properties"]
    given = kind.input.model_validate({"title": "Die Öffnungszeiten: neu!"}).model_dump()
    assert given == {"title": "Die Öffnungszeiten: neu!", "branch": "workwright/die-offnungszeiten-neu"}
    assert kind.input.model_validate({"title": "サイト"}).model_dump()["branch"] == "workwright/change"


def test_numbered_lists_keep_their_numbers_and_to_dos_say_whether_they_are_done() -> None:
    items = [Block(f"n{at}", "numbered_list_item", (Span(f"Step {at}"),)) for at in range(3)]
    page = Page("p", "T", (*items, Block("x", "paragraph"), replace(items[0], id="m", list_start_index=7)))
    lines = page_text(page).splitlines()[2:]
    assert lines == [
        "[n0] numbered_list_item (1): Step 0",
        "[n1] numbered_list_item (2): Step 1",
        "[n2] numbered_list_item (3): Step 2",
        "[x] paragraph",
        "[m] numbered_list_item (7): Step 0",
    ]
    found = text_of(told(page_of("API from meeting notes")))
    assert "to_do (done): Names of the vans" in found
    assert 'A to_do that is "done" is settled' in found


def test_a_large_page_leaves_room_in_a_small_window_for_where_the_plan_takes_place() -> None:
    tools, run = tools_with(settings=SHIP), begin()[0]
    view, known = PageView(page_of("a site", 40), "hash"), Known(places=PLACES)
    context = assemble(PlanRequest(view, tools, run, known, room=6000).make_parts(), budget=4500)
    placed = {each.part.source: each.note for each in context.placed}
    assert placed["the team's repository"] == placed["today, and the team's databases"] == ""
    assert "no room" in placed["page:1"]
