"""A provider that answers what it was told to, and notes what it was asked: one per vendor's name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from shared.core.models.model_facts import Catalogue, Tokens
from shared.core.run.run import Usage
from shared.ports.model import ModelRequest, ModelResult, request_tokens

Turn = ModelResult | Exception


def said(text: str = "yes", *, tokens: int = 100, micros: int = 50, model: str = "") -> ModelResult:
    """Return an answer."""
    return ModelResult({"text": text}, model, Usage(tokens, micros), request_id="req-1")


@dataclass
class ScriptedProvider:
    """Plays `turns` in order, then `said()` for ever. Its bound is by the price table: a token per byte."""

    name: str
    catalogue: Catalogue
    now: datetime
    turns: list[Turn] = field(default_factory=list)
    asked: list[tuple[str, ModelRequest]] = field(default_factory=list)
    log: list[str] = field(default_factory=list)  # shared by several: who was asked, in order
    during: Callable[[], None] = lambda: None  # what happens while it thinks

    def estimate(self, model: str, request: ModelRequest) -> Usage:
        """Return what so many bytes and a whole answer would cost."""
        used = Tokens(input=len(request.prompt.encode()), output=request.max_output_tokens)
        return Usage(used.total, self.catalogue.price(model, self.now, self.name).micros(used))

    def window(self, model: str) -> int:
        """Return the model's window."""
        return self.catalogue.window(model, self.name)

    def count(self, model: str, request: ModelRequest) -> int:
        """Return our own estimate, and one more, to be told from it."""
        return request_tokens(request) + 1

    def complete(self, model: str, request: ModelRequest) -> ModelResult:
        """Play the next turn."""
        self.asked.append((model, request))
        self.log.append(f"{self.name}/{model}")
        self.during()
        turn = self.turns.pop(0) if self.turns else said()
        if isinstance(turn, Exception):
            raise turn
        return turn
