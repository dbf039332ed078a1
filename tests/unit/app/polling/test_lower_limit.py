"""A vendor's limit far below the documented one: work adapts to it and ends, and asking leaves room for it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shared.app.polling.polling_clock import order_looks
from shared.core.pages import marks
from shared.core.run.run import RunStatus
from shared.rate_budget import payer_of
from tests.support.rigs.asked_desk import AskedDesk
from tests.support.rigs.small_house import TENANT
from tests.support.simulators import kept_open

pytestmark = pytest.mark.slow


def test_thirty_calls_a_minute_are_enough_to_plan_and_approve(quiet: AskedDesk) -> None:
    house = quiet.house
    page = quiet.desk.write_idea()
    quiet.desk.set_status(page, marks.PLAN_IT)
    kept_open.post(f"{quiet.desk.url}/_config", json={"rate_limit": 30, "rate_window_s": 60}, timeout=10)
    refused_before = _refused(quiet)

    def pass_until(status: RunStatus, minutes: int) -> None:
        for _ in range(6 * minutes):
            quiet.pass_time(timedelta(seconds=10))
            order_looks(house.deps, lambda tenant: house.accounts.budget.room(payer_of(tenant, "notion", None)))
            house.work()
            if quiet.runs() and quiet.run_of(page).status == status:
                return
        raise AssertionError(f"not {status} within {minutes} minutes")

    pass_until(RunStatus.AWAITING_APPROVAL, 10)
    quiet.pass_time(timedelta(minutes=2))
    quiet.desk.set_status(page, marks.APPROVED)
    pass_until(RunStatus.EXECUTING, 10)
    run = quiet.run_of(page)
    assert run.failure == ""
    assert all(step.failures == 0 for step in run.steps)
    assert house.queue.dead_letters(TENANT) == []
    assert 0 < _refused(quiet) - refused_before < 20  # it learns by being refused, and then keeps to it


def _refused(quiet: AskedDesk) -> int:
    return len([each for each in quiet.asked() if each["status"] == 429])
