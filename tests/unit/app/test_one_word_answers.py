"""A page that can be taken for several things is asked about in a comment, and one word goes on from there."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.core.run import Run, RunStatus
from tests.support.small_desk import Desk
from tests.unit.app.test_plan_comments import requirements, said, say


def asked(desk: Desk, *lines: str) -> str:
    """Write a page of notes and have it planned; return its id."""
    behind = datetime.now(UTC) - desk.house.clock.now()  # the simulated Notion has the machine's clock
    desk.house.clock.move(seconds=behind.total_seconds() + 120)
    page = desk.write_idea("Notes from the allotment")
    for line in lines or ("Dig bed three", "Ask Rosa about the hose"):
        desk.write_more(page, line)
    desk.set_status(page, "Plan it")
    desk.tell(page)
    assert desk.run_of(page).status == RunStatus.AWAITING_INPUT
    assert desk.status(page) == "Question"
    return page


def proposal(desk: Desk, run: Run) -> dict[str, Any]:
    return dict(json.loads(requirements(desk, run)))


@pytest.mark.parametrize(("word", "artifact"), [("site", "static_site"), ("Service, please", "python_service")])
def test_one_word_in_a_comment_continues_to_a_plan(desk: Desk, word: str, artifact: str) -> None:
    page = asked(desk)
    (question,) = [text for text in said(desk, page) if text.startswith("Question: ")]
    assert "“site”" in question
    assert "“service”" in question
    assert "“nothing”" in question
    say(desk, page, word)
    run = desk.run_of(page)
    assert (run.status, desk.status(page)) == (RunStatus.AWAITING_APPROVAL, "Plan ready")
    found = proposal(desk, run)
    assert found["artifact"] == artifact
    assert found["summary"].startswith("Taken for a ")
    assert word not in [one["text"] for one in found["requirements"]]
    say(desk, page, "approve")
    assert desk.run_of(page).status == RunStatus.EXECUTING


def test_nothing_ends_the_run_and_builds_nothing(desk: Desk) -> None:
    page = asked(desk)
    say(desk, page, "Nothing.")
    run = desk.run_of(page)
    assert run.status == RunStatus.CANCELLED
    assert "nothing is to be built" in run.cancel
    assert not [step for step in run.steps if step.spec.kind.startswith("code.")]


def test_an_answer_that_is_no_choice_is_asked_again(desk: Desk) -> None:
    page = asked(desk)
    say(desk, page, "I like gardens")
    run = desk.run_of(page)
    assert run.status == RunStatus.AWAITING_INPUT
    questions = [text for text in said(desk, page) if text.startswith("Question: ")]
    assert len(questions) == 2
    assert "I could not read a choice in “I like gardens”." in questions[-1]
    say(desk, page, "site")
    run = desk.run_of(page)
    assert run.status == RunStatus.AWAITING_APPROVAL
    assert "gardens" not in str(proposal(desk, run)["requirements"])


def test_a_private_page_is_published_only_after_somebody_says_so(desk: Desk) -> None:
    page = asked(desk, "Internal use only")
    assert "Internal use only" in str(said(desk, page))
    say(desk, page, "publish")
    assert desk.run_of(page).status == RunStatus.AWAITING_APPROVAL
