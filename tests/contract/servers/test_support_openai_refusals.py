"""What the local endpoints of OpenAI, xAI and servers alike refuse, and how OpenAI's own SDK reads each refusal."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.support.later import import_later
from tests.support.servers.models import openai_server as say
from tests.support.servers.models.model_endpoint import Answer, bad_gateway, dropped, slow
from tests.support.servers.models.model_vendors import KEY, WRITTEN
from tests.support.servers.models.openai_asked import ASKED, CITY, FORMAT, MODELS, SCHEMA, TOOL, USER
from tests.support.servers.models.openai_server import OpenAIServer

openai = import_later("openai")


ERRORS = [
    (400, "context_length_exceeded", "BadRequestError"),
    (401, "invalid_api_key", "AuthenticationError"),
    (403, "unsupported_country_region_territory", "PermissionDeniedError"),
    (404, "model_not_found", "NotFoundError"),
    (422, "", "UnprocessableEntityError"),
    (429, "rate_limit_exceeded", "RateLimitError"),
    (429, "insufficient_quota", "RateLimitError"),
    (500, "", "InternalServerError"),
    (503, "server_is_overloaded", "InternalServerError"),
]


@pytest.mark.parametrize("name", ["openai", "xai", "local"])
@pytest.mark.parametrize(("status", "code", "error"), ERRORS)
def test_the_sdk_knows_every_error(
    servers: dict[str, OpenAIServer],
    clients: dict[str, openai.OpenAI],
    name: str,
    status: int,
    code: str,
    error: str,
) -> None:
    servers[name].script([say.error(name, status, "It failed.", code)])
    asked = {"model": MODELS[name]}
    client = clients[name]
    chat: Any = {"model": "llama-local", "messages": [USER]}
    with pytest.raises(getattr(openai, error)) as caught:
        _ = client.chat.completions.create(**chat) if name == "local" else client.responses.create(**ASKED | asked)
    assert caught.value.request_id == "req_1"
    if name != "xai":  # whose errors have a shape of their own
        assert (caught.value.code or "") == code


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (bad_gateway(), "InternalServerError"),
        (dropped(), "APIConnectionError"),
        (slow(say.text(WRITTEN), 0.2), "APITimeoutError"),
    ],
)
def test_the_sdk_knows_what_happens_on_the_line(
    servers: dict[str, OpenAIServer], clients: dict[str, openai.OpenAI], answer: Answer, error: str
) -> None:
    servers["openai"].script([answer])
    with pytest.raises(getattr(openai, error)):
        clients["openai"].with_options(timeout=0.1).responses.create(**ASKED)


CALL = {"type": "function_call", "call_id": "c1", "name": "look", "arguments": "{}"}
RESULT = {"type": "function_call_output", "call_id": "c1", "output": "rain"}
OPTIONAL = {**SCHEMA, "required": ["title"]}
SOL, LUNA = {"model": "gpt-6.1-sol"}, {"model": "gpt-6-luna"}


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("openai", {"extra_body": {"instruction": "x"}}, "Unknown parameter: 'instruction'"),
        ("openai", {"temperature": 0.2}, "temperature"),
        ("openai", {"max_output_tokens": 15}, ">= 16"),
        ("openai", {"reasoning": {"effort": "minimal"}}, "minimal"),
        ("openai", SOL | {"reasoning": {"effort": "none"}}, "none"),
        ("openai", LUNA | {"reasoning": {"effort": "none"}, "prompt_cache_key": "x" * 65}, "length 64"),
        ("openai", {"text": {"format": FORMAT | {"schema": OPTIONAL}}}, "every key"),
        ("openai", {"text": {"format": FORMAT | {"schema": {"type": "object"}}}}, "additionalProperties"),
        ("openai", {"text": {"format": FORMAT | {"schema": SCHEMA | {"default": {}}}}}, "default"),
        ("openai", {"text": {"format": FORMAT | {"schema": SCHEMA | {"oneOf": []}}}}, "oneOf"),
        ("openai", {"text": {"format": FORMAT | {"name": "a plan"}}}, "name"),
        ("openai", {"tools": [TOOL | {"name": "notion.look"}]}, "pattern"),
        ("openai", {"tools": [TOOL | {"parameters": {"type": "object"}}]}, "additionalProperties"),
        ("openai", {"input": [RESULT]}, "No tool call found"),
        ("openai", {"input": [CALL]}, "No tool output found"),
        ("openai", {"input": [CALL | {"id": "fc_1"}, RESULT]}, "reasoning"),
        ("openai", {"input": [{"role": "robot", "content": "x"}]}, "role"),
        ("openai", {"input": ""}, "input"),
        ("xai", {"model": "grok-4.7", "prompt_cache_key": "x"}, "prompt_cache_key"),
        ("xai", {"model": "grok-4.7", "reasoning": {"effort": "none"}}, "none"),
    ],
)
def test_what_the_service_refuses_is_refused(
    servers: dict[str, OpenAIServer], clients: dict[str, openai.OpenAI], name: str, change: dict[str, Any], said: str
) -> None:
    asked: Any = ASKED | change
    with pytest.raises(openai.BadRequestError) as caught:
        clients[name].responses.create(**asked)
    assert said in caught.value.response.text
    servers[name].script([say.text(WRITTEN)])
    clients[name].responses.create(**ASKED | {"model": MODELS[name]})  # without the change it is taken


USED = {
    "role": "assistant",
    "content": None,
    "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{}"}}],
}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"messages": []}, "minimum length"),
        ({"messages": [USER, {"role": "tool", "tool_call_id": "c1", "content": "x"}]}, "preceding"),
        ({"messages": [USER, USED]}, "followed by"),
        ({"messages": [USER, USED, USER]}, "followed by"),
        ({"extra_body": {"prompt_cache_key": "x"}}, "Unknown parameter"),
        (
            {
                "tools": [{"type": "function", "function": {"name": "look", "parameters": CITY}}],
                "response_format": {"type": "json_object"},
            },
            "grammar",
        ),
    ],
)
def test_what_a_local_server_refuses_is_refused(
    clients: dict[str, openai.OpenAI], change: dict[str, Any], said: str
) -> None:
    asked: Any = {"model": "llama-local", "messages": [USER]} | change
    with pytest.raises(openai.BadRequestError, match=said):
        clients["local"].chat.completions.create(**asked)


def test_who_may_not_come_in_is_told_so(servers: dict[str, OpenAIServer]) -> None:
    headers = {"Authorization": f"Bearer {KEY}"}
    wrong = [
        ({"Authorization": "Bearer another"}, "/v1/responses", 401),
        ({"Content-Type": "text/plain"}, "/v1/responses", 400),
        ({}, "/v1/response", 404),
    ]
    for change, path, status in wrong:
        told = requests.post(servers["openai"].url + path, json=ASKED, headers=headers | change, timeout=5)
        assert (told.status_code, set(told.json())) == (status, {"error"})
