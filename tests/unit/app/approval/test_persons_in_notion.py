"""What is done in Notion is done by a person of the team: by their id, and as far as their role lets them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from shared.app.approval.approvals import asked_now, decide
from shared.app.people.membership import give_role, welcome
from shared.core.errors import Forbidden
from shared.core.pages import marks
from shared.core.pages.author import BOT, PERSON, Author
from shared.core.people.actor import Actor, ActorKind
from shared.core.people.members import person_id
from shared.core.run.run import RunStatus
from tests.support.desks.happenings import plan_page
from tests.support.rigs.gated_story import Story
from tests.support.rigs.small_desk import Desk
from tests.support.rigs.small_house import TENANT
from tests.support.simulators import kept_open


def _member(desk: Desk, user: str, name: str, role: str) -> str:
    """Let somebody into the team by who they are in Notion; the first one founds it. Return the person's id."""
    welcome(desk.house.deps, TENANT, f"notion:{user}", name, founds=True)
    give_role(desk.house.deps, TENANT, person_id(f"notion:{user}"), role, "the tests")
    return person_id(f"notion:{user}")


def _found(desk: Desk) -> str:
    """Let the team have an owner who does nothing here."""
    return _member(desk, "somebody-else", "Olga Owner", "owner")


def _entries(desk: Desk, what: str) -> list[Any]:
    return [each.body for each in desk.house.store.audit(TENANT) if each.body["what"] == what]


def _comment(desk: Desk, page: str, text: str) -> None:
    body = {"parent": {"page_id": page}, "rich_text": [{"text": {"content": text}}]}
    desk.as_person("POST", "/v1/comments", body)
    desk.deliver("comment.created", page)


def _said(desk: Desk, page: str) -> str:
    found = desk.as_person("GET", f"/v1/comments?block_id={page}")["results"]
    return " ".join("".join(part["plain_text"] for part in each["rich_text"]) for each in found)


@pytest.mark.parametrize("way", ["status", "comment"])
def test_a_member_decides_in_notion_as_who_they_are(desk: Desk, way: str) -> None:
    _found(desk)
    ada = _member(desk, desk.person, "Ada of the team", "member")
    page = plan_page(desk)
    assert desk.run_of(page).trigger.actor == Actor(ActorKind.PERSON, ada, "Ada of the team")
    if way == "status":
        desk.set_status(page, marks.APPROVED)
        desk.deliver("page.properties_updated", page)
    else:
        _comment(desk, page, "approve")
    (granted,) = _entries(desk, "ApprovalGranted")
    assert (granted["by"], granted["actor"]) == ("Ada of the team", f"person:{ada}")
    (opened,) = _entries(desk, "RunOpened")
    assert opened["actor"] == f"person:{ada}"


@pytest.mark.parametrize("way", ["status", "comment"])
@pytest.mark.parametrize(("role", "why"), [("viewer", "the role viewer does not"), ("", "only members of the team")])
def test_whose_role_does_not_decide_does_not_in_notion_either(desk: Desk, way: str, role: str, why: str) -> None:
    _found(desk)
    if role:
        _member(desk, desk.person, "Vera", role)
    page = plan_page(desk)
    desk.set_status(page, marks.APPROVED if way == "status" else marks.PLAN_READY)
    desk.deliver("page.properties_updated", page)
    if way == "comment":
        _comment(desk, page, "approve")
        _comment(desk, page, "no, because it should be blue")
    assert (desk.run_of(page).status, desk.run_of(page).revision) == (RunStatus.AWAITING_APPROVAL, 1)
    assert _entries(desk, "ApprovalGranted") == []
    assert f"your approval does not count here: {why}" in _said(desk, page)


def test_where_nobody_may_decide_yet_everybody_in_notion_does_and_is_named_by_notion(desk: Desk) -> None:
    page = plan_page(desk)
    desk.set_status(page, marks.APPROVED)
    desk.deliver("page.properties_updated", page)
    (granted,) = _entries(desk, "ApprovalGranted")
    assert granted["actor"] == f"person:notion user {desk.person}"
    assert granted["by"] == "Ada Example"


def test_no_bot_decides_and_its_run_is_recorded_as_its_own(desk: Desk) -> None:
    page = plan_page(desk)
    desk.set_status(page, marks.APPROVED)
    desk.deliver("page.properties_updated", page, authors=[{"id": "a-bot", "type": "bot"}])
    assert desk.run_of(page).status == RunStatus.AWAITING_APPROVAL
    other = desk.write_idea("Another")
    desk.set_status(other, marks.PLAN_IT)
    desk.tell(other, Author(BOT, "a-bot"))
    assert _entries(desk, "RunOpened")[-1]["actor"] == "service:notion bot a-bot"


def test_who_stops_sends_back_or_ticks_is_recorded_by_id(desk: Desk) -> None:
    _found(desk)
    ada = _member(desk, desk.person, "Ada", "member")
    page = plan_page(desk)
    desk.as_person("PATCH", f"/v1/pages/{page}", {"properties": {"Paused": {"checkbox": True}}})
    desk.tell(page)
    assert _entries(desk, "RunPaused")[-1]["actor"] == f"person:{ada}"
    desk.as_person("PATCH", f"/v1/pages/{page}", {"properties": {"Paused": {"checkbox": False}}})
    desk.tell(page)
    assert _entries(desk, "RunResumed")[-1]["actor"] == f"person:{ada}"
    desk.set_status(page, marks.CANCELLED)
    desk.tell(page)
    assert _entries(desk, "CancelRequested")[-1]["actor"] == f"person:{ada}"
    _comment(desk, page, "retry")
    assert _entries(desk, "RunOpened")[-1]["actor"] == f"person:{ada}"
    assert desk.run_of(page).trigger.kind == "retry"


def test_a_viewer_has_nothing_done_over(desk: Desk) -> None:
    _found(desk)
    ada = _member(desk, desk.person, "Ada", "member")
    page = plan_page(desk)
    desk.set_status(page, marks.CANCELLED)
    desk.tell(page)
    ended = desk.run_of(page).id
    give_role(desk.house.deps, TENANT, ada, "viewer", "Olga Owner")
    _comment(desk, page, "retry")
    assert desk.run_of(page).id == ended
    assert "That cannot be retried: the role viewer does not decide." in _said(desk, page)


@pytest.mark.parametrize("late", ["approve", "no"])
def test_who_comments_after_somebody_else_has_decided_is_told_who_did_once(desk: Desk, late: str) -> None:
    olga = _found(desk)
    _member(desk, desk.person, "Ada", "member")
    page = plan_page(desk)
    actor = Actor(ActorKind.PERSON, olga, "Olga Owner")
    run = decide(desk.house.deps, asked_now(desk.run_of(page)), approve=True, by="Olga Owner", via="page", actor=actor)
    at = next(str(each.output["at"]) for each in run.steps if each.output.get("at"))
    for text in (late, late, "looks great"):
        _comment(desk, page, text)
    told = _said(desk, page).split("That did not count: ")[1:]
    assert len(told) == 1
    when = f"{datetime.fromisoformat(at):%d %B %Y, %H:%M} UTC"
    assert told[0].startswith(f"the plan has already been decided by Olga Owner: approved on {when}.")
    assert len(_entries(desk, "ApprovalGranted")) == 1


def test_who_decided_by_a_comment_is_not_told_of_it(desk: Desk) -> None:
    _found(desk)
    _member(desk, desk.person, "Ada", "member")
    page = plan_page(desk)
    for _ in range(2):
        _comment(desk, page, "approve")
    assert "did not count" not in _said(desk, page)


@pytest.mark.slow
def test_one_person_in_notion_and_elsewhere_is_one_pair_of_eyes(story: Story) -> None:
    desk, deps = story.desk, story.house.deps
    ada = _member(desk, desk.person, "Ada", "owner")
    ben = _member(desk, "ben-in-notion", "Ada", "member")  # two of one name are two
    story.settle(ship={"approvals": {"four_eyes": True}})
    story.begin()
    asked = asked_now(story.until("production"))
    for via in ("link", "page", "chat", "api", "slack"):
        with pytest.raises(Forbidden, match="has asked for this work"):
            decide(deps, asked, approve=True, by="Ada E.", via=via, actor=Actor(ActorKind.PERSON, ada, "Ada"))
    decide(deps, asked, approve=True, by="Ada", via="page", actor=Actor(ActorKind.PERSON, ben, "Ada"))
    story.house.work()
    assert story.sent[-1].endswith("by Ada")


@pytest.mark.slow
def test_whoever_let_it_leave_by_a_link_does_not_let_it_go_live_in_notion(story: Story) -> None:
    desk, deps = story.desk, story.house.deps
    ada = _member(desk, desk.person, "Ada", "owner")
    person = {"name": "Ada of Hamburg", "email": "ada2@example.test", "guest": False}
    seeded = kept_open.post(f"{desk.url}/_seed", json={"people": [person]}, timeout=10).json()
    other = next(str(each["id"]) for each in seeded["people"] if each["name"] == "Ada of Hamburg")
    _member(desk, other, "Ada", "member")
    story.settle(ship={"approvals": {"four_eyes": True}})
    story.page = desk.write_idea()
    body = {"properties": {"Status": {"select": {"name": marks.PLAN_IT}}}}
    kept_open.post(f"{desk.url}/_as_person", timeout=10, json={
        "person": other, "method": "PATCH", "path": f"/v1/pages/{story.page}", "body": body})  # fmt: skip
    desk.tell(story.page, Author(PERSON, other))
    story.until("release")
    decide(deps, asked_now(story.run), approve=True, by="A", via="page", actor=Actor(ActorKind.PERSON, ada, "A"))
    story.house.work()
    assert story.gate.id == "production"
    story.agree()
    story.comment("approve")
    assert story.gate.id == "production"
    assert "has approved what left" in _said(desk, story.page)
