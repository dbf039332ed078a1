"""Any provider that the pydantic-ai library knows, behind our port: for those who want more than our own adapters.

An extra (`pip install workwright[pydantic-ai]`), pinned exactly, loaded with the first call: that takes two seconds.
Only its single requests are used: the loop, the retries and the repairs are ours. A model is named as the library does,
`pydantic-ai/groq:llama-3.3-70b-versatile`; its window and price come from the operator's table.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import timedelta
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from shared.backends.models import shapes
from shared.backends.models.turns import Reply, Turn
from shared.core.errors import (
    ConfigError,
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
from shared.core.models.model_facts import Catalogue, Price, Tokens
from shared.core.run.run import Usage
from shared.http_client import json_bytes
from shared.ports import Clock, ModelRequest, ModelResult, Secret, request_tokens

if TYPE_CHECKING:
    from pydantic_ai.messages import ModelMessage, ModelResponse
    from pydantic_ai.models import ModelRequestParameters

_OVERHEAD_TOKENS = 1024  # roles, separators, and what the library adds in words where a provider has no schema mode
_MESSAGE = 200
_NOT_SENT = ("pool", "connect")  # phases of a failed connection in which nothing had been sent


class PydanticAI:
    """`key` returns the operator's key for one of the library's providers; `urls` are addresses of some of them."""

    name = "pydantic-ai"

    def __init__(
        self,
        key: Callable[[str], Secret],
        prices: Catalogue,
        clock: Clock,
        *,
        urls: Mapping[str, str] | None = None,
    ) -> None:
        self._key = key
        self._prices = prices
        self._clock = clock
        self._urls = dict(urls or {})

    def estimate(self, model: str, request: ModelRequest) -> Usage:
        """Return an upper bound: no token is shorter than a byte."""
        turn = Turn(request, self.name)
        tools = [[name, tool.purpose, shape] for name, tool, shape in turn.tools]
        turns = [[each.text, [dict(call.input) for call in each.calls]] for each in turn.messages]
        whole = [request.system, request.stable, request.prompt, turn.shape, tools, turns]
        asked = len(json_bytes(whole)) + _OVERHEAD_TOKENS
        output = self._count_max_tokens(model, request)
        return Usage(
            asked + output, self._prices.compute_max_micros(model, self._clock.now(), asked, output, self.name)
        )

    def window(self, model: str) -> int:
        """Return how many tokens, prompt and answer together, the model takes."""
        return self._prices.window(model, self.name)

    def count(self, model: str, request: ModelRequest) -> int:
        """Return our estimate."""
        return request_tokens(request)

    def complete(self, model: str, request: ModelRequest) -> ModelResult:
        """Ask once. Raises IntegrationError and ModelError; `used` of it is what it cost, or at most may have cost."""
        self.check()
        from pydantic_ai.exceptions import ModelAPIError, UnexpectedModelBehavior, UserError

        turn, bound = Turn(request, self.name), self.estimate(model, request)
        price = self._prices.price(model, self._clock.now(), self.name)
        try:
            answer = asyncio.run(self._request_model(model, turn))
        except ModelAPIError as error:
            raise self._error(error, bound) from error
        except UnexpectedModelBehavior as error:
            raise _costing(
                OutcomeUnknown(self.name, f"pydantic-ai cannot read the answer: {type(error).__name__}"), bound
            ) from error
        except (UserError, ValueError, TypeError, ImportError) as error:  # a name, a key or a setting it does not take
            raise Rejected(self.name, f"{model}: {str(error)[:_MESSAGE]}") from error
        return self._result(model, turn, answer, price, bound)

    def check(self) -> None:
        """Raise ConfigError where the library is not installed. Which of its providers answer shows with a call."""
        if find_spec("pydantic_ai") is None:
            raise ConfigError("the library pydantic-ai is not installed; run: pip install workwright[pydantic-ai]")

    async def _request_model(self, model: str, turn: Turn) -> ModelResponse:
        from pydantic_ai.direct import model_request
        from pydantic_ai.models import infer_model
        from pydantic_ai.providers import infer_provider_class

        vendor, _, _ = model.partition(":")
        more = {"base_url": self._urls[vendor]} if vendor in self._urls else {}
        provider = infer_provider_class(vendor)(api_key=self._key(vendor).reveal(), **more)  # type: ignore[call-arg]
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
                model_settings={
                    "max_tokens": self._count_max_tokens(model, turn.request),
                    "timeout": turn.request.timeout.total_seconds(),
                },
                model_request_parameters=_parameters(turn, native),
            )

    def _result(self, model: str, turn: Turn, answer: ModelResponse, price: Price, bound: Usage) -> ModelResult:
        used = answer.usage
        tokens = Tokens(
            input=used.input_tokens,
            cached=used.cache_read_tokens,
            written=used.cache_write_tokens,
            output=used.output_tokens,
        )
        usage = Usage(tokens.total, price.micros(tokens)) if used.output_tokens else bound
        try:
            reply = _reply(turn, answer)
        except ModelError as error:
            error.used = usage
            raise
        shown = {"input": tokens.input, "cached": tokens.cached, "output": tokens.output, "thoughts": 0}
        return ModelResult(reply.answer, model, usage, str(answer.provider_response_id or ""), shown, reply.calls)

    def _count_max_tokens(self, model: str, request: ModelRequest) -> int:
        return min(request.max_output_tokens, self._prices.facts(model, self.name).output)

    def _error(self, error: Any, bound: Usage) -> IntegrationError | ModelError:
        """Return our error for the library's category (integrations, section 2.5). Its body may quote the key."""
        from pydantic_ai import exceptions as theirs

        status = getattr(error, "status_code", "")
        reason = f"{status} {error.provider_error_code or error.provider_error_type or type(error).__name__}".strip()
        wait = None if error.retry_after is None else timedelta(seconds=error.retry_after)
        match error:
            case theirs.ModelQuotaExceededError():
                return QuotaExhausted(self.name, reason)
            case theirs.ModelRateLimitError():
                return RateLimited(self.name, reason, retry_after=wait)
            case theirs.ModelUnavailableError():
                return Overloaded(self.name, reason, retry_after=wait)
            case theirs.ModelContextWindowExceededError():
                return ContextTooLong(f"{self.name}: {reason}")
            case theirs.ModelNotFoundError():
                return Missing(self.name, reason)
            case theirs.ModelRequestRejectedError():
                return Rejected(self.name, reason)
            case theirs.ModelConnectionError() if error.phase in _NOT_SENT:
                return Unreachable(self.name, reason)
        return _costing(OutcomeUnknown(self.name, reason, retry_after=wait), bound)


def _costing(error: IntegrationError, bound: Usage) -> IntegrationError:
    error.used = bound
    return error


def _messages(turn: Turn, native: bool) -> list[ModelMessage]:
    from pydantic_ai import messages as theirs

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
    from pydantic_ai.models import ModelRequestParameters
    from pydantic_ai.output import OutputObjectDefinition
    from pydantic_ai.tools import ToolDefinition

    tools = [
        ToolDefinition(name=name, parameters_json_schema=shapes.wire(shape), description=tool.purpose)
        for name, tool, shape in turn.tools
    ]
    if not native:
        return ModelRequestParameters(function_tools=tools)
    schema = shapes.wire(turn.shape, all_required=True)
    wanted = OutputObjectDefinition(json_schema=schema, name=turn.schema_name, strict=True)
    return ModelRequestParameters(function_tools=tools, output_mode="native", output_object=wanted)


def _reply(turn: Turn, answer: ModelResponse) -> Reply:
    from pydantic_ai import messages as theirs

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
