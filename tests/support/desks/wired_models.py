"""The models of a tenant as they are wired, with vendors that answer over HTTP."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime

from shared.accounts.accounts import Accounts
from shared.accounts.endpoints import Endpoints
from shared.app.engine.deps import Deps
from shared.ports.model import ModelRequest
from shared.settings import Settings
from shared.wiring.models import Models
from tests.support.servers.models.anthropic_server import AnthropicServer
from tests.support.servers.models.openai_server import OpenAIServer

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
OPERATORS, TEAMS = "-".join(("operators", "made", "up", "key")), "-".join(("teams", "made", "up", "key"))
SCHEMA = {"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"],
          "additionalProperties": False}  # fmt: skip
ANSWER = {"title": "Größe ✓"}
SAID = json.dumps(ANSWER)
TENANT = "t-1"


def a_request(task_class: str = "quick") -> ModelRequest:
    return ModelRequest("plan", task_class, "You plan.", "Plan it.", SCHEMA, max_output_tokens=500)


@dataclass
class WiredModels:
    """A store, the operator's secrets, and vendors' endpoints that open when they are named."""

    deps: Deps
    stack: ExitStack
    lost: list[tuple[str, ...]] = field(default_factory=list)

    def models(self, **env: str) -> Models:
        settings = Settings.from_env(env)
        self.deps = Deps(
            self.deps.store, self.deps.queue, self.deps.secrets, self.deps.clock, models=settings.models
        )  # fmt: skip
        deps = self.deps
        accounts = Accounts(
            deps.store, deps.secrets, deps.clock, Endpoints(), deps.owner, lost=lambda *one: self.lost.append(one)
        )
        return Models(deps, settings, accounts)

    def anthropic(self, key: str | None = None) -> AnthropicServer:
        return self.stack.enter_context(AnthropicServer(key=key))

    def openai(self, vendor: str = "openai", key: str | None = None) -> OpenAIServer:
        return self.stack.enter_context(OpenAIServer(vendor, key=key))
