"""The local Gemini endpoint against the vendor's own SDK: what the model adapter's tests stand on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import httpx2
import pytest
import requests
from google.oauth2.credentials import Credentials
from pydantic import BaseModel

from tests.support.later import import_later
from tests.support.servers.models import vertex_answers as answers
from tests.support.servers.models.vertex_answers import Answer
from tests.support.servers.models.vertex_server import VertexServer

genai = import_later("google.genai")
errors = import_later("google.genai.errors")
types = import_later("google.genai.types")

TOKEN = "-".join(("static", "bearer"))
MODEL = "gemini-3.8-flash"
PATH = f"/projects/test-project/locations/us-central1/publishers/google/models/{MODEL}:generateContent"


class Step(BaseModel):
    kind: str
    arguments: dict[str, str] = {}
    note: str | None = None


class Plan(BaseModel):
    title: str
    steps: list[Step]


PLAN = {"title": "Site", "steps": [{"kind": "notion.update_page", "arguments": {"page": "p1"}, "note": None}]}


@pytest.fixture
def vertex() -> Iterator[VertexServer]:
    with VertexServer(token=TOKEN, project="test-project", models=[MODEL, "gemini-4-argon"]) as server:
        yield server


@pytest.fixture
def sdk(vertex: VertexServer) -> Iterator[genai.Client]:
    client = _sdk(vertex)
    yield client
    client.close()


def _sdk(
    vertex: VertexServer, *, token: str = TOKEN, project: str = "test-project", timeout: int = 5000
) -> genai.Client:
    return genai.Client(
        vertexai=True,
        project=project,
        location="us-central1",
        credentials=Credentials(token),  # type: ignore[no-untyped-call]
        http_options=types.HttpOptions(base_url=vertex.url, timeout=timeout),
    )


def _plan(sdk: genai.Client, **more: Any) -> types.GenerateContentResponse:
    config = {"response_mime_type": "application/json", "response_schema": Plan, "max_output_tokens": 2048} | more
    return sdk.models.generate_content(
        model=MODEL, contents="Make a site", config=types.GenerateContentConfig(**config)
    )


def test_the_sdk_parses_a_structured_answer_and_its_usage(vertex: VertexServer, sdk: genai.Client) -> None:
    vertex.script([answers.json_text(PLAN, tokens=answers.usage(100, 40, thoughts=25, cached=60))])
    response = _plan(sdk, system_instruction="Plan.", labels={"tenant": "t1"}, temperature=0.2, seed=7)
    assert response.parsed == Plan.model_validate(PLAN)
    usage = response.usage_metadata
    assert usage is not None
    assert (usage.prompt_token_count, usage.cached_content_token_count) == (100, 60)
    assert (usage.candidates_token_count, usage.thoughts_token_count, usage.total_token_count) == (40, 25, 165)
    assert response.candidates is not None
    assert response.candidates[0].finish_reason is types.FinishReason.STOP
    seen = vertex.requests[0]
    assert (seen.path, seen.model, seen.verb) == ("/v1beta1" + PATH, MODEL, "generateContent")
    assert seen.request is not None
    assert seen.request["systemInstruction"]["parts"] == [{"text": "Plan."}]
    assert seen.request["contents"] == [{"role": "user", "parts": [{"text": "Make a site"}]}]
    assert seen.request["labels"] == {"tenant": "t1"}
    assert seen.request["generationConfig"]["maxOutputTokens"] == 2048
    assert seen.request["generationConfig"]["responseSchema"]["properties"]["steps"]["type"] == "ARRAY"


def test_a_json_schema_and_thinking_are_taken_too(vertex: VertexServer, sdk: genai.Client) -> None:
    vertex.script([answers.json_text(PLAN)])
    config = types.GenerateContentConfig(
        response_mime_type="application/json",
        response_json_schema=Plan.model_json_schema(),
        thinking_config=types.ThinkingConfig(thinking_level=types.ThinkingLevel.LOW, include_thoughts=False),
        safety_settings=[
            types.SafetySetting(
                category=types.HarmCategory.HARM_CATEGORY_HARASSMENT, threshold=types.HarmBlockThreshold.BLOCK_ONLY_HIGH
            )
        ],
    )
    response = sdk.models.generate_content(model="gemini-4-argon", contents="Plan", config=config)
    assert response.parsed == PLAN
    assert vertex.requests[0].request is not None
    assert vertex.requests[0].request["generationConfig"]["responseJsonSchema"] == Plan.model_json_schema()


@pytest.mark.parametrize(
    ("answer", "text", "reason"),
    [
        pytest.param(answers.cut(PLAN, 20), '{"title": "Site", "s', "MAX_TOKENS", id="cut"),
        pytest.param(answers.text('{"title": "Site"}'), '{"title": "Site"}', "STOP", id="another shape"),
        pytest.param(answers.text('{"title": '), '{"title": ', "STOP", id="half a document"),
        pytest.param(answers.stopped("SAFETY"), None, "SAFETY", id="safety"),
        pytest.param(answers.thought_away(), None, "MAX_TOKENS", id="all thought away"),
    ],
)
def test_an_unusable_answer_is_not_parsed(
    vertex: VertexServer, sdk: genai.Client, answer: Answer, text: str | None, reason: str
) -> None:
    vertex.script([answer])
    response = _plan(sdk)
    assert response.parsed is None
    assert response.text == text
    assert response.candidates is not None
    assert response.candidates[0].finish_reason is types.FinishReason(reason)


def test_a_blocked_prompt_has_no_candidates(vertex: VertexServer, sdk: genai.Client) -> None:
    vertex.script([answers.blocked_prompt("PROHIBITED_CONTENT")])
    response = _plan(sdk)
    assert not response.candidates
    assert response.prompt_feedback is not None
    assert response.prompt_feedback.block_reason is types.BlockedReason.PROHIBITED_CONTENT


@pytest.mark.parametrize(
    ("answer", "code", "status"),
    [
        pytest.param(answers.rate_limited(7), 429, "RESOURCE_EXHAUSTED", id="429"),
        pytest.param(answers.unavailable(), 503, "UNAVAILABLE", id="503"),
        pytest.param(answers.refused(), 400, "INVALID_ARGUMENT", id="400"),
        pytest.param(answers.forbidden(), 403, "PERMISSION_DENIED", id="403"),
        pytest.param(answers.bad_gateway(), 502, "Bad Gateway", id="502"),
    ],
)
def test_errors_reach_the_caller_as_the_sdk_tells_them(
    vertex: VertexServer, sdk: genai.Client, answer: Answer, code: int, status: str
) -> None:
    vertex.script([answer])
    with pytest.raises(errors.APIError) as caught:
        _plan(sdk)
    assert (caught.value.code, caught.value.status) == (code, status)
    if code == 429:
        assert caught.value.details["error"]["details"] == [
            {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "7s"}
        ]


def test_the_network_fails_as_the_network_does(vertex: VertexServer, sdk: genai.Client) -> None:
    vertex.script([answers.slow(answers.json_text(PLAN), 0.6), answers.dropped(), answers.not_json()])
    with _sdk(vertex, timeout=200) as hasty, pytest.raises((httpx.ReadTimeout, httpx2.ReadTimeout)):
        _plan(hasty)
    with pytest.raises((httpx.RemoteProtocolError, httpx2.RemoteProtocolError)):
        _plan(sdk)
    with pytest.raises(json.JSONDecodeError):
        _plan(sdk)


def test_a_function_call_goes_there_and_back(vertex: VertexServer, sdk: genai.Client) -> None:
    def echo(request: Any) -> Answer:
        return answers.text(json.dumps(request["contents"][-1]["parts"][0]["functionResponse"]["response"]))

    vertex.script([answers.function_call("get_page", {"page": "p1"}), echo])
    schema = {"type": "object", "properties": {"page": {"type": "string"}}, "required": ["page"]}
    declared = types.FunctionDeclaration(name="get_page", description="Read", parameters_json_schema=schema)
    config = types.GenerateContentConfig(
        tools=[types.Tool(function_declarations=[declared])],
        automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
    )
    asked = types.Content(role="user", parts=[types.Part(text="What is on it?")])
    first = sdk.models.generate_content(model=MODEL, contents=[asked], config=config)
    assert first.function_calls is not None
    call = first.function_calls[0]
    assert (call.name, call.args) == ("get_page", {"page": "p1"})
    assert first.candidates is not None
    answered = types.Content(role="user", parts=[types.Part.from_function_response(name="get_page", response={"x": 1})])
    history = [asked, first.candidates[0].content, answered]
    second = sdk.models.generate_content(model=MODEL, contents=history, config=config)
    assert second.text == '{"x": 1}'
    assert vertex.requests[1].request is not None
    returned = vertex.requests[1].request["contents"][1]["parts"][0]
    assert returned["thoughtSignature"].rstrip("=") == "c2lnbmF0dXJl"


def test_tokens_are_counted(vertex: VertexServer, sdk: genai.Client) -> None:
    counted = sdk.models.count_tokens(model=MODEL, contents="a" * 10)
    assert counted.total_tokens == 3  # a token for each four letters begun


def test_who_may_not_come_in_takes_nothing_from_the_script(vertex: VertexServer) -> None:
    vertex.script([answers.json_text(PLAN)])
    strangers = [({"token": "other"}, 401, MODEL), ({"project": "other"}, 403, MODEL), ({}, 404, "gemini-2.5-flash")]
    for who, code, model in strangers:
        with _sdk(vertex, **who) as client, pytest.raises(errors.ClientError) as caught:  # type: ignore[arg-type]
            client.models.generate_content(model=model, contents="x")
        assert caught.value.code == code
    assert vertex.unused == 1


USER = {"contents": [{"role": "user", "parts": [{"text": "x"}]}]}


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(USER | {"model": MODEL}, id="unknown field"),
        pytest.param(USER | {"generationConfig": {"max_tokens": 5}}, id="unknown field of the configuration"),
        pytest.param({"contents": "x"}, id="contents as text"),
        pytest.param({"contents": []}, id="no contents"),
        pytest.param({"contents": [{"parts": [{"text": "x"}]}]}, id="no role"),
        pytest.param({"contents": [{"role": "assistant", "parts": [{"text": "x"}]}]}, id="another vendor's role"),
        pytest.param({"contents": [{"role": "user", "parts": []}]}, id="no parts"),
        pytest.param({"contents": [{"role": "user", "parts": [{"text": ""}]}]}, id="empty text"),
        pytest.param({"contents": [{"role": "user", "parts": [{"thought": True}]}]}, id="a part of nothing"),
        pytest.param(USER | {"systemInstruction": "x"}, id="system instruction as text"),
        pytest.param(USER | {"generationConfig": {"maxOutputTokens": 0}}, id="no output"),
        pytest.param(USER | {"generationConfig": {"maxOutputTokens": "5"}}, id="a number as text"),
        pytest.param(USER | {"generationConfig": {"temperature": 2.5}}, id="too hot"),
        pytest.param(USER | {"generationConfig": {"responseSchema": {"type": "OBJECT"}}}, id="schema without JSON"),
        pytest.param(
            USER | {"generationConfig": {"responseMimeType": "application/json", "responseSchema": {"$ref": "#/a"}}},
            id="a reference in an OpenAPI schema",
        ),
        pytest.param(
            USER
            | {
                "generationConfig": {
                    "responseMimeType": "application/json",
                    "responseSchema": {"type": "STRING"},
                    "responseJsonSchema": {"type": "string"},
                }
            },
            id="two schemas",
        ),
        pytest.param(
            USER | {"generationConfig": {"thinkingConfig": {"thinkingBudget": 1, "thinkingLevel": "LOW"}}},
            id="two ways to limit thinking",
        ),
        pytest.param(USER | {"labels": {"Tenant": "a"}}, id="a label in capitals"),
        pytest.param(USER | {"tools": [{"functionDeclarations": [{"name": "1 a"}]}]}, id="a function's name"),
        pytest.param(USER | {"safetySettings": [{"category": "RUDE", "threshold": "OFF"}]}, id="unknown category"),
    ],
)
def test_a_body_the_service_would_not_take_is_refused(vertex: VertexServer, body: Any) -> None:
    vertex.script([answers.text("never")])
    with requests.Session() as session:
        session.trust_env = False
        response = session.post(vertex.url + "/v1" + PATH, json=body, headers={"Authorization": f"Bearer {TOKEN}"})
    assert (response.status_code, response.json()["error"]["status"]) == (400, "INVALID_ARGUMENT")
    assert (vertex.unused, vertex.requests[0].request) == (1, None)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        pytest.param(lambda r: r.update(url=r["url"].replace("/v1/", "/v2/")), 404, id="version"),
        pytest.param(lambda r: r.update(url=r["url"] + "x"), 404, id="verb"),
        pytest.param(lambda r: r.update(method="GET"), 404, id="method"),
        pytest.param(lambda r: r["headers"].pop("Authorization"), 401, id="no token"),
        pytest.param(lambda r: r["headers"].update({"Authorization": TOKEN}), 401, id="no scheme"),
        pytest.param(lambda r: r["headers"].update({"Content-Type": "text/plain"}), 400, id="content type"),
        pytest.param(lambda r: r.update(data=b"{"), 400, id="broken JSON"),
        pytest.param(lambda r: None, 200, id="nothing changed, and the newer version of the path is no must"),
    ],
)
def test_the_door_is_checked(vertex: VertexServer, change: Callable[[dict[str, Any]], None], status: int) -> None:
    vertex.script([answers.text("ok")])
    request: dict[str, Any] = {
        "method": "POST",
        "url": vertex.url + "/v1" + PATH,
        "headers": {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"},
        "data": json.dumps(USER),
    }
    change(request)
    with requests.Session() as session:
        session.trust_env = False
        assert session.request(**request).status_code == status
