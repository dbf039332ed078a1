"""The price table and the models that suit each task class, from `models.json` or the operator's own file."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

from shared.core.errors import ConfigError
from shared.core.models.model_facts import (
    OFFLINE,
    TASK_CLASSES,
    Catalogue,
    ModelFacts,
    Offer,
    Price,
    Rates,
    describe_own_model,
)

MODELS_FILE = Path(__file__).with_name("models.json")
_OFFLINE_WINDOW = 1_000_000  # as of backends/offline: rules read structure, not tokens


@cache
def load_catalogue(own: Path | None = None) -> Catalogue:
    """Return the catalogue; `own` is a file of the same form whose models and lists take the place of ours.

    Raises ConfigError naming the file and what is wrong with it.
    """
    found = _read(MODELS_FILE)
    if own is not None:
        mine = _read(own)
        models = {**found.models, **mine.models}
        found = Catalogue(models, {**found.classes, **mine.classes}, mine.checked or found.checked, str(own))
    for name, listed in found.classes.items():
        if unknown := [each for each in listed if not found.knows(each)]:
            raise ConfigError(f"{found.source}: the class {name!r} lists {unknown[0]!r}, which it does not describe")
    rules = describe_own_model(OFFLINE, OFFLINE, window=_OFFLINE_WINDOW, speed=1, rank=99)
    return found.having(OFFLINE, rules)


@cache
def load_offered(offer: Offer) -> Catalogue:
    """Return the catalogue of an installation: with its operator's table, and the model of a server of its own.

    Raises ConfigError when it offers a model of which nothing is known.
    """
    found = load_catalogue(Path(offer.file) if offer.file else None)
    if offer.compatible is not None:
        found = found.having("compatible", offer.compatible)
    for each in offer.references:
        if "/" in each and not found.knows(each):
            raise ConfigError(f"WORKWRIGHT_MODEL names {each!r}, which is not described anywhere: {found.way_out}")
    return found


def _read(path: Path) -> Catalogue:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        models = {name: _facts(name, row) for name, row in data.get("models", {}).items()}
        classes = {str(name): [str(each) for each in listed] for name, listed in data.get("classes", {}).items()}
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from error
    except KeyError as error:
        raise ConfigError(f"{path}: the field {error} is missing") from error
    except (ValueError, TypeError, AttributeError) as error:
        raise ConfigError(f"{path}: {error}") from error
    if unknown := sorted(set(classes) - set(TASK_CLASSES)):
        raise ConfigError(f"{path}: unknown task class {unknown[0]!r}; use {', '.join(TASK_CLASSES)}")
    return Catalogue(models, classes, str(data.get("checked", "")), path.name)


def _facts(id: str, row: Mapping[str, Any]) -> ModelFacts:
    if id == OFFLINE:  # the name by which code is trusted to be ours (sandbox/landlock.py)
        raise ValueError(f"no model may be called {OFFLINE!r}")
    prices = tuple(_price(each) for each in row["prices"])
    whole = {name: int(row[name]) for name in ("window", "output", "speed", "rank")}
    return ModelFacts(id, tuple(row["providers"]), prices=prices, tools=bool(row.get("tools", True)), **whole)


def _price(row: Mapping[str, Any]) -> Price:
    tiers: Sequence[Mapping[str, Any]] = row.get("above", ())
    rates = sorted((_rates(each) for each in (row, *tiers)), key=lambda each: each.min_tokens)
    return Price(date.fromisoformat(row["from"]), date.fromisoformat(row["until"]), tuple(rates))


def _rates(row: Mapping[str, Any]) -> Rates:
    """Return the rates; writing into a cache costs what reading afresh does where nothing else is said."""
    fresh, cached, output = (Fraction(row[name]) for name in ("input", "cached", "output"))
    written = Fraction(row.get("written", row["input"]))
    if min(fresh, cached, output, written) < 0:
        raise ValueError("a price is below 0")
    return Rates(fresh, cached, output, written, int(row.get("at_least", 0)))
