"""Approved, found by asking: it counts where two looks at the row name one person, and people are asked otherwise."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shared.core.pages import marks
from shared.core.run.run import RunStatus
from shared.integrations.notion.client.client import Notion
from tests.support.rigs.asked_desk import AskedDesk
from tests.support.rigs.small_house import TENANT

pytestmark = pytest.mark.slow


def _asked_who(quiet: AskedDesk, page: str) -> int:
    return len([text for text in quiet.said(page) if "did not tell me who set the status to Approved" in text])


def test_a_status_that_one_person_set_after_the_plan_was_shown_approves_it_once(quiet: AskedDesk) -> None:
    page = quiet.planned()
    quiet.desk.set_status(page, marks.APPROVED)  # in the minute of our own write
    quiet.look_later()
    run = quiet.run_of(page)
    assert run.status == RunStatus.EXECUTING
    (gate,) = [step for step in run.steps if step.id.endswith("approve")]
    assert (gate.output["by"], gate.output["via"]) == ("Ada Example", "notion")
    seq = run.seq
    quiet.desk.deliver("page.properties_updated", page)  # the webhook, where there is one after all
    quiet.look_later()
    assert quiet.run_of(page).seq == seq
    assert _asked_who(quiet, page) == 0
    assert quiet.runs() == 1


def test_a_delivery_and_a_look_of_the_same_approval_count_once(quiet: AskedDesk) -> None:
    page = quiet.planned()
    quiet.desk.set_status(page, marks.APPROVED)
    quiet.pass_time(timedelta(seconds=13))
    quiet.order()  # both are in the queue before anybody works
    quiet.desk.deliver("page.properties_updated", page)
    approvals = [e for _, e in quiet.house.store.events(TENANT, quiet.run_of(page).id) if "Granted" in type(e).__name__]
    assert len(approvals) == 1
    assert quiet.run_of(page).status == RunStatus.EXECUTING


def test_a_person_who_edits_after_a_bot_approved_approves_nothing_and_is_told_how_once(quiet: AskedDesk) -> None:
    page = quiet.planned()
    bot = quiet.house.accounts.connect_for(TENANT)(Notion)
    bot.update_page(page, {"Status": {"select": {"name": marks.APPROVED}}})
    quiet.desk.as_person("PATCH", f"/v1/pages/{page}", {"icon": {"type": "emoji", "emoji": "🚲"}})  # before any look
    quiet.look_later()
    for _ in range(3):
        quiet.look_later()
    assert quiet.run_of(page).status == RunStatus.AWAITING_APPROVAL
    assert _asked_who(quiet, page) == 1
    quiet.desk.set_status(page, marks.PLAN_READY)  # as the comment says
    quiet.look_later()
    quiet.desk.set_status(page, marks.APPROVED)
    quiet.look_later()
    assert quiet.run_of(page).status == RunStatus.EXECUTING


def test_another_persons_edit_of_the_text_in_the_same_minute_has_the_plan_made_anew(quiet: AskedDesk) -> None:
    page = quiet.planned()
    quiet.desk.set_status(page, marks.APPROVED)
    quiet.desk.write_more(page, "And we sell used parts on Sundays.")
    quiet.look_later()
    run = quiet.run_of(page)
    assert (run.status, run.revision) == (RunStatus.AWAITING_APPROVAL, 2)


def test_a_second_approval_counts_though_no_look_came_between_it_and_the_first(quiet: AskedDesk) -> None:
    page = quiet.planned()
    quiet.desk.set_status(page, marks.APPROVED)
    quiet.desk.write_more(page, "And we sell used parts on Sundays.")
    quiet.look_later()
    assert quiet.run_of(page).revision == 2  # shown with a status of ours, which no look has seen
    quiet.desk.set_status(page, marks.APPROVED)
    quiet.look_later()
    assert quiet.run_of(page).status == RunStatus.EXECUTING
    assert _asked_who(quiet, page) == 0


def test_approved_before_the_plan_was_there_approves_nothing(quiet: AskedDesk) -> None:
    page = quiet.desk.write_idea()
    quiet.look_later(timedelta(seconds=61))
    quiet.desk.set_status(page, marks.APPROVED)
    quiet.look_later()
    assert quiet.runs() == 0
    quiet.desk.set_status(page, marks.PLAN_IT)
    quiet.look_later()
    for _ in range(3):
        quiet.look_later()
    assert quiet.run_of(page).status == RunStatus.AWAITING_APPROVAL
    assert quiet.desk.status(page) == marks.PLAN_READY


def test_what_was_approved_while_the_machine_slept_is_done_when_it_wakes(quiet: AskedDesk) -> None:
    page = quiet.planned()
    quiet.pass_time(timedelta(hours=5))
    quiet.desk.set_status(page, marks.APPROVED)
    quiet.look_later(timedelta(hours=5))
    assert quiet.run_of(page).status == RunStatus.EXECUTING
