"""Many instances call for one bot: never too many in any minute, hardly fewer than possible, and nobody else waits."""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.backends.local.state.local_store import LocalStore
from shared.core.errors import BudgetSpent, VersionConflict
from shared.core.rate_window import Rate
from shared.ports import SYSTEM, Doc, Put
from shared.rate_budget import LONGEST_SLEEP_S, Payer, RateBudget
from tests.support.ports.moved_clock import MovedClock
from tests.support.ports.rate_rig import Jobs, RateRig, between
from tests.support.ports.virtual_time import VirtualTime

pytestmark = pytest.mark.slow

LIMIT, CALLS, WORKERS = 180, 1000, 16
BEST_S = 60.0 * (math.ceil(CALLS / LIMIT) - 1)  # a full window at once, then one each minute: 300 s
BOT, OTHER = Payer("notion", "bot-1", "space-1"), Payer("notion", "bot-2", "space-2")
SKEWS: dict[str, Callable[[int], float]] = {
    "right": lambda i: 0.0,
    "alternating": lambda i: 1.0 if i % 2 else -1.0,
    "any": lambda i: between(-1.0, 1.0, "skew", i),
}


class SlowStore(LocalStore):
    """Takes its time, so that others get between a read and the write after it; counts writes and lost races."""

    writes = lost = 0
    time: VirtualTime | None = None

    def get(self, tenant: str, kind: str, id: str) -> Doc | None:
        """Read after ten milliseconds."""
        self._pass(0.01)
        return super().get(tenant, kind, id)

    def put(self, tenant: str, *puts: Put) -> None:
        """Write after twenty milliseconds."""
        self._pass(0.02)
        try:
            super().put(tenant, *puts)
        except VersionConflict:
            self.lost += 1
            raise
        self.writes += 1

    def _pass(self, seconds: float) -> None:
        if self.time is not None:
            self.time.sleep(seconds)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SlowStore]:
    with SlowStore(tmp_path, MovedClock()) as store:
        yield store


@pytest.fixture
def rig(store: SlowStore) -> RateRig:
    rig = RateRig(store)
    store.time = rig.time
    return rig


def _work(rig: RateRig, workers: int, calls: int, skew: Callable[[int], float] = SKEWS["right"]) -> None:
    jobs = Jobs(calls)
    names = [(f"worker-{i}", skew(i)) for i in range(workers)]
    rig.time.run(*(rig.worker(name, rig.instance(name, ahead), BOT, jobs) for name, ahead in names))


@pytest.mark.parametrize("skew", SKEWS)
def test_sixteen_workers_keep_the_cap_in_every_minute_and_lose_less_than_a_tenth(
    rig: RateRig, store: SlowStore, skew: str
) -> None:
    _work(rig, WORKERS, CALLS, SKEWS[skew])
    assert len(rig.arrived["bot-1"]) == CALLS
    assert rig.most_in_a_window("bot-1") <= LIMIT
    assert max(rig.arrived["bot-1"]) - min(rig.arrived["bot-1"]) <= 1.1 * BEST_S
    assert max(rig.slept) <= LONGEST_SLEEP_S
    assert min(rig.rescheduled) > 0
    assert store.lost > 0  # they did get in each other's way
    assert store.writes <= rig.time.elapsed * 1.05  # what Firestore can be asked of one document: a write per second


def test_the_count_from_outside_does_see_a_cap_that_is_not_kept(store: SlowStore) -> None:
    """Without room for clocks that differ, the very same run calls too often."""
    rig = RateRig(store, Rate(guard_s=0.0))
    store.time = rig.time
    _work(rig, WORKERS, 400, SKEWS["alternating"])
    assert rig.most_in_a_window("bot-1") > LIMIT


def test_another_tenant_on_the_same_instances_waits_for_nothing(rig: RateRig) -> None:
    busy, calm = Jobs(400), Jobs(150)
    instances = [rig.instance(f"worker-{i}") for i in range(WORKERS)]
    first = [rig.worker(f"busy-{i}", budget, BOT, busy) for i, budget in enumerate(instances)]
    second = [rig.worker(f"calm-{i}", budget, OTHER, calm) for i, budget in enumerate(instances[:4])]
    rig.time.run(*first, *second)
    assert max(rig.waited["bot-1"]) > 30  # this one has to
    assert max(rig.waited["bot-2"]) < 1  # two instances borrow at the same moment: one looks again
    assert len(rig.arrived["bot-2"]) == 150


def test_instances_that_die_with_tokens_break_no_cap_and_lose_little(rig: RateRig) -> None:
    jobs = Jobs(600)

    def mortal(name: str, after: float) -> Callable[[], None]:
        def work() -> None:
            rig.time.sleep(after)
            budget = rig.instance(name)
            for _ in range(2):  # of the five that it has borrowed; then it is gone
                budget.spend(BOT)
                rig.arrived["bot-1"].append(rig.time.elapsed)

        return work

    dying = [mortal(f"mortal-{i}", 0.1 * i) for i in range(4)]
    rig.time.run(*dying, *(rig.worker(f"w-{i}", rig.instance(f"w-{i}"), BOT, jobs) for i in range(WORKERS)))
    assert len(rig.arrived["bot-1"]) == 608
    assert rig.most_in_a_window("bot-1") <= LIMIT
    assert rig.most_in_a_window("bot-1", 61.0) >= LIMIT - 4 * 3  # twelve tokens are lost, for one window
    assert max(rig.arrived["bot-1"]) <= 60.0 * (math.ceil(608 / LIMIT) - 1) * 1.1


def test_one_caller_alone_gets_the_whole_window_with_few_writes_and_a_small_document(store: SlowStore) -> None:
    rig = RateRig(store)
    budget = rig.instance("only")
    for _ in range(LIMIT):
        budget.spend(BOT)
        rig.time.move(0.3)
    with pytest.raises(BudgetSpent) as spent:
        budget.spend(BOT)
    assert spent.value.retry_after is not None
    assert 0 < spent.value.retry_after.total_seconds() <= 60 + 2.5 + 10
    assert store.writes <= 14
    doc = store.get(SYSTEM, "rates", BOT.own)
    assert doc is not None
    assert len(json.dumps(doc.body)) < 4096


def test_threads_of_one_instance_share_one_loan(store: SlowStore) -> None:
    budget = RateBudget(store, MovedClock(), "one")
    allowed: list[int] = []

    def call(n: int) -> None:
        for _ in range(40):
            try:
                budget.spend(BOT)
            except BudgetSpent:
                continue
            allowed.append(n)

    threads = [threading.Thread(target=call, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(allowed) == LIMIT


def test_a_document_that_a_broken_clock_wrote_stops_nobody(store: SlowStore) -> None:
    ahead = RateBudget(store, VirtualTime().clock(86_400.0), "tomorrow")
    for _ in range(LIMIT):
        ahead.spend(BOT)
    RateBudget(store, VirtualTime().clock(), "today").spend(BOT)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 3), st.floats(0, 4)), min_size=20, max_size=90), st.integers(3, 12))
def test_whoever_calls_whenever_no_window_holds_more_than_the_limit(
    tmp_path_factory: pytest.TempPathFactory, calls: list[tuple[int, float]], limit: int
) -> None:
    with LocalStore(tmp_path_factory.mktemp("any"), MovedClock()) as store:
        time = VirtualTime()
        rate = Rate(limit=limit, window_s=10.0, life_s=3.0)
        skews = (-1.0, 1.0, 0.4, -0.3)
        budgets = [RateBudget(store, time.clock(s), f"i{n}", rate=rate) for n, s in enumerate(skews)]
        rig = RateRig(store, rate, time)
        for who, pause in calls:
            time.move(pause)
            try:
                budgets[who].spend(BOT)
            except BudgetSpent:
                continue
            rig.arrived["bot-1"].append(time.elapsed)
        assert rig.most_in_a_window("bot-1", 10.0) <= limit
        assert rig.arrived["bot-1"]
