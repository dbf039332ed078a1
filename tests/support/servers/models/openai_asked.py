"""What the tests of OpenAI's endpoints ask, whoever asks it."""

from __future__ import annotations

from typing import Any

SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["title", "steps"],
    "properties": {"title": {"type": "string"}, "steps": {"type": "array", "items": {"type": "string"}}},
}
CITY = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
TOOL: dict[str, Any] = {
    "type": "function",
    "name": "look",
    "description": "Looks a city up.",
    "parameters": CITY,
    "strict": True,
}
FORMAT: dict[str, Any] = {"type": "json_schema", "name": "plan", "strict": True, "schema": SCHEMA}
ASKED: dict[str, Any] = {"model": "gpt-6.1-terra", "input": "Plan this", "store": False}
USER: Any = {"role": "user", "content": "x"}
MODELS = {"openai": "gpt-6.1-terra", "xai": "grok-4.7", "local": "llama-local"}
