"""The arithmetic of the local Cloud Tasks server against what the vendor's documentation says."""

from __future__ import annotations

from datetime import timedelta

import pytest
from google.cloud import tasks_v2

from tests.support.servers.cloud import cloud_tasks_rules as rules

SLOW_START = tasks_v2.RetryConfig(
    min_backoff=timedelta(seconds=10), max_backoff=timedelta(seconds=300), max_doublings=3, max_attempts=9
)


def test_back_off_is_the_one_of_the_documentation() -> None:
    waits = [rules.backoff(rules.filled_retry(SLOW_START), failures).total_seconds() for failures in range(1, 9)]
    assert waits == [10, 20, 40, 80, 160, 240, 300, 300]


@pytest.mark.parametrize(
    ("attempts", "duration", "made", "lived", "over"),
    [
        pytest.param(3, 0, 3, 1, True, id="attempts alone end it"),
        pytest.param(3, 0, 2, 10**6, False, id="age alone does not"),
        pytest.param(3, 100, 3, 99, False, id="enough attempts, not old enough"),
        pytest.param(3, 100, 2, 101, False, id="old enough, too few attempts"),
        pytest.param(3, 100, 3, 100, True, id="both"),
        pytest.param(-1, 100, 1, 100, True, id="unlimited attempts, limited age"),
        pytest.param(-1, 0, 10**6, 86400 * 30, False, id="unlimited"),
        pytest.param(-1, 0, 2, 86400 * 31, True, id="nothing is kept longer than 31 days"),
    ],
)
def test_giving_up_needs_attempts_and_age(attempts: int, duration: int, made: int, lived: int, over: bool) -> None:
    retry = rules.filled_retry(
        tasks_v2.RetryConfig(max_attempts=attempts, max_retry_duration=timedelta(seconds=duration))
    )
    assert rules.exhausted(retry, made, timedelta(seconds=lived)) is over
