"""The library behind our port: every kind of failure is ours, nothing is asked twice, and it loads when it is asked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("pydantic-ai")]

ROOT = Path(__file__).resolve().parents[3]
ANSWER = {"title": "Größe ✓", "note": None}


@pytest.fixture(scope="module")
def played() -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-W", "error::ResourceWarning", "-m", "tests.unit.models.pydantic_ai_script"],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_it_is_loaded_with_the_first_call(played: dict[str, Any]) -> None:
    assert played["loaded before"] is False


def test_a_good_answer_is_read_and_priced(played: dict[str, Any]) -> None:
    assert played["good"]["answer"] == ANSWER
    assert played["good"]["tokens"] == {"input": 1000, "cached": 400, "output": 100, "thoughts": 0}
    assert played["good"]["micros"] == 1200  # at 1 and 2 dollars per million
    assert played["good"]["micros"] <= played["bound"][1]


# integrations, 2.5: the taxonomy; what may have been charged books the bound
@pytest.mark.parametrize(
    ("situation", "error", "charged"),
    [
        ("limited", "RateLimited", False),
        ("quota", "QuotaExhausted", False),
        ("overloaded", "Overloaded", False),
        ("too long", "ContextTooLong", False),
        ("key", "Rejected", False),
        ("bad", "Rejected", False),
        ("unknown", "Missing", False),
        ("nobody there", "Unreachable", False),
        ("failed", "OutcomeUnknown", True),
        ("dropped", "OutcomeUnknown", True),
        ("page", "OutcomeUnknown", True),
        ("filtered", "Refused", True),
        ("cut off", "InvalidOutput", True),
        ("not JSON", "InvalidOutput", True),
    ],
)
def test_each_failure_is_told_by_our_class(played: dict[str, Any], situation: str, error: str, charged: bool) -> None:
    found = played[situation]
    assert found["error"] == error, found
    assert (found["used"] != [0, 0]) == charged
    if error == "OutcomeUnknown":
        assert found["used"] == played["bound"]
    assert "0123456789" not in found["said"]


def test_a_wait_is_told(played: dict[str, Any]) -> None:
    assert played["limited"]["wait"] == 34


def test_nothing_is_asked_twice(played: dict[str, Any]) -> None:
    assert played["asked"] == 14  # one request per situation: the vendors' own clients would repeat four of them


def test_tools_are_offered_called_and_answered_under_our_names(played: dict[str, Any]) -> None:
    assert played["tool"]["calls"] == [["look.up", {"city": "Bern"}]]
    assert played["after the tool"]["answer"] == ANSWER


def test_another_vendor_of_the_library(played: dict[str, Any]) -> None:
    assert played["claude"]["answer"] == ANSWER
    # Anthropic counts cached tokens apart: 600 fresh and 400 read are a prompt of 1000 (integrations, 2.2)
    assert played["claude"]["tokens"]["input"] == 1000
    assert played["claude overloaded"]["error"] == "Overloaded"
