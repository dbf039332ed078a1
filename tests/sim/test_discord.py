"""The simulated Discord refuses what the published limits and shapes refuse."""

from __future__ import annotations

from typing import Any

import pytest

from shared.local.simulators.discord import find_fault


def test_a_message_as_published_is_taken() -> None:
    assert find_fault({"content": "Hello", "allowed_mentions": {"parse": []}}) == ""


@pytest.mark.parametrize(
    "body",
    [
        {}, {"content": "x" * 2001}, {"embeds": [{}] * 11}, {"content": "x", "more": 1},
        {"embeds": [{"title": "x" * 257}]},
        {"embeds": [{"fields": [{"name": "a", "value": ""}]}]}, {"embeds": [{"url": "javascript:1", "title": "a"}]},
        {"embeds": [{"description": "x" * 4000}, {"description": "x" * 2001}]}, {"embeds": [{"timestamp": "today"}]},
        {"content": "x", "allowed_mentions": {"parse": ["all"]}}, [],
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(body: Any) -> None:
    assert find_fault(body)
