"""The price table: as the fact page has it, as an independent table has it, and only for days it covers."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from genai_prices import Usage as TheirUsage
from genai_prices import calc_price

from shared.core.errors import ConfigError
from shared.core.models.model_facts import TASK_CLASSES, Tokens
from shared.mind.catalogue import load_catalogue

NOVEMBER = datetime(2026, 11, 22, tzinfo=UTC)
DECEMBER = datetime(2026, 12, 1, tzinfo=UTC)
JANUARY = datetime(2027, 1, 1, tzinfo=UTC)
LONG = {"anthropic": 100_000, "openai": 272_000, "xai": 200_000}

# The fact page's table (integrations, 2.1), copied by hand: per million tokens fresh, cached, out, written to a cache;
# then the same above the vendor's threshold, where the page gives one ("t").
PAGE = {
    ("anthropic", "claude-opus-5-5"): ("4 0.20 20 5", ""),
    ("anthropic", "claude-sonnet-5-5"): ("2 0.10 10 2.5", ""),
    ("anthropic", "claude-haiku-5-5"): ("0.10 0.01 0.50 0.125", "0.50 0.05 2.50 0.625"),
    ("anthropic", "claude-fable-5-2"): ("8 0.20 40 10", ""),
    ("openai", "gpt-6-astra"): ("10 1 50 12.5", "20 2 75 25"),
    ("openai", "gpt-6.1-sol"): ("2 0.10 10 2.5", "4 0.20 15 5"),
    ("openai", "gpt-6.1-terra"): ("1 0.05 5 1.25", "2 0.10 7.5 2.5"),
    ("openai", "gpt-6-luna"): ("0.10 0.01 0.50 0.125", "0.20 0.02 0.75 0.25"),
    ("vertex", "gemini-4-argon"): ("2 0.10 10 2", ""),
    ("gemini", "gemini-3.8-flash"): ("0.75 0.075 3.75 0.75", ""),
    ("gemini", "gemini-3.5-flash-lite"): ("0.30 0.03 2.50 0.30", ""),
    ("vertex", "gemini-3.5-flash"): ("1.50 0.15 9.00 1.50", ""),
    ("vertex", "gemini-3.1-flash-lite"): ("0.25 0.025 1.50 0.25", ""),
    ("xai", "grok-4.7"): ("2 0.50 6 2", "4 1 12 4"),
    ("xai", "grok-4.3"): ("1.25 0.20 2.50 1.25", "2.50 0.40 5 2.50"),
    ("xai", "grok-4-1-fast-reasoning"): ("0.20 0.05 0.50 0.20", ""),
}
WINDOWS = {"gpt": 1_050_000, "claude": 1_000_000, "grok-4.7": 500_000, "grok-4.3": 1_000_000, "grok-4-1": 2_000_000}


def _by_hand(rates: str, used: Tokens) -> int:
    fresh, cached, out, written = (Fraction(each) for each in rates.split())
    plain = used.input - used.cached - used.written
    exact = plain * fresh + used.cached * cached + used.written * written + (used.output + used.thoughts) * out
    return -int(-exact // 1)  # up to whole millionths


@pytest.mark.parametrize(("where", "rates"), PAGE.items(), ids=lambda each: "/".join(each))
def test_prices_are_those_of_the_page(where: tuple[str, str], rates: tuple[str, str]) -> None:
    provider, model = where
    price = load_catalogue().price(model, NOVEMBER, provider)
    edge = LONG.get(provider, 900_000)
    for size in (1, 999, edge - 1, edge, edge + 1):
        used = Tokens(input=size, cached=size // 3, written=size // 4, output=350, thoughts=120)
        expected = rates[1] if rates[1] and size >= edge else rates[0]
        assert price.micros(used) == _by_hand(expected, used), (model, size)


@pytest.mark.parametrize(
    ("model", "day", "rates"),
    [
        ("gemini-4-argon", DECEMBER, "4 0.20 20 4"),
        ("gemini-3.8-flash", DECEMBER, "0.75 0.075 3.75 0.75"),
        ("gemini-3.8-flash", JANUARY, "1.5 0.15 7.5 1.5"),
    ],
)
def test_announced_changes_count_from_their_day(model: str, day: datetime, rates: str) -> None:
    used = Tokens(input=10_000, cached=9000, output=1000, thoughts=7)
    assert load_catalogue().price(model, day, "vertex").micros(used) == _by_hand(rates, used)


THEIRS = {"vertex": "google", "gemini": "google", "xai": "x-ai"}
ALL = sorted((provider, facts.id) for facts in load_catalogue().models.values() for provider in facts.providers)


@pytest.mark.parametrize(("provider", "model"), ALL)
@pytest.mark.parametrize("day", [NOVEMBER, DECEMBER, JANUARY], ids=lambda day: f"{day:%Y-%m-%d}")
def test_an_independent_price_table_agrees(provider: str, model: str, day: datetime) -> None:
    for size in (10_000, 99_000, 150_000, 250_000, 400_000):
        used = Tokens(input=size, cached=size // 2, output=2000, thoughts=500)
        theirs = calc_price(
            TheirUsage(input_tokens=size, cache_read_tokens=size // 2, output_tokens=2500),
            model_ref=model,
            provider_id=THEIRS.get(provider, provider),
            genai_request_timestamp=day,
        )
        exact = theirs.total_price * Decimal(1_000_000)
        assert 0 <= load_catalogue().price(model, day, provider).micros(used) - exact < 1, (model, size)


@pytest.mark.parametrize(
    ("model", "day"),
    [
        ("gpt-9", NOVEMBER),
        ("gemini-4-argon", datetime(2027, 10, 13, tzinfo=UTC)),
        ("gemini-4-argon", datetime(2026, 10, 12, tzinfo=UTC)),
        ("claude-opus-5-5", datetime(2028, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_day_or_a_model_that_is_not_covered_has_no_price_and_the_way_out_is_said(model: str, day: datetime) -> None:
    with pytest.raises(ConfigError, match=r"no price for model .* WORKWRIGHT_MODELS"):
        load_catalogue().price(model, day)


def test_windows_are_those_of_the_page() -> None:
    for name, window in WINDOWS.items():
        found = [facts.window for facts in load_catalogue().models.values() if facts.id.startswith(name)]
        assert found
        assert set(found) == {window}


def test_every_task_class_has_a_model_of_every_vendor() -> None:
    catalogue = load_catalogue()
    for task_class in TASK_CLASSES:
        for provider in ("anthropic", "openai", "vertex", "gemini", "xai", "offline"):
            assert catalogue.references(task_class, provider), (task_class, provider)


def test_an_operators_file_takes_the_place_of_ours(tmp_path: Path) -> None:
    own = tmp_path / "models.json"
    row = {"from": "2026-01-01", "until": "2029-01-01", "input": "3", "cached": "1", "output": "9"}
    facts = {"providers": ["openai"], "window": 1000, "output": 500, "speed": 1, "rank": 1, "prices": [row]}
    own.write_text(json.dumps({"models": {"gpt-9": facts}, "classes": {"quick": ["openai/gpt-9"]}}), encoding="utf-8")
    found = load_catalogue(own)
    assert found.price("gpt-9", datetime(2028, 1, 1, tzinfo=UTC)).micros(Tokens(input=10, output=1)) == 39
    assert found.references("quick", "openai") == ["openai/gpt-9"]
    assert found.references("cheap", "openai") == ["openai/gpt-6-luna"]
    assert found.window("claude-opus-5-5") == 1_000_000


ROW = {"from": "2026-01-01", "until": "2029-01-01", "input": "3", "cached": "1", "output": "9"}
GOOD = {"providers": ["openai"], "window": 1, "output": 1, "speed": 1, "rank": 1, "prices": []}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "Expecting"),
        ("[]", "object"),
        (json.dumps({"models": {"m": {"providers": ["openai"]}}}), "'prices'"),
        (json.dumps({"models": {"offline": GOOD}}), "may be called"),
        (json.dumps({"classes": {"think": []}}), "unknown task class 'think'"),
        (json.dumps({"classes": {"quick": ["openai/nobody"]}}), "openai/nobody"),
        (json.dumps({"models": {"m": {**GOOD, "prices": [{**ROW, "from": "soon"}]}}}), "soon"),
        (json.dumps({"models": {"m": {**GOOD, "prices": [{**ROW, "output": "-1"}]}}}), "below 0"),
    ],
)
def test_a_wrong_file_is_named_with_what_is_wrong(tmp_path: Path, text: str, said: str) -> None:
    own = tmp_path / "mine.json"
    own.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=said) as caught:
        load_catalogue(own)
    assert "mine.json" in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load_catalogue(tmp_path / "none.json")
