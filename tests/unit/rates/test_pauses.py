"""What Notion answered to one instance is kept by all of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from shared.backends.local.state.local_store import LocalStore
from shared.core.errors import Blocked, BudgetSpent, RateLimited
from shared.rate_budget import Payer, RateBudget
from tests.support.ports.moved_clock import MovedClock

BOT = Payer("notion", "bot-1", "space-1")
NEIGHBOUR = Payer("notion", "bot-2", "space-1")  # another connection's user in the same workspace
STRANGER = Payer("notion", "bot-3", "space-2")
SEARCH, PAGES = "POST /v1/search", "GET /v1/pages/{id}"


class TwoInstances:
    """Two instances under one clock, and what they slept."""

    def __init__(self, store: LocalStore, clock: MovedClock) -> None:
        self.clock, self.slept = clock, list[float]()
        self.one = RateBudget(store, clock, "one", sleep=self._sleep)
        self.two = RateBudget(store, clock, "two", sleep=self._sleep)

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.clock.move(seconds=seconds)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[TwoInstances]:
    clock = MovedClock()
    with LocalStore(tmp_path, clock) as store:
        yield TwoInstances(store, clock)


def _limited(seconds: float | None = 17, scope: str = "bot") -> RateLimited:
    wait = timedelta(seconds=seconds) if seconds is not None else None
    return RateLimited("notion", "429 rate_limited", retry_after=wait, scope=scope)


def _waits(budget: RateBudget, payer: Payer, endpoint: str = PAGES) -> float:
    """Return how long this call has to wait; 0 for one that may go."""
    try:
        budget.spend(payer, endpoint)
    except BudgetSpent as spent:
        assert spent.retry_after is not None  # noqa: PT017
        return spent.retry_after.total_seconds()
    return 0.0


def _use_much(budget: RateBudget, payer: Payer = BOT) -> None:
    for _ in range(120):  # so that a refusal is explained by what this bot did
        budget.spend(payer, PAGES)


def test_who_was_refused_waits_exactly_as_told_and_all_others_not_less(desk: TwoInstances) -> None:
    _use_much(desk.one)
    desk.two.spend(BOT, PAGES)  # it holds tokens of its own
    desk.one.record_refusal(BOT, PAGES, _limited())
    assert _waits(desk.one, BOT) == pytest.approx(17)
    desk.clock.move(seconds=1)  # within a second everybody has heard of it
    assert 16 <= _waits(desk.two, BOT) <= 16 + 2  # with room for clocks that differ
    desk.clock.move(seconds=13.9)
    assert _waits(desk.one, BOT) == pytest.approx(2.1)
    desk.clock.move(seconds=0.2)
    assert _waits(desk.one, BOT) == 0.0
    assert desk.slept == [pytest.approx(1.9)]
    assert _waits(desk.two, NEIGHBOUR) == _waits(desk.two, STRANGER) == 0.0


def test_a_pause_of_the_workspace_holds_for_all_its_bots_and_nobody_else(desk: TwoInstances) -> None:
    _use_much(desk.one)
    desk.one.record_refusal(BOT, PAGES, _limited(90, "workspace"))
    assert _waits(desk.one, BOT) == pytest.approx(90)
    assert _waits(desk.two, NEIGHBOUR) == pytest.approx(92)
    assert _waits(desk.two, STRANGER) == 0.0


def test_a_pause_of_an_endpoint_holds_for_that_endpoint_of_that_bot(desk: TwoInstances) -> None:
    desk.one.record_refusal(BOT, SEARCH, _limited(30, "endpoint"))
    assert _waits(desk.one, BOT, SEARCH) == pytest.approx(30)
    assert _waits(desk.two, BOT, SEARCH) == pytest.approx(32)
    assert _waits(desk.one, BOT, PAGES) == _waits(desk.two, BOT, PAGES) == 0.0
    assert _waits(desk.one, NEIGHBOUR, SEARCH) == 0.0


def test_a_refusal_that_a_bots_own_calls_do_not_explain_is_the_workspaces(desk: TwoInstances) -> None:
    desk.one.spend(BOT, PAGES)
    desk.one.record_refusal(BOT, PAGES, _limited())
    assert _waits(desk.two, NEIGHBOUR) == pytest.approx(19)
    assert _waits(desk.two, STRANGER) == 0.0


@pytest.mark.parametrize("told", [None, 0])
def test_a_refusal_that_names_no_time_waits_longer_each_time(desk: TwoInstances, told: float | None) -> None:
    waits = []
    for _ in range(8):
        wait = desk.one.record_refusal(BOT, PAGES, _limited(told))
        waits.append(wait)
        desk.clock.move(seconds=wait)
    assert waits[:6] == sorted(waits[:6])
    assert 1 <= waits[0] <= 1.25
    assert 60 <= waits[-1] <= 75
    desk.clock.move(hours=1)
    assert desk.one.record_refusal(BOT, PAGES, _limited(told)) <= 1.25


def test_a_shorter_pause_does_not_end_a_longer_one(desk: TwoInstances) -> None:
    _use_much(desk.one)
    desk.one.record_refusal(BOT, PAGES, _limited(60))
    desk.two.record_refusal(BOT, PAGES, _limited(3))
    assert _waits(desk.one, BOT) == pytest.approx(60)


def test_once_shut_out_nobody_asks_again_until_a_person_has_connected_anew(desk: TwoInstances) -> None:
    desk.two.spend(BOT, PAGES)
    desk.one.block(BOT, "429 public_api_request_blocked")
    desk.clock.move(seconds=1)
    for budget in (desk.one, desk.two):
        with pytest.raises(Blocked, match="public_api_request_blocked"):
            budget.spend(BOT, PAGES)
    desk.two.spend(NEIGHBOUR, PAGES)
    desk.clock.move(days=30)
    with pytest.raises(Blocked):
        desk.two.spend(BOT, PAGES)
    desk.one.lift(BOT)
    desk.clock.move(seconds=1)
    desk.one.spend(BOT, PAGES)
    desk.two.spend(BOT, PAGES)


def test_a_clock_that_is_turned_back_keeps_no_pause_and_no_loan_alive(desk: TwoInstances) -> None:
    _use_much(desk.one)
    desk.one.record_refusal(BOT, PAGES, _limited(17))
    desk.clock.move(hours=-1)
    for budget in (desk.one, desk.two):
        assert _waits(budget, BOT) == 0.0
    allowed = 2
    while _waits(desk.two, BOT) == 0.0:
        allowed += 1
        assert allowed <= 180
    assert allowed > 100


def test_without_a_way_to_sleep_every_wait_is_told(tmp_path: Path) -> None:
    clock = MovedClock()
    with LocalStore(tmp_path, clock) as store:
        budget = RateBudget(store, clock, "one")
        budget.record_refusal(BOT, PAGES, _limited(1))
        assert _waits(budget, BOT) == pytest.approx(1)
