"""Answers a script for the Vertex AI server is made of, in the service's own wire format."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tests.support.servers.models.model_endpoint import Answer, bad_gateway, dropped, not_json, slow

__all__ = ["Answer", "bad_gateway", "dropped", "not_json", "slow"]

_STATUS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
_RPC = "type.googleapis.com/google.rpc."


def usage(prompt: int = 12, output: int = 8, *, thoughts: int = 0, cached: int = 0) -> dict[str, Any]:
    """Return usage as the service reports it: what is zero is left out, thoughts are not part of the candidates."""
    counts = {
        "promptTokenCount": prompt,
        "candidatesTokenCount": output,
        "thoughtsTokenCount": thoughts,
        "cachedContentTokenCount": cached,
        "totalTokenCount": prompt + output + thoughts,
    }
    return {name: count for name, count in counts.items() if count} | {"trafficType": "ON_DEMAND"}


def parts(
    content: list[dict[str, Any]],
    *,
    finish: str = "STOP",
    tokens: Mapping[str, Any] | None = None,
    model: str = "gemini-3.8-flash",
) -> Answer:
    """Answer with one candidate of these parts."""
    candidate: dict[str, Any] = {"content": {"role": "model", "parts": content}, "finishReason": finish}
    if not content:
        candidate = {"finishReason": finish}
    body = {
        "candidates": [candidate],
        "usageMetadata": dict(tokens or usage(output=8 if content else 0)),
        "modelVersion": model,
        "createTime": "2026-11-20T10:00:00.000000Z",
        "responseId": "response-1",
    }
    return Answer(body=body)


def text(answer: str, **more: Any) -> Answer:
    """Answer with text."""
    return parts([{"text": answer}], **more)


def json_text(value: Any, **more: Any) -> Answer:
    """Answer with a JSON document as the text."""
    return text(json.dumps(value, ensure_ascii=False), **more)


def cut(value: Any, keep: int, **more: Any) -> Answer:
    """Answer with the first `keep` characters of a JSON document: the output limit was reached."""
    return text(json.dumps(value, ensure_ascii=False)[:keep], finish="MAX_TOKENS", **more)


def thought_away(prompt: int = 12, thoughts: int = 4096) -> Answer:
    """Answer with nothing: all of the output limit went into thinking."""
    return parts([], finish="MAX_TOKENS", tokens=usage(prompt, 0, thoughts=thoughts))


def stopped(reason: str = "SAFETY") -> Answer:
    """Answer with a candidate that was stopped and has no content."""
    return parts([], finish=reason)


def blocked_prompt(reason: str = "PROHIBITED_CONTENT") -> Answer:
    """Answer without candidates: the prompt was refused."""
    body = {
        "promptFeedback": {"blockReason": reason, "blockReasonMessage": "The prompt was blocked."},
        "usageMetadata": usage(output=0),
        "modelVersion": "gemini-3.8-flash",
        "responseId": "response-1",
    }
    return Answer(body=body)


def function_call(name: str, args: Mapping[str, Any], signature: str = "c2lnbmF0dXJl") -> Answer:
    """Answer with a call of a declared function; the signature must come back with it."""
    return parts([{"functionCall": {"name": name, "args": dict(args)}, "thoughtSignature": signature}])


def error(code: int, message: str, *details: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Answer:
    """Answer with an error in the shape of Google's APIs."""
    content: dict[str, Any] = {"code": code, "message": message, "status": _STATUS.get(code, "UNKNOWN")}
    if details:
        content["details"] = [dict(detail) for detail in details]
    return Answer(code, {"error": content}, headers or {})


def rate_limited(seconds: float | None = 7.0, *, header: bool = False) -> Answer:
    """Answer 429; `seconds` are told in RetryInfo, and in Retry-After when asked."""
    details = [] if seconds is None else [{"@type": _RPC + "RetryInfo", "retryDelay": f"{seconds:g}s"}]
    headers = {"Retry-After": f"{seconds:.0f}"} if header and seconds is not None else {}
    return error(429, "Resource exhausted. Please try again later.", *details, headers=headers)


def unavailable() -> Answer:
    """Answer 503."""
    return error(503, "The service is currently unavailable.")


def refused(message: str = "Request contains an invalid argument.") -> Answer:
    """Answer 400."""
    return error(400, message)


def forbidden() -> Answer:
    """Answer 403 with the reason in ErrorInfo."""
    detail = {
        "@type": _RPC + "ErrorInfo",
        "reason": "IAM_PERMISSION_DENIED",
        "domain": "aiplatform.googleapis.com",
        "metadata": {"permission": "aiplatform.endpoints.predict"},
    }
    return error(403, "Permission 'aiplatform.endpoints.predict' denied on resource.", detail)


def bad_key() -> Answer:
    """Answer 400 as the developer API does to a key it does not know."""
    detail = {"@type": _RPC + "ErrorInfo", "reason": "API_KEY_INVALID", "domain": "googleapis.com"}
    return error(400, "API key not valid. Please pass a valid API key.", detail)


def quota_of_the_day() -> Answer:
    """Answer 429 with the quota that is over until midnight in California."""
    violation = {"quotaId": "GenerateRequestsPerDayPerProjectPerModel"}
    return error(429, "You exceeded your current quota.", {"@type": _RPC + "QuotaFailure", "violations": [violation]})
