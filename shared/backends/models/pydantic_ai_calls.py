"""The door to the pydantic-ai library: one request in its words, its answer and its errors in ours.

It takes two seconds to load, and is an extra: `PydanticAI` loads it with the first call.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from pydantic_ai import exceptions as errors
from pydantic_ai import messages as theirs
from pydantic_ai.direct import model_request
from pydantic_ai.exceptions import ModelAPIError as ModelAPIError
from pydantic_ai.exceptions import UnexpectedModelBehavior as UnexpectedModelBehavior
from pydantic_ai.exceptions import UserError as UserError
from pydantic_ai.messages import ModelMessage, ModelResponse
from pydantic_ai.models import ModelRequestParameters, infer_model
from pydantic_ai.output import OutputObjectDefinition
from pydantic_ai.providers import infer_provider_class
from pydantic_ai.tools import ToolDefinition

from shared.backends.models import shapes
from shared.backends.models.turns import Reply, Turn
from shared.core.errors import (
    IntegrationError,
    Missing,
    OutcomeUnknown,
    Overloaded,
    QuotaExhausted,
    RateLimited,
    Rejected,
    Unreachable,
)
from shared.core.models.model_errors import ContextTooLong, ModelError, Refused
from shared.core.run.run import Usage
from shared.ports import Secret

_NOT_SENT = ("pool", "connect")  # phases of a failed connection in which nothing had been sent


async def request_model(
    model: str, turn: Turn, key: Callable[[str], Secret], urls: Mapping[str, str], max_tokens: int
) -> ModelResponse:
    """Ask once; `key` and `urls` are those of `PydanticAI`. Raises what the library raises."""
    vendor, _, _ = model.partition(":")
    more = {"base_url": urls[vendor]} if vendor in urls else {}
    provider = infer_provider_class(vendor)(api_key=key(vendor).reveal(), **more)  # type: ignore[call-arg]
    client = provider.client
    if hasattr(client, "max_retries"):  # a second try would be paid for, and nobody would know
        client.max_retries = 0
    inferred = infer_model(model, lambda _: provider)
    enforced = bool(inferred.profile.get("supports_json_schema_output"))
    native = enforced and not turn.tools and not shapes.is_open(turn.shape)  # some take no schema beside tools
    async with inferred:
        return await model_request(
            inferred,
            _messages(turn, native),
            model_settings={"max_tokens": max_tokens, "timeout": turn.request.timeout.total_seconds()},
            model_request_parameters=_parameters(turn, native),
        )


def describe_error(system: str, error: Any, bound: Usage) -> IntegrationError | ModelError:
    """Return our error for the library's category (integrations, section 2.5). Its body may quote the key."""
    status = getattr(error, "status_code", "")
    reason = f"{status} {error.provider_error_code or error.provider_error_type or type(error).__name__}".strip()
    wait = None if error.retry_after is None else timedelta(seconds=error.retry_after)
    match error:
        case errors.ModelQuotaExceededError():
            return QuotaExhausted(system, reason)
        case errors.ModelRateLimitError():
            return RateLimited(system, reason, retry_after=wait)
        case errors.ModelUnavailableError():
            return Overloaded(system, reason, retry_after=wait)
        case errors.ModelContextWindowExceededError():
            return ContextTooLong(f"{system}: {reason}")
        case errors.ModelNotFoundError():
            return Missing(system, reason)
        case errors.ModelRequestRejectedError():
            return Rejected(system, reason)
        case errors.ModelConnectionError() if error.phase in _NOT_SENT:
            return Unreachable(system, reason)
    return add_cost(OutcomeUnknown(system, reason, retry_after=wait), bound)


def add_cost(error: IntegrationError, bound: Usage) -> IntegrationError:
    """Return the error with what it cost, or at most may have cost."""
    error.used = bound
    return error


def _messages(turn: Turn, native: bool) -> list[ModelMessage]:
    request = turn.request
    system = request.system
    if not native:
        schema = shapes.describe_shape(turn.shape)
        system += f"\n\nAnswer with one JSON object that follows this schema, and nothing else:\n{schema}"
    first: list[Any] = [theirs.SystemPromptPart(system)]
    first += [theirs.UserPromptPart(text) for text in (request.stable, request.prompt) if text]
    found: list[ModelMessage] = [theirs.ModelRequest(parts=first)]
    names: dict[str, str] = {}
    for message in turn.messages:
        if message.role == "assistant":
            parts: list[Any] = [theirs.TextPart(message.text)] if message.text else []
            for call in message.calls:
                names[call.id] = turn.name_of(call.name)
                parts.append(theirs.ToolCallPart(names[call.id], dict(call.input), call.id))
            found.append(theirs.ModelResponse(parts=parts))
        elif message.role == "tool":
            found.append(theirs.ModelRequest([theirs.ToolReturnPart(names[message.call], message.text, message.call)]))
        else:
            found.append(theirs.ModelRequest([theirs.UserPromptPart(message.text)]))
    return found


def _parameters(turn: Turn, native: bool) -> ModelRequestParameters:
    tools = [
        ToolDefinition(name=name, parameters_json_schema=shapes.wire(shape), description=tool.purpose)
        for name, tool, shape in turn.tools
    ]
    if not native:
        return ModelRequestParameters(function_tools=tools)
    schema = shapes.wire(turn.shape, all_required=True)
    wanted = OutputObjectDefinition(json_schema=schema, name=turn.schema_name, strict=True)
    return ModelRequestParameters(function_tools=tools, output_mode="native", output_object=wanted)


def read_reply(turn: Turn, answer: ModelResponse) -> Reply:
    """Return the answer as ours; raises ModelError."""
    if answer.finish_reason == "content_filter":
        raise Refused("the provider's filter holds the answer back")
    text = "".join(part.content for part in answer.parts if isinstance(part, theirs.TextPart))
    if answer.finish_reason == "length":
        raise turn.cut_off(text)
    calls = [
        turn.call(part.tool_call_id, part.tool_name, part.args) for part in answer.parts
        if isinstance(part, theirs.ToolCallPart)
    ]  # fmt: skip
    return turn.reply(text, calls)
