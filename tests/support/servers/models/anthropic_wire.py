"""The closed list of what a request to Anthropic's Messages API may contain, and the checks the service makes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tests.support.servers.models.closed_shapes import (
    ANY,
    FLAG,
    NUMBER,
    TEXT,
    WHOLE,
    BadShape,
    ByField,
    Closed,
    Listed,
    check,
    either,
    words,
)

_MARK = Closed({"type": words("ephemeral"), "ttl": words("5m", "1h")}, ("type",))
_TEXT_BLOCK = Closed({"type": TEXT, "text": TEXT, "cache_control": _MARK, "citations": ANY}, ("text",))
BLOCKS: dict[str, Any] = {
    "text": _TEXT_BLOCK,
    "thinking": Closed({"type": TEXT, "thinking": TEXT, "signature": TEXT}, ("thinking", "signature")),
    "redacted_thinking": Closed({"type": TEXT, "data": TEXT}, ("data",)),
    "tool_use": Closed(
        {
            "type": TEXT,
            "id": TEXT,
            "name": TEXT,
            "input": "object",
            "cache_control": _MARK,
            "caller": ANY,
            "toolset_name": TEXT,
        },
        ("id", "name", "input"),
    ),
    "tool_result": Closed(
        {
            "type": TEXT,
            "tool_use_id": TEXT,
            "content": either(TEXT, Listed(ByField("type", {"text": _TEXT_BLOCK}))),
            "is_error": FLAG,
            "cache_control": _MARK,
            "toolset_name": TEXT,
        },
        ("tool_use_id",),
    ),
}
TOOL = Closed(
    {
        "name": TEXT,
        "description": TEXT,
        "input_schema": "object",
        "strict": FLAG,
        "cache_control": _MARK,
        "type": words("custom"),
        "allowed_callers": Listed(TEXT),
        "defer_loading": FLAG,
        "eager_input_streaming": FLAG,
        "input_examples": Listed("object"),
    },
    ("name", "input_schema"),
)
_COUNTED: dict[str, Any] = {
    "model": TEXT,
    "messages": Listed(
        Closed(
            {"role": words("user", "assistant"), "content": either(TEXT, Listed(ByField("type", BLOCKS)))},
            ("role", "content"),
        )
    ),
    "system": either(TEXT, Listed(_TEXT_BLOCK)),
    "tools": Listed(TOOL),
    "tool_choice": ByField(
        "type",
        {
            "auto": Closed({"type": TEXT, "disable_parallel_tool_use": FLAG}),
            "any": Closed({"type": TEXT, "disable_parallel_tool_use": FLAG}),
            "tool": Closed({"type": TEXT, "name": TEXT, "disable_parallel_tool_use": FLAG}, ("name",)),
            "none": Closed({"type": TEXT}),
        },
    ),
    "thinking": ByField(
        "type",
        {
            "enabled": Closed({"type": TEXT, "budget_tokens": WHOLE, "display": TEXT}, ("budget_tokens",)),
            "adaptive": Closed({"type": TEXT, "display": TEXT}),
            "between_tools": Closed({"type": TEXT}),
            "disabled": Closed({"type": TEXT}),
        },
    ),
    "output_config": Closed(
        {
            "effort": words("low", "medium", "high", "xhigh", "max"),
            "format": Closed({"type": words("json_schema"), "schema": "object"}, ("type", "schema")),
        }
    ),
    "cache_control": _MARK,
    "speed": words("standard", "fast"),
    "user_profile_id": TEXT,
    "workspace_id": TEXT,
}
COUNT = Closed(_COUNTED, ("model", "messages"))
CREATE = Closed(
    {
        **_COUNTED,
        "max_tokens": WHOLE,
        "metadata": Closed({"user_id": TEXT}),
        "stop_sequences": Listed(TEXT),
        "stream": FLAG,
        "temperature": NUMBER,
        "top_k": WHOLE,
        "top_p": NUMBER,
        "service_tier": words("auto", "standard_only"),
        "container": ANY,
        "diagnostics": ANY,
        "inference_geo": TEXT,
    },
    ("model", "max_tokens", "messages"),
)
MODELS = {
    *("claude-opus-5-5", "claude-sonnet-5-5", "claude-haiku-5-5", "claude-fable-5-2"),
    *("claude-opus-4-8", "claude-haiku-4-5"),
}
_UNFORCED = {"claude-opus-5-5", "claude-sonnet-5-5", "claude-fable-5-2"}  # no forced tool_choice
BOUND = {"claude-opus-5-5", "claude-sonnet-5-5", "claude-haiku-5-5"}  # a thought holds only after what it followed
_SAMPLED = {"claude-haiku-4-5"}  # the last that takes a temperature
MAX_OPTIONAL, MAX_UNIONS = 24, 16
_ID = re.compile(r"[a-zA-Z0-9_-]+")
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")
_ENFORCED = {"type", "properties", "required", "additionalProperties", "items", "anyOf", "enum", "const", "description"}
_ENFORCED |= {"$defs", "$ref", "title", "format", "allOf"}


class InvalidRequest(Exception):
    """The service would answer 400 invalid_request_error with this message."""


def check_request(body: Any, *, counting: bool = False) -> dict[str, Any]:
    """Return the request, or refuse it as the service does."""
    try:
        check(body, COUNT if counting else CREATE)
    except BadShape as bad:
        said = {"unknown": "Extra inputs are not permitted", "missing": "Field required"}
        raise InvalidRequest(f"{bad.where}: {said.get(bad.problem, f'Input should be {bad.detail}')}") from bad
    request: dict[str, Any] = body
    _check_model(request)
    tools = [tool["name"] for tool in request.get("tools") or []]
    _check_tools(request.get("tools") or [], tools)
    _check_messages(request["messages"], tools)
    _check_marks(request)
    form = (request.get("output_config") or {}).get("format")
    if form:
        _check_schema(form["schema"], "output_config.format.schema")
    enforced = [tool["input_schema"] for tool in request.get("tools") or [] if tool.get("strict")]
    _check_size([*enforced, *([form["schema"]] if form else [])])
    return request


def _check_model(request: Mapping[str, Any]) -> None:
    model = request["model"]
    most = 64_000 if model == "claude-haiku-4-5" else 128_000
    if not 0 <= request.get("max_tokens", 1) <= most:
        raise InvalidRequest(f"max_tokens: {request['max_tokens']} > {most}, which is the maximum for {model}")
    for name in ("temperature", "top_p", "top_k"):
        if request.get(name) is not None and model not in _SAMPLED:
            raise InvalidRequest(f"{name}: this model does not support sampling parameters")
    thinking = (request.get("thinking") or {}).get("type")
    if thinking == "enabled" and model not in _SAMPLED:
        raise InvalidRequest('"thinking.type.enabled" is not supported for this model. Use "adaptive" and effort.')
    if thinking == "disabled" and model in _UNFORCED:
        raise InvalidRequest("thinking: this model always thinks")
    effort = (request.get("output_config") or {}).get("effort")
    if thinking == "disabled" and effort in ("xhigh", "max"):
        raise InvalidRequest("output_config.effort: at most high while thinking is disabled")
    choice = (request.get("tool_choice") or {}).get("type")
    if choice in ("any", "tool") and model in _UNFORCED:
        raise InvalidRequest(f"tool_choice: forced tool use is not supported by {model}")
    if choice and not request.get("tools"):
        raise InvalidRequest("tool_choice may only be specified while providing `tools`.")


def _check_tools(tools: list[Mapping[str, Any]], names: list[str]) -> None:
    for tool in tools:
        if not _NAME.fullmatch(tool["name"]):
            raise InvalidRequest(f"tools.{tool['name']}.name: String should match pattern '{_NAME.pattern}'")
        if tool["input_schema"].get("type") != "object":
            raise InvalidRequest("tools.0.custom.input_schema.type: Field required")
        if tool.get("strict"):
            _check_schema(tool["input_schema"], f"tools.{tool['name']}.input_schema")
    if len(set(names)) != len(names):
        raise InvalidRequest("tools: Tool names must be unique.")


def _blocks(message: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    content = message["content"]
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def _check_messages(messages: list[Mapping[str, Any]], tools: list[str]) -> None:
    if not messages:
        raise InvalidRequest("messages: at least one message is required")
    if messages[0]["role"] != "user":
        raise InvalidRequest("messages: first message must use the user role")
    if messages[-1]["role"] == "assistant":
        raise InvalidRequest("This model does not support assistant message prefill.")
    waiting: list[str] = []
    for index, message in enumerate(messages):
        waiting = _check_turn(index, message, waiting, tools)
    if waiting:
        raise InvalidRequest(f"messages: `tool_use` ids were found without `tool_result` blocks: {waiting}")


def _check_turn(index: int, message: Mapping[str, Any], waiting: list[str], tools: list[str]) -> list[str]:
    """Check one turn; return the ids of the calls in it."""
    asked: list[str] = []
    blocks = _blocks(message)
    if not blocks:
        raise InvalidRequest(f"messages.{index}: all messages must have non-empty content")
    for place, block in enumerate(blocks):
        kind = block["type"]
        if kind == "text" and not block["text"].strip():
            raise InvalidRequest("messages: text content blocks must contain non-whitespace text")
        if kind in ("tool_use", "tool_result") and not tools:
            raise InvalidRequest("Requests which include `tool_use` or `tool_result` blocks must define tools")
        if kind == "tool_use":
            if message["role"] != "assistant" or not _ID.fullmatch(block["id"]):
                raise InvalidRequest(f"messages.{index}.content.{place}.tool_use.id: String should match pattern")
            asked.append(block["id"])
        if kind == "tool_result":
            if block["tool_use_id"] not in waiting:
                raise InvalidRequest(f"unexpected `tool_use_id` found in `tool_result` blocks: {block['tool_use_id']}")
            waiting = [each for each in waiting if each != block["tool_use_id"]]
    if waiting:
        raise InvalidRequest(f"messages.{index}: `tool_use` ids were found without `tool_result` blocks: {waiting}")
    return asked


def _check_marks(request: Mapping[str, Any]) -> None:
    system = request.get("system") or []
    blocks = [*(system if isinstance(system, list) else []), *(request.get("tools") or [])]
    blocks += [block for message in request["messages"] for block in _blocks(message)]
    marked = [block for block in blocks if block.get("cache_control")]
    if len(marked) > 4:
        raise InvalidRequest(f"A maximum of 4 blocks with cache_control may be provided. Found {len(marked)}.")
    if any(block.get("type") == "text" and not block["text"] for block in [*marked, *blocks]):
        raise InvalidRequest("cache_control cannot be set for empty text blocks")


def _check_schema(schema: Any, where: str) -> None:
    if not isinstance(schema, dict):
        raise InvalidRequest(f"{where}: a schema must be an object")
    if foreign := sorted(set(schema) - _ENFORCED):
        raise InvalidRequest(f"{where}: For '{schema.get('type')}' type, property '{foreign[0]}' is not supported")
    if schema.get("type") == "object" and schema.get("additionalProperties") is not False:
        raise InvalidRequest(f"{where}: For 'object' type, 'additionalProperties' must be explicitly set to false")
    for name, inner in {**schema.get("properties", {}), **schema.get("$defs", {})}.items():
        _check_schema(inner, f"{where}.{name}")
    for inner in [*schema.get("anyOf", []), *([schema["items"]] if "items" in schema else [])]:
        _check_schema(inner, where)


def _check_size(schemas: list[dict[str, Any]]) -> None:
    """Refuse schemas that are enforced together and hold too many members that may be left out, or of several kinds."""
    members = [each for schema in schemas for each in _members(schema)]
    optional = sum(not needed for needed, _ in members)
    unions = sum("anyOf" in member for _, member in members)
    if optional > MAX_OPTIONAL or unions > MAX_UNIONS:
        raise InvalidRequest(
            f"Schemas contain too many parameters: {optional} optional ones (limit: {MAX_OPTIONAL}),"
            f" {unions} with union types (limit: {MAX_UNIONS})."
        )


def _members(schema: dict[str, Any]) -> list[tuple[bool, dict[str, Any]]]:
    found = [(name in schema.get("required", ()), each) for name, each in schema.get("properties", {}).items()]
    inner = [*schema.get("properties", {}).values(), *schema.get("anyOf", [])]
    inner += [schema["items"]] if "items" in schema else []
    return found + [each for one in inner for each in _members(one)]
