"""The offline model's plan of a routine: one step for each to-do, or a question that says how to write one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.app.planning.plan_proposal import Proposal
from shared.backends.offline.model import OfflineModel
from shared.core.page import Block, Page, Span, page_to_data
from shared.core.planning.plan import Rule, validate
from shared.ports.model import ModelRequest
from shared.steps import KINDS

PAGE, SOURCE = "0f0e0d0c-0b0a-4908-8706-050403020100", "00010203-0405-4607-8809-0a0b0c0d0e0f"
NOTION_KINDS = ("notion.create_page", "notion.append_blocks", "notion.comment")
TASKS = {
    "tasks": {"data_source": SOURCE, "columns": {"Name": "title", "Status": "s%3A", "Due": "du"}},
    "today": "2026-03-02",
}
RULES = {name: Rule(name, dict, "execute-step") for name in NOTION_KINDS}


def answer(*todos: str, kinds: tuple[str, ...] = NOTION_KINDS, places: Any = TASKS) -> dict[str, Any]:
    blocks = tuple(Block(f"b{n}", "to_do", (Span(text),)) for n, text in enumerate(todos))
    page = Page(PAGE, "Monday", (Block("h", "heading_1", (Span("What to do"),)), *blocks))
    data = {"page": page_to_data(page), "kinds": list(kinds), "places": places}
    request = ModelRequest("routine", "reason", "", "", {}, data)
    return dict(OfflineModel().complete(request).answer)


def test_each_to_do_becomes_a_task_due_that_day() -> None:
    (step,) = answer("Water plants")["steps"]
    assert step["kind"] == "notion.create_page"
    assert step["input"] == {
        "data_source": SOURCE,
        "properties": {"title": "Water plants", "s%3A": "To do", "du": "2026-03-02"},
    }


def test_words_before_a_colon_say_what_else_is_meant() -> None:
    steps = answer("Comment: Who brings cake?", "write: This week", "New page: Minutes")["steps"]
    assert [(step["kind"], step["input"]) for step in steps] == [
        ("notion.comment", {"page": PAGE, "text": "Who brings cake?"}),
        ("notion.append_blocks", {"page": PAGE, "markdown": "This week"}),
        ("notion.create_page", {"page": PAGE, "title": "Minutes"}),
    ]


def test_without_tasks_a_to_do_is_written_on_the_page_again() -> None:
    (step,) = answer("Water plants", places={})["steps"]
    assert (step["kind"], step["input"]["markdown"]) == ("notion.append_blocks", "- [ ] Water plants")


@pytest.mark.parametrize(
    ("todos", "kinds", "said"),
    [
        ((), NOTION_KINDS, "has no to-dos"),
        (("Water plants",), (), "I have no step for “Water plants”"),
        (tuple(f"Thing {n}" for n in range(101)), NOTION_KINDS, "one routine takes 100"),
    ],
)
def test_what_it_cannot_do_it_asks(todos: tuple[str, ...], kinds: tuple[str, ...], said: str) -> None:
    asked = answer(*todos, kinds=kinds)
    assert said in asked["questions"][0]
    assert asked["steps"] == []


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=60), max_size=8))
def test_any_page_gives_a_valid_plan_or_a_question(todos: list[str]) -> None:
    proposal = Proposal.model_validate(answer(*todos))
    assert bool(proposal.questions) != bool(proposal.steps)
    if proposal.steps:
        assert len(validate(proposal.steps, RULES, prefix="", max_steps=200)) == len(proposal.requirements)


def test_the_kinds_take_what_the_plan_says() -> None:
    steps = answer("Water plants", "Comment: Who?", "Write: This week", "New page: Minutes")["steps"]
    for step in steps:
        KINDS[step["kind"]].input.model_validate(step["input"])
