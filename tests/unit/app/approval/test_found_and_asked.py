"""What the review, the policy or a licence check has found is told as that wherever people look; the ways out work."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from shared.app.api.run.run_views import run_view
from shared.app.approval.approvals import approval_token, read_token
from shared.app.approval.short_answers import answer
from shared.app.notify.messages import message_for
from shared.cli.run_texts import run_text
from shared.core.errors import Conflicting
from shared.core.pages import marks
from shared.core.run.run import RunStatus, StepStatus
from tests.integrations.conftest import Served
from tests.support.builders.made_up_secrets import letters
from tests.support.rigs.gated_story import SITE, Story, story_at
from tests.support.rigs.looped_story import cannot_mend, with_the_real_loop
from tests.support.rigs.small_house import TENANT, SmallHouse

pytestmark = pytest.mark.slow

GREEN = {"site/index.html": SITE["site/index.html"], "test_site.py": b"shows_the_club=passed"}
GPL = b"<h1>Club</h1>\n<!-- SPDX-License-Identifier: GPL-3.0-only -->\n"
SECRET = "ghp" + "_" + letters("found and asked", 36)
KEPT_OUT = {"ship": {"policy": {"must_not_change": ["site/**"]}}}
FOUND: Mapping[str, tuple[dict[str, bytes], Mapping[str, Any], str, str]] = {
    "policy": (GREEN, KEPT_OUT, "site/index.html: ", "paths"),
    "licence": ({**GREEN, "site/index.html": GPL}, {}, "site/index.html:2: ", "licence"),
    "review": ({**GREEN, "site/app.js": f"// well\nconst k = '{SECRET}'\n".encode()}, {}, "site/app.js:2: ", "secret"),
}


@pytest.fixture
def story(house: Callable[..., SmallHouse], served: Callable[[Any], Served]) -> Story:
    """Return a story with the real loop, whose model cannot mend anything."""
    made = with_the_real_loop(story_at(house, served))
    made.mend, made.files = cannot_mend, dict(GREEN)
    return made


def asked(story: Story) -> str:
    """Return the question that stands on the page."""
    found = story.desk.as_person("GET", f"/v1/comments?block_id={story.page}")["results"]
    said = ["".join(part["plain_text"] for part in one["rich_text"]) for one in found]
    return [text for text in said if text.startswith("Question: ")][-1]


def everywhere(story: Story) -> dict[str, str]:
    """Return what people are told, by where they look."""
    view = run_view(story.run)
    message = message_for("question_asked", story.run, run_url="https://run.test", page_url="https://page.test")
    return {
        "comment": asked(story),
        "API": "\n".join(view["asked"]["lines"]),
        "terminal": "\n".join(run_text(view)),
        "mail": message.text,
    }


@pytest.mark.parametrize("kind", FOUND)
def test_a_finding_is_told_as_what_it_is_with_file_line_and_rule(story: Story, kind: str) -> None:
    files, settings, where, rule = FOUND[kind]
    story.files = dict(files)
    story.settle(**settings)
    story.begin()
    assert story.agree().status == RunStatus.AWAITING_INPUT
    for place, told in everywhere(story).items():
        assert "This must not leave as it is" in told, place
        assert where in told, place
        assert f"(rule “{rule}”)" in told, place
        assert "tests still fail" not in told, place
        assert "The tests fail" not in told, place
        assert SECRET not in told, place
    assert run_view(story.run)["asked"]["what"] == run_view(story.run)["waits_for"] == "question"
    assert story.desk.status(story.page) == marks.QUESTION
    assert story.sent == []


def test_red_tests_are_told_as_red_tests_with_what_fails_and_not_with_why_nobody_mends_it(story: Story) -> None:
    story.files = {**GREEN, "test_site.py": b"shows_the_club=failed"}
    story.begin()
    story.agree()
    for place, told in everywhere(story).items():
        assert "The tests fail" in told, place
        assert "shows_the_club" in told, place
        assert "must not leave" not in told, place


def test_a_wish_that_nobody_can_work_in_is_told_as_that_and_the_work_as_it_was_can_be_had(story: Story) -> None:
    story.begin()
    story.until("release")
    story.comment("no, because the heading must be blue")
    assert story.run.status == RunStatus.AWAITING_INPUT
    assert "the heading must be blue" in asked(story)
    assert "The tests fail" not in asked(story)
    story.comment("again")
    assert story.gate.id == "release"
    story.agree()
    assert [each.split()[0] for each in story.sent] == ["repository.propose_change", "site.deploy"]


@pytest.mark.parametrize("way", ["comment", "API", "link"])
def test_a_rule_that_was_changed_meanwhile_is_looked_at_again_when_somebody_says_so(story: Story, way: str) -> None:
    story.settle(**KEPT_OUT)
    story.begin()
    story.agree()
    assert "policy.must_not_change" in asked(story)
    story.settle(ship={})
    if way == "comment":
        story.comment("Again, please.")
    elif way == "API":
        answer(story.house.deps, story.house.tools, TENANT, story.run.id, "again", "Ada")
        story.house.work()
    else:
        token = read_token(story.house.deps, approval_token(story.house.deps, story.run))
        assert token.gate in {step.id for step in story.run.steps if step.wait is not None}
        answer(story.house.deps, story.house.tools, TENANT, token.run, "again", "whoever holds the approval link")
        story.house.work()
    assert story.run.revision == 1, "nothing is planned anew"
    assert story.gate.id == "release"
    wrote = [step.attempt for step in story.run.steps if step.spec.kind == "code.generate"]
    assert wrote == [1], "nothing is written anew"
    assert "Tests: 1 passed in the scripted sandbox." in run_view(story.run)["asked"]["lines"]


def test_looking_again_without_a_change_asks_again_and_does_not_end_the_run(story: Story) -> None:
    story.settle(**KEPT_OUT)
    story.begin()
    story.agree()
    for _ in range(4):
        story.comment("again")
        assert story.run.status == RunStatus.AWAITING_INPUT
    assert "site/index.html: " in asked(story)
    story.settle(ship={})
    story.comment("again")
    assert story.gate.id == "release"


def test_an_answer_by_the_api_leads_to_another_plan(story: Story) -> None:
    story.settle(**KEPT_OUT)
    story.begin()
    story.agree()
    answer(story.house.deps, story.house.tools, TENANT, story.run.id, "Leave the site as it is.", "Ada")
    story.house.work()
    assert (story.run.revision, story.run.status) == (2, RunStatus.AWAITING_APPROVAL)
    with pytest.raises(Conflicting, match="asks for a decision"):
        answer(story.house.deps, story.house.tools, TENANT, story.run.id, "again", "Ada")


def test_steps_that_another_plan_replaced_are_not_listed_among_those_that_were_skipped(story: Story) -> None:
    story.settle(**KEPT_OUT)
    story.begin()
    story.agree()
    story.desk.write_more(story.page, "Write a page about spokes instead.")
    story.desk.tell(story.page)
    assert story.run.revision == 2
    skipped = [step.id for step in story.run.steps if step.status == StepStatus.SKIPPED]
    assert "promote" in skipped
    shown = {step["id"]: step["status"] for step in run_view(story.run)["steps"]}
    assert {shown[name] for name in skipped} == {"replaced"}
    told = "\n".join(run_text(run_view(story.run)))
    assert "skipped" not in told
    assert f"{list(shown.values()).count('replaced')} steps of an earlier plan left out" in told
