"""Any provider that the pydantic-ai library knows, behind our port: for those who want more than our own adapters.

An extra (`pip install workwright[pydantic-ai]`), pinned exactly, loaded with the first call: that takes two seconds.
Only its single requests are used: the loop, the retries and the repairs are ours. A model is named as the library does,
`pydantic-ai/groq:llama-3.3-70b-versatile`; its window and price come from the operator's table.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from typing import Any

from shared.backends.models.turns import Turn
from shared.core.errors import ConfigError, OutcomeUnknown, Rejected
from shared.core.models.model_errors import ModelError
from shared.core.models.model_facts import Catalogue, Tokens
from shared.core.run.run import Usage
from shared.http_client import json_bytes
from shared.ports import Clock, Secret
from shared.ports.model import ModelRequest, ModelResult, request_tokens

_OVERHEAD_TOKENS = 1024  # roles, separators, and what the library adds in words where a provider has no schema mode
_MESSAGE = 200


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
        from shared.backends.models import pydantic_ai_calls as library

        turn, bound = Turn(request, self.name), self.estimate(model, request)
        price = self._prices.price(model, self._clock.now(), self.name)
        try:
            asking = library.request_model(model, turn, self._key, self._urls, self._count_max_tokens(model, request))
            answer = asyncio.run(asking)
        except library.ModelAPIError as error:
            raise library.describe_error(self.name, error, bound) from error
        except library.UnexpectedModelBehavior as error:
            raise library.add_cost(
                OutcomeUnknown(self.name, f"pydantic-ai cannot read the answer: {type(error).__name__}"), bound
            ) from error
        except (library.UserError, ValueError, TypeError, ImportError) as error:  # a name, key or setting of no use
            raise Rejected(self.name, f"{model}: {str(error)[:_MESSAGE]}") from error
        tokens = _count_tokens(answer.usage)
        usage = Usage(tokens.total, price.micros(tokens)) if tokens.output else bound
        try:
            reply = library.read_reply(turn, answer)
        except ModelError as error:
            error.used = usage
            raise
        shown = {"input": tokens.input, "cached": tokens.cached, "output": tokens.output, "thoughts": 0}
        return ModelResult(reply.answer, model, usage, str(answer.provider_response_id or ""), shown, reply.calls)

    def check(self) -> None:
        """Raise ConfigError where the library is not installed. Which of its providers answer shows with a call."""
        if find_spec("pydantic_ai") is None:
            raise ConfigError("the library pydantic-ai is not installed; run: pip install workwright[pydantic-ai]")

    def _count_max_tokens(self, model: str, request: ModelRequest) -> int:
        return min(request.max_output_tokens, self._prices.facts(model, self.name).output)


def _count_tokens(used: Any) -> Tokens:
    return Tokens(
        input=used.input_tokens,
        cached=used.cache_read_tokens,
        written=used.cache_write_tokens,
        output=used.output_tokens,
    )
