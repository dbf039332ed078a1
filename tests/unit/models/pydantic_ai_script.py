"""Plays situations through the library, against our strict endpoints, in a process of its own; prints what came of it.

A process of its own, because the library brings an event loop and seconds of imports that no other test should have.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from shared.backends.models.pydantic_ai import PydanticAI
from shared.core.errors import IntegrationError
from shared.core.models.model_errors import ModelError
from shared.core.models.model_facts import describe_own_model
from shared.mind.catalogue import load_catalogue
from shared.ports import Secret
from shared.ports.model import Message, ModelRequest, Tool, ToolCall
from tests.support.servers.models import anthropic_server as claude
from tests.support.servers.models import openai_server as gpt
from tests.support.servers.models.anthropic_server import AnthropicServer
from tests.support.servers.models.model_endpoint import Answer, ModelEndpoint, dropped, not_json
from tests.support.servers.models.openai_server import OpenAIServer

KEY = "-".join(("made", "up", "key", "0123456789"))
NOW = datetime(2026, 11, 22, tzinfo=UTC)
ANSWER = {"title": "Größe ✓", "note": None}
SAID = json.dumps(ANSWER, ensure_ascii=False)
SCHEMA = {
    "type": "object",
    "properties": {"title": {"type": "string"}, "note": {"type": ["string", "null"], "maxLength": 5}},
    "required": ["title"],
    "additionalProperties": False,
}
LOOK = Tool("look.up", "Look something up", {"type": "object", "properties": {"city": {"type": "string"}},
                                              "required": ["city"], "additionalProperties": False})  # fmt: skip
LOCAL, CLAUDE = "openai-chat:llama-local", "anthropic:claude-sonnet-5-5"
error = gpt.error
SITUATIONS: dict[str, Answer] = {
    "good": gpt.chat({"content": SAID}, usage=gpt.chat_usage(1000, 100, cached=400)),
    "limited": error("local", 429, "Slow down.", "rate_limit_exceeded", headers={"retry-after": "34"}),
    "quota": error("local", 429, "You exceeded your current quota.", "insufficient_quota"),
    "overloaded": error("local", 503, "Overloaded.", "server_is_overloaded"),
    "too long": error("local", 400, "Too long.", "context_length_exceeded"),
    "key": error("local", 401, f"Incorrect API key provided: {KEY}", "invalid_api_key"),
    "bad": error("local", 400, "Bad."),
    "unknown": error("local", 404, "It does not exist.", "model_not_found"),
    "failed": error("local", 500, "Oops."),
    "filtered": gpt.chat({"content": ""}, "content_filter"),
    "cut off": gpt.chat({"content": SAID[:9]}, "length", usage=gpt.chat_usage(1000, 100)),
    "not JSON": gpt.chat({"content": "Sure! Here you are."}, usage=gpt.chat_usage(1000, 100)),
    "page": not_json(),
    "dropped": dropped(),
}


class _Clock:
    def now(self) -> datetime:
        return NOW


def _request(**more: Any) -> ModelRequest:
    return ModelRequest("plan", "quick", "You plan.", "Plan it.", SCHEMA, max_output_tokens=500, **more)


@contextmanager
def _rig(endpoint: ModelEndpoint, vendor: str, suffix: str = "") -> Iterator[tuple[ModelEndpoint, PydanticAI]]:
    known = load_catalogue()
    for name in (LOCAL, CLAUDE):
        known = known.having(
            "pydantic-ai", describe_own_model(name, "pydantic-ai", window=32_000, speed=2, rank=9, rates=(1, 2))
        )  # type: ignore[arg-type]
    with endpoint:
        yield endpoint, PydanticAI(lambda name: Secret(KEY), known, _Clock(), urls={vendor: endpoint.url + suffix})


def _outcome(provider: PydanticAI, model: str, request: ModelRequest) -> dict[str, Any]:
    try:
        found = provider.complete(model, request)
    except (IntegrationError, ModelError) as failed:
        wait = getattr(failed, "retry_after", None)
        return {
            "error": type(failed).__name__,
            "said": str(failed),
            "wait": wait.total_seconds() if wait else None,
            "used": [failed.used.tokens, failed.used.micros],
        }
    calls = [[call.name, dict(call.input)] for call in found.calls]
    return {"answer": dict(found.answer), "micros": found.usage.micros, "tokens": dict(found.tokens), "calls": calls}


def main() -> None:
    """Print one JSON object: what came of each situation."""
    found: dict[str, Any] = {}
    with _rig(OpenAIServer("local", key=KEY), "openai-chat", "/v1") as (server, provider):
        bound = provider.estimate(LOCAL, _request())
        found["loaded before"] = "pydantic_ai" in sys.modules
        found["bound"] = [bound.tokens, bound.micros]
        for name, answer in SITUATIONS.items():
            server.script([answer])
            found[name] = _outcome(provider, LOCAL, _request())
        found["asked"] = len(server.requests)
        server.script([gpt.chat_calls(("c1", "look_up", '{"city": "Bern"}')), gpt.chat({"content": SAID})])
        found["tool"] = _outcome(provider, LOCAL, _request(tools=(LOOK,)))
        turns = (
            Message("assistant", calls=(ToolCall("c1", "look.up", {"city": "Bern"}),)),
            Message("tool", "Sunny.", call="c1"),
        )
        found["after the tool"] = _outcome(provider, LOCAL, _request(tools=(LOOK,), messages=turns))
    found["nobody there"] = _outcome(provider, LOCAL, _request())
    with _rig(AnthropicServer(key=KEY), "anthropic") as (server, provider):
        server.script([claude.text(SAID, usage=claude.usage(600, 100, read=400)), claude.error(529, "Overloaded.")])
        found["claude"] = _outcome(provider, CLAUDE, _request())
        found["claude overloaded"] = _outcome(provider, CLAUDE, _request())
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
