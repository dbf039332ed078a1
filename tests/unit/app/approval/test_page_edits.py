"""A page edited while a gate waits behind the plan: people are told what is not in the work, and build it or leave."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from shared.app.api.run.run_views import run_view
from shared.app.approval.approvals import approval_token, asked_now, decide, read_token
from shared.app.approval.short_answers import answer
from shared.app.notify.messages import message_for
from shared.cli.run_texts import run_text
from shared.core.errors import Conflicting
from shared.core.pages import marks
from shared.core.pages.author import PERSON, UNKNOWN, Author
from shared.core.run.run import RunStatus
from tests.integrations.conftest import Served
from tests.support.rigs.gated_story import Story, story_at
from tests.support.rigs.small_house import TENANT, SmallHouse

pytestmark = pytest.mark.slow

HONEY = "We also sell honey."
GATES = {"release": marks.RELEASE_READY, "production": marks.PRODUCTION_READY}


@pytest.fixture
def story(house: Callable[..., SmallHouse], served: Callable[[Any], Served]) -> Story:
    """Return a story whose plan is asked about."""
    made = story_at(house, served)
    made.begin()
    return made


def edit(story: Story, text: str = HONEY, by: Author | None = None) -> None:
    """Write into the page, and have the house told as a delivery would tell it."""
    story.desk.write_more(story.page, text)
    story.desk.tell(story.page, by or Author(PERSON, story.desk.person, seen=True))


def said(story: Story) -> list[str]:
    found = story.desk.as_person("GET", f"/v1/comments?block_id={story.page}")["results"]
    return ["".join(part["plain_text"] for part in one["rich_text"]) for one in found]


def callout(story: Story) -> str:
    """Return what the callout on the page says."""
    published = next(s.output for s in reversed(story.run.steps) if s.output.get("todos"))
    parts = story.desk.as_person("GET", f"/v1/blocks/{published['container']}/children")["results"]
    (shown,) = [each for each in parts if each["id"] == published["progress"]]
    return "".join(part["plain_text"] for part in shown["callout"]["rich_text"])


def everywhere(story: Story) -> dict[str, str]:
    view = run_view(story.run)
    given = {"run_url": "https://run.test", "page_url": "https://page.test", "ref": story.gate.id}
    return {
        "comment": said(story)[-1],
        "page": callout(story),
        "API": "\n".join(view["asked"]["lines"]),
        "terminal": "\n".join(run_text(view)),
        "mail": message_for("approval_asked", story.run, **given).text,
    }


def test_each_gate_has_a_status_of_its_own(story: Story) -> None:
    assert story.desk.status(story.page) == marks.PLAN_READY
    for gate, status in GATES.items():
        story.until(gate)
        assert story.desk.status(story.page) == status
        assert callout(story).startswith(status)
        assert run_view(story.run)["waits_for"] == gate


@pytest.mark.parametrize("gate", GATES)
@pytest.mark.parametrize("found", ["delivery", "sync"])
def test_an_edit_is_told_at_the_gate_wherever_people_are_asked(story: Story, gate: str, found: str) -> None:
    story.until(gate)
    before = asked_now(story.run)
    story.house.clock.move(seconds=60)
    edit(story, by=None if found == "delivery" else Author(UNKNOWN, story.desk.person, seen=True))
    assert (story.gate.id, story.desk.status(story.page)) == (gate, GATES[gate])
    for place, told in everywhere(story).items():
        assert f"added: “{HONEY}”" in told, place
        assert "build it" in told, place
    with pytest.raises(Conflicting, match="has changed since"):
        decide(story.house.deps, before, approve=True, by="Ada", via="link")
    assert read_token(story.house.deps, approval_token(story.house.deps, story.run)) == asked_now(story.run)


@pytest.mark.parametrize("gate", GATES)
def test_an_approval_leaves_it_out_and_the_end_says_so(story: Story, gate: str) -> None:
    story.until(gate)
    edit(story)
    while story.run.status == RunStatus.AWAITING_APPROVAL:
        story.agree()
    story.rest()
    assert story.run.status == RunStatus.SUCCEEDED
    assert story.desk.status(story.page) == marks.DONE
    (told,) = [text for text in said(story) if "is live" in text]
    for where in (told, callout(story), "\n".join(run_text(run_view(story.run)))):
        assert f"added: “{HONEY}”" in where
        assert "approved without it" in where


@pytest.mark.parametrize("gate", GATES)
@pytest.mark.parametrize("way", ["comment", "API"])
def test_it_is_built_when_somebody_says_so(story: Story, gate: str, way: str) -> None:
    story.until(gate)
    edit(story)
    if way == "comment":
        story.comment("Build it, please.")
    else:
        answer(story.house.deps, story.house.tools, TENANT, story.run.id, "build it", "Ada")
        story.house.work()
    assert (story.run.revision, story.gate.id) == (2, "r2.approve")
    assert run_view(story.run)["left_out"] == []
    assert story.desk.status(story.page) == marks.PLAN_READY
    assert {step.id for step in story.run.steps if step.spec.kind == "code.generate" and step.output} >= {"generate"}


def test_what_was_approved_in_the_same_breath_was_approved_without_knowing(story: Story) -> None:
    story.until("release")
    story.desk.write_more(story.page, HONEY)
    story.desk.set_status(story.page, marks.APPROVED)
    story.desk.tell(story.page)
    assert (story.gate.id, story.sent) == ("release", [])
    assert story.desk.status(story.page) == marks.RELEASE_READY
    story.agree()
    assert len(story.sent) == 2


def test_a_yes_from_before_the_edit_was_told_is_none(story: Story) -> None:
    story.until("release")
    story.desk.write_more(story.page, HONEY)
    story.comment("approve")
    assert (story.gate.id, story.sent) == ("release", [])


def test_what_is_taken_back_on_the_page_is_forgotten(story: Story) -> None:
    story.until("release")
    edit(story)
    blocks = story.desk.as_person("GET", f"/v1/blocks/{story.page}/children")["results"]
    (added,) = [one for one in blocks if HONEY in str(one.get("paragraph"))]
    story.desk.as_person("DELETE", f"/v1/blocks/{added['id']}")
    story.desk.tell(story.page, Author(PERSON, story.desk.person, seen=True))
    assert (run_view(story.run)["left_out"], story.gate.id) == ([], "release")
    assert "honey" not in callout(story)


def test_an_edit_that_nobody_told_of_is_found_at_the_end(story: Story) -> None:
    story.until("production")
    gate = asked_now(story.run)
    story.desk.write_more(story.page, HONEY)
    decide(story.house.deps, gate, approve=True, by="Grace Example", via="api")
    story.house.work()
    story.rest()
    assert (story.run.status, story.desk.status(story.page)) == (RunStatus.SUCCEEDED, marks.DONE)
    assert f"added: “{HONEY}”" in callout(story)
    assert [text for text in said(story) if "is not part of the work" in text and HONEY in text] != []


def test_an_edit_while_it_is_built_is_told_at_the_gate_that_comes(story: Story) -> None:
    story.mend = lambda files, feedback: {**files, "site/index.html": b"<h1>Blue</h1>\n"}
    story.until("release")
    edit(story)
    edit(story, "And candles.")
    assert [line.strip() for line in run_view(story.run)["left_out"][1:]] == [
        f"added: “{HONEY}”",
        "added: “And candles.”",
    ]
    story.comment("no, because the heading must be blue")
    assert f"added: “{HONEY}”" in "\n".join(run_view(story.run)["asked"]["lines"])


def test_a_database_of_before_shows_the_status_that_people_know_until_somebody_adds_the_new_one(story: Story) -> None:
    doc = story.house.store.get(TENANT, "settings", "tenant")
    assert doc is not None
    ideas = dict(doc.body["databases"]["ideas"])
    for name in ("options", "option_ids"):
        ideas[name] = {key: value for key, value in ideas[name].items() if key not in GATES.values()}
    story.settle(databases={**doc.body["databases"], "ideas": ideas})
    story.until("release")
    assert story.desk.status(story.page) == marks.PLAN_READY
    assert callout(story).startswith(marks.RELEASE_READY)
    story.agree()
    assert (story.gate.id, story.desk.status(story.page)) == ("production", marks.PLAN_READY)
