"""The local endpoints of OpenAI, xAI and servers alike against OpenAI's own SDK: what the adapters' tests stand on."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests

from shared.ports.model import ModelRequest, Tool
from tests.support.later import import_later
from tests.support.servers.models import openai_server as say
from tests.support.servers.models.model_vendors import ANSWER, KEY, WRITTEN, rig
from tests.support.servers.models.openai_asked import ASKED, CITY, MODELS, SCHEMA, TOOL
from tests.support.servers.models.openai_fields import CHAT, COUNT, FORM, ITEM, MESSAGE, PIECES, RESPONSE
from tests.support.servers.models.openai_server import OpenAIServer

openai = import_later("openai")


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
