"""The local endpoint of Anthropic's Messages API against the vendor's own SDK: what the adapter's tests stand on."""

from __future__ import annotations

from collections.abc import Iterator
from operator import attrgetter
from typing import Any

import pytest
import requests

from shared.ports.model import ModelRequest, Tool
from tests.support.later import import_later
from tests.support.servers.models import anthropic_server as say
from tests.support.servers.models.anthropic_server import AnthropicServer
from tests.support.servers.models.anthropic_wire import BLOCKS, COUNT, CREATE, TOOL
from tests.support.servers.models.model_endpoint import Answer, bad_gateway, dropped, slow
from tests.support.servers.models.model_vendors import ANSWER, KEY, WRITTEN, rig

anthropic = import_later("anthropic")
MODEL = "claude-sonnet-5-5"
SCHEMA = {
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
FORM = {"format": {"type": "json_schema", "schema": SCHEMA}}
ASKED: dict[str, Any] = {
    "model": MODEL,
    "max_tokens": 2000,
    "messages": [{"role": "user", "content": [{"type": "text", "text": "Plan this: ü"}]}],
}
TOOLS = [{"name": "look", "description": "Looks a city up.", "input_schema": CITY}]


@pytest.fixture(scope="module")
def server() -> Iterator[AnthropicServer]:
    with AnthropicServer(key=KEY) as server:
        yield server


@pytest.fixture(scope="module")
def sdk(server: AnthropicServer) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(api_key=KEY, base_url=server.url, max_retries=0, timeout=5) as client:
        yield client


@pytest.fixture(autouse=True)
def fresh(server: AnthropicServer) -> None:
    server.forget()


def test_the_sdk_asks_the_same_as_we_do_and_reads_the_same_answer() -> None:
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
    kept = {"cache_control": {"type": "ephemeral"}}
    with requests.Session() as session, rig("anthropic", session) as vendor:
        vendor.endpoint.script([say.text(WRITTEN, usage=say.usage(100, 20, read=5, written=7, thoughts=6))] * 2)
        ours = vendor.provider.complete(MODEL, request)
        with anthropic.Anthropic(api_key=KEY, base_url=vendor.endpoint.url, max_retries=0) as client:
            theirs = client.messages.create(
                model=MODEL,
                max_tokens=2000,
                system=[{"type": "text", "text": "You plan.", "cache_control": {"type": "ephemeral"}}],
                messages=[
                    {
                        "role": "user",
                        "content": [
                            {"type": "text", "text": "Rules.", "cache_control": {"type": "ephemeral"}},
                            {"type": "text", "text": "Plan this: ü"},
                        ],
                    }
                ],
                tools=[{"name": "look", "description": "Looks a city up.", "input_schema": CITY}],
                output_config={"format": {"type": "json_schema", "schema": SCHEMA}},
            )
        first, second = vendor.endpoint.requests
    assert first.body == second.body
    assert first.body["system"] == [{"type": "text", "text": "You plan."} | kept]
    assert first.path == second.path
    assert theirs.content[-1].type == "text"
    assert theirs.content[-1].text == WRITTEN
    assert ours.answer == ANSWER
    counted = theirs.usage
    assert ours.tokens["input"] == 112 == counted.input_tokens + 5 + 7
    assert ours.tokens["output"] + ours.tokens["thoughts"] == counted.output_tokens
    assert ours.request_id == theirs._request_id


def test_the_sdk_goes_through_a_round_of_tools(server: AnthropicServer, sdk: anthropic.Anthropic) -> None:
    server.script([say.tool_use(("toolu_1", "look", {"city": "Bern"}), said="I look."), say.text(WRITTEN)])
    asked: Any = ASKED | {"tools": TOOLS, "tool_choice": {"type": "auto"}}
    first = sdk.messages.create(**asked)
    assert first.stop_reason == "tool_use"
    call = first.content[-1]
    assert call.type == "tool_use"
    result = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": call.id, "content": "rain"}]}
    asked["messages"] = [*ASKED["messages"], first.to_param(), result]
    assert sdk.messages.create(**asked).stop_reason == "end_turn"
    assert [each.status for each in server.requests] == [200, 200]


def test_a_thought_holds_only_after_what_it_followed_and_may_be_left_out(
    server: AnthropicServer, sdk: anthropic.Anthropic
) -> None:
    server.script([say.tool_use(("toolu_1", "look", {"city": "Bern"})), *[say.text(WRITTEN)] * 2])
    asked: Any = ASKED | {"tools": TOOLS}
    thought, call = [block.model_dump(exclude_none=True) for block in sdk.messages.create(**asked).content]
    result = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "rain"}]}
    for content, more, said in (
        ([thought, call], {"system": "Now in German."}, "does not match"),
        ([{**thought, "signature": "mine"}, call], {}, "Invalid `signature`"),
    ):
        asked["messages"] = [*ASKED["messages"], {"role": "assistant", "content": content}, result]
        with pytest.raises(anthropic.BadRequestError, match=said):
            sdk.messages.create(**asked, **more)
    for content, more in (([thought, call], {}), ([call], {"system": "Now in German."})):
        asked["messages"] = [*ASKED["messages"], {"role": "assistant", "content": content}, result]
        assert sdk.messages.create(**asked, **more).stop_reason == "end_turn"


def test_the_sdk_lists_the_models(sdk: anthropic.Anthropic) -> None:
    assert MODEL in {model.id for model in sdk.models.list()}


def test_the_sdk_counts(server: AnthropicServer, sdk: anthropic.Anthropic) -> None:
    counted = sdk.messages.count_tokens(model=MODEL, messages=ASKED["messages"], system="You plan.")
    assert 10 < counted.input_tokens < 60
    assert server.requests[0].verb == "count"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (say.error(400, "prompt is too long: 2 tokens > 1 maximum"), "BadRequestError"),
        (say.error(401, "invalid x-api-key"), "AuthenticationError"),
        (say.error(402, "Payment is due."), "PaymentRequiredError"),
        (say.error(403, "No."), "PermissionDeniedError"),
        (say.error(404, "model: x"), "NotFoundError"),
        (say.error(413, "Large."), "ContentTooLargeError"),
        (say.error(429, "Too many.", headers={"retry-after": "34"}), "RateLimitError"),
        (say.error(429, "Spent.", "enforced_spend_limit_reached"), "RateLimitError"),
        (say.error(500, "Internal."), "InternalServerError"),
        (say.error(504, "Late."), "GatewayTimeoutError"),
        (say.error(529, "Overloaded."), "OverloadedError"),
        (bad_gateway(), "InternalServerError"),
        (dropped(), "APIConnectionError"),
    ],
)
def test_the_sdk_knows_every_error(
    server: AnthropicServer, sdk: anthropic.Anthropic, answer: Answer, error: str
) -> None:
    server.script([answer])
    with pytest.raises(getattr(anthropic, error)) as caught:
        sdk.messages.create(**ASKED)
    if isinstance(caught.value, anthropic.APIStatusError) and answer.status != 502:
        assert caught.value.request_id == "req_01"
        assert caught.value.api_message == answer.body["error"]["message"]
        assert caught.value.error_code == answer.body["error"].get("details", {}).get("error_code")


def test_the_sdk_gives_up_on_a_slow_answer(server: AnthropicServer, sdk: anthropic.Anthropic) -> None:
    server.script([slow(say.text(WRITTEN), 0.2)])
    with pytest.raises(anthropic.APITimeoutError):
        sdk.with_options(timeout=0.05).messages.create(**ASKED)


@pytest.mark.parametrize(
    ("spec", "theirs"),
    [
        (CREATE, "message_create_params.MessageCreateParamsNonStreaming"),
        (COUNT, "message_count_tokens_params.MessageCountTokensParams"),
        (CREATE.fields["output_config"], "OutputConfigParam"),
        (TOOL, "ToolParam"),
        (BLOCKS["text"], "TextBlockParam"),
        (BLOCKS["tool_use"], "ToolUseBlockParam"),
        (BLOCKS["tool_result"], "ToolResultBlockParam"),
    ],
)
def test_the_fields_that_are_taken_are_those_the_sdk_knows(spec: Any, theirs: str) -> None:
    known = attrgetter(theirs)(anthropic.types)
    older = {"temperature", "top_k", "top_p"}  # fields of the API's version 2023-06-01, which the SDK has left behind
    assert set(spec.fields) - older == known.__required_keys__ | known.__optional_keys__


def _turns(*more: dict[str, Any]) -> dict[str, Any]:
    return {"messages": [*ASKED["messages"], *more], "tools": TOOLS}


USE = {"role": "assistant", "content": [{"type": "tool_use", "id": "toolu_1", "name": "look", "input": {}}]}
RESULT = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "rain"}]}
OPUS, HAIKU, OLD = {"model": "claude-opus-5-5"}, {"model": "claude-haiku-5-5"}, {"model": "claude-haiku-4-5"}
ENABLED = {"thinking": {"type": "enabled", "budget_tokens": 1024}}
MANY = {"type": "object", "properties": {f"m{n}": {"type": "string"} for n in range(25)}, "additionalProperties": False}
MAYBE = {"anyOf": [{"type": "string"}, {"type": "null"}]}
BOTH = MANY | {"properties": {f"m{n}": MAYBE for n in range(17)}, "required": [f"m{n}" for n in range(17)]}
BENT = {
    "type": "object",
    "properties": {"n": {"type": "integer", "minimum": 1}},
    "required": [],
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"temprature": 1}, "temprature: Extra inputs"),
        ({"temperature": 0.2}, "temperature"),
        ({"top_k": 5}, "top_k"),
        (ENABLED, "adaptive"),
        (OPUS | {"thinking": {"type": "disabled"}}, "always thinks"),
        (HAIKU | {"thinking": {"type": "disabled"}, "output_config": {"effort": "max"}}, "at most high"),
        ({"output_config": {"effort": "tiny"}}, "effort"),
        ({"tools": TOOLS, "tool_choice": {"type": "tool", "name": "look"}}, "forced"),
        ({"tools": TOOLS, "tool_choice": {"type": "any"}}, "forced"),
        ({"tool_choice": {"type": "auto"}}, "tools"),
        ({"max_tokens": 128_001}, "maximum"),
        (OLD | {"max_tokens": 64_001}, "maximum"),
        ({"messages": []}, "at least one"),
        ({"messages": [{"role": "assistant", "content": "x"}]}, "user role"),
        (_turns({"role": "assistant", "content": "Sure"}), "prefill"),
        ({"messages": [{"role": "user", "content": ""}]}, "non-whitespace"),
        ({"messages": [{"role": "user", "content": []}]}, "non-empty"),
        ({"system": [{"type": "text", "text": "", "cache_control": {"type": "ephemeral"}}]}, "empty text"),
        (_turns(USE), "prefill"),
        (_turns(USE, {"role": "user", "content": "x"}), "without `tool_result`"),
        (_turns(RESULT), "unexpected"),
        (_turns(USE, RESULT) | {"tools": []}, "must define tools"),
        ({"tools": [TOOLS[0] | {"name": "notion.look"}]}, "pattern"),
        ({"tools": [*TOOLS, *TOOLS]}, "unique"),
        ({"tools": [TOOLS[0] | {"input_schema": {"properties": {}}}]}, "type"),
        ({"tools": [TOOLS[0] | {"strict": True, "input_schema": {"type": "object"}}]}, "additionalProperties"),
        ({"output_config": {"format": {"type": "json_schema", "schema": BENT}}}, "minimum"),
        ({"output_config": {"format": {"type": "json_schema", "schema": {"type": "object"}}}}, "additionalProperties"),
        ({"output_config": {"format": {"type": "json_schema", "schema": MANY}}}, "25 optional"),
        ({"output_config": {"format": {"type": "json_schema", "schema": BOTH}}}, "17 with union"),
        ({"system": [{"type": "text", "text": "x", "cache_control": {"type": "ephemeral"}}] * 5}, "maximum of 4"),
    ],
)
def test_what_the_service_refuses_is_refused(
    server: AnthropicServer, sdk: anthropic.Anthropic, change: dict[str, Any], said: str
) -> None:
    unknown = {"temprature", "temperature", "top_k"}  # to the SDK
    asked: Any = {name: value for name, value in (ASKED | change).items() if name not in unknown}
    with pytest.raises(anthropic.BadRequestError, match=said):
        sdk.messages.create(**asked, extra_body={name: change[name] for name in unknown & set(change)})
    server.script([say.text(WRITTEN)])
    sdk.messages.create(**ASKED)  # without the change it is taken


def test_who_may_not_come_in_is_told_so(server: AnthropicServer) -> None:
    headers = {"x-api-key": KEY, "anthropic-version": "2023-06-01"}
    wrong = [
        ({"x-api-key": "another"}, "/v1/messages", 401),
        ({"anthropic-version": "2024-01-01"}, "/v1/messages", 400),
        ({"Content-Type": "text/plain"}, "/v1/messages", 400),
        ({}, "/v1/message", 404),
    ]
    for change, path, status in wrong:
        told = requests.post(server.url + path, json=ASKED, headers=headers | change, timeout=5)
        assert (told.status_code, told.json()["type"]) == (status, "error")
    nan = requests.post(
        server.url + "/v1/messages",
        data=b'{"model": NaN}',
        headers=headers | {"Content-Type": "application/json"},
        timeout=5,
    )
    assert nan.status_code == 400
