"""What the adapters ask of the catalogue: the price of a model on a day, and its window."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Self

from shared.core.model_facts import Catalogue, Price, Tokens
from shared.mind.catalogue import load_catalogue

__all__ = ["Price", "Prices", "Tokens"]


class Prices:
    """The price table of one process."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue

    @classmethod
    def load(cls) -> Self:
        """Return the shipped table."""
        return cls(load_catalogue())

    def of(self, model: str, at: datetime) -> Price:
        """Return the price of a model on a day; raises ConfigError when there is none."""
        return self.catalogue.price(model, at)

    def window(self, model: str) -> int:
        """Return how many tokens, prompt and answer together, the model takes."""
        return self.catalogue.window(model)

    @property
    def classes(self) -> Mapping[str, str]:
        """Return Google's first choice for each task class."""
        listed = self.catalogue.classes
        return {each: self.catalogue.references(each, "vertex")[0].partition("/")[2] for each in listed}
