"""A model made of many, over scripted providers, with a store and a clock in hand."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from shared.app.models.model_health import Health
from shared.app.models.routed_model import RoutedModel
from shared.backends.local.state.local_store import LocalStore
from shared.core.models.routing import Rules
from shared.mind.catalogue import load_catalogue
from shared.ports.model import ModelRequest
from tests.support.ports.moved_clock import MovedClock
from tests.unit.models.scripted_provider import ScriptedProvider, Turn

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
OPUS, SOL, ARGON = "anthropic/claude-opus-5-5", "openai/gpt-6.1-sol", "vertex/gemini-4-argon"
LIST = (OPUS, SOL, ARGON)


@dataclass
class World:
    """Scripted providers, a store, a clock in hand, and the model over all of them."""

    store: LocalStore
    clock: MovedClock
    providers: dict[str, ScriptedProvider] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def model(self, rules: Rules | None = None, connected: tuple[str, ...] = ("anthropic", "openai", "vertex"),
              health: Health | None = None) -> RoutedModel:  # fmt: skip
        known = load_catalogue()
        for name in {each.partition("/")[0] for each in connected}:
            self.providers.setdefault(name, ScriptedProvider(name, known, NOW, log=self.asked))
        wanted = rules or Rules({"reason": LIST})
        remembered = health or Health(self.store, self.clock, "t-1")
        return RoutedModel(wanted, self.providers, known, self.clock, remembered, connected=connected)

    def plays(self, name: str, *turns: Turn) -> None:
        self.providers[name].turns[:] = turns


def a_request(prompt: str = "why?" * 50, output: int = 1000, task: str = "plan", **more: object) -> ModelRequest:
    """Return a question."""
    return ModelRequest(task, "reason", "s", prompt, {}, max_output_tokens=output, **more)  # type: ignore[arg-type]
