"""A pass over tables and a status whose delivery was lost: asked for again, obeyed, or answered; never assumed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shared.core.pages import marks
from shared.core.run.run import RunStatus
from shared.integrations.notion.client.client import Notion
from tests.support.desks.passes import let_pass, look_for_changes
from tests.support.rigs.small_desk import Desk
from tests.support.rigs.small_house import TENANT

pytestmark = pytest.mark.slow


def _said(desk: Desk, page: str, status: str = marks.APPROVED) -> list[str]:
    """Return our comments about a status that nobody was seen to set."""
    found = desk.as_person("GET", f"/v1/comments?block_id={page}")["results"]
    texts = ["".join(part["plain_text"] for part in one["rich_text"]) for one in found]
    return [text for text in texts if f"who set the status to {status}" in text]


def test_an_approval_whose_delivery_was_lost_is_asked_for_again_once_and_never_taken_as_given(quiet: Desk) -> None:
    page = quiet.write_idea()
    quiet.set_status(page, marks.PLAN_IT)
    quiet.deliver("page.properties_updated", page)
    let_pass(quiet, timedelta(minutes=10))
    look_for_changes(quiet)
    quiet.set_status(page, marks.APPROVED)  # and nobody is told
    for _ in range(8):
        let_pass(quiet, timedelta(minutes=1))
        look_for_changes(quiet)
        if _said(quiet, page):
            break
    else:
        raise AssertionError("nobody was asked")
    assert quiet.run_of(page).status == RunStatus.AWAITING_APPROVAL
    for _ in range(5):
        let_pass(quiet, timedelta(minutes=10))
        look_for_changes(quiet)
    assert len(_said(quiet, page)) == 1
    assert quiet.run_of(page).status == RunStatus.AWAITING_APPROVAL
    quiet.as_person(
        "POST", "/v1/comments", {"parent": {"page_id": page}, "rich_text": [{"text": {"content": "approve"}}]}
    )
    quiet.deliver("comment.created", page)
    assert quiet.run_of(page).status == RunStatus.EXECUTING


@pytest.mark.parametrize("begun", [False, True], ids=["before the approval", "at work"])
def test_a_stop_whose_delivery_was_lost_is_obeyed_when_a_person_edited_last(quiet: Desk, begun: bool) -> None:
    page = _planned(quiet)
    if begun:
        quiet.set_status(page, marks.APPROVED)
        quiet.deliver("page.properties_updated", page)
        assert quiet.run_of(page).status == RunStatus.EXECUTING
    let_pass(quiet, timedelta(minutes=10))
    look_for_changes(quiet)
    quiet.set_status(page, marks.CANCELLED)  # and nobody is told
    let_pass(quiet, timedelta(minutes=3))
    look_for_changes(quiet)
    run = quiet.run_of(page)
    assert run.cancel.startswith("cancelled by Ada")
    assert run.status in (RunStatus.CANCELLING, RunStatus.CANCELLED)
    let_pass(quiet, timedelta(minutes=10))
    look_for_changes(quiet)
    assert _said(quiet, page, marks.CANCELLED) == []


@pytest.mark.parametrize("told", [False, True], ids=["found", "told"])
def test_a_stop_that_no_person_was_seen_to_give_is_asked_about_once(quiet: Desk, told: bool) -> None:
    page = _planned(quiet)
    let_pass(quiet, timedelta(minutes=10))
    look_for_changes(quiet)
    notion = quiet.house.accounts.connect_for(TENANT)(Notion)
    notion.update_page(page, {"Status": {"select": {"name": marks.CANCELLED}}})  # a bot edited it last
    if told:
        quiet.deliver("page.properties_updated", page, authors=[{"id": "other", "type": "bot"}])
    for _ in range(5):
        let_pass(quiet, timedelta(minutes=4))
        look_for_changes(quiet)
    quiet.house.work()
    assert quiet.run_of(page).status == RunStatus.AWAITING_APPROVAL
    assert len(_said(quiet, page, marks.CANCELLED)) == 1
    quiet.set_status(page, marks.PLAN_READY)
    quiet.set_status(page, marks.CANCELLED)
    quiet.deliver("page.properties_updated", page)
    assert quiet.run_of(page).status == RunStatus.CANCELLED


def _planned(desk: Desk) -> str:
    page = desk.write_idea()
    desk.set_status(page, marks.PLAN_IT)
    desk.deliver("page.properties_updated", page)
    assert desk.run_of(page).status == RunStatus.AWAITING_APPROVAL
    return page


def test_an_approval_that_is_only_told_late_is_taken_without_a_word(quiet: Desk) -> None:
    page = quiet.write_idea()
    quiet.set_status(page, marks.PLAN_IT)
    quiet.deliver("page.properties_updated", page)
    let_pass(quiet, timedelta(minutes=10))
    quiet.set_status(page, marks.APPROVED)
    set_at = quiet.house.clock.now().isoformat()
    let_pass(quiet, timedelta(minutes=3))
    look_for_changes(quiet)
    let_pass(quiet, timedelta(minutes=2))
    quiet.deliver("page.properties_updated", page, at=set_at)
    assert quiet.run_of(page).status == RunStatus.EXECUTING
    let_pass(quiet, timedelta(minutes=10))
    quiet.house.work()
    assert _said(quiet, page) == []


def test_an_approval_by_another_agent_is_answered_not_obeyed(quiet: Desk) -> None:
    page = quiet.write_idea()
    quiet.set_status(page, marks.PLAN_IT)
    quiet.deliver("page.properties_updated", page)
    quiet.set_status(page, marks.APPROVED)
    for kind in ("page.properties_updated", "page.content_updated"):
        quiet.deliver(kind, page, authors=[{"id": "other", "type": "bot"}])
    quiet.house.pass_time(timedelta(minutes=10))
    assert len(_said(quiet, page)) == 1
    assert quiet.run_of(page).status == RunStatus.AWAITING_APPROVAL
