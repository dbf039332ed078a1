"""The checks of requests to the Responses API and to Chat Completions, against their closed lists of fields."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tests.support.servers.models.closed_shapes import (
    BadShape,
    Closed,
)
from tests.support.servers.models.closed_shapes import check as check_shape
from tests.support.servers.models.openai_fields import CHAT, COUNT, RESPONSE

_OF_XAI = {  # of these xAI knows what its own reference lists
    *("background", "include", "input", "instructions", "max_output_tokens", "metadata", "model", "reasoning"),
    *("parallel_tool_calls", "previous_response_id", "service_tier", "store", "stream", "temperature", "text"),
    *("tool_choice", "tools", "top_logprobs", "top_p", "truncation", "user"),
}
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_STRICT = {"type", "properties", "required", "additionalProperties", "items", "anyOf", "enum", "const", "description"}
_STRICT |= {"$defs", "$ref", "title", "format", "pattern", "minimum", "maximum", "minItems", "maxItems", "multipleOf"}
_THINKS_ALWAYS = ("gpt-6.1-sol", "gpt-6-astra", "grok-4.7")


class InvalidRequest(Exception):
    """The service would answer 400 with this code, message and parameter."""

    def __init__(self, message: str, param: str = "", code: str = "invalid_value") -> None:
        super().__init__(message)
        self.param, self.code = param, code


def check_response(body: Any, *, xai: bool, counting: bool = False) -> dict[str, Any]:
    """Return a request to the Responses API, or refuse it."""
    _shaped(body, COUNT if counting else RESPONSE)
    request: dict[str, Any] = body
    if xai and (foreign := sorted(set(request) - _OF_XAI)):
        raise InvalidRequest(f"Argument not supported: {foreign[0]}", foreign[0], "invalid-argument")
    for name in ("model", "input"):
        if not request.get(name):
            raise InvalidRequest(f"Missing required parameter: '{name}'.", name, "missing_required_parameter")
    if request.get("max_output_tokens") is not None and request["max_output_tokens"] < 16:
        raise InvalidRequest("Expected a value >= 16.", "max_output_tokens", "integer_below_min_value")
    _check_reasoning(request)
    if len(request.get("prompt_cache_key") or "") > 64:
        raise InvalidRequest("Expected a string with maximum length 64.", "prompt_cache_key", "string_above_max_length")
    _check_form((request.get("text") or {}).get("format") or {})
    for tool in request.get("tools") or []:
        _check_function(tool, strict=tool.get("strict", True) is not False)
    if isinstance(request["input"], list):
        _check_items(request["input"])
    return request


def check_chat(body: Any) -> dict[str, Any]:
    """Return a request to Chat Completions of a local server, or refuse it."""
    _shaped(body, CHAT)
    request: dict[str, Any] = body
    if not request["messages"]:
        raise InvalidRequest("Expected an array with minimum length 1.", "messages")
    waiting: list[str] = []
    for message in request["messages"]:
        waiting = _check_chat_turn(message, waiting)
    if waiting:
        raise InvalidRequest("An assistant message with 'tool_calls' must be followed by tool messages.", "messages")
    form = request.get("response_format") or {}
    if form and request.get("tools"):
        raise InvalidRequest("Cannot use custom grammar constraints with tools.", "response_format")
    if form.get("type") == "json_schema":
        _check_form({"type": "json_schema", **form["json_schema"]})
    for tool in request.get("tools") or []:
        _check_function(tool["function"], strict=tool["function"].get("strict", False))
    return request


def _shaped(body: Any, shape: Closed) -> None:
    try:
        check_shape(body, shape)
    except BadShape as bad:
        if bad.problem == "unknown":
            raise InvalidRequest(f"Unknown parameter: '{bad.where}'.", bad.where, "unknown_parameter") from bad
        if bad.problem == "missing":
            said = f"Missing required parameter: '{bad.where}'."
            raise InvalidRequest(said, bad.where, "missing_required_parameter") from bad
        raise InvalidRequest(
            f"Invalid type for '{bad.where}': expected {bad.detail}.", bad.where, "invalid_type"
        ) from bad


def _check_reasoning(request: Mapping[str, Any]) -> None:
    model, effort = request["model"], (request.get("reasoning") or {}).get("effort")
    refused = {"minimal"} | ({"none"} if model.startswith(_THINKS_ALWAYS) else set())
    refused |= {"none", "xhigh", "max"} if model == "grok-4.7" else set()
    if effort in refused:
        raise InvalidRequest(
            f"Unsupported value: '{effort}' is not supported with the '{model}' model.",
            "reasoning.effort",
            "unsupported_value",
        )
    for name in ("temperature", "top_p"):
        if request.get(name) is not None and effort != "none":
            raise InvalidRequest(
                f"Unsupported parameter: '{name}' is not supported with this model.", name, "unsupported_parameter"
            )


def _check_form(form: Mapping[str, Any]) -> None:
    if form.get("type") != "json_schema":
        return
    if not _NAME.fullmatch(form["name"]):
        raise InvalidRequest(f"Invalid 'text.format.name': {form['name']!r}", "text.format.name")
    if form.get("strict"):
        _check_strict(form["schema"], "text.format.schema")


def _check_function(tool: Mapping[str, Any], *, strict: bool) -> None:
    if not _NAME.fullmatch(tool["name"]):
        raise InvalidRequest(
            f"Invalid 'tools[0].name': string does not match pattern: {tool['name']!r}", "tools[0].name"
        )
    if tool["parameters"].get("type") != "object":
        raise InvalidRequest("Invalid schema for function: schema must be a JSON Schema of 'type: \"object\"'", "tools")
    if strict:
        _check_strict(tool["parameters"], f"function {tool['name']}")


def _check_strict(schema: Any, where: str) -> None:
    bad = ""
    if not isinstance(schema, dict):
        bad = "schema must be an object"
    elif foreign := sorted(set(schema) - _STRICT):
        bad = f"'{foreign[0]}' is not permitted"
    elif "$ref" in schema and len(schema) > 1:
        bad = "$ref cannot have keywords beside it"
    elif schema.get("type") == "object" and schema.get("additionalProperties") is not False:
        bad = "'additionalProperties' is required to be supplied and to be false"
    elif schema.get("type") == "object" and set(schema.get("required", ())) != set(schema.get("properties", {})):
        bad = "'required' is required to be supplied and to be an array including every key in properties"
    elif not {"type", "anyOf", "enum", "const", "$ref"} & set(schema):
        bad = "schema must have a 'type' key"
    if bad:
        raise InvalidRequest(
            f"Invalid schema for response_format: In context={where}, {bad}.", where, "invalid_json_schema"
        )
    for name, inner in {**schema.get("properties", {}), **schema.get("$defs", {})}.items():
        _check_strict(inner, f"{where}.{name}")
    for inner in [*schema.get("anyOf", []), *([schema["items"]] if "items" in schema else [])]:
        _check_strict(inner, where)


def _check_items(items: list[Mapping[str, Any]]) -> None:
    made: list[str] = []
    told: list[str] = []
    reasoned = [item["id"] for item in items if item.get("type") == "reasoning"]
    for item in items:
        if item.get("type") == "function_call":
            made.append(item["call_id"])
            if item.get("id") and not reasoned:
                said = (
                    f"Item '{item['id']}' of type 'function_call' was provided without its required 'reasoning' item."
                )
                raise InvalidRequest(said, "input")
        if item.get("type") == "function_call_output":
            if item["call_id"] not in made:
                raise InvalidRequest(
                    f"No tool call found for function call output with call_id {item['call_id']}.", "input"
                )
            told.append(item["call_id"])
    if missing := [each for each in made if each not in told]:
        raise InvalidRequest(f"No tool output found for function call {missing[0]}.", "input")


def _check_chat_turn(message: Mapping[str, Any], waiting: list[str]) -> list[str]:
    if message["role"] == "tool":
        if message["tool_call_id"] not in waiting:
            raise InvalidRequest(
                "messages with role 'tool' must be a response to a preceding 'tool_calls'.", "messages"
            )
        return [each for each in waiting if each != message["tool_call_id"]]
    if waiting:
        raise InvalidRequest("An assistant message with 'tool_calls' must be followed by tool messages.", "messages")
    return [call["id"] for call in message.get("tool_calls") or []]
