"""Any server that speaks Chat Completions, by its URL: Ollama, vLLM, llama.cpp, a gateway.

The schema is told in words, and JSON alone is asked for: a local server may take a schema without keeping to it, and
its model never sees one that is only enforced. Such servers know no thoughts that would have to be sent back.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from shared.backends.models import openai_errors, shapes
from shared.backends.models.openai_responses import openai_tokens
from shared.backends.models.turns import Reply, Turn, part, parts, whole
from shared.backends.models.vendor import Vendor
from shared.core.errors import AgentError
from shared.core.models.model_errors import InvalidOutput, Refused
from shared.core.models.model_facts import Tokens
from shared.core.models.token_bound import estimate_tokens
from shared.http_answers import Answer
from shared.ports.model import Message, ModelRequest, request_tokens

_THOUGHTS = re.compile(r"\A\s*<think>.*?</think>", re.DOTALL)
_FENCED = re.compile(r"```(?:json)?\s*\n(.*?)```", re.DOTALL)


class OpenAIChat(Vendor):
    """A server at `base_url`, which ends in `/v1` for most; `key` is None where it wants none."""

    def _path(self, model: str) -> str:
        return "/chat/completions"

    def _body(self, model: str, turn: Turn, max_tokens: int) -> dict[str, Any]:
        body: dict[str, Any] = {"model": model, "messages": _messages(turn), "max_tokens": max_tokens, "stream": False}
        if turn.tools:  # llama.cpp takes no schema beside tools: the words in the system's message have to do
            body["tools"] = [_tool(name, tool.purpose, shape) for name, tool, shape in turn.tools]
        elif not shapes.is_open(turn.shape):
            body["response_format"] = {"type": "json_object"}
        return body

    def _read_token_count(self, answer: Mapping[str, Any]) -> int:
        return 0

    def _tokens(self, answer: Mapping[str, Any]) -> Tokens | None:
        usage = part(answer, "usage")
        if not whole(usage, "prompt_tokens"):
            return None
        thoughts = whole(part(usage, "completion_tokens_details"), "reasoning_tokens")
        return openai_tokens(
            whole(usage, "prompt_tokens"),
            part(usage, "prompt_tokens_details"),
            whole(usage, "completion_tokens"),
            thoughts,
            whole(usage, "total_tokens"),
        )

    def _untold(self, request: ModelRequest, answer: Mapping[str, Any]) -> Tokens | None:
        messages = [part(choice, "message") for choice in parts(answer, "choices")]
        calls = [json.dumps(each.get("tool_calls") or "", ensure_ascii=False) for each in messages]
        written = [estimate_tokens(text) for text in (*map(_text, messages), *calls)]
        return Tokens(input=request_tokens(request), output=sum(written))

    def _reply(self, answer: Mapping[str, Any], turn: Turn) -> Reply:
        choice = next(iter(parts(answer, "choices")), {})
        message, reason = part(choice, "message"), choice.get("finish_reason")
        if message.get("refusal"):
            raise Refused(f"the model declined: {str(message['refusal'])[:200]}")
        if reason == "content_filter":
            raise Refused("the server's filter stopped the answer")
        if reason == "length":
            raise turn.cut_off(_text(message))
        if reason not in ("stop", "tool_calls"):
            raise InvalidOutput(f"the model stopped early: {reason or 'no reason given'}")
        calls = []
        for number, call in enumerate(parts(message, "tool_calls")):
            function = part(call, "function")
            made = str(call.get("id") or f"call_{len(turn.messages)}_{number}")
            calls.append(turn.call(made, str(function.get("name", "")), function.get("arguments")))
        return turn.reply(_bare(_text(message)), calls)

    def _refusal(self, answer: Answer, codes: frozenset[str], message: str) -> AgentError | None:
        return openai_errors.refusal(self.name, answer, codes, message)


def _messages(turn: Turn) -> list[dict[str, Any]]:
    request = turn.request
    shape = shapes.describe_shape(turn.shape)
    wanted = f"Answer with one JSON object and nothing else. It follows this JSON schema:\n{shape}"
    system = request.system if shapes.is_open(turn.shape) else f"{request.system}\n\n{wanted}".strip()
    found: list[dict[str, Any]] = [{"role": "system", "content": system}] if system else []
    asked = "\n\n".join(text for text in (request.stable, request.prompt) if text)
    found += [{"role": "user", "content": asked}] if asked else []
    for message in (_message(turn, each) for each in turn.messages):
        if (
            found and found[-1]["role"] == message["role"] == "user"
        ):  # templates of local models want turns to alternate
            found[-1]["content"] += f"\n\n{message['content']}"
        else:
            found.append(message)
    return found


def _message(turn: Turn, message: Message) -> dict[str, Any]:
    if message.role == "tool":
        return {"role": "tool", "tool_call_id": message.call, "content": message.text}
    if not message.calls:
        return {"role": message.role, "content": message.text}
    calls = [
        {
            "id": call.id,
            "type": "function",
            "function": {
                "name": turn.name_of(call.name),
                "arguments": json.dumps(dict(call.input), ensure_ascii=False),
            },
        }
        for call in message.calls
    ]
    return {"role": "assistant", "content": message.text, "tool_calls": calls}


def _tool(name: str, purpose: str, shape: Mapping[str, Any]) -> dict[str, Any]:
    schema = {"type": "object"} if shapes.is_open(shape) else shapes.wire(shape)
    return {"type": "function", "function": {"name": name, "description": purpose, "parameters": schema}}


def _text(message: Mapping[str, Any]) -> str:
    """Return what was said, which some gateways send in pieces."""
    pieces = parts(message, "content")
    return "".join(str(each.get("text", "")) for each in pieces) if pieces else str(message.get("content") or "")


def _bare(text: str) -> str:
    """Return the JSON inside what a model wrote around it: thoughts, a fence, a sentence before."""
    text = _THOUGHTS.sub("", text).strip()
    if text.startswith("{"):
        return text
    if match := _FENCED.search(text):
        return match[1].strip()
    first, last = text.find("{"), text.rfind("}")
    return text[first : last + 1] if 0 <= first < last else text
