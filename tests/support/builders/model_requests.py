"""Requests to a model, as the contract suite makes them."""

from __future__ import annotations

from typing import Any

from shared.ports.model import ModelRequest, Tool

SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["title", "steps"],
    "properties": {"title": {"type": "string"}, "steps": {"type": "array", "items": {"type": "string"}}},
}
LOOK = Tool(
    "workspace.look",
    "Looks a city up.",
    {"type": "object", "required": ["city"], "properties": {"city": {"type": "string"}, "deep": {"type": "boolean"}}},
)


def a_request(**changes: Any) -> ModelRequest:
    values: dict[str, Any] = {
        "task": "plan",
        "task_class": "reason",
        "system": "You plan.",
        "prompt": "Plan this: ü",
        "schema": SCHEMA,
        "max_output_tokens": 2000,
    }
    return ModelRequest(**(values | changes))
