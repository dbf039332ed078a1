"""No network for an hour, and a machine asleep for ten: nobody fails for it, and work goes on as soon as it can."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shared.app.polling.connection_outages import find_unreached_since
from shared.app.polling.standstill_words import standing_words
from shared.cli.doctor.notion_findings import notion_findings
from shared.core.pages import marks
from shared.core.run.run import RunStatus
from tests.support.rigs.asked_desk import AskedDesk
from tests.support.rigs.small_house import NOWHERE, TENANT

pytestmark = pytest.mark.slow


def _pass(quiet: AskedDesk, span: timedelta, step: timedelta = timedelta(seconds=15)) -> None:
    """Let time pass with the clock of the machine at work: looks, passes, and what is due."""
    for _ in range(int(span / step)):
        quiet.house.pass_time(step, step)
        quiet.order()
        quiet.house.work()
    quiet.set_notions_clock(quiet.house.clock.now())


def test_an_hour_without_network_costs_no_try_and_work_goes_on_within_a_minute(quiet: AskedDesk) -> None:
    waiting, house = quiet.planned(), quiet.house
    planning = quiet.desk.write_idea("Boat club")
    quiet.desk.set_status(planning, marks.PLAN_IT)
    quiet.pass_time(timedelta(seconds=13))
    quiet.order()
    while not quiet.runs() > 1:
        house.dispatcher.deliver_one()
    gone_at = house.clock.now()
    house.with_endpoints(notion=NOWHERE)
    _pass(quiet, timedelta(minutes=1))
    _pass(quiet, timedelta(hours=1), timedelta(minutes=5))
    run = quiet.run_of(planning)
    (step,) = [each for each in run.steps if each.id == "plan"]
    assert (run.status, run.failure, step.attempt, step.failures) == (RunStatus.PLANNING, "", 1, 0)
    since = find_unreached_since(house.deps, TENANT, "notion")
    assert since is not None
    assert since - gone_at < timedelta(minutes=1)
    assert standing_words(house.deps, TENANT).startswith(f"Notion cannot be reached since {since:%Y-%m-%d %H:%M} UTC.")
    told = [each for each in notion_findings(house.folder, house.clock.now()) if each.name == "notion"]
    assert [each.detail for each in told] == [standing_words(house.deps, TENANT)]
    quiet.desk.set_status(waiting, marks.APPROVED)
    house.with_endpoints(notion=quiet.desk.url)
    _pass(quiet, timedelta(minutes=1))
    assert quiet.run_of(planning).status == RunStatus.AWAITING_APPROVAL
    assert quiet.run_of(waiting).status == RunStatus.EXECUTING
    assert find_unreached_since(house.deps, TENANT, "notion") is None
    assert house.queue.dead_letters(TENANT) == []
    assert max(each.failures for each in quiet.run_of(planning).steps) == 0


def test_ten_hours_asleep_with_work_under_way_are_no_failure(quiet: AskedDesk) -> None:
    page = quiet.desk.write_idea()
    quiet.desk.set_status(page, marks.PLAN_IT)
    quiet.pass_time(timedelta(seconds=61))
    quiet.order()
    house = quiet.house
    while not quiet.runs():
        house.dispatcher.deliver_one()
    run = quiet.run_of(page)
    lease = f"{run.id}.plan"
    assert house.store.claim(TENANT, lease, "the attempt under way", house.deps.lease)  # as the lid was closed
    quiet.pass_time(timedelta(hours=10))
    _pass(quiet, timedelta(minutes=1))
    run = quiet.run_of(page)
    assert (run.status, run.failure) == (RunStatus.AWAITING_APPROVAL, "")
    assert quiet.runs() == 1
    assert house.queue.dead_letters(TENANT) == []
