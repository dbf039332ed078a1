"""The local endpoints of OpenAI, xAI and servers alike against OpenAI's own SDK: what the adapters' tests stand on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from shared.ports import ModelRequest, Tool
from tests.support.later import import_later
from tests.support.servers.models import openai_server as say
from tests.support.servers.models.model_endpoint import Answer, bad_gateway, dropped, slow
from tests.support.servers.models.model_vendors import ANSWER, KEY, WRITTEN, rig
from tests.support.servers.models.openai_fields import CHAT, COUNT, FORM, ITEM, MESSAGE, PIECES, RESPONSE
from tests.support.servers.models.openai_server import OpenAIServer

openai = import_later("openai")
SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["title", "steps"],
    "properties": {"title": {"type": "string"}, "steps": {"type": "array", "items": {"type": "string"}}},
}
CITY = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
TOOL: dict[str, Any] = {
    "type": "function",
    "name": "look",
    "description": "Looks a city up.",
    "parameters": CITY,
    "strict": True,
}
FORMAT: dict[str, Any] = {"type": "json_schema", "name": "plan", "strict": True, "schema": SCHEMA}
ASKED: dict[str, Any] = {"model": "gpt-6.1-terra", "input": "Plan this", "store": False}
USER: Any = {"role": "user", "content": "x"}
MODELS = {"openai": "gpt-6.1-terra", "xai": "grok-4.7", "local": "llama-local"}


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, OpenAIServer]]:
    with OpenAIServer("openai", key=KEY) as one, OpenAIServer("xai", key=KEY) as two, OpenAIServer("local") as three:
        yield {"openai": one, "xai": two, "local": three}


@pytest.fixture(scope="module")
def clients(servers: dict[str, OpenAIServer]) -> Iterator[dict[str, openai.OpenAI]]:
    made = {
        name: openai.OpenAI(api_key=KEY, base_url=f"{server.url}/v1", max_retries=0, timeout=5)
        for name, server in servers.items()
    }
    yield made
    for client in made.values():
        client.close()


@pytest.fixture(autouse=True)
def fresh(servers: dict[str, OpenAIServer]) -> None:
    for server in servers.values():
        server.forget()


@pytest.mark.parametrize("name", ["openai", "xai"])
def test_the_sdk_asks_the_same_as_we_do_and_reads_the_same_answer(name: str) -> None:
    request = ModelRequest(
        "plan",
        "reason",
        "You plan.",
        "Plan this: ü",
        SCHEMA,
        max_output_tokens=2000,
        stable="Rules.",
        tools=(Tool("look", "Looks a city up.", CITY),),
    )
    with requests.Session() as session, rig(name, session) as vendor:
        vendor.endpoint.script([say.text(WRITTEN, usage=say.usage(100, 20, cached=5, written=7, thoughts=6))] * 2)
        ours = vendor.provider.complete(MODELS[name], request)
        mark: Any = {"prompt_cache_breakpoint": {"mode": "explicit"}} if name == "openai" else {}
        key: Any = {"prompt_cache_key": vendor.endpoint.requests[0].body["prompt_cache_key"]} if mark else {}
        rules: Any = {"type": "input_text", "text": "Rules.", **mark}
        with openai.OpenAI(api_key=KEY, base_url=f"{vendor.endpoint.url}/v1", max_retries=0) as client:
            theirs = client.responses.create(
                model=MODELS[name],
                instructions="You plan.",
                input=[{"role": "user", "content": [rules, {"type": "input_text", "text": "Plan this: ü"}]}],
                max_output_tokens=2000,
                store=False,
                text={"format": {"type": "json_schema", "name": "plan", "strict": True, "schema": SCHEMA}},
                tools=[
                    {
                        "type": "function",
                        "name": "look",
                        "description": "Looks a city up.",
                        "parameters": CITY,
                        "strict": True,
                    }
                ],
                **key,
            )
        first, second = vendor.endpoint.requests
    assert first.body == second.body
    assert (first.path, first.headers["Authorization"]) == (second.path, second.headers["authorization"])
    assert theirs.output_text == WRITTEN
    assert ours.answer == ANSWER
    assert theirs.usage is not None
    assert ours.usage.tokens == theirs.usage.total_tokens
    assert ours.tokens["written"] == theirs.usage.input_tokens_details.cache_write_tokens == 7
    assert ours.request_id == theirs._request_id
    if name == "openai":
        assert len(key["prompt_cache_key"]) <= 64


def test_the_sdk_asks_a_local_server_the_same_as_we_do() -> None:
    request = ModelRequest("plan", "reason", "You plan.", "Plan this: ü", SCHEMA, max_output_tokens=2000)
    with requests.Session() as session, rig("compatible", session) as vendor:
        vendor.endpoint.script([say.chat({"content": WRITTEN})] * 2)
        ours = vendor.provider.complete("llama-local", request)
        system = vendor.endpoint.requests[0].body["messages"][0]["content"]
        with openai.OpenAI(api_key=KEY, base_url=f"{vendor.endpoint.url}/v1", max_retries=0) as client:
            theirs = client.chat.completions.create(
                model="llama-local",
                messages=[{"role": "system", "content": system}, {"role": "user", "content": "Plan this: ü"}],
                max_tokens=2000,
                stream=False,
                response_format={"type": "json_object"},
            )
        first, second = vendor.endpoint.requests
    assert first.body == second.body
    assert system.startswith("You plan.")
    assert json.dumps(SCHEMA["properties"], separators=(",", ":")) in system
    assert theirs.choices[0].message.content == WRITTEN
    assert ours.answer == ANSWER


@pytest.mark.parametrize("name", ["openai", "xai"])
def test_the_sdk_goes_through_a_round_of_tools(
    servers: dict[str, OpenAIServer], clients: dict[str, openai.OpenAI], name: str
) -> None:
    servers[name].script([say.function_calls(("call_1", "look", '{"city": "Bern"}')), say.text(WRITTEN)])
    asked: Any = ASKED | {"model": MODELS[name], "tools": [TOOL], "include": ["reasoning.encrypted_content"]}
    first = clients[name].responses.create(**asked)
    call = first.output[-1]
    assert call.type == "function_call"
    told = {"type": "function_call_output", "call_id": call.call_id, "output": "rain"}
    kept = [item.model_dump(exclude_none=True) for item in first.output]
    asked["input"] = [{"role": "user", "content": "Plan this"}, *kept, told]
    assert clients[name].responses.create(**asked).output_text == WRITTEN
    asked["input"] = [asked["input"][0], kept[-1], told]  # a call under its item id, without the thought it came from
    with pytest.raises(openai.BadRequestError) as caught:
        clients[name].responses.create(**asked)
    assert "without its required 'reasoning' item" in caught.value.response.text


def test_the_sdk_goes_through_a_round_of_tools_with_a_local_server(
    servers: dict[str, OpenAIServer], clients: dict[str, openai.OpenAI]
) -> None:
    servers["local"].script([say.chat_calls(("call_1", "look", '{"city": "Bern"}')), say.chat({"content": WRITTEN})])
    tools: Any = [{"type": "function", "function": {"name": "look", "parameters": CITY}}]
    messages: Any = [{"role": "user", "content": "Plan this"}]
    chat = clients["local"].chat.completions
    first = chat.create(model="llama-local", messages=messages, tools=tools).choices[0]
    assert first.finish_reason == "tool_calls"
    assert first.message.tool_calls is not None
    messages += [first.message.model_dump(exclude_none=True)]
    messages += [{"role": "tool", "tool_call_id": first.message.tool_calls[0].id, "content": "rain"}]
    second = chat.create(model="llama-local", messages=messages, tools=tools).choices[0]
    assert second.message.content == WRITTEN


@pytest.mark.parametrize("name", MODELS)
def test_the_sdk_lists_the_models(clients: dict[str, openai.OpenAI], name: str) -> None:
    assert MODELS[name] in {model.id for model in clients[name].models.list()}


def test_the_sdk_counts(clients: dict[str, openai.OpenAI]) -> None:
    counted = clients["openai"].responses.input_tokens.count(model="gpt-6.1-terra", input="word " * 40)
    assert 50 < counted.input_tokens < 90


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


def _keys(of: Any) -> set[str]:
    return set(of.__required_keys__ | of.__optional_keys__)


def test_the_fields_that_are_taken_are_those_the_sdk_knows() -> None:
    responses, chat = openai.types.responses, openai.types.chat
    assert set(RESPONSE.fields) == _keys(responses.response_create_params.ResponseCreateParamsNonStreaming)
    assert set(COUNT.fields) == _keys(responses.input_token_count_params.InputTokenCountParams)
    form = responses.response_format_text_json_schema_config_param.ResponseFormatTextJSONSchemaConfigParam
    assert set(FORM.kinds["json_schema"].fields) == _keys(form)
    assert set(PIECES["input_text"].fields) == _keys(responses.ResponseInputTextParam)
    assert set(RESPONSE.fields["reasoning"].fields) == _keys(openai.types.shared_params.Reasoning)
    assert set(MESSAGE.fields) - {"id", "status"} == _keys(responses.EasyInputMessageParam)
    assert set(ITEM.kinds["function_call"].fields) <= _keys(responses.ResponseFunctionToolCallParam)
    assert set(CHAT.fields) <= _keys(chat.completion_create_params.CompletionCreateParamsNonStreaming)


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
