"""`bench scale` is the same for the same seed, and shows where a queue is too slow."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.bench.ops.scale import SECONDS, SYNC_EVERY_S, Load, _Play, read_rules, read_shape

pytestmark = pytest.mark.xdist_group("cost")

SMALL = Load(tenants=300, runs_per_day=4.0)


def played(seed: int, *, sync_per_second: float = 40.0) -> _Play:
    rules = read_rules()
    play = _Play(SMALL, read_shape(), {**rules, "sync": replace(rules["sync"], per_second=sync_per_second)}, seed)
    play.play(3600.0)
    return play


def test_the_same_seed_is_the_same_morning_and_another_is_another() -> None:
    one, again, other = played(1), played(1), played(2)
    assert [one.queue(name) for name in SECONDS] == [again.queue(name) for name in SECONDS]
    assert one.opened == again.opened > 50
    assert one.queue("notify") != other.queue("notify")
    assert sum(each["tenants"] for each in one.classes().values()) == SMALL.tenants


def test_every_tenant_gets_its_pass_in_time_where_the_rate_is_enough_and_late_where_it_is_not() -> None:
    assert played(1).sync()["every_s"] == pytest.approx(SYNC_EVERY_S, rel=0.02)
    slow = played(1, sync_per_second=0.5)
    assert slow.sync()["every_s"] == pytest.approx(SMALL.tenants / 0.5, rel=0.05)  # so many after each other
    assert slow.queue("sync")["used"] == pytest.approx(1.0, abs=0.01)
