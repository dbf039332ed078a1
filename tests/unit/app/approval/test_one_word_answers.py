"""A page that can be taken for several things is asked about in a comment, and one word goes on from there."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.app.approval.short_answers import answer
from shared.core.run.run import Run, RunStatus
from tests.support.desks.plan_comments import requirements, said, say
from tests.support.rigs.small_desk import Desk
from tests.support.rigs.small_house import TENANT


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


# --- a thin page, and what is remembered for its later plans ----------------------------------------------------------


def thin(desk: Desk) -> str:
    """Write a page that nobody but its writer can tell the use of, and have it planned; return its id."""
    behind = datetime.now(UTC) - desk.house.clock.now()
    desk.house.clock.move(seconds=behind.total_seconds() + 120)
    page = desk.write_idea("Lighthouse", "The old one, with the dent.")
    plan_it(desk, page)
    assert desk.run_of(page).status == RunStatus.AWAITING_INPUT
    return page


def plan_it(desk: Desk, page: str) -> None:
    desk.set_status(page, "Plan it")
    desk.tell(page)


def cancelled(desk: Desk, page: str) -> str:
    """End the page's run by hand; return its id."""
    desk.set_status(page, "Cancelled")
    desk.tell(page)
    assert desk.run_of(page).status == RunStatus.CANCELLED
    return desk.run_of(page).id


def questions(desk: Desk, page: str) -> list[str]:
    return [text for text in said(desk, page) if text.startswith("Question: ")]


@pytest.mark.parametrize("by_comment", [True, False], ids=["comment", "API"])
def test_a_thin_page_is_asked_about_once_and_the_answer_holds_for_its_later_plans(desk: Desk, by_comment: bool) -> None:
    page = thin(desk)
    if by_comment:
        say(desk, page, "service")
    else:
        answer(desk.house.deps, desk.house.tools, TENANT, desk.run_of(page).id, "service", "Ada Example")
        desk.house.work()
    assert proposal(desk, desk.run_of(page))["artifact"] == "python_service"
    for _ in range(2):
        before = cancelled(desk, page)
        plan_it(desk, page)
        run = desk.run_of(page)
        assert (run.id != before, run.status) == (True, RunStatus.AWAITING_APPROVAL)
        assert proposal(desk, run)["artifact"] == "python_service"
    assert len(questions(desk, page)) == 1


def test_what_a_page_forbids_since_it_was_answered_is_asked_about(desk: Desk) -> None:
    page = thin(desk)
    say(desk, page, "site")
    cancelled(desk, page)
    desk.write_more(page, "Internal only, do not publish.")
    plan_it(desk, page)
    assert desk.run_of(page).status == RunStatus.AWAITING_INPUT
    assert "is not for everybody" in questions(desk, page)[-1]


def test_a_page_that_is_planned_with_an_earlier_answer_does_not_count_as_edited(desk: Desk) -> None:
    page = thin(desk)
    say(desk, page, "site")
    cancelled(desk, page)
    plan_it(desk, page)
    first = desk.run_of(page)
    desk.tell(page)
    assert (desk.run_of(page).revision, desk.run_of(page).plan_hash) == (first.revision, first.plan_hash)
    say(desk, page, "approve")
    assert desk.run_of(page).status == RunStatus.EXECUTING
