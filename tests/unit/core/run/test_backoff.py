"""The one formula of waits, with the figures of each who waits by it: worked out by hand, not by our code."""

from __future__ import annotations

import ast
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.core.backoff import Waits, backoff, fraction
from shared.core.retries import (
    ALARM,
    AT_ONCE,
    CLOUD_DELIVERY,
    CLOUD_READ,
    CODE_RUNNER,
    DELIVERY,
    DOCUMENT,
    ENDLESS,
    ERASURE,
    REFUSED,
    RETRIES,
    STEP,
    STORE_TEXT,
    STORE_WRITE,
    TASK,
    UNANSWERED,
    Retry,
)
from shared.integrations.slack.socket import SOCKET

ALL = (*RETRIES, SOCKET)
ROOT = Path(__file__).resolve().parents[4]
FOR_OTHERS = {"shared/core/run/retry.py", "shared/backends/clock.py"}  # who asks these is the owner
WAITING = {"backoff", "delay_before", "stand_back"}


@pytest.mark.parametrize(
    ("retry", "jitter", "seconds"),
    [
        pytest.param(STEP, 0.0, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300], id="a step, at least"),
        pytest.param(STEP, 1.0, [2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600], id="a step, at most"),
        pytest.param(DELIVERY, 0.7, [0.5, 1, 2, 4, 8, 16, 32, 60, 60], id="a delivery"),
        pytest.param(CLOUD_DELIVERY, 0.7, [10, 20, 40, 80, 160, 300, 300], id="a delivery in the cloud"),
        pytest.param(UNANSWERED, 0.7, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600], id="a worker that died"),
        pytest.param(ALARM, 0.7, [30, 60, 120, 240, 480, 600, 600], id="an alarm"),
        pytest.param(ERASURE, 0.7, [120, 240, 480, 960, 1920], id="a deletion"),
        pytest.param(STORE_WRITE, 0.0, [0.05, 0.1, 0.2], id="a write, at least"),
        pytest.param(STORE_WRITE, 1.0, [0.15, 0.3, 0.6], id="a write, at most"),
        pytest.param(STORE_TEXT, 0.5, [0.1, 0.2, 0.4], id="writes in parts"),
        pytest.param(CLOUD_READ, 0.7, [0.2, 0.4], id="a reading"),
        pytest.param(TASK, 0.0, [0.1, 0.2], id="a task, at least"),
        pytest.param(TASK, 1.0, [0.3, 0.6], id="a task, at most"),
        pytest.param(REFUSED, 0.0, [1, 2, 4, 8, 16, 32, 60, 60], id="refused, at least"),
        pytest.param(REFUSED, 1.0, [1.25, 2.5, 5, 10, 20, 40, 75, 75], id="refused, at most"),
        pytest.param(CODE_RUNNER, 0.7, [0.2, 0.4, 0.8, 1.6, 3.2, 5, 5], id="who runs code"),
        pytest.param(SOCKET, 0.7, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300], id="Slack"),
        pytest.param(DOCUMENT, 1.0, [0.01, 0.02, 0.04, 0.08, 0.16, 0.16], id="a document, at most"),
        pytest.param(DOCUMENT, 0.0, [0, 0, 0], id="a document, at least"),
    ],
)
def test_each_waits_as_long_as_it_always_has(retry: Retry, jitter: float, seconds: list[float]) -> None:
    found = [backoff(number, retry.waits, jitter) for number in range(1, len(seconds) + 1)]
    assert found == [timedelta(seconds=each) for each in seconds]


def test_how_often_each_tries() -> None:
    often = {
        "attempts": {24, 4}, "expire": {5}, "structured": {3}, "requeue": {400}, "outcomes": {8}, "main": {8},
        "deliveries": {40}, "due_times": {ENDLESS}, "tenant_delete": {6}, "sweep": {ENDLESS}, "guarded": {4},
        "plain_batches": {4}, "wire": {3}, "queue": {3}, "rate_budget": {ENDLESS}, "sandbox": {ENDLESS},
        "socket": {ENDLESS}, "grant_http": {2}, "changes": {20}, "engine": {64}, "spend": {64},
        "audit_documents": {64}, "identities": {20}, "invitations": {20}, "settings_changes": {20},
        "deliver": {16},
    }  # fmt: skip
    assert {name: {each.tries for each in ALL if Path(each.owner).stem == name} for name in often} == often
    assert {Path(each.owner).stem for each in ALL} == often.keys()


@given(st.integers(-5, 10**9), st.floats(0, 1), st.integers(1, 10**6), st.integers(1, 10**6))
def test_a_wait_never_passes_its_bounds_and_never_shrinks(attempt: int, jitter: float, base: int, cap: int) -> None:
    waits = Waits(timedelta(milliseconds=base), timedelta(milliseconds=cap), 0.5, 1.0)
    wait = backoff(attempt, waits, jitter)
    assert min(base, cap) / 2 <= wait / timedelta(milliseconds=1) + 0.001
    assert wait <= waits.cap
    assert wait <= backoff(attempt + 1, waits, jitter)


def test_a_fraction_follows_from_its_key_alone() -> None:
    # `printf run-1/s1/1 | sha256sum` begins with these eight letters
    assert fraction("run-1/s1/1") == 0xC67615FE / 2**32


def _calls(text: str) -> set[str]:
    calls = [node.func for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
    return {str(getattr(each, "id", getattr(each, "attr", ""))) for each in calls}


def test_everybody_who_waits_before_trying_again_is_an_owner_that_is_named() -> None:
    waiting = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "shared").rglob("*.py")
        if any(f"{word}(" in (text := path.read_text(encoding="utf-8")) for word in WAITING) and _calls(text) & WAITING
    }
    owners = {each.owner for each in ALL if each.waits != AT_ONCE and each.owner.endswith(".py")}
    assert waiting - FOR_OTHERS == owners


def test_every_owner_is_there() -> None:
    assert [each.owner for each in ALL if not (ROOT / each.owner).is_file()] == []


def _span(wait: timedelta) -> str:
    seconds = wait.total_seconds()
    return f"{seconds / 60:g} min" if seconds >= 60 else f"{seconds:g} s"


def _row(each: Retry) -> str:
    waits = "at once" if each.waits == AT_ONCE else f"{_span(each.waits.base)} to {_span(each.waits.cap)}"
    often = str(each.tries) if each.tries != ENDLESS else "no end"
    return f"| {each.what} | {often} | {waits} | {each.then} | `{each.owner}` |"


def test_the_page_about_retries_says_what_the_code_does() -> None:
    page = (ROOT / "docs/reference/retries.md").read_text(encoding="utf-8").splitlines()
    rows = [line for line in page if line.startswith("| ") and not line.startswith("| What is tried again")]
    assert sorted(rows) == sorted(map(_row, ALL))
