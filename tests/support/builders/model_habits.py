"""Requests by which vendors' habits show."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from shared.ports.model import Message, ModelRequest, Tool, ToolCall
from tests.support.builders.model_requests import SCHEMA
from tests.support.servers.models.model_endpoint import Answer
from tests.support.servers.models.model_vendors import (
    Rig,
)

CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
LOOK = Tool("look", "Looks a city up.", CITY)
REQUEST = ModelRequest("plan", "reason", "You plan.", "Plan this.", SCHEMA, max_output_tokens=2000)
CALL = ToolCall("c1", "look", {"city": "Bern"})
LOOP = replace(
    REQUEST,
    stable="Rules.",
    tools=(LOOK,),
    messages=(Message("assistant", calls=(CALL,)), Message("tool", "rain", call="c1")),
)


def ask_scripted(vendor: Rig, answer: Answer, request: ModelRequest = REQUEST) -> Any:
    vendor.endpoint.script([answer])
    return vendor.provider.complete(vendor.model, request)
