"""An embedder that costs money, on the tenant's day and month: its bound is set aside before, its cost booked after.

Where there is no money left it is like one that does not answer: words are searched, and vectors follow another day.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from shared.app.engine.deps import Deps
from shared.app.money.budget import BudgetExceeded
from shared.app.money.spend import purse_of
from shared.core.errors import IntegrationError, QuotaExhausted
from shared.core.run.run import NOTHING, Usage
from shared.ports.knowledge import Embedder, Vector

EMBEDDING = "embedding"  # the purpose, in the accounts


class Priced(Embedder, Protocol):
    """An embedder with a price."""

    def estimate(self, texts: Sequence[str]) -> Usage:
        """Return an upper bound of what embedding these costs; the `used` of its errors says what they did cost."""


class PaidEmbedder:
    """One tenant's use of an embedder that costs money."""

    def __init__(self, deps: Deps, tenant: str, embedder: Priced) -> None:
        self.id, self.dimensions = embedder.id, embedder.dimensions
        self._deps, self._tenant, self._embedder = deps, tenant, embedder

    def embed(self, texts: Sequence[str], kind: str) -> list[Vector]:
        """Return one vector per text; raises QuotaExhausted, with nothing sent, where money is short."""
        if not texts:
            return []
        purse, ceiling = purse_of(self._deps, self._tenant, EMBEDDING), self._embedder.estimate(texts)
        try:
            purse.open(ceiling)
        except BudgetExceeded as error:
            raise QuotaExhausted(EMBEDDING, str(error)) from error
        used, outcome = ceiling, "failed"
        try:
            vectors = self._embedder.embed(texts, kind)
            outcome = "ok"
        except IntegrationError as error:
            used = error.used
            raise
        finally:
            call = {"model": self.id, "task": EMBEDDING, "tokens": used.tokens, "micros": used.micros}
            purse.settle(used, ({**call, "outcome": outcome},) if used != NOTHING else ())
        return vectors
