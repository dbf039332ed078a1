"""The cap holds over many processes, and a batch is written once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from shared.app.api.rate import BATCH, PER_MINUTE, Rate
from shared.core.errors import TooMany
from tests.functions.conftest import MINE, Service
from tests.support.ports.moved_clock import MovedClock
from tests.support.ports.slow_store import SlowFor

SCRIPT, PERSON = "0123456789ab", "ba9876543210"  # the ids of keys


def _admitted(spend: Callable[[], None], offered: int) -> int:
    count = 0
    for _ in range(offered):
        try:
            spend()
        except TooMany:
            continue
        count += 1
    return count


def test_twenty_processes_together_stay_at_the_cap(service: Service) -> None:
    deps = replace(service.deps, clock=MovedClock())
    processes = [Rate() for _ in range(20)]
    turn = iter(range(10_000))
    assert _admitted(lambda: processes[next(turn) % 20].spend(deps, MINE, SCRIPT), 1500) == PER_MINUTE


def test_a_new_window_has_new_tokens(service: Service) -> None:
    clock, rate = MovedClock(), Rate()
    deps = replace(service.deps, clock=clock)
    assert _admitted(lambda: rate.spend(deps, MINE, SCRIPT), PER_MINUTE + 50) == PER_MINUTE
    with pytest.raises(TooMany) as refused:
        rate.spend(deps, MINE, SCRIPT)
    clock.move(seconds=refused.value.retry_after.total_seconds())
    assert _admitted(lambda: rate.spend(deps, MINE, SCRIPT), PER_MINUTE + 50) == PER_MINUTE


def test_a_busy_script_locks_out_nobody_else(service: Service) -> None:
    deps, rate = replace(service.deps, clock=MovedClock()), Rate()
    assert _admitted(lambda: rate.spend(deps, MINE, SCRIPT), PER_MINUTE + 50) == PER_MINUTE
    assert _admitted(lambda: rate.spend(deps, MINE, PERSON), PER_MINUTE + 50) == PER_MINUTE


def test_a_batch_is_one_write(service: Service) -> None:
    deps, rate = replace(service.deps, clock=MovedClock()), Rate()
    for _ in range(BATCH):
        rate.spend(deps, MINE, SCRIPT)
    doc = deps.store.get(MINE, "rates", f"api.{SCRIPT}")
    assert doc is not None
    assert doc.body["used"] == BATCH


def test_a_store_that_is_slow_for_one_team_holds_up_no_other(service: Service) -> None:
    slow = SlowFor(service.deps.store, MINE)
    deps, rate = replace(service.deps, clock=MovedClock(), store=slow), Rate()  # type: ignore[arg-type]
    with slow.held_up(lambda: rate.spend(deps, MINE, SCRIPT)):
        rate.spend(deps, "t-another", SCRIPT)
