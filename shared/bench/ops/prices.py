"""What an operation costs on a day: Google Cloud's list prices out of `prices.json`, models' out of their catalogue."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cache
from pathlib import Path

from shared.core.errors import ConfigError
from shared.core.models.model_facts import Tokens
from shared.mind.catalogue import load_catalogue

_FILE = Path(__file__).with_name("prices.json")
DAYS = 30  # of a month
VERTEX = "vertex"


@dataclass(frozen=True, slots=True)
class OperationPrice:
    """Dollars per `unit` operations from each day on, and how many a month are free for the whole project."""

    source: str
    unit: int
    free: float
    steps: tuple[tuple[date, float], ...]

    def usd(self, times: float, on: date) -> float:
        """Return what so many operations cost beyond what is free; raises ConfigError before the first price."""
        held = [usd for begins, usd in self.steps if begins <= on]
        if not held:
            raise ConfigError(f"prices.json knows no price of {self.source} on {on}")
        return times / self.unit * held[-1]


@cache
def operation_prices() -> Mapping[str, OperationPrice]:
    """Return the price of each operation, by its name in the counts."""
    table = json.loads(_FILE.read_text(encoding="utf-8"))
    return {
        name: OperationPrice(
            source=str(table["sources"][row["source"]]),
            unit=int(row["unit"]),
            free=float(row["free"]) * (DAYS if row.get("per") == "day" else 1),
            steps=tuple(sorted((date.fromisoformat(p["from"]), float(p["usd"])) for p in row["prices"])),
        )
        for name, row in table["operations"].items()
    }


def platform_usd(counts: Mapping[str, float], on: date) -> dict[str, float]:
    """Return the dollars of each operation, without anything that is free."""
    prices = operation_prices()
    return {name: prices[name].usd(times, on) for name, times in counts.items() if name in prices}


def monthly_usd(counts: Mapping[str, float], on: date) -> dict[str, float]:
    """Return the dollars of a month's operations, after what is free each month (reads and writes: each day)."""
    prices = operation_prices()
    return {name: prices[name].usd(max(0.0, times - prices[name].free), on) for name, times in counts.items()}


def model_usd(model: str, tokens_in: int, tokens_out: int, on: date) -> float:
    """Return what one call costs on a day, all of it fresh; thoughts would count as output."""
    price = load_catalogue().price(model, datetime.combine(on, time(12), UTC), VERTEX)
    return price.micros(Tokens(input=tokens_in, output=tokens_out)) / 1e6
