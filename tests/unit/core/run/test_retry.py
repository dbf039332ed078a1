"""Delays before the next attempt: they grow, stay bounded, differ between runs and never undercut a server."""

from __future__ import annotations

import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.core.run.retry import delay_as_told, delay_before
from shared.core.run.run import Limits

LIMITS = Limits(backoff_s=2.0, backoff_cap_s=600.0)


@pytest.mark.parametrize(
    ("failures", "ceiling"), [(1, 2.0), (2, 4.0), (3, 8.0), (9, 512.0), (10, 600.0), (31, 600.0), (10_000, 600.0)]
)
def test_a_delay_lies_between_half_and_the_whole_of_the_doubled_one(failures: int, ceiling: float) -> None:
    delays = [delay_before(f"run-{n}/s1", failures, LIMITS) for n in range(400)]
    assert ceiling / 2 <= min(delays)
    assert max(delays) < ceiling
    assert abs(statistics.mean(delays) - ceiling * 0.75) < ceiling * 0.03  # spread evenly: 400 draws, 4 deviations
    assert len(set(delays)) == 400


def test_the_same_failure_of_the_same_step_has_the_same_delay() -> None:
    assert delay_before("run-1/s1", 3, LIMITS) == delay_before("run-1/s1", 3, LIMITS)
    assert delay_before("run-1/s1", 3, LIMITS) != delay_before("run-1/s2", 3, LIMITS)


@given(st.text(), st.integers(1, 1000), st.none() | st.floats(0, 1e6))
def test_a_servers_retry_after_is_a_lower_bound(key: str, failures: int, asked: float | None) -> None:
    delay = delay_before(key, failures, LIMITS, asked)
    own = delay_before(key, failures, LIMITS)
    assert delay == max(own, asked or 0.0)
    assert 1.0 <= own < 600.0


@given(st.text(), st.floats(0, 1e5))
def test_what_a_rate_limit_told_is_kept_and_exceeded_by_little(key: str, told: float) -> None:
    assert told <= delay_as_told(key, told) <= told + min(2.0, told / 4)


def test_those_who_were_told_the_same_come_back_at_different_times() -> None:
    assert len({delay_as_told(f"run-{n}/s1", 60.0) for n in range(400)}) == 400
