"""A comment on a plan decides about that plan, once, and only when a person made it after the plan was shown."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from shared.app.approval.comment_records import load_heard
from shared.core.pages.author import PERSON, Author
from shared.core.run.run import Run, RunStatus, StepStatus
from tests.support.desks.plan_comments import EXPLAINED, planned, requirements, said, say
from tests.support.ports.dying import Died
from tests.support.rigs.small_desk import Desk
from tests.support.rigs.small_house import TENANT
from tests.support.simulators import kept_open

pytestmark = pytest.mark.slow


def container(run: Run) -> str:
    return str(next(s.output["container"] for s in reversed(run.steps) if s.output.get("container")))


@pytest.mark.parametrize("words", ["Approved, thanks!", "ja"])
def test_a_yes_approves_the_plan_shown_and_says_who(desk: Desk, words: str) -> None:
    page = planned(desk)
    say(desk, page, words)
    run = desk.run_of(page)
    assert run.status == RunStatus.EXECUTING
    gate = next(s for s in run.steps if s.spec.kind == "approval.ask")
    assert gate.status == StepStatus.SUCCEEDED
    assert gate.output["via"] == "comment in Notion"
    assert gate.output["plan_hash"] == run.plan_hash
    assert gate.output["by"] == desk.as_person("GET", f"/v1/users/{desk.person}")["name"]


def test_a_yes_on_the_plan_itself_counts_too(desk: Desk) -> None:
    page = planned(desk)
    say(desk, page, "lgtm", on=container(desk.run_of(page)))
    assert desk.run_of(page).status == RunStatus.EXECUTING


@pytest.mark.parametrize("words", ["no, because we need a map", "approve but with a map"])
def test_a_wish_goes_back_to_the_planner_and_a_new_plan_follows(desk: Desk, words: str) -> None:
    page = planned(desk)
    say(desk, page, words)
    run = desk.run_of(page)
    assert (run.revision, run.status) == (2, RunStatus.AWAITING_APPROVAL)
    assert words in requirements(desk, run)  # as data, in the words it was said
    say(desk, page, "approve")
    run = desk.run_of(page)
    assert (run.revision, run.status) == (2, RunStatus.EXECUTING)


def test_a_wish_that_is_edited_or_deleted_later_was_heard_once(desk: Desk) -> None:
    page = planned(desk)
    comment = say(desk, page, "no, because we need a map")
    first = desk.run_of(page).plan_hash
    desk.as_person("PATCH", f"/v1/comments/{comment}", {"rich_text": [{"text": {"content": "approve"}}]})
    desk.deliver("comment.updated", page)
    run = desk.run_of(page)
    assert (run.revision, run.status, run.plan_hash) == (2, RunStatus.AWAITING_APPROVAL, first)
    desk.as_person("DELETE", f"/v1/comments/{comment}")
    desk.deliver("comment.deleted", page)
    desk.tell(page)
    run = desk.run_of(page)
    assert (run.revision, run.status, run.plan_hash) == (2, RunStatus.AWAITING_APPROVAL, first)


def test_what_was_said_before_the_plan_was_shown_decides_nothing(desk: Desk) -> None:
    page = desk.write_idea()
    say(desk, page, "approve")
    desk.set_status(page, "Plan it")
    desk.tell(page)
    desk.deliver("comment.created", page)
    assert desk.run_of(page).status == RunStatus.AWAITING_APPROVAL
    desk.write_more(page, "And on Sundays.")
    desk.tell(page)
    assert desk.run_of(page).revision == 2
    desk.deliver("comment.created", page)
    assert desk.run_of(page).status == RunStatus.AWAITING_APPROVAL


def test_an_approval_of_the_old_plan_does_not_approve_the_new_one(desk: Desk) -> None:
    page = planned(desk)
    desk.write_more(page, "And on Sundays.")
    body = {"parent": {"page_id": page}, "rich_text": [{"text": {"content": "approve"}}]}
    desk.as_person("POST", "/v1/comments", body)
    desk.tell(page)  # the first that is seen is the edit
    desk.deliver("comment.created", page)
    run = desk.run_of(page)
    assert (run.revision, run.status) == (2, RunStatus.AWAITING_APPROVAL)


def test_what_is_unclear_is_answered_once_and_changes_nothing(desk: Desk) -> None:
    page = planned(desk)
    before = desk.run_of(page)
    say(desk, page, "Interesting.")
    assert said(desk, page).count(EXPLAINED) == 1
    say(desk, page, "Hm.")
    say(desk, page, "no")
    assert said(desk, page).count(EXPLAINED) == 1
    assert desk.run_of(page) == before
    say(desk, page, "approve")
    assert desk.run_of(page).status == RunStatus.EXECUTING


def test_a_bot_decides_nothing_and_is_not_answered(desk: Desk) -> None:
    page = planned(desk)
    token = _other_bot(desk)
    headers = {"Authorization": f"Bearer {token}", "Notion-Version": "2026-03-11"}
    body: dict[str, Any] = {"parent": {"page_id": page}, "rich_text": [{"text": {"content": "approve"}}]}
    body["display_name"] = {"type": "user"}  # it may call itself what it likes
    answer = kept_open.post(f"{desk.url}/v1/comments", json=body, headers=headers, timeout=10)
    assert answer.status_code == 200, answer.text
    desk.deliver("comment.created", page)
    assert desk.run_of(page).status == RunStatus.AWAITING_APPROVAL
    assert EXPLAINED not in said(desk, page)


def _other_bot(desk: Desk) -> str:
    seeded = kept_open.post(f"{desk.url}/_seed", json={"internal": True}, timeout=10).json()
    return str(seeded["token"])


def test_the_latest_clear_word_counts_when_several_come_at_once(desk: Desk) -> None:
    page = planned(desk)
    for text in ("no, because it is too long", "hm", "approve"):
        body = {"parent": {"page_id": page}, "rich_text": [{"text": {"content": text}}]}
        desk.as_person("POST", "/v1/comments", body)
    desk.deliver("comment.created", page)
    assert desk.run_of(page).status == RunStatus.EXECUTING


@pytest.mark.parametrize("point", ["wish.after/comments", "commit.before/PageChanged"])
def test_a_wish_survives_a_death_between_hearing_and_planning(desk: Desk, point: str) -> None:
    page = planned(desk)
    armed = [point]

    def die(passed: str) -> None:
        if armed and passed == armed[0]:
            armed.clear()
            raise Died(passed)

    desk.house.crash_point = die
    with pytest.raises(Died):
        say(desk, page, "no, because we need a map")
    desk.house.pass_time(timedelta(minutes=30))
    desk.tell(page)
    run = desk.run_of(page)
    assert (run.revision, run.status) == (2, RunStatus.AWAITING_APPROVAL)
    assert "map" in requirements(desk, run)
    assert len(load_heard(desk.house.deps, TENANT, run.id).wishes) == 1


def test_a_plan_that_people_have_deleted_can_still_be_approved(desk: Desk) -> None:
    page = planned(desk)
    desk.as_person("DELETE", f"/v1/blocks/{container(desk.run_of(page))}")
    desk.set_status(page, "Approved")
    desk.tell(page)
    assert desk.run_of(page).status == RunStatus.EXECUTING


def test_comments_that_may_not_be_read_leave_the_status_to_decide(desk: Desk) -> None:
    refusal = {"status": 403, "code": "restricted_resource", "path": "/v1/comments", "method": "GET", "times": 1000}
    kept_open.post(f"{desk.url}/_faults", json=refusal, timeout=10).raise_for_status()
    page = planned(desk)
    desk.set_status(page, "Approved")
    desk.tell(page)
    assert desk.run_of(page).status == RunStatus.EXECUTING
    journal = kept_open.get(f"{desk.url}/_journal", timeout=10).json()
    assert {one["status"] for one in journal if one["method"] == "GET" and one["path"] == "/v1/comments"} == {403}


def test_two_deliveries_that_read_the_same_comment_at_once_make_one_new_plan(desk: Desk) -> None:
    page = planned(desk)
    again: list[str] = []

    def overtake(point: str) -> None:
        if point == "wish.before/comments" and not again:
            again.append(point)
            desk.house.handle(desk.seen("see-overtaking", page, Author(PERSON, desk.person, seen=True)))

    desk.house.crash_point = overtake
    say(desk, page, "no, because we need a map")
    desk.house.pass_time(timedelta(minutes=10))
    run = desk.run_of(page)
    assert again != []
    assert (run.revision, run.status) == (2, RunStatus.AWAITING_APPROVAL)
    assert requirements(desk, run).count("we need a map") == 1
