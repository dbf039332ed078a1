"""Rates and their intervals against published values, and what two results beside each other say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from shared.cli.evaluate.compare import compare
from shared.cli.evaluate.figures import figures, sign_test, summary, wilson
from shared.core.errors import ConfigError


@pytest.mark.parametrize(
    ("held", "looked", "low", "high"),
    # Newcombe, Statistics in Medicine 17 (1998) 857-872, table I, method 3
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0000, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_the_interval_is_wilsons(held: int, looked: int, low: float, high: float) -> None:
    assert wilson(held, looked) == pytest.approx((low, high), abs=5e-5)
    assert wilson(looked - held, looked) == pytest.approx((1 - high, 1 - low), abs=5e-5)


def test_nothing_known_is_no_rate() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
    assert figures([])["rate"] is None


@pytest.mark.parametrize(
    ("better", "worse", "p"),
    # the binomial distribution with one half, as its tables have it: twice the sum of the smaller tail
    [(0, 0, 1.0), (1, 0, 1.0), (5, 0, 0.0625), (6, 0, 0.03125), (9, 1, 0.021484), (8, 2, 0.109375), (3, 3, 1.0)],
)
def test_the_sign_test_is_exact(better: int, worse: int, p: float) -> None:
    assert sign_test(better, worse) == pytest.approx(p, abs=1e-6)
    assert sign_test(worse, better) == sign_test(better, worse)


def _page(name: str, kind: str, ok: bool, **more: Any) -> dict[str, Any]:
    checks = [{"name": "one", "ok": True, "detail": ""}, {"name": "two", "ok": ok, "detail": ""}]
    return {
        "page": name, "kind": kind, "ok": ok, "end": "live", "held": 1 + ok, "looked": 2, "checks": checks,
        "micros": 1_000, "tokens": 50, "calls": 2, "seconds": 30.0, "repairs": 1, "questions": 0, **more,
    }  # fmt: skip


def test_figures_are_of_all_and_of_each_kind() -> None:
    found = summary([_page("a", "site", True), _page("b", "site", False), _page("c", "tool", True)])
    assert {name: (each["pages"], each["ok"], each["rate"]) for name, each in found["kinds"].items()} == {
        "site": (2, 1, 0.5), "tool": (1, 1, 1.0),
    }  # fmt: skip
    whole = found["all"]
    assert (whole["usd"], whole["tokens"], whole["calls"], whole["minutes"], whole["repairs"]) == (
        0.003,
        150,
        6,
        1.5,
        3,
    )
    assert (whole["checks"], whole["checks_held"]) == (6, 5)


def _result(place: Path, pages: list[dict[str, Any]], digest: str = "d1") -> Path:
    head = {"evaluation": "workwright", "set": "s", "version": 1, "digest": digest, "model": "m", "prompts": place.stem}
    place.write_text(json.dumps({**head, "pages": pages}), encoding="utf-8")
    return place


def test_two_results_are_compared_page_by_page(tmp_path: Path) -> None:
    names = "abcdefg"
    before = _result(tmp_path / "before.json", [_page(name, "site", name == "g") for name in names])
    after = _result(
        tmp_path / "after.json", [_page(name, "site", name not in "g") for name in names] + [_page("new", "ask", True)]
    )
    found = compare(before, after)
    assert (found["better"], found["worse"], found["same"], found["p"]) == (6, 1, 0, 0.125)
    changes = {page["page"]: (page["change"], page["checks_better"], page["checks_worse"]) for page in found["pages"]}
    assert changes["a"] == ("better", ["two"], [])
    assert changes["g"] == ("worse", [], ["two"])
    assert (found["only_before"], found["only_after"], found["same_set"]) == ([], ["new"], True)
    assert compare(before, _result(tmp_path / "other.json", [], "d2"))["same_set"] is False


@pytest.mark.parametrize("text", ["", "[]", '{"pages": []}', '{"evaluation": "another", "pages": []}'])
def test_what_is_no_result_is_refused(tmp_path: Path, text: str) -> None:
    place = tmp_path / "x.json"
    place.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match="is not a result of `workwright eval`"):
        compare(place, place)
    with pytest.raises(ConfigError, match="cannot be read"):
        compare(tmp_path / "none.json", place)
