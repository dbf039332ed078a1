"""Asks each question that comes in through the library, and prints what its vendors were sent; a process of its own."""

from __future__ import annotations

import json
import sys
from contextlib import suppress

from shared.core.errors import IntegrationError
from shared.core.models.model_errors import ModelError
from shared.ports.model import ModelRequest
from tests.support.servers.models import anthropic_server as claude
from tests.support.servers.models import openai_server as gpt
from tests.support.servers.models.anthropic_server import AnthropicServer
from tests.support.servers.models.model_endpoint import ModelEndpoint
from tests.support.servers.models.openai_server import OpenAIServer
from tests.unit.models.pydantic_ai_script import CLAUDE, KEY, LOCAL, _rig

_ENDPOINTS = {
    "openai-chat": (LOCAL, "/v1", gpt.chat({"content": "{}"})),
    "anthropic": (CLAUDE, "", claude.text("{}")),
}


def _endpoint(vendor: str) -> ModelEndpoint:
    return AnthropicServer(key=KEY) if vendor == "anthropic" else OpenAIServer("local", key=KEY)


def main() -> None:
    """Print, by vendor and question, the body of the one request that was sent."""
    asked = json.load(sys.stdin)
    found: dict[str, dict[str, object]] = {}
    for vendor, (model, suffix, answer) in _ENDPOINTS.items():
        with _rig(_endpoint(vendor), vendor, suffix) as (server, provider):
            server.script([answer] * len(asked))
            for number, (name, schema) in enumerate(asked.items()):
                request = ModelRequest(name, "reason", "You answer.", "Now.", schema, max_output_tokens=900)
                with suppress(ModelError, IntegrationError):  # {} is no answer to most
                    provider.complete(model, request)
                assert len(server.requests) == number + 1, name
                found.setdefault(vendor, {})[name] = server.requests[-1].body
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
