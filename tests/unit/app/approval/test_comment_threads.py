"""A question in the comments on a plan is answered where it stands, once, and to members alone."""

from __future__ import annotations

import pytest

from shared.app.approval.comment_records import load_heard
from shared.core.run.run import RunStatus
from tests.support.desks.plan_comments import EXPLAINED, planned, said, say
from tests.support.ports.local_ports import ScriptedModel
from tests.support.rigs.small_desk import Desk


def test_how_it_stands_is_answered_in_the_thread(desk: Desk) -> None:
    page = planned(desk)
    say(desk, page, "What is the status?")
    answer = said(desk, page)[-1]
    assert "awaiting approval" in answer
    assert "Cost so far: 0.00 US dollars." in answer
    assert desk.run_of(page).status == RunStatus.AWAITING_APPROVAL
    before = said(desk, page)
    desk.deliver("comment.created", page)  # told again
    assert said(desk, page) == before


def test_a_conversation_goes_on_in_its_thread(desk: Desk) -> None:
    page = planned(desk)
    say(desk, page, "How far is it?")
    say(desk, page, "And why?")
    assert len([text for text in said(desk, page) if "awaiting approval" in text]) == 2
    say(desk, page, "stop it")
    assert desk.run_of(page).status == RunStatus.CANCELLED


def test_what_no_model_can_answer_gets_the_old_explanation(desk: Desk) -> None:
    page = planned(desk)
    desk.house.model = ScriptedModel([{"intent": "approve"}])  # no such intent
    say(desk, page, "What would you do?")
    assert said(desk, page)[-1] == EXPLAINED
    assert desk.run_of(page).status == RunStatus.AWAITING_APPROVAL


@pytest.mark.parametrize("text", ["Interesting.", "Hm, I will think about it"])
def test_what_asks_nothing_is_not_answered_but_explained_once(desk: Desk, text: str) -> None:
    page = planned(desk)
    say(desk, page, text)
    say(desk, page, text)
    assert said(desk, page)[1:].count(EXPLAINED) + said(desk, page)[:1].count(EXPLAINED) == 1


def test_a_colleague_who_is_named_is_meant_and_not_we(desk: Desk) -> None:
    page = planned(desk)
    mention = {"type": "mention", "mention": {"type": "user", "user": {"id": desk.person}}}
    text = {"type": "text", "text": {"content": " what do you think?"}}
    desk.as_person("POST", "/v1/comments", {"parent": {"page_id": page}, "rich_text": [mention, text]})
    desk.deliver("comment.created", page)
    assert [one for one in said(desk, page) if "awaiting approval" in one] == []


def test_a_wish_in_other_words_leads_to_one_other_plan_and_is_heard_once(desk: Desk) -> None:
    page = planned(desk)
    say(desk, page, "Make it shorter, please")
    run = desk.run_of(page)
    assert (run.revision, run.status) == (2, RunStatus.AWAITING_APPROVAL)
    assert [each.text for each in load_heard(desk.house.deps, run.tenant, run.id).wishes] == ["Make it shorter, please"]
    assert len([text for text in said(desk, page) if "planning “" in text and "again" in text]) == 1


def test_a_question_back_is_answered_with_one_word_in_its_thread(desk: Desk) -> None:
    page = planned(desk)
    say(desk, page, "can you stop it?")
    assert "Shall I stop" in said(desk, page)[-1]
    assert desk.run_of(page).status == RunStatus.AWAITING_APPROVAL
    say(desk, page, "yes")
    assert desk.run_of(page).status == RunStatus.CANCELLED


def test_another_pages_plan_is_not_decided_in_this_ones_comments(desk: Desk) -> None:
    other = planned(desk)
    page = desk.write_idea("Rowing choir")
    desk.set_status(page, "Plan it")
    desk.tell(page)
    title = desk.run_of(page).trigger.title
    say(desk, other, f"approve {title}")
    assert f"The plan for “{title}” is decided on its own page." in said(desk, other)[-1]
    say(desk, other, f"stop {title} when the tests are green")
    assert "cannot wait" in said(desk, other)[-1]
    assert {desk.run_of(each).status for each in (page, other)} == {RunStatus.AWAITING_APPROVAL}
    say(desk, other, f"stop {title}")
    assert [desk.run_of(each).status for each in (page, other)] == [RunStatus.CANCELLED, RunStatus.AWAITING_APPROVAL]
