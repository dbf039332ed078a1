"""Comments found by asking: each counts once, where an answer is waited for, and as what the webhook's would be."""

from __future__ import annotations

import pytest

from shared.core.pages import marks
from shared.core.run.run import RunStatus
from tests.support.rigs.asked_desk import AskedDesk
from tests.support.rigs.small_house import TENANT
from tests.support.simulators import kept_open

pytestmark = pytest.mark.slow


def _listings(quiet: AskedDesk) -> int:
    return len([each for each in quiet.asked() if each["path"].startswith("/v1/comments") and each["method"] == "GET"])


def _ours(quiet: AskedDesk, page: str, words: str) -> int:
    return len([text for text in quiet.said(page) if words in text])


def test_a_comment_approves_a_wish_changes_the_plan_and_what_was_said_before_counts_for_nothing(
    quiet: AskedDesk,
) -> None:
    page = quiet.desk.write_idea()
    quiet.comment(page, "approve")  # there is no plan yet
    quiet.desk.set_status(page, marks.PLAN_IT)
    quiet.look_later()
    quiet.look_later()
    for _ in range(2):
        quiet.look_later()
    assert quiet.run_of(page).status == RunStatus.AWAITING_APPROVAL
    before = _listings(quiet)
    assert quiet.look_later() == 3  # the table, the page's comments and the plan's: nothing new, so nothing more
    assert _listings(quiet) == before + 2
    seeded = {"people": [{"name": "Gil Guest", "email": "gil@example.test", "guest": True}]}
    guest = kept_open.post(f"{quiet.desk.url}/_seed", json=seeded, timeout=10).json()["people"][-1]["id"]
    quiet.comment(page, "approve", guest)
    quiet.look_later()
    assert quiet.run_of(page).status == RunStatus.AWAITING_APPROVAL
    quiet.comment(page, "approve")
    quiet.look_later()
    run = quiet.run_of(page)
    assert run.status == RunStatus.EXECUTING
    (gate,) = [step for step in run.steps if step.id.endswith("approve")]
    assert (gate.output["by"], gate.output["via"]) == ("Ada Example", "comment in Notion")
    seq = run.seq
    quiet.desk.deliver("comment.created", page)  # the webhook, where there is one after all
    quiet.look_later()
    assert quiet.run_of(page).seq == seq
    before = _listings(quiet)
    quiet.look_later()
    assert _listings(quiet) == before  # nobody is waited for


def test_a_comment_after_the_end_is_heard_and_an_unclear_one_is_answered_once(quiet: AskedDesk) -> None:
    page = quiet.planned()
    quiet.comment(page, "Hm, Tuesdays")
    for _ in range(3):
        quiet.look_later()
    assert _ours(quiet, page, "I could not tell what you want") == 1
    quiet.desk.set_status(page, marks.CANCELLED)
    quiet.look_later()
    assert quiet.run_of(page).status == RunStatus.CANCELLED
    quiet.comment(page, "retry")
    quiet.look_later()
    quiet.look_later()
    assert quiet.runs() == 2
    (retried,) = [run for run in quiet.house.store.list_runs(TENANT) if run.trigger.kind == "retry"]
    assert not retried.status.final
