"""What models cost, as dated data. A model or a day that the data does not know has no price, and is refused."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any, Self

from shared.core.errors import ConfigError

PRICES_FILE = Path(__file__).with_name("prices.json")


@dataclass(frozen=True, slots=True)
class Tokens:
    """What one call used. `input` includes `cached` and `written`; `output` does not include `thoughts`."""

    input: int = 0
    cached: int = 0
    output: int = 0
    thoughts: int = 0
    written: int = 0  # put into the vendor's cache by this call, at a price of its own where the vendor has one

    @property
    def total(self) -> int:
        """Return all that is billed."""
        return self.input + self.output + self.thoughts


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars per million tokens, which is the same as millionths of a dollar per token."""

    since: date
    until: date
    input: Fraction
    cached: Fraction
    output: Fraction

    def micros(self, used: Tokens) -> int:
        """Return the cost in millionths of a US dollar, rounded up."""
        fresh = (used.input - used.cached) * self.input + used.cached * self.cached
        return math.ceil(fresh + (used.output + used.thoughts) * self.output)


class Prices:
    """The price table, and the model that each task class gets where a tenant has said nothing."""

    def __init__(self, models: Mapping[str, tuple[Price, ...]], classes: Mapping[str, str]) -> None:
        self._models = models
        self.classes = classes

    @classmethod
    def load(cls, path: Path = PRICES_FILE) -> Self:
        """Read the table; raises ConfigError when a class names a model without a price."""
        data = json.loads(path.read_text(encoding="utf-8"))
        models = {model: tuple(_price(row) for row in rows) for model, rows in data["models"].items()}
        unpriced = sorted(set(data["classes"].values()) - set(models))
        if unpriced:
            raise ConfigError(f"{path}: no price for {', '.join(unpriced)}")
        return cls(models, data["classes"])

    def of(self, model: str, at: datetime) -> Price:
        """Return the price of a model on a day; raises ConfigError when there is none."""
        day = at.date()
        for price in self._models.get(model, ()):
            if price.since <= day < price.until:
                return price
        raise ConfigError(
            f"no price for model {model!r} on {day}: add it to {PRICES_FILE.name}, or choose another model"
        )


def _price(row: Mapping[str, Any]) -> Price:
    return Price(
        date.fromisoformat(row["from"]),
        date.fromisoformat(row["until"]),
        Fraction(row["input"]),
        Fraction(row["cached"]),
        Fraction(row["output"]),
    )
