"""Who may let work leave and go live: four eyes on every way, people known by their ids, and nothing by itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.app.approval.approvals import asked_now, decide
from shared.core.errors import Forbidden
from shared.core.run.run import RunStatus, StepStatus
from tests.support.rigs.gated_story import Story, approve, said

pytestmark = pytest.mark.slow


def test_four_eyes_hold_on_every_way(story: Story) -> None:
    people = [{"id": "ada", "name": "Ada Example"}, {"id": "grace", "name": "Grace Example", "email": "g@example.test"}]
    story.settle(ship={"approvals": {"four_eyes": True}}, people=people)
    story.begin()
    asker = story.run.trigger.by
    run = story.until("release")
    deps = story.house.deps
    with pytest.raises(Forbidden, match="nobody knows who") as told:
        decide(deps, asked_now(run), approve=True, by="whoever holds the approval link", via="link")
    assert "Notion or in Slack" in told.value.way_out
    approve(story, "Grace Example")
    assert story.gate.id == "production"
    sent = list(story.sent)
    for by, via in (
        (asker, "slack"), (asker, "api"), ("Grace Example", "slack"), ("grace", "api"), ("G@example.test", "chat"),
        ("whoever holds the approval link", "link"), ("a key of nobody", "api"), ("a key of nobody", "chat"),
    ):  # fmt: skip
        with pytest.raises(Forbidden):
            decide(deps, asked_now(story.run), approve=True, by=by, via=via)
    story.agree()  # the one who asked for it, by status
    story.comment("approve")  # and by comment
    assert (story.gate.id, story.sent) == ("production", sent)
    assert [each for each in said(story) if "does not count here" in each] != []
    approve(story, "Bo Example")
    assert story.sent[-1].endswith("by Bo Example")


def test_the_door_itself_asks_for_four_eyes(story: Story) -> None:
    story.begin()
    story.until("production")
    approve_now = asked_now(story.run)
    decide(story.house.deps, approve_now, approve=True, by=story.run.trigger.by, via="slack")
    story.settle(ship={"approvals": {"four_eyes": True}})  # after the approval, before the door
    story.house.work()
    assert story.gate.id == "production"
    assert not story.sent[-1].startswith("site.promote")


def test_who_is_known_by_their_id_in_notion_is_nobody_else_under_another_name(story: Story) -> None:
    grace = {"id": "grace", "name": "Grace Example", "notion_user": story.desk.person.replace("-", "")}
    story.settle(ship={"approvals": {"four_eyes": True}}, people=[grace])
    story.begin()
    assert story.run.trigger.by == "Grace Example"  # whatever Notion shows
    story.until("release")
    approve(story, "Bo Example")
    sent = list(story.sent)
    story.agree()
    story.comment("approve")
    assert (story.gate.id, story.sent) == ("production", sent)


def test_nothing_that_runs_without_asking_passes_a_gate(story: Story) -> None:
    free = {name: replace(kind, needs_approval=False) for name, kind in story.house.tools.kinds.items()}
    object.__setattr__(story.house.tools, "kinds", free)
    story.settle(auto_approve=True, ship={"approvals": {"production": "ask", "release": "never"}})
    story.begin()
    story.house.pass_time(timedelta(hours=2), timedelta(minutes=30))
    run = story.run
    assert (story.sent, run.status) == ([], RunStatus.AWAITING_APPROVAL)
    assert [s.status for s in run.steps if s.id == "release"] == [StepStatus.WAITING]
    approve(story)
    assert (story.gate.id, story.sent) == ("release", [])  # the first word was about the plan alone
    approve(story)
    assert [s.status for s in story.run.steps if s.id == "production"] == [StepStatus.WAITING]
    assert [each.split()[0] for each in story.sent] == ["repository.propose_change", "site.deploy"]
