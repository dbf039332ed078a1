"""What every Clock promises: times that name their zone, which is UTC, wherever the machine is."""

from __future__ import annotations

import pickle
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from shared.backends.clock import Elapsed, SystemClock
from shared.ports import Clock
from tests.support.ports.moved_clock import START, MovedClock


@pytest.fixture(params=["UTC", "Pacific/Auckland", "America/St_Johns"])
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with monkeypatch.context() as environment:
        environment.setenv("TZ", request.param)
        time.tzset()
        yield request.param
    time.tzset()


@pytest.fixture(params=[SystemClock, MovedClock], ids=["the machine's", "in hand"])
def clock(request: pytest.FixtureRequest) -> Clock:
    made: Clock = request.param()
    return made


def test_a_time_is_aware_and_in_utc(clock: Clock, zone: str) -> None:
    now = clock.now()
    assert now.tzinfo is UTC
    assert now.utcoffset() == timedelta(0)
    assert now.isoformat().endswith("+00:00")


def test_a_time_survives_being_written_down(clock: Clock, zone: str) -> None:
    now = clock.now()
    assert datetime.fromisoformat(now.isoformat()) == now
    assert pickle.loads(pickle.dumps(now)) == now


def test_a_time_can_be_compared_with_an_aware_one_alone(clock: Clock) -> None:
    assert clock.now() - START >= timedelta(0)
    with pytest.raises(TypeError):
        clock.now() - START.replace(tzinfo=None)  # a naive time fails loudly, and is not read as one of this place


def test_the_machines_clock_tells_the_machines_time_in_every_zone(zone: str) -> None:
    before = time.time_ns() // 1000
    told = SystemClock().now()
    after = time.time_ns() // 1000
    micros = (told - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    assert before <= micros <= after


def test_elapsed_time_is_not_shrunk_by_a_clock_turned_back() -> None:
    clock = MovedClock()
    elapsed = Elapsed(clock)
    clock.move(seconds=10)
    assert elapsed.seconds() == 10
    clock.move(hours=-1)
    assert elapsed.seconds() == 10
    clock.move(seconds=5)
    assert elapsed.seconds() == 15
