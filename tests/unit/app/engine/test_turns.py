"""Turns of teams in a queue that hands out whatever came first, whoever's it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.app.engine.team_turns import BLOCK, LATE, LONGEST, PER_SECOND, Turns
from shared.backends.local.delivery import tasks
from shared.core.run.commands import ATTEMPT, Command
from tests.support.ports.slow_store import SlowFor
from tests.support.rigs.small_house import TENANT, SmallHouse


@pytest.fixture
def mine(house: Callable[..., SmallHouse]) -> SmallHouse:
    return house()


def _attempt(number: int, tenant: str = TENANT, function: str = "deploy") -> Command:
    return Command(f"run-1.{number}.0", ATTEMPT, function, tenant, "run-1", f"s{number}", attempt=1)


def _late(house: SmallHouse, by: timedelta = 2 * LATE) -> dict[str, str]:
    meant_for = (house.clock.now() - by).timestamp()
    return {"X-CloudTasks-TaskETA": f"{meant_for:.6f}", "X-CloudTasks-TaskRetryCount": "0"}


def _waits(house: SmallHouse) -> list[float]:
    """Return for how many seconds each command in the queue waits."""
    with house.store.reading() as connection:
        found = [command.not_before for command, _, _ in tasks.alive(connection)]
    return sorted((at - house.clock.now()).total_seconds() for at in found if at)


def test_what_comes_in_time_is_done_and_nothing_is_asked(mine: SmallHouse) -> None:
    turns = Turns(mine.deps)
    for headers in (_late(mine, timedelta(seconds=1)), _late(mine, -LATE), {}, {"X-CloudTasks-TaskETA": "soon"}):
        assert not any(turns.gives_way(_attempt(number), headers) for number in range(100))
    assert mine.store.list_docs(TENANT, "turns") == []


def test_a_flood_gives_way_and_another_team_does_not_notice(mine: SmallHouse) -> None:
    turns = Turns(mine.deps)
    gave_way = [turns.gives_way(_attempt(number), _late(mine)) for number in range(100)]
    assert gave_way == [False] * (BLOCK + 1) + [True] * (99 - BLOCK)  # what was saved up, and the turn that is now
    assert not turns.gives_way(_attempt(1, "globex"), _late(mine))
    assert not turns.gives_way(_attempt(1, function="notify"), _late(mine))
    waits = _waits(mine)
    assert waits == [pytest.approx((number + 1) / PER_SECOND, abs=0.001) for number in range(99 - BLOCK)]


def test_a_turn_is_given_once_and_then_it_is_done(mine: SmallHouse) -> None:
    turns = Turns(mine.deps)
    for number in range(BLOCK + 1):
        turns.gives_way(_attempt(number), _late(mine))
    for _ in range(3):  # delivered three times
        assert turns.gives_way(_attempt(99), _late(mine))
    with mine.store.reading() as connection:
        (later,) = [command for command, _, _ in tasks.alive(connection)]
    about = (later.name, later.tenant, later.run, later.step, later.attempt, later.wake)
    assert about == (ATTEMPT, TENANT, "run-1", "s99", 1, 0)
    assert not turns.gives_way(later, _late(mine))


def test_a_delivery_after_a_failed_one_is_not_late(mine: SmallHouse) -> None:
    turns, again = Turns(mine.deps), {**_late(mine), "X-CloudTasks-TaskRetryCount": "2"}
    assert not any(turns.gives_way(_attempt(number), again) for number in range(100))


def test_instances_share_the_turns_of_a_team(mine: SmallHouse) -> None:
    instances = [Turns(mine.deps) for _ in range(4)]
    gave_way = sum(each.gives_way(_attempt(n), _late(mine)) for n in range(25) for each in instances[:1])
    for number, each in enumerate(instances[1:], 1):
        gave_way += sum(each.gives_way(_attempt(100 * number + n), _late(mine)) for n in range(25))
    assert gave_way >= 100 - 2 * BLOCK  # of four instances with twenty-five each
    waits = _waits(mine)
    assert len(waits) == len(set(waits)) == gave_way


def test_after_a_rest_a_team_has_its_turns_again(mine: SmallHouse) -> None:
    turns = Turns(mine.deps)
    for number in range(60):
        turns.gives_way(_attempt(number), _late(mine))
    mine.clock.move(minutes=5)
    assert not any(turns.gives_way(_attempt(100 + number), _late(mine)) for number in range(BLOCK))


def test_no_turn_is_so_late_that_the_attempt_would_count_as_lost(mine: SmallHouse) -> None:
    turns = Turns(mine.deps)
    for number in range(3000):
        turns.gives_way(_attempt(number), _late(mine))
    assert max(_waits(mine)) == LONGEST.total_seconds()


def test_a_store_that_is_slow_for_one_team_holds_up_no_other(mine: SmallHouse) -> None:
    slow = SlowFor(mine.store, TENANT)
    turns = Turns(replace(mine.deps, store=slow))  # type: ignore[arg-type]
    with slow.held_up(lambda: turns.gives_way(_attempt(1), _late(mine))):
        assert not turns.gives_way(_attempt(2, "t-another"), _late(mine))
