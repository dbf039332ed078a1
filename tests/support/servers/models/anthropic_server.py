"""An HTTP endpoint that speaks Anthropic's Messages API: strict about what it is sent, answering from a script."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from email.message import Message
from typing import Any

from tests.support.servers.models.anthropic_wire import BOUND, MODELS, InvalidRequest, check_request
from tests.support.servers.models.model_endpoint import Answer, ModelEndpoint, Refusal, json_of

VERSIONS = ("2023-06-01", "2026-10-21")  # the later one takes no temperature, top_p and top_k of any model
MESSAGES, COUNT_TOKENS = "/v1/messages", "/v1/messages/count_tokens"
_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    504: "timeout_error",
    529: "overloaded_error",
}


class AnthropicServer(ModelEndpoint):
    """`key` admits; None admits whoever has one."""

    def __init__(self, *, key: str | None = None) -> None:
        super().__init__(key)
        self._signed: dict[str, str] = {}  # signature of a thought → digest of all that stood before it

    def named(self, path: str) -> tuple[str, str]:
        """Return what the path is for."""
        return "", {MESSAGES: "create", COUNT_TOKENS: "count"}.get(path, "")

    def admitted(self, method: str, path: str, headers: Message, raw: bytes) -> Any:
        """Return the JSON body of a request that may come in."""
        if path not in (MESSAGES, COUNT_TOKENS):
            raise Refusal(error(404, f"Not Found: {path}"))
        self._identified(headers)
        if not (headers.get("Content-Type") or "").startswith("application/json"):
            raise Refusal(error(400, "content-type: must be application/json"))
        try:
            return json_of(raw)
        except ValueError:
            raise Refusal(error(400, "The request body is not valid JSON")) from None

    def listed(self, path: str, headers: Message) -> Answer:
        """Return the models."""
        if path != "/v1/models":
            return error(404, f"Not Found: {path}")
        self._identified(headers)
        more = {"type": "model", "created_at": "2026-10-01T00:00:00Z"}
        models = [{"id": name, "display_name": name, **more} for name in sorted(MODELS)]
        body = {"data": models, "has_more": False, "first_id": models[0]["id"], "last_id": models[-1]["id"]}
        return Answer(body=body)

    def _identified(self, headers: Message) -> None:
        given = headers.get("x-api-key") or (headers.get("Authorization") or "").removeprefix("Bearer ")
        if not given or (self.key is not None and given != self.key):
            raise Refusal(error(401, "invalid x-api-key" if given else "x-api-key header is required"))
        if headers.get("anthropic-version") not in VERSIONS:
            raise Refusal(error(400, "anthropic-version: header is required"))

    def checked(self, path: str, body: Any) -> Mapping[str, Any]:
        """Return the request."""
        try:
            request = check_request(body, counting=path == COUNT_TOKENS)
        except InvalidRequest as refusal:
            raise Refusal(error(400, str(refusal))) from refusal
        if request["model"] not in MODELS:
            raise Refusal(error(404, f"model: {request['model']}"))
        self._check_thoughts(request)
        return request

    def answered(self, request: Mapping[str, Any], answer: Answer) -> Answer:
        """Sign the thoughts, each for what it followed."""
        if answer.status != 200 or not isinstance(answer.body, dict):
            return answer
        content = [dict(block) for block in answer.body.get("content", [])]
        for block in content:
            if block["type"] == "thinking":
                block["signature"] = f"signature-{len(self._signed)}"
                self._signed[block["signature"]] = _digest(request, request["messages"])
        return replace(answer, body={**answer.body, "content": content})

    def _check_thoughts(self, request: Mapping[str, Any]) -> None:
        for index, turn in enumerate(request["messages"]):
            for block in turn["content"] if isinstance(turn["content"], list) else []:
                if block["type"] != "thinking":
                    continue
                before = self._signed.get(block["signature"])
                if before is None:
                    raise Refusal(error(400, f"messages.{index}: Invalid `signature` in `thinking` block"))
                if request["model"] in BOUND and before != _digest(request, request["messages"][:index]):
                    raise Refusal(
                        error(400, f"messages.{index}: `thinking` block does not match what stands before it")
                    )

    def counted(self, path: str, request: Mapping[str, Any]) -> Answer | None:
        """Count a token per four characters begun of the whole request."""
        if path != COUNT_TOKENS:
            return None
        size = len(json.dumps({**request, "model": ""}, ensure_ascii=False))
        return Answer(body={"input_tokens": -(-size // 4)})

    def unscripted(self) -> Answer:
        """Answer when the script is at its end."""
        return error(500, "The script of this server has no answer left.")


def _digest(request: Mapping[str, Any], before: Any) -> str:
    kept = [request.get("system"), request.get("tools"), before]
    return hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()


def usage(fresh: int = 12, output: int = 8, *, read: int = 0, written: int = 0, thoughts: int = 0) -> dict[str, Any]:
    """Return usage as the service reports it: the input leaves out what the cache holds, the output holds thoughts."""
    return {
        "input_tokens": fresh,
        "cache_creation_input_tokens": written,
        "cache_read_input_tokens": read,
        "cache_creation": {"ephemeral_5m_input_tokens": written, "ephemeral_1h_input_tokens": 0},
        "output_tokens": output,
        "output_tokens_details": {"thinking_tokens": thoughts},
        "service_tier": "standard",
    }


def message(content: list[dict[str, Any]], stop: str = "end_turn", **more: Any) -> Answer:
    """Answer with these blocks."""
    body = {
        "id": "msg_01",
        "type": "message",
        "role": "assistant",
        "model": "claude-sonnet-5-5",
        "content": content,
        "stop_reason": stop,
        "stop_sequence": None,
        "stop_details": None,
        "usage": usage(),
    }
    return Answer(body=body | more, headers={"request-id": "req_01"})


def text(answer: str, stop: str = "end_turn", **more: Any) -> Answer:
    """Answer with a thought and a text, as the models that always think do."""
    thought = {"type": "thinking", "thinking": "", "signature": "c2lnbmVk"}
    return message([thought, {"type": "text", "text": answer}], stop, **more)


def refusal() -> Answer:
    """Answer with a refusal: content may be there, and is worth nothing."""
    details = {"type": "refusal", "category": "bio", "explanation": None}
    return message([{"type": "text", "text": '{"title": "no'}], "refusal", stop_details=details)


def tool_use(*calls: tuple[str, str, Mapping[str, Any]], said: str = "") -> Answer:
    """Answer with a thought and calls: id, name, input."""
    blocks: list[dict[str, Any]] = [{"type": "thinking", "thinking": "", "signature": ""}]
    blocks += [{"type": "text", "text": said}] if said else []
    blocks += [{"type": "tool_use", "id": i, "name": name, "input": dict(given)} for i, name, given in calls]
    return message(blocks, "tool_use")


def error(status: int, said: str, code: str = "", headers: Mapping[str, str] | None = None) -> Answer:
    """Answer with an error in the vendor's shape; `code` names its cause."""
    inner: dict[str, Any] = {"type": _TYPES.get(status, "api_error"), "message": said}
    if code:
        inner["details"] = {"error_code": code}
    body = {"type": "error", "error": inner, "request_id": "req_01"}
    return Answer(status, body, {"request-id": "req_01", **(headers or {})})
