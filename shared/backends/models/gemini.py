"""Gemini, by `generateContent` (integrations, section 2.4; gcp, section 1): on Vertex AI, or with a developer's key.

The signatures that bind thoughts to calls are not kept between turns; in their place goes the one Google documents for
calls that come from elsewhere.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from typing import Any, Unpack

from shared.backends.models import shapes
from shared.backends.models.turns import Reply, Turn, part, parts, whole
from shared.backends.models.vendor import Key, Options, Vendor
from shared.backends.models.vendor_words import span
from shared.backends.models.vertex_address import vertex_root
from shared.core.errors import AgentError, QuotaExhausted, RateLimited
from shared.core.models.model_errors import ContextTooLong, InvalidOutput, Refused
from shared.core.models.model_facts import KEY_REFUSED, Catalogue, Tokens
from shared.http_answers import Answer
from shared.http_client import segment
from shared.ports import Clock, Secret
from shared.ports.model import Message

_URL = "https://generativelanguage.googleapis.com"
_VERSION = "/v1beta"
_FOREIGN = base64.b64encode(b"skip_thought_signature_validator").decode()
_SECONDS = re.compile(r"(\d+(?:\.\d+)?)s\Z")
_TOO_LONG = re.compile(r"token count|maximum number of tokens", re.IGNORECASE)
_REFUSALS = frozenset({"SAFETY", "RECITATION", "PROHIBITED_CONTENT", "BLOCKLIST", "SPII", "LANGUAGE", "MODEL_ARMOR"})


class Gemini(Vendor):
    """Gemini: `name` is "vertex" for a Google Cloud project, "gemini" for the developer API."""

    request_field = "responseId"

    @classmethod
    def open_on_vertex(
        cls,
        project: str,
        location: str,
        token: Callable[[], str],
        prices: Catalogue,
        clock: Clock,
        *,
        base_url: str = "",
        **more: Unpack[Options],
    ) -> Gemini:
        """Return Gemini of the operator's own project; `token` gives access tokens of a Google identity."""
        root = vertex_root(project, location, base_url)
        more["operators"] = True
        return cls("vertex", f"{root}/publishers/google", lambda: Secret(token()), prices, clock, **more)

    @classmethod
    def open_with_key(
        cls,
        key: Key,
        prices: Catalogue,
        clock: Clock,
        *,
        base_url: str = "",
        **more: Unpack[Options],
    ) -> Gemini:
        """Return Gemini of the developer API; `base_url` is a host, with or without the version behind it."""
        root = (base_url or _URL).rstrip("/").removesuffix(_VERSION) + _VERSION
        return cls("gemini", root, key, prices, clock, **more)

    def _headers(self, secret: str) -> dict[str, str]:
        return super()._headers(secret) if self.name == "vertex" else {"x-goog-api-key": secret}

    def check(self) -> None:
        """Ask for the list of models; Vertex AI has none per project, so there the identity alone is asked for."""
        if self.name == "vertex":
            self._secret()
        else:
            super().check()

    def _path(self, model: str) -> str:
        return f"/models/{segment(model)}:generateContent"

    def _count_path(self, model: str) -> str:
        return f"/models/{segment(model)}:countTokens"

    def _body(self, model: str, turn: Turn, max_tokens: int) -> dict[str, Any]:
        return {**_contents(turn), "generationConfig": {"maxOutputTokens": max_tokens, **_form(turn)}}

    def _count_body(self, model: str, turn: Turn) -> dict[str, Any]:
        asked = {**_contents(turn), "generationConfig": _form(turn)}
        return asked if self.name == "vertex" else {"generateContentRequest": {"model": f"models/{model}", **asked}}

    def _read_token_count(self, answer: Mapping[str, Any]) -> int:
        return whole(answer, "totalTokens")

    def _tokens(self, answer: Mapping[str, Any]) -> Tokens | None:
        usage = part(answer, "usageMetadata")
        if not usage:
            return None
        return Tokens(
            input=whole(usage, "promptTokenCount"),
            cached=min(whole(usage, "cachedContentTokenCount"), whole(usage, "promptTokenCount")),
            output=whole(usage, "candidatesTokenCount"),
            thoughts=whole(usage, "thoughtsTokenCount"),
        )

    def _reply(self, answer: Mapping[str, Any], turn: Turn) -> Reply:
        candidates = parts(answer, "candidates")
        if not candidates:
            reason = part(answer, "promptFeedback").get("blockReason", "no reason was given")
            raise Refused(f"the model declined: {reason}")
        reason = candidates[0].get("finishReason")
        if reason in _REFUSALS:
            raise Refused(f"the model stopped: {reason}")
        if reason == "MAX_TOKENS":
            raise turn.cut_off(_text(candidates[0]))
        if reason != "STOP":
            raise InvalidOutput(f"the model stopped early: {reason or 'no reason given'}")
        pieces = _pieces(candidates[0])
        calls = []
        for number, call in enumerate(part(each, "functionCall") for each in pieces if "functionCall" in each):
            made = str(call.get("id") or f"call_{len(turn.messages)}_{number}")
            calls.append(turn.call(made, str(call.get("name", "")), call.get("args") or {}))
        return turn.reply(_text(candidates[0]), calls)

    def _refusal(self, answer: Answer, codes: frozenset[str], message: str) -> AgentError | None:
        reason, details = f"{answer.status} {message}", parts(part(answer.json, "error"), "details")
        if answer.status == 429:
            return self._limit_reached(reason, answer, details)
        if answer.status == 400 and any(each.get("reason") == "API_KEY_INVALID" for each in details):
            return self._refuse_key(f"400: {KEY_REFUSED}")
        if answer.status == 400 and _TOO_LONG.search(message):
            return ContextTooLong(f"{self.name}: {reason}")
        return None

    def _limit_reached(self, reason: str, answer: Answer, details: list[Mapping[str, Any]]) -> AgentError:
        quotas = [str(each.get("quotaId", "")) for detail in details for each in parts(detail, "violations")]
        if any("PerDay" in quota for quota in quotas):
            return QuotaExhausted(self.name, f"the day's quota is used up: {reason}")
        waits = [match for detail in details if (match := _SECONDS.match(str(detail.get("retryDelay", ""))))]
        wait = span(float(waits[0][1])) if waits else self._wait(answer)
        return RateLimited(self.name, reason, retry_after=wait)


def _form(turn: Turn) -> dict[str, Any]:
    schema = {} if shapes.is_open(turn.shape) else {"responseJsonSchema": shapes.wire(turn.shape)}
    return {"responseMimeType": "application/json", **schema}


def _contents(turn: Turn) -> dict[str, Any]:
    request = turn.request
    body: dict[str, Any] = {"systemInstruction": {"parts": [{"text": request.system}]}} if request.system else {}
    texts = [{"text": text} for text in (request.stable, request.prompt) if text]  # an empty part is refused
    contents: list[dict[str, Any]] = [{"role": "user", "parts": texts}] if texts else []
    names = {call.id: turn.name_of(call.name) for message in turn.messages for call in message.calls}
    last = ""
    for message in turn.messages:
        content = _parts(turn, message, names)
        if message.role == "tool" == last:  # the results of one turn's calls stand together, and apart from words
            contents[-1]["parts"] += content
        elif content:
            contents.append({"role": "model" if message.role == "assistant" else "user", "parts": content})
        last = message.role
    body["contents"] = contents
    if turn.tools:
        body["tools"] = [{"functionDeclarations": [_tool(*each) for each in turn.tools]}]
    return body


def _parts(turn: Turn, message: Message, names: Mapping[str, str]) -> list[dict[str, Any]]:
    if message.role == "tool":
        return [{"functionResponse": {"name": names[message.call], "response": {"result": message.text}}}]
    calls: list[dict[str, Any]] = [
        {"functionCall": {"name": turn.name_of(call.name), "args": dict(call.input)}} for call in message.calls
    ]
    if calls:  # only the first of a turn is looked at
        calls[0]["thoughtSignature"] = _FOREIGN
    return [*([{"text": message.text}] if message.text else []), *calls]


def _pieces(candidate: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [each for each in parts(part(candidate, "content"), "parts") if not each.get("thought")]


def _text(candidate: Mapping[str, Any]) -> str:
    return "".join(str(each.get("text", "")) for each in _pieces(candidate))


def _tool(name: str, tool: Any, shape: Mapping[str, Any]) -> dict[str, Any]:
    schema = {"type": "object"} if shapes.is_open(shape) else shapes.wire(shape)
    return {"name": name, "description": tool.purpose, "parametersJsonSchema": schema}
