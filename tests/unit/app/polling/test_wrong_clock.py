"""A clock that is wrong by a day: edits are found all the same, and people are told in words."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shared.app.polling.standstill_words import standing_words
from shared.core.pages import marks
from shared.core.run.run import RunStatus
from tests.support.rigs.asked_desk import AskedDesk
from tests.support.rigs.small_house import TENANT

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("days", [1, -1], ids=["ahead", "behind"])
def test_a_clock_wrong_by_a_day_loses_no_edit_and_is_told(quiet: AskedDesk, days: int) -> None:
    house = quiet.house
    house.clock.move(days=days)  # ours alone
    quiet.look()
    page = quiet.desk.write_idea()
    quiet.desk.set_status(page, marks.PLAN_IT)
    house.clock.move(seconds=61)
    quiet.set_notions_clock(house.clock.now() - timedelta(days=days))
    quiet.look()
    assert quiet.run_of(page).status == RunStatus.AWAITING_APPROVAL
    word = "ahead of" if days > 0 else "behind"
    assert standing_words(house.deps, TENANT) == (
        f"The clock of this machine is about 24 hours {word} Notion's. Set it right: messages and schedules go by it."
    )
    house.clock.move(days=-days)  # somebody sets it right
    quiet.look_later(timedelta(seconds=61))
    assert standing_words(house.deps, TENANT) == ""
    quiet.look_later()
    quiet.desk.set_status(page, marks.APPROVED)
    quiet.look_later()
    assert quiet.run_of(page).status == RunStatus.EXECUTING
