"""Claude, by Anthropic's Messages API (integrations, section 2.2).

Thinking blocks are not kept between turns: the API lets them be dropped, and refuses them after any change before them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Unpack

from shared.backends.models import shapes
from shared.backends.models.turns import Reply, Turn, part, parts, whole
from shared.backends.models.vendor import Key, Options, Vendor
from shared.core.errors import AgentError, QuotaExhausted
from shared.core.models.model_errors import ContextTooLong, InvalidOutput, Refused
from shared.core.models.model_facts import Catalogue, Tokens
from shared.http_answers import Answer
from shared.ports import Clock
from shared.ports.model import Message

_URL = "https://api.anthropic.com"
_VERSION = "2023-06-01"  # served everywhere; the later 2026-10-21 takes away fields that we do not send
_KEPT = {"cache_control": {"type": "ephemeral"}}  # what lies before the mark may be read from the cache next time
_TOO_LONG = re.compile(r"prompt is too long|exceed(s|ed)? (the )?context", re.IGNORECASE)
_NOT_IN_IDS = re.compile(r"[^A-Za-z0-9_-]")


class Anthropic(Vendor):
    """Claude with a key of the tenant's or the operator's."""

    list_path = "/v1/models"
    count_path = "/v1/messages/count_tokens"
    request_header = "request-id"

    def __init__(
        self,
        key: Key,
        prices: Catalogue,
        clock: Clock,
        *,
        base_url: str = "",
        **more: Unpack[Options],
    ) -> None:
        super().__init__("anthropic", (base_url or _URL).rstrip("/").removesuffix("/v1"), key, prices, clock, **more)

    def _headers(self, secret: str) -> dict[str, str]:
        return {"x-api-key": secret, "anthropic-version": _VERSION}

    def _path(self, model: str) -> str:
        return "/v1/messages"

    def _body(self, model: str, turn: Turn, max_tokens: int) -> dict[str, Any]:
        return {**self._count_body(model, turn), "max_tokens": max_tokens}

    def _count_body(self, model: str, turn: Turn) -> dict[str, Any]:
        body: dict[str, Any] = {"model": model, "messages": _messages(turn)}
        if turn.request.system:
            body["system"] = [_text(turn.request.system) | _KEPT]
        if turn.tools:
            body["tools"] = [
                {"name": name, "description": tool.purpose, "input_schema": _input(shape)}
                for name, tool, shape in turn.tools
            ]
        if not shapes.is_open(turn.shape):
            body["output_config"] = {"format": {"type": "json_schema", "schema": shapes.wire(turn.shape)}}
        return body

    def _read_token_count(self, answer: Mapping[str, Any]) -> int:
        return whole(answer, "input_tokens")

    def _tokens(self, answer: Mapping[str, Any]) -> Tokens | None:
        usage = part(answer, "usage")
        if not usage:
            return None
        read, written = whole(usage, "cache_read_input_tokens"), whole(usage, "cache_creation_input_tokens")
        output = whole(usage, "output_tokens")
        thoughts = min(whole(part(usage, "output_tokens_details"), "thinking_tokens"), output)
        fresh = whole(usage, "input_tokens")  # which leaves out what the cache holds
        return Tokens(fresh + read + written, read, output - thoughts, thoughts, written)

    def _reply(self, answer: Mapping[str, Any], turn: Turn) -> Reply:
        reason = answer.get("stop_reason")
        if reason == "refusal":
            category = part(answer, "stop_details").get("category") or "no category was given"
            raise Refused(f"the model declined: {category}")
        if reason == "model_context_window_exceeded":
            raise ContextTooLong("the model's window was full before the answer ended")
        if reason == "max_tokens":
            raise turn.cut_off(_read_text(answer))
        if reason not in ("end_turn", "tool_use"):
            raise InvalidOutput(f"the model stopped early: {reason or 'no reason given'}")
        blocks = parts(answer, "content")
        calls = [
            turn.call(str(block.get("id", "")), str(block.get("name", "")), block.get("input"))
            for block in blocks
            if block.get("type") == "tool_use"
        ]
        return turn.reply(_read_text(answer), calls)

    def _refusal(self, answer: Answer, codes: frozenset[str], message: str) -> AgentError | None:
        reason = f"{answer.status} {message}"
        spent = answer.status == 429 and any(code.endswith("spend_limit_reached") for code in codes)
        if spent or "billing_error" in codes or "credit balance is too low" in message.lower():
            return QuotaExhausted(self.name, reason)
        if answer.status == 400 and _TOO_LONG.search(message):
            return ContextTooLong(f"{self.name}: {reason}")
        return None


def _read_text(answer: Mapping[str, Any]) -> str:
    return "".join(str(block.get("text", "")) for block in parts(answer, "content") if block.get("type") == "text")


def _messages(turn: Turn) -> list[dict[str, Any]]:
    """Return the turns; what people and tools say in a row is one message, as the API wants the results of calls."""
    found: list[dict[str, Any]] = []
    request = turn.request
    blocks = [_text(request.stable) | _KEPT] if request.stable else []
    blocks += [_text(request.prompt)] if request.prompt else []
    contents = [("user", blocks)] if blocks else []
    contents += [("assistant" if each.role == "assistant" else "user", _blocks(turn, each)) for each in turn.messages]
    for role, content in contents:
        if found and found[-1]["role"] == role:
            found[-1]["content"] += content
        elif content:
            found.append({"role": role, "content": list(content)})
    if turn.messages and turn.tools:  # a loop sends all of this again with its next turn
        found[-1]["content"][-1] |= _KEPT
    return found


def _blocks(turn: Turn, message: Message) -> list[dict[str, Any]]:
    if message.role == "tool":
        return [{"type": "tool_result", "tool_use_id": _id(message.call), "content": message.text}]
    calls = [
        {"type": "tool_use", "id": _id(call.id), "name": turn.name_of(call.name), "input": dict(call.input)}
        for call in message.calls
    ]
    return [*([_text(message.text)] if message.text.strip() else []), *calls]  # a blank text is refused


def _text(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


def _input(shape: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of a tool's input, which must be an object, if one of any form."""
    return {"type": "object"} if shapes.is_open(shape) else shapes.wire(shape)


def _id(call: str) -> str:
    """Return a call's id as the API takes it: the call may have been made by another vendor's model."""
    return _NOT_IN_IDS.sub("_", call)
