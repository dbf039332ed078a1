"""What Gemini is asked and what it answers: the wire format of `generateContent`, and nothing that sends it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from shared.backends.models.prices import Tokens
from shared.core.errors import (
    AgentError,
    ContextTooLong,
    InvalidOutput,
    Missing,
    ModelError,
    OutcomeUnknown,
    RateLimited,
    Refused,
    Rejected,
    Unavailable,
)
from shared.core.run import Usage
from shared.ports import ModelRequest

SYSTEM = "vertex"
_MESSAGE = 200
_DURATION = re.compile(r"(\d+(?:\.\d+)?)s\Z")
_TOO_LONG = re.compile(r"token count|maximum number of tokens", re.IGNORECASE)
_REFUSALS = frozenset({"SAFETY", "RECITATION", "PROHIBITED_CONTENT", "BLOCKLIST", "SPII", "LANGUAGE", "MODEL_ARMOR"})


def body_of(request: ModelRequest) -> dict[str, Any]:
    """Return what is sent. Neither temperature nor thinking: each model's own defaults are what it was tuned with."""
    system = {"systemInstruction": {"parts": [{"text": request.system}]}} if request.system else {}
    return {
        **system,  # an empty part is refused
        "contents": [{"role": "user", "parts": [{"text": request.prompt}]}],
        "generationConfig": {
            "maxOutputTokens": request.max_output_tokens,
            "responseMimeType": "application/json",
            "responseJsonSchema": dict(request.schema),
        },
    }


def tokens_of(answer: Mapping[str, Any]) -> Tokens:
    """Return what the call used; any of the counts may be left out."""
    usage = answer.get("usageMetadata") or {}
    return Tokens(
        input=usage.get("promptTokenCount") or 0,
        cached=usage.get("cachedContentTokenCount") or 0,
        output=usage.get("candidatesTokenCount") or 0,
        thoughts=usage.get("thoughtsTokenCount") or 0,
    )


def content_of(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return the JSON object the model wrote; raises ModelError when it wrote none."""
    candidates = answer.get("candidates") or []
    if not candidates:
        reason = (answer.get("promptFeedback") or {}).get("blockReason", "no reason given")
        raise Refused(f"the model took no part in this: {reason}")
    reason = candidates[0].get("finishReason", "")
    if reason in _REFUSALS:
        raise Refused(f"the model stopped: {reason}")
    if reason == "MAX_TOKENS":
        raise InvalidOutput("the answer was cut off because it was too long; answer more briefly")
    if reason != "STOP":
        raise InvalidOutput(f"the model stopped early: {reason or 'no reason given'}")
    parts = (candidates[0].get("content") or {}).get("parts") or []
    return _object("".join(part.get("text", "") for part in parts if not part.get("thought")))


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidOutput(f"the answer is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise InvalidOutput("the answer must be one JSON object")
    return value


def error_of(status: int, headers: Mapping[str, str], text: str) -> AgentError:
    """Return our error for a refused call."""
    problem = _problem(text)
    message = f"{status} {problem.get('status', '')}: {str(problem.get('message', ''))[:_MESSAGE]}"
    details = [detail for detail in problem.get("details") or [] if isinstance(detail, dict)]
    if status == 429:
        return _limit_reached(message, headers, details)
    if status == 503:
        return Unavailable(SYSTEM, message)
    if status in (408, 499) or status >= 500:
        return OutcomeUnknown(SYSTEM, message)
    if status == 400 and _TOO_LONG.search(str(problem.get("message", ""))):
        return ContextTooLong(message)
    if status == 404:
        return Missing(SYSTEM, message)
    # 401 and 403 too: the account is the operator's, so there is nothing that a tenant could connect again.
    return Rejected(SYSTEM, message)


def billed(error: ModelError, usage: Usage) -> ModelError:
    """Return the error with what the call cost all the same; whoever counts reads it as `used`."""
    error.used = usage
    return error


def _limit_reached(message: str, headers: Mapping[str, str], details: list[dict[str, Any]]) -> AgentError:
    quotas = [violation.get("quotaId", "") for detail in details for violation in detail.get("violations") or []]
    if any("PerDay" in str(quota) for quota in quotas):
        return Rejected(SYSTEM, f"the quota of the day is used up: {message}")
    delays = [detail["retryDelay"] for detail in details if isinstance(detail.get("retryDelay"), str)]
    for text in [*delays, f"{headers.get('Retry-After', '')}s"]:
        if match := _DURATION.match(text):
            return RateLimited(SYSTEM, message, retry_after=timedelta(seconds=float(match[1])))
    return RateLimited(SYSTEM, message)


def _problem(text: str) -> dict[str, Any]:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    if isinstance(data, list) and data:  # some front ends wrap the error in a list
        data = data[0]
    problem = data.get("error") if isinstance(data, dict) else None
    return problem if isinstance(problem, dict) else {}
