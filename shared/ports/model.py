"""What thinks: one question, one answer or tool calls, and what it cost."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Protocol

from shared.core.models.token_bound import estimate_tokens
from shared.core.run.run import Usage


@dataclass(frozen=True, slots=True)
class Tool:
    """Something a model may ask for instead of answering: a name, what it is for, and the JSON schema of its input."""

    name: str
    purpose: str
    schema: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ToolCall:
    """What a model asked for. `id` ties the result to it; nothing of `input` is trusted."""

    id: str
    name: str
    input: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Message:
    """One turn after the prompt: the model's (with the tools it asked for), a tool's result, or a person's."""

    role: str  # "assistant" | "tool" | "user"
    text: str = ""
    calls: tuple[ToolCall, ...] = ()  # of an assistant
    call: str = ""  # of a tool: the id of the call it answers


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """One question to a model. `data` is the same question as structure, for `offline`; no model sees both.

    With `tools` the answer may be tool calls. `stable` is the beginning of the prompt that other calls share, in
    which providers may keep a cache; it is sent right before `prompt`.
    """

    task: str  # "plan", "code", "agent.<id>", …
    task_class: str  # "reason" | "quick" | "code" | "cheap"
    system: str
    prompt: str
    schema: Mapping[str, Any]  # JSON schema of the answer: flat, closed
    data: Mapping[str, Any] = field(default_factory=dict)
    max_output_tokens: int = 8000
    timeout: timedelta = timedelta(seconds=120)
    stable: str = ""
    messages: tuple[Message, ...] = ()
    tools: tuple[Tool, ...] = ()


@dataclass(frozen=True, slots=True)
class ModelCall:
    """One call that was paid for, or failed: what the accounts are made of.

    `outcome` is "ok", or a word of the taxonomy of errors; `why` says why this model was asked.
    """

    model: str
    provider: str
    task: str
    task_class: str
    usage: Usage
    outcome: str = "ok"
    why: str = ""
    request_id: str = ""
    agent: str = ""


@dataclass(frozen=True, slots=True)
class ModelResult:
    """The answer: parsed JSON (validated by the caller) or tool calls, what it cost, and who gave it.

    `made` lists every call that led to it, failed ones too; `usage` is their sum. Empty: one call, this one.
    """

    answer: Mapping[str, Any]
    model: str  # "offline", "gemini-3.8-flash", …
    usage: Usage
    request_id: str = ""
    tokens: Mapping[str, int] = field(default_factory=dict)  # input, cached, output, thoughts
    calls: tuple[ToolCall, ...] = ()
    made: tuple[ModelCall, ...] = ()


def request_tokens(request: ModelRequest) -> int:
    """Return our estimate of the tokens of a request, for when no provider can be asked."""
    texts = [request.system, request.stable, request.prompt, json.dumps(dict(request.schema), ensure_ascii=False)]
    texts += [json.dumps([tool.name, tool.purpose, dict(tool.schema)], ensure_ascii=False) for tool in request.tools]
    for message in request.messages:
        texts += [message.text, *(json.dumps(dict(call.input), ensure_ascii=False) for call in message.calls)]
    return sum(estimate_tokens(text) for text in texts)


class Model(Protocol):
    """Thinks. Raises IntegrationError and ModelError of core/errors.py, nothing of a vendor's."""

    name: str

    def estimate(self, request: ModelRequest) -> Usage:
        """Return an upper bound of what the call may cost, for the reservation."""

    def window(self, task_class: str) -> int:
        """Return how many tokens, prompt and answer together, the first choice for this class takes."""

    def count(self, request: ModelRequest) -> int:
        """Return the tokens of the prompt: the provider's own count where it can be asked, else our estimate."""

    def complete(self, request: ModelRequest) -> ModelResult:
        """Answer with JSON that follows the schema as well as the vendor enforces it, or with tool calls."""


class Provider(Protocol):
    """One vendor's models, by their ids. Which of them is asked is decided above (`app/models/routed_model.py`)."""

    name: str  # "anthropic", "openai", "xai", "vertex", "gemini", "compatible", "offline", …

    def estimate(self, model: str, request: ModelRequest) -> Usage:
        """Return an upper bound of what the call may cost; raises ConfigError where no price is known."""

    def window(self, model: str) -> int:
        """Return how many tokens, prompt and answer together, the model takes."""

    def count(self, model: str, request: ModelRequest) -> int:
        """Return the tokens of the prompt: the vendor's own count where it can be asked, else our estimate."""

    def complete(self, model: str, request: ModelRequest) -> ModelResult:
        """Ask once, without retry. Raises IntegrationError and ModelError; `used` of it is what it may have cost."""
