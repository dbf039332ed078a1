"""The cap holds over many processes, and a batch is written once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from shared.app.api.keys import make_key
from shared.app.api.rate import BATCH, PER_MINUTE, Rate
from shared.app.tenants.settings_changes import change_settings
from shared.core.documents.codec import to_body
from shared.core.errors import TooMany
from shared.core.people.members import PLACE, Member, Members
from shared.ports import Put
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


def test_a_persons_keys_share_one_rate_and_lock_out_nobody_else(service: Service) -> None:
    ada, grace = f"p-{'a' * 24}", f"p-{'b' * 24}"
    team = Members(
        {each: Member("Somebody", f"notion:{each}", service.deps.clock.now(), "owner") for each in (ada, grace)}
    )
    service.deps.store.put(MINE, Put(*PLACE, to_body(team)))
    change_settings(service.deps, MINE, api_per_minute=3)
    keys = [make_key(service.deps, MINE, "viewer", "a key", person=each)[1] for each in (ada, ada, grace)]
    statuses = [service.call("GET", "/v1/budget", key=keys[number % 2]).status_code for number in range(5)]
    assert statuses == [200, 200, 200, 429, 429]
    assert service.call("GET", "/v1/budget", key=keys[2]).status_code == 200


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
