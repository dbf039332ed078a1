"""Rules take a page for a decision only where it says so: options under their word, and specialists with sides."""

from __future__ import annotations

import pytest

from shared.core.page import Page
from tests.unit.offline.pages import KINDS, block, page, plan

MAY = (*KINDS, "pattern.debate", "notion.append_blocks")


def decision(sides: str = "Ask specialists on cost, security and effort.", title: str = "Decide: boat or bus") -> Page:
    options = [block("bulleted_list_item", "a boat"), block("bulleted_list_item", "a bus")]
    return page(title, block("paragraph", sides), block("paragraph", "Options:"), *options)


@pytest.mark.parametrize(
    "sides",
    [
        "Ask specialists on cost, security and effort.",
        "Ask specialists on cost, security and effort, and let them argue. Then decide.",
        "Let experts for cost, security, and effort argue.",
        "Have an advisor each in cost, security & effort, then decide.",
        "Specialists on cost, security, effort who argue with each other.",
    ],
)
def test_sides_are_read_from_the_sentence_that_names_them(sides: str) -> None:
    made = plan(decision(sides), MAY)
    decide, write = made["steps"]
    assert [each["input"]["input"]["view"] for each in decide["input"]["members"]] == ["cost", "security", "effort"]
    assert decide["input"]["chair"]["input"]["input"]["options"] == ["a boat", "a bus"]
    assert (write["kind"], write["input"]["from_step"], write["depends_on"]) == (
        "notion.append_blocks", "decide", ["decide"],
    )  # fmt: skip


@pytest.mark.parametrize(
    "other",
    [
        page("Trips", block("paragraph", "Options:"), block("bulleted_list_item", "a boat tour"),
             block("bulleted_list_item", "a bus tour")),
        page("Decide", block("paragraph", "Ask specialists on cost and effort."),
             block("bulleted_list_item", "a boat")),
        decision(sides="We decide in May."),
        decision(title="Boat or bus"),
    ],
)  # fmt: skip
def test_other_pages_are_planned_as_before(other: Page) -> None:
    assert all(step["kind"] != "pattern.debate" for step in plan(other, MAY)["steps"])


def test_without_notion_nothing_is_decided() -> None:
    assert all(step["kind"] != "pattern.debate" for step in plan(decision(), KINDS)["steps"])
