"""The figures of an evaluation: rates with their interval, and a test of two evaluations."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

Json = dict[str, Any]
_Z = 1.959963984540054  # of 95 percent


def wilson(held: int, looked: int) -> tuple[float, float]:
    """Return Wilson's interval (1927), in which the true rate lies with 95 percent; 0 to 1 where nothing is known."""
    if not looked:
        return 0.0, 1.0
    rate, square = held / looked, _Z * _Z
    middle = rate + square / (2 * looked)
    half = _Z * math.sqrt(rate * (1 - rate) / looked + square / (4 * looked * looked))
    whole = 1 + square / looked
    low, high = (middle - half) / whole, (middle + half) / whole
    return (0.0 if held == 0 else max(0.0, low)), (1.0 if held == looked else min(1.0, high))


def sign_test(better: int, worse: int) -> float:
    """Return how likely so uneven a count is where nothing has changed: the exact two-sided sign test."""
    count = better + worse
    if not count:
        return 1.0
    tail = sum(math.comb(count, each) for each in range(min(better, worse) + 1))
    return min(1.0, 2.0 * tail / float(2**count))


def summary(pages: Sequence[Mapping[str, Any]]) -> Json:
    """Return the figures of all pages, and of each kind."""
    kinds = dict.fromkeys(str(page["kind"]) for page in pages)
    return {
        "all": figures(pages),
        "kinds": {kind: figures([page for page in pages if page["kind"] == kind]) for kind in kinds},
    }


def figures(pages: Sequence[Mapping[str, Any]]) -> Json:
    good = sum(bool(page["ok"]) for page in pages)
    low, high = wilson(good, len(pages))
    return {
        "pages": len(pages),
        "ok": good,
        "rate": round(good / len(pages), 4) if pages else None,
        "low": round(low, 4),
        "high": round(high, 4),
        "checks": sum(int(page["looked"]) for page in pages),
        "checks_held": sum(int(page["held"]) for page in pages),
        "usd": round(sum(int(page["micros"]) for page in pages) / 1e6, 6),
        "tokens": sum(int(page["tokens"]) for page in pages),
        "calls": sum(int(page["calls"]) for page in pages),
        "minutes": round(sum(float(page["seconds"]) for page in pages) / 60, 2),
        "repairs": sum(int(page["repairs"]) for page in pages),
        "questions": sum(int(page["questions"]) for page in pages),
    }
