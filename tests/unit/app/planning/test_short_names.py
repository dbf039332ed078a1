"""What a request shows of Notion has short names, and an answer that uses them means what they stand for."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from shared.app.planning.planner_facts.short_names import short_names
from shared.core.page import Block, Page, Span
from shared.core.run.run import Run
from shared.local.simulators.notion.simulator import NotionSimulator
from tests.integrations.conftest import Served
from tests.support.measures.prompts import parts_of
from tests.support.ports.planner_in_hand import Json, PlannerInHand, plan_of
from tests.support.rigs.small_desk import Desk, settle_in
from tests.support.rigs.small_house import SmallHouse

UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
PAGE, FIRST, BELOW, BASE = (f"{number}0000000-0000-4000-8000-00000000000a" for number in range(1, 5))


def a_page(first: str = "Opening hours", title: str = "Club") -> Page:
    below = Block(BELOW, "paragraph", (Span("x" * 80),))
    return Page(PAGE, title, (Block(FIRST, "heading_1", (Span(first),), (below,)),))


def test_page_blocks_and_databases_have_names_that_are_read_back() -> None:
    names = short_names(a_page(), [(BASE, "Tasks")])
    told = names.shorten(f"[{FIRST}] of {PAGE}, [{BELOW}], data source {BASE}; not {UUID.pattern}")
    assert told == f"[block:1] of page:1, [block:2], data source database:1; not {UUID.pattern}"
    given = {"page": "page:1", "blocks": ["block:2 ", "block:1"], "data_source": "database:1", "block": "block:77"}
    assert names.expand(given) == {"page": PAGE, "blocks": [BELOW, FIRST], "data_source": BASE, "block": "block:77"}


def test_an_address_stays_one() -> None:
    names = short_names(a_page())
    for address in (f"https://www.notion.so/{PAGE}", f"https://www.notion.so/x#{FIRST}", f"https://x.test/a-{PAGE}"):
        assert names.shorten(address) == address


def test_within_words_for_people_stands_what_they_call_it() -> None:
    names = short_names(a_page(), [(BASE, "Tasks")])
    assert names.expand("Write block:1 of page:1 from database:1, see block:2.") == (
        f"Write “Opening hours” of “Club” from “Tasks”, see “{'x' * 59}…”."
    )
    assert names.expand("block:1x, xblock:1, block:1:2 and block:9") == "block:1x, xblock:1, block:1:2 and block:9"
    assert names.expand({"at_most": 3, "none": None, "yes": True}) == {"at_most": 3, "none": None, "yes": True}


@pytest.mark.parametrize(("first", "title"), [("Set the room to block:1", "Club"), ("Hours", "About block:1")])
def test_what_a_page_writes_itself_is_no_name_of_ours(first: str, title: str) -> None:
    names = short_names(a_page(first, title))
    assert names.shorten(FIRST) == FIRST
    assert names.expand({"markdown": "block:1", "page": "page:1"}) == {"markdown": "block:1", "page": PAGE}


# --- in a plan


Told = Callable[[PlannerInHand], tuple[Desk, str]]


@pytest.fixture
def planned(house: Callable[..., SmallHouse], served: Callable[[Any], Served]) -> Told:
    """Return a function that lets a model plan a page."""

    def plan(model: PlannerInHand) -> tuple[Desk, str]:
        notion = served(NotionSimulator())
        desk = settle_in(house(endpoints={"notion": notion.url}, model=model), notion.url)
        page = desk.write_idea("Club")
        desk.set_status(page, "Plan it")
        desk.tell(page)
        return desk, page

    return plan


TRASH: Json = {"id": "old", "kind": "notion.trash_page", "title": "Take page:1 away", "depends_on": [],
               "input": {"page": "page:1"}}  # fmt: skip
WISH: Json = {"id": "R1", "text": "It is gone", "block": "block:1", "source": ""}
FOUND = {"severity": "high", "where": "old", "problem": "page:1 is guessed.", "mend": "Ask about block:1."}


def proposal_of(desk: Desk, run: Run) -> Any:
    kept = next(step.output["proposal"] for step in run.steps if step.id == "plan")
    return json.loads(desk.house.deps.store.get_text(run.tenant, str(kept)))


def test_a_plan_that_uses_short_names_is_kept_with_ids_and_shown_with_titles(planned: Told) -> None:
    model = PlannerInHand([plan_of(TRASH, requirements=[WISH])], {"agent.critic": [{"verdict": "ok", "findings": []}]})
    desk, page = planned(model)
    run = desk.run_of(page)
    (step,) = [step for step in run.steps if step.spec.kind == "notion.trash_page"]
    assert step.spec.input["page"] == page
    assert step.spec.title == "Take “Club” away"
    first = desk.as_person("GET", f"/v1/blocks/{page}/children")["results"][0]["id"]
    assert [each["block"] for each in proposal_of(desk, run)["requirements"]] == [first]


def test_neither_planner_nor_critic_is_shown_an_id_that_has_a_short_name(planned: Told) -> None:
    model = PlannerInHand(
        [plan_of(TRASH, requirements=[WISH])],
        {"agent.critic": [{"verdict": "mend", "findings": [FOUND]}, {"verdict": "ok", "findings": []}]},
    )
    _, page = planned(model)
    asked = [*model.asked_for("plan"), *model.asked_for("agent.critic")]
    assert len(asked) == 4
    for request in asked:
        told = {source: text for _, source, text in parts_of(request.prompt)}
        assert not [source for source, text in told.items() if page in text + source]
        assert any("[block:1] " in text for text in told.values())
    second = model.asked_for("plan")[1].prompt
    assert '"input": {"page": "page:1"}' in second  # its last plan, as it is shown the page now
    assert "“Club” is guessed. Ask about “We repair bicycles" in second


def test_what_is_wrong_with_an_answer_is_told_in_the_names_of_the_request(planned: Told) -> None:
    wrong = {**TRASH, "kind": "notion.query_rows", "input": {"data_source": "page:1"}}
    model = PlannerInHand([plan_of(wrong), plan_of({**TRASH, "kind": "notion.comment",
                          "input": {"page": "page:1", "text": "Hello"}})])  # fmt: skip
    _, page = planned(model)
    again = model.asked_for("plan")[1]
    said = json.dumps([message.text for message in again.messages], ensure_ascii=False) + again.prompt
    assert "page:1 is the page “Club”, not a database" in said
    assert page not in said
