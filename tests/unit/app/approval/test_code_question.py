"""Work that nobody can mend: people are asked on the page, once, and what they say leads to another plan."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from shared.app.code.snapshots import snapshots_of
from shared.core.pages import marks
from shared.core.run.run import RunStatus, StepStatus
from tests.integrations.conftest import Served
from tests.support.rigs.gated_story import SITE, Story, story_at
from tests.support.rigs.looped_story import with_the_real_loop
from tests.support.rigs.small_house import TENANT, SmallHouse

pytestmark = pytest.mark.slow

RED = {"tried.txt": b"0", "site/index.html": SITE["site/index.html"], "test_site.py": b"shows_the_club=failed"}
GREEN = {**RED, "test_site.py": b"shows_the_club=passed"}


@pytest.fixture
def story(house: Callable[..., SmallHouse], served: Callable[[Any], Served]) -> Story:
    """Return a story with the real loop, whose work is red."""
    made = with_the_real_loop(story_at(house, served))
    made.files = dict(RED)
    made.mend = lambda files, feedback: {**files, "tried.txt": str(len(made.repairs)).encode()}
    return made


def _asked(story: Story) -> list[str]:
    found = story.desk.as_person("GET", f"/v1/comments?block_id={story.page}")["results"]
    said = ["".join(part["plain_text"] for part in one["rich_text"]) for one in found]
    return [text for text in said if text.startswith("Question: ")]


def test_people_are_asked_once_and_their_answer_leads_to_a_plan_that_works(story: Story) -> None:
    story.begin()
    run = story.agree()
    assert run.status == RunStatus.AWAITING_INPUT
    assert len(story.repairs) == 2
    story.house.pass_time(timedelta(hours=1), timedelta(minutes=20))
    (question,) = _asked(story)
    assert "the same failure came 3 times" in question
    assert "shows_the_club" in question
    assert story.desk.status(story.page) == marks.QUESTION
    assert story.sent == []

    story.files = dict(GREEN)
    story.desk.write_more(story.page, "Leave the map out.")
    story.desk.tell(story.page)
    run = story.run
    assert (run.revision, run.status) == (2, RunStatus.AWAITING_APPROVAL)
    assert {step.id: step.status for step in run.steps}["test"] == StepStatus.SKIPPED
    story.until("release")
    assert [each.green for each in snapshots_of(story.house.deps, TENANT, run.id)][-1] is True


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ({"why": "The test wants two things.", "note": "Decide which hours hold."}, "Decide which hours hold."),
        ({"why": "The page and the test contradict each other."}, "The page and the test contradict each other."),
    ],
)
def test_a_repair_that_changes_nothing_asks_people_at_once_in_its_authors_words(
    story: Story, words: dict[str, str], told: str
) -> None:
    story.mend, story.words = lambda files, feedback: files, words
    story.begin()
    run = story.agree()
    assert run.status == RunStatus.AWAITING_INPUT
    assert len(story.repairs) == 1  # another one would say the same
    (question,) = _asked(story)
    assert "the repair has changed nothing" in question
    assert f"Its author says: {told}" in question
    assert "shows_the_club" in question


def test_what_an_author_who_mended_has_for_people_is_asked_with_the_question(story: Story) -> None:
    story.words = {"why": "I have tried the other hours.", "note": "The page names two hours."}
    story.begin()
    story.agree()
    assert len(story.repairs) == 2
    assert "Its author says: The page names two hours." in _asked(story)[0]


def test_a_wish_at_the_release_that_cannot_be_worked_in_leaves_what_was_green(story: Story) -> None:
    story.files = dict(GREEN)
    story.mend = lambda files, feedback: dict(RED)
    story.begin()
    green = story.until("release")
    story.comment("no, because the colours are wrong")
    run = story.run
    assert run.status == RunStatus.AWAITING_INPUT, run.failure
    assert "colours are wrong" in story.repairs[0]
    assert "What passed its tests before is kept" in _asked(story)[0]
    tested = {step.id: step.output for step in run.steps}["test"]
    assert tested["tree"] == {step.id: step.output for step in green.steps}["test"]["tree"]
    assert story.sent == []


def test_cancelling_while_people_are_asked_ends_it(story: Story) -> None:
    story.begin()
    story.agree()
    story.desk.set_status(story.page, marks.CANCELLED)
    story.desk.tell(story.page)
    assert story.rest().status == RunStatus.CANCELLED
