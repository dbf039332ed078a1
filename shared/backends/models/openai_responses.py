"""GPT and Grok, by the Responses API of OpenAI and xAI (integrations, section 2.3).

Nothing is stored with the vendor. Reasoning items are not kept between turns: calls go back without their item ids, and
only an item id binds a call to its reasoning.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any, Unpack

from shared.backends.models import openai_errors, shapes
from shared.backends.models.turns import Reply, Turn, part, parts, whole
from shared.backends.models.vendor import Key, Options, Vendor
from shared.core.errors import AgentError, ConfigError, OutcomeUnknown, RateLimited, Rejected
from shared.core.models.model_errors import InvalidOutput, Refused
from shared.core.models.model_facts import Catalogue, Tokens
from shared.http_answers import Answer
from shared.ports import Clock
from shared.ports.model import Message

_URLS = {"openai": "https://api.openai.com/v1", "xai": "https://api.x.ai/v1"}
_TICKS_PER_MICRO = 10_000  # xAI tells the cost in ticks of 1e-10 US dollars
_MAX_TICKS = 10**14  # ten thousand dollars: more is no cost of one call
_MARK = {"prompt_cache_breakpoint": {"mode": "explicit"}}
_WRONG_KEY = re.compile(r"incorrect api key", re.IGNORECASE)  # xAI tells it as a bad request, quoting the ends of it
_DECLINED = frozenset({"invalid_prompt", "bio_policy", "misalignment_policy_violation"})


class OpenAIResponses(Vendor):
    """OpenAI's models, or xAI's: the same shapes at another address. `name` is "openai" or "xai"."""

    def __init__(
        self,
        name: str,
        key: Key,
        prices: Catalogue,
        clock: Clock,
        *,
        base_url: str = "",
        **more: Unpack[Options],
    ) -> None:
        if name not in _URLS:
            raise ConfigError(f"no Responses API is known for {name!r}; use one of {', '.join(_URLS)}")
        super().__init__(name, base_url or _URLS[name], key, prices, clock, **more)
        self.count_path = "/responses/input_tokens" if name == "openai" else ""

    def _path(self, model: str) -> str:
        return "/responses"

    def _body(self, model: str, turn: Turn, max_tokens: int) -> dict[str, Any]:
        body = {**self._count_body(model, turn), "max_output_tokens": max_tokens, "store": False}
        if self.name == "openai":
            kept = f"{model}\n{turn.request.system}\n{turn.request.stable}"
            body["prompt_cache_key"] = hashlib.sha256(kept.encode("utf-8", "replace")).hexdigest()[:32]
        return body

    def _count_body(self, model: str, turn: Turn) -> dict[str, Any]:
        body: dict[str, Any] = {"model": model, "input": _input(turn, marks=self.name == "openai")}
        if turn.request.system:
            body["instructions"] = turn.request.system
        if turn.tools:
            body["tools"] = [_tool(name, tool.purpose, shape) for name, tool, shape in turn.tools]
        if not shapes.is_open(turn.shape):
            schema = shapes.wire(turn.shape, all_required=True)
            form = {"type": "json_schema", "name": turn.schema_name, "strict": True, "schema": schema}
            body["text"] = {"format": form}
        return body

    def _read_token_count(self, answer: Mapping[str, Any]) -> int:
        return whole(answer, "input_tokens")

    def _tokens(self, answer: Mapping[str, Any]) -> Tokens | None:
        usage = part(answer, "usage")
        if not usage:
            return None
        read = part(usage, "input_tokens_details")
        thoughts = whole(part(usage, "output_tokens_details"), "reasoning_tokens")
        return openai_tokens(
            whole(usage, "input_tokens"), read, whole(usage, "output_tokens"), thoughts, whole(usage, "total_tokens")
        )

    def _micros(self, answer: Mapping[str, Any]) -> int | None:
        ticks = part(answer, "usage").get("cost_in_usd_ticks")
        if self.name != "xai" or not isinstance(ticks, int) or isinstance(ticks, bool) or not 0 <= ticks <= _MAX_TICKS:
            return None
        return -(-ticks // _TICKS_PER_MICRO)

    def _reply(self, answer: Mapping[str, Any], turn: Turn) -> Reply:
        self._check_status(answer, turn)
        calls, texts = [], []
        for item in parts(answer, "output"):
            if item.get("type") == "function_call":
                name, given = str(item.get("name", "")), item.get("arguments")
                calls.append(turn.call(str(item.get("call_id", "")), name, given))
            for piece in parts(item, "content") if item.get("type") == "message" else ():
                if piece.get("type") == "refusal":
                    raise Refused(f"the model declined: {str(piece.get('refusal', ''))[:200]}")
                texts.append(str(piece.get("text", "")) if piece.get("type") == "output_text" else "")
        return turn.reply("".join(texts), calls)

    def _check_status(self, answer: Mapping[str, Any], turn: Turn) -> None:
        """Raise unless the answer is complete: failures come with status 200 too."""
        status = answer.get("status")
        if status == "completed":
            return
        if status == "incomplete":
            reason = part(answer, "incomplete_details").get("reason")
            if reason == "content_filter":
                raise Refused("the vendor's filter stopped the answer")
            if reason == "max_output_tokens":
                raise turn.cut_off(_text(answer))
            raise InvalidOutput(f"the model stopped early: {reason or 'no reason given'}")
        if status == "failed":
            raise self._translate_failure(part(answer, "error"))
        raise OutcomeUnknown(self.name, f"the answer has the status {status!r}")

    def _translate_failure(self, error: Mapping[str, Any]) -> AgentError:
        code, message = str(error.get("code", "")), str(error.get("message", ""))[:200]
        if code == "rate_limit_exceeded":
            return RateLimited(self.name, f"{code} {message}")
        if code in _DECLINED:
            return Refused(f"the vendor declined: {code} {message}")
        if code in ("server_error", ""):
            return OutcomeUnknown(self.name, f"{code} {message}")
        return Rejected(self.name, f"{code} {message}")

    def _refusal(self, answer: Answer, codes: frozenset[str], message: str) -> AgentError | None:
        if self.name == "xai" and answer.status == 400 and _WRONG_KEY.search(message):
            return self._refuse_key("400: the key was not accepted")
        return openai_errors.refusal(self.name, answer, codes, message)


def openai_tokens(input: int, read: Mapping[str, Any], output: int, thoughts: int, total: int) -> Tokens:
    """Return the counts of an OpenAI kind of usage, whose output holds the thoughts, but not everybody's does."""
    apart = thoughts > 0 and total == input + output + thoughts
    if not apart:
        thoughts = min(thoughts, output)
        output -= thoughts
    cached = min(whole(read, "cached_tokens"), input)
    written = min(whole(read, "cache_write_tokens"), input - cached)
    return Tokens(input, cached, output, thoughts, written)


def _text(answer: Mapping[str, Any]) -> str:
    pieces = (
        part for item in parts(answer, "output") if item.get("type") == "message" for part in parts(item, "content")
    )
    return "".join(str(piece.get("text", "")) for piece in pieces if piece.get("type") == "output_text")


def _input(turn: Turn, *, marks: bool) -> list[dict[str, Any]]:
    request = turn.request
    pieces = [_piece(request.stable) | (_MARK if marks else {})] if request.stable else []
    pieces += [_piece(request.prompt)] if request.prompt else []
    items: list[dict[str, Any]] = [{"role": "user", "content": pieces}] if pieces else []
    for message in turn.messages:
        items += _items(turn, message)
    return items


def _items(turn: Turn, message: Message) -> list[dict[str, Any]]:
    if message.role == "tool":
        return [{"type": "function_call_output", "call_id": message.call, "output": message.text}]
    messages = [{"role": message.role, "content": message.text}] if message.text else []
    calls = [
        {
            "type": "function_call",
            "call_id": call.id,
            "name": turn.name_of(call.name),
            "arguments": json.dumps(dict(call.input), ensure_ascii=False),
        }
        for call in message.calls
    ]
    return [*messages, *calls]


def _piece(text: str) -> dict[str, Any]:
    return {"type": "input_text", "text": text}


def _tool(name: str, purpose: str, shape: Mapping[str, Any]) -> dict[str, Any]:
    """Return a tool; its input is enforced where its schema can be closed."""
    if shapes.is_open(shape):
        schema: dict[str, Any] = {"type": "object"}
    else:
        schema = shapes.wire(shape, all_required=True)
    strict = not shapes.is_open(shape)
    return {"type": "function", "name": name, "description": purpose, "parameters": schema, "strict": strict}
