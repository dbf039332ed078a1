"""An HTTP endpoint that speaks the Responses API (of OpenAI, or of xAI) and Chat Completions: strict, scripted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from email.message import Message
from typing import Any

from tests.support.servers.models.model_endpoint import Answer, ModelEndpoint, Refusal, json_of
from tests.support.servers.models.openai_wire import InvalidRequest, check_chat, check_response

RESPONSES, COUNT, CHAT = "/v1/responses", "/v1/responses/input_tokens", "/v1/chat/completions"
MODELS = {
    "openai": {"gpt-6-astra", "gpt-6.1-sol", "gpt-6.1-terra", "gpt-6-luna"},
    "xai": {"grok-4.7", "grok-4.3", "grok-4-1-fast-reasoning"},
    "local": {"llama-local"},
}
_PATHS = {"openai": {RESPONSES, COUNT, CHAT}, "xai": {RESPONSES, CHAT}, "local": {CHAT}}
_TYPES = {429: "rate_limit_error", 500: "server_error", 503: "server_error"}


class OpenAIServer(ModelEndpoint):
    """Give `url` with `/v1` behind it. `vendor` is "openai", "xai" or "local"; a key of None admits whoever comes."""

    def __init__(self, vendor: str, *, key: str | None = None) -> None:
        super().__init__(key)
        self.vendor = vendor

    def named(self, path: str) -> tuple[str, str]:
        """Return what the path is for."""
        return "", {RESPONSES: "create", COUNT: "count", CHAT: "chat"}.get(path, "")

    def admitted(self, method: str, path: str, headers: Message, raw: bytes) -> Any:
        """Return the JSON body of a request that may come in."""
        if path not in _PATHS[self.vendor]:
            raise Refusal(self.error(404, f"Invalid URL ({method} {path})"))
        self._identified(headers)
        if not (headers.get("Content-Type") or "").startswith("application/json"):
            raise Refusal(self.error(400, "Unsupported content type.", "unsupported_content_type"))
        try:
            return json_of(raw)
        except ValueError:
            raise Refusal(self.error(400, "We could not parse the JSON body of your request.")) from None

    def listed(self, path: str, headers: Message) -> Answer:
        """Return the models."""
        if path != "/v1/models":
            return self.error(404, f"Invalid URL (GET {path})")
        self._identified(headers)
        more = {"object": "model", "created": 1_795_000_000, "owned_by": self.vendor}
        return Answer(body={"object": "list", "data": [{"id": name, **more} for name in sorted(MODELS[self.vendor])]})

    def _identified(self, headers: Message) -> None:
        scheme, _, given = (headers.get("Authorization") or "").partition(" ")
        if self.key is not None and (scheme != "Bearer" or given != self.key):
            raise Refusal(self.error(401, "Incorrect API key provided.", "invalid_api_key"))

    def checked(self, path: str, body: Any) -> Mapping[str, Any]:
        """Return the request."""
        try:
            if path == CHAT:
                request = check_chat(body)
            else:
                request = check_response(body, xai=self.vendor == "xai", counting=path == COUNT)
        except InvalidRequest as refusal:
            raise Refusal(self.error(400, str(refusal), refusal.code, param=refusal.param)) from refusal
        if request["model"] not in MODELS[self.vendor]:
            raise Refusal(self.error(404, f"The model `{request['model']}` does not exist.", "model_not_found"))
        return request

    def counted(self, path: str, request: Mapping[str, Any]) -> Answer | None:
        """Count a token per four characters begun of the whole request."""
        if path != COUNT:
            return None
        size = len(json.dumps({**request, "model": ""}, ensure_ascii=False))
        return Answer(body={"object": "response.input_tokens", "input_tokens": -(-size // 4)})

    def unscripted(self) -> Answer:
        """Answer when the script is at its end."""
        return self.error(500, "The script of this server has no answer left.")

    def error(self, status: int, said: str, code: str = "", *, param: str = "") -> Answer:
        """Answer with an error in this vendor's shape."""
        return error(self.vendor, status, said, code, param=param)


def error(
    vendor: str, status: int, said: str, code: str = "", *, param: str = "", headers: Mapping[str, str] | None = None
) -> Answer:
    """Answer with an error in the vendor's shape: xAI has one of its own."""
    inner = {"message": said, "type": _TYPES.get(status, "invalid_request_error"), "param": param or None}
    body: dict[str, Any] = {"error": {**inner, "code": code or None}}
    if vendor == "xai":
        body = {"code": code or f"status-{status}", "error": said}
    return Answer(status, body, {"x-request-id": "req_1", **(headers or {})})


def usage(
    input: int = 12, output: int = 8, *, cached: int = 0, written: int = 0, thoughts: int = 0, **more: Any
) -> dict[str, Any]:
    """Return usage of the Responses API: the input holds what the cache holds, the output holds the thoughts."""
    return {
        "input_tokens": input,
        "input_tokens_details": {"cached_tokens": cached, "cache_write_tokens": written},
        "output_tokens": output,
        "output_tokens_details": {"reasoning_tokens": thoughts},
        "total_tokens": input + output,
        **more,
    }


def response(output: list[dict[str, Any]], status: str = "completed", **more: Any) -> Answer:
    """Answer with these items."""
    body = {
        "id": "resp_1",
        "object": "response",
        "created_at": 1_795_000_000,
        "status": status,
        "error": None,
        "incomplete_details": None,
        "model": "gpt-6.1-terra",
        "output": [{"type": "reasoning", "id": "rs_1", "summary": []}, *output],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "usage": usage(),
    }
    return Answer(body=body | more, headers={"x-request-id": "req_1"})


def said(*pieces: dict[str, Any]) -> dict[str, Any]:
    """Return a message item."""
    return {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": list(pieces)}


def text(answer: str, status: str = "completed", **more: Any) -> Answer:
    """Answer with a text."""
    return response([said({"type": "output_text", "text": answer, "annotations": [], "logprobs": []})], status, **more)


def refusal() -> Answer:
    """Answer with a refusal."""
    return response([said({"type": "refusal", "refusal": "I can't help with that."})])


def incomplete(reason: str, answer: str = '{"title": "Gr') -> Answer:
    """Answer with a response that was ended before it was done."""
    return text(answer, "incomplete", incomplete_details={"reason": reason})


def failed(code: str, message: str = "It failed.") -> Answer:
    """Answer 200 with a response that failed."""
    return response([], "failed", error={"code": code, "message": message}, usage=None)


def function_calls(*calls: tuple[str, str, str]) -> Answer:
    """Answer with calls: call id, name, the JSON text of the arguments."""
    items = [
        {
            "type": "function_call",
            "id": f"fc_{i}",
            "call_id": i,
            "name": name,
            "arguments": given,
            "status": "completed",
        }
        for i, name, given in calls
    ]
    return response(items)


def chat_usage(prompt: int = 12, output: int = 8, *, cached: int = 0, thoughts: int = 0) -> dict[str, Any]:
    """Return usage of Chat Completions."""
    return {
        "prompt_tokens": prompt,
        "completion_tokens": output,
        "total_tokens": prompt + output,
        "prompt_tokens_details": {"cached_tokens": cached},
        "completion_tokens_details": {"reasoning_tokens": thoughts},
    }


def chat(message: Mapping[str, Any], finish: str = "stop", **more: Any) -> Answer:
    """Answer with one choice."""
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish, "logprobs": None}
    body = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_795_000_000,
        "model": "llama-local",
        "choices": [choice],
        "usage": chat_usage(),
    }
    return Answer(body={name: each for name, each in (body | more).items() if each is not None})


def chat_calls(*calls: tuple[str, str, str]) -> Answer:
    """Answer with calls: id, name, the JSON text of the arguments."""
    made = [{"id": i, "type": "function", "function": {"name": name, "arguments": given}} for i, name, given in calls]
    return chat({"content": None, "tool_calls": made}, "tool_calls")
