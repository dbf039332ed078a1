"""What is known of models: who offers them, how much they take, how fast they are, what they cost on which day.

The data is `shared/mind/models.json`; here are its shape and its arithmetic. A model or a day that the data does not
know has no price, and is refused: a wrong price would be booked for months before anybody looked.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from fractions import Fraction

from shared.core.errors import ConfigError

TASK_CLASSES = ("reason", "quick", "code", "cheap")
PROVIDERS = ("anthropic", "openai", "xai", "gemini", "vertex", "compatible", "pydantic-ai", "offline")
PROVIDER_NAMES: Mapping[str, str] = {
    "anthropic": "Anthropic",
    "openai": "OpenAI",
    "xai": "xAI",
    "gemini": "Google's Gemini",
}
KEYED = ("anthropic", "openai", "xai", "gemini")  # a tenant may bring a key of its own for these
KEY_REFUSED = "the key was not accepted"  # what the error says, also where the key is no tenant's to give anew
_DAY = timedelta(days=1)
OFFLINE = "offline"  # provider and model of that name: rules, no network, no cost


@dataclass(frozen=True, slots=True)
class Tokens:
    """What one call used. `input` includes `cached` (read) and `written` (into a cache); `output` not `thoughts`."""

    input: int = 0
    cached: int = 0
    output: int = 0
    thoughts: int = 0
    written: int = 0

    @property
    def total(self) -> int:
        """Return all that is billed."""
        return self.input + self.output + self.thoughts


@dataclass(frozen=True, slots=True)
class Rates:
    """US dollars per million tokens, which is the same as millionths of a dollar per token."""

    input: Fraction
    cached: Fraction
    output: Fraction
    written: Fraction
    min_tokens: int = 0  # tokens of the prompt from which the whole request has these rates


@dataclass(frozen=True, slots=True)
class Price:
    """The rates of a model on the days from `since` until the day before `until`, the smallest prompts' first."""

    since: date
    until: date
    rates: tuple[Rates, ...]

    def micros(self, used: Tokens) -> int:
        """Return the cost in millionths of a US dollar, rounded up."""
        rates = [each for each in self.rates if used.input >= each.min_tokens][-1]
        fresh = max(0, used.input - used.cached - used.written) * rates.input  # counts may contradict each other
        kept = used.cached * rates.cached + used.written * rates.written
        return math.ceil(fresh + kept + (used.output + used.thoughts) * rates.output)

    def compute_max_micros(self, input: int, output: int) -> int:
        """Return what so many tokens, or any fewer, may cost, however many of them are kept or read from a cache."""
        reached = [each for each in self.rates if each.min_tokens <= input]
        return max(
            math.ceil(input * max(each.input, each.cached, each.written) + output * each.output) for each in reached
        )


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """One model. `window` and `output` in tokens; `speed` 1 is the fastest, 4 thinks long; `rank` 1 is the ablest."""

    id: str
    providers: tuple[str, ...]
    window: int
    output: int
    speed: int
    rank: int
    prices: tuple[Price, ...]
    tools: bool = True


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All models that are known, and for each task class the references (`provider/model`) that suit it, best first."""

    models: Mapping[str, ModelFacts]
    classes: Mapping[str, Sequence[str]]
    checked: str = ""
    source: str = "models.json"
    own: Mapping[str, ModelFacts] = field(default_factory=dict)  # by reference: facts of one provider's alone

    def facts(self, model: str, provider: str = "") -> ModelFacts:
        """Return what is known of a model; raises ConfigError for one that is not known."""
        found = self.own.get(f"{provider}/{model}") or self.models.get(model)
        if found is None and not provider:
            found = next((each for each in self.own.values() if each.id == model), None)
        if found is None or (provider and provider not in found.providers):
            at = f" at {provider!r}" if provider else ""
            raise ConfigError(f"no model {model!r}{at} is known: {self.way_out}")
        return found

    def price(self, model: str, at: datetime, provider: str = "") -> Price:
        """Return the price of a model on a day; raises ConfigError when there is none."""
        day = at.date()
        try:
            known = self.facts(model, provider).prices
        except ConfigError:
            known = ()
        for each in known:
            if each.since <= day < each.until:
                return each
        raise ConfigError(f"no price for model {model!r} on {day}: {self.way_out}")

    def compute_max_micros(self, model: str, at: datetime, input: int, output: int, provider: str = "") -> int:
        """Return what a call of so many tokens may cost, also one that is made up to a day later.

        Raises ConfigError when there is no price now.
        """
        found = [self.price(model, at, provider)]
        with suppress(ConfigError):
            found.append(self.price(model, at + _DAY, provider))
        return max(each.compute_max_micros(input, output) for each in found)

    def window(self, model: str, provider: str = "") -> int:
        """Return how many tokens, prompt and answer together, the model takes."""
        return self.facts(model, provider).window

    def references(self, task_class: str, provider: str) -> list[str]:
        """Return the references of one provider that suit a task class, best first."""
        return [each for each in self.classes.get(task_class, ()) if each.partition("/")[0] == provider]

    def knows(self, reference: str) -> bool:
        """Say whether a reference, `provider/model`, names a model of that provider."""
        provider, _, model = reference.partition("/")
        found = self.own.get(reference) or self.models.get(model)
        return found is not None and provider in found.providers

    def having(self, provider: str, facts: ModelFacts) -> Catalogue:
        """Return a catalogue that knows this model of that provider too, for every task class."""
        reference = f"{provider}/{facts.id}"
        classes = {each: [*self.classes.get(each, ()), reference] for each in TASK_CLASSES}
        return replace(self, classes=classes, own={**self.own, reference: facts})

    @property
    def way_out(self) -> str:
        """Return what to do about a model or a price that is not there."""
        return f"add it to {self.source}, name a file of your own in WORKWRIGHT_MODELS, or choose another model"


@dataclass(frozen=True, slots=True)
class Offer:
    """What an installation offers its tenants: providers or references (`provider/model`), the preferred first.

    `file` is the operator's own table of models, "" for ours alone; `compatible` the model of a server of one's own.
    """

    references: tuple[str, ...] = (OFFLINE,)
    file: str = ""
    compatible: ModelFacts | None = None


def describe_own_model(
    id: str, provider: str, *, window: int, speed: int, rank: int, rates: tuple[Fraction, Fraction] | None = None
) -> ModelFacts:
    """Return a model with one price on any day, fresh and out; without one it is free, like what runs on one's own."""
    fresh, output = rates or (Fraction(0), Fraction(0))
    price = Price(date.min, date.max, (Rates(fresh, fresh, output, fresh),))
    return ModelFacts(id, (provider,), window, window, speed, rank, (price,))
