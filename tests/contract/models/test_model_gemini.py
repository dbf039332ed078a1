"""Gemini: on Vertex AI and with a developer's key, beside Google's own SDK; who asks; what a day's price is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from google.oauth2.credentials import Credentials

from shared.backends.models.google_identity import google_token_source
from shared.backends.models.vertex_address import vertex_root
from shared.core.errors import ConfigError, RateLimited, Unavailable
from shared.core.run.run import Usage
from shared.ports.model import Message, Tool, ToolCall
from tests.support.builders.model_requests import SCHEMA, a_request
from tests.support.later import import_later
from tests.support.servers.cloud.oidc_issuer import SigningKey
from tests.support.servers.http_loopback import Handler, HttpServer
from tests.support.servers.models import vertex_answers as say
from tests.support.servers.models.model_endpoint import Answer
from tests.support.servers.models.model_vendors import ANSWER, KEY, Rig, rig
from tests.support.servers.models.vertex_server import VertexServer

genai = import_later("google.genai")
errors = import_later("google.genai.errors")
types = import_later("google.genai.types")

CITY = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
LOOK = Tool("look", "Looks a city up.", CITY)
MODEL = "gemini-4-argon"
SIGNATURE = b"skip_thought_signature_validator"  # documented for calls that come from elsewhere


@pytest.fixture(scope="module", params=["vertex", "gemini"])
def world(request: pytest.FixtureRequest) -> Iterator[Rig]:
    with requests.Session() as session, rig(request.param, session) as vendor:
        yield vendor


@pytest.fixture(autouse=True)
def fresh(request: pytest.FixtureRequest) -> None:
    if "world" in request.fixturenames:
        vendor: Rig = request.getfixturevalue("world")
        vendor.endpoint.forget()
        vendor.clock.at = datetime(2026, 11, 21, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def sdk(world: Rig) -> Iterator[genai.Client]:
    options = types.HttpOptions(base_url=world.endpoint.url, timeout=5000)
    if world.name == "vertex":
        client = genai.Client(
            vertexai=True,
            project="test-project",
            location="us-central1",
            credentials=Credentials(KEY),  # type: ignore[no-untyped-call]
            http_options=options,
        )
    else:
        client = genai.Client(api_key=KEY, http_options=options)
    yield client
    client.close()


def _same(world: Rig) -> None:
    """Say that the two requests are one but for the role of the system's text, which the service ignores."""
    first, second = world.endpoint.requests
    assert first.path == second.path.replace("/v1/models", "/v1beta/models")  # where the SDK has gone on to
    assert first.request is not None
    assert second.request is not None
    ours, theirs = dict(first.request), dict(second.request)
    system = "systemInstruction"
    assert ours.pop(system)["parts"] == theirs.pop(system)["parts"]
    assert ours == theirs


def test_googles_own_sdk_sends_the_same_question_and_reads_the_same_answer(world: Rig, sdk: genai.Client) -> None:
    world.endpoint.script([say.json_text(ANSWER, tokens=say.usage(100, 20, thoughts=7))] * 2)
    ours = world.provider.complete(MODEL, a_request())
    theirs = sdk.models.generate_content(
        model=MODEL,
        contents="Plan this: ü",
        config=types.GenerateContentConfig(
            system_instruction="You plan.",
            response_mime_type="application/json",
            response_json_schema=SCHEMA,
            max_output_tokens=2000,
        ),
    )
    _same(world)
    assert theirs.parsed == ours.answer == ANSWER
    assert theirs.usage_metadata is not None
    assert theirs.usage_metadata.total_token_count == ours.usage.tokens
    assert theirs.response_id == ours.request_id


def test_googles_own_sdk_replays_a_round_of_tools_as_we_do(world: Rig, sdk: genai.Client) -> None:
    call = ToolCall("call_0_0", "look", {"city": "Bern"})
    turns = (Message("assistant", calls=(call,)), Message("tool", "rain", call=call.id), Message("user", "Go on."))
    world.endpoint.script([say.json_text(ANSWER)] * 2)
    world.provider.complete(MODEL, a_request(messages=turns, tools=(LOOK,)))
    asked = types.Part(
        function_call=types.FunctionCall(name="look", args={"city": "Bern"}), thought_signature=SIGNATURE
    )
    told = types.Part.from_function_response(name="look", response={"result": "rain"})
    declared = types.FunctionDeclaration(name="look", description="Looks a city up.", parameters_json_schema=CITY)
    sdk.models.generate_content(
        model=MODEL,
        contents=[
            types.Content(role="user", parts=[types.Part(text="Plan this: ü")]),
            types.Content(role="model", parts=[asked]),
            types.Content(role="user", parts=[told]),
            types.Content(role="user", parts=[types.Part(text="Go on.")]),
        ],
        config=types.GenerateContentConfig(
            system_instruction="You plan.",
            response_mime_type="application/json",
            response_json_schema=SCHEMA,
            max_output_tokens=2000,
            tools=[types.Tool(function_declarations=[declared])],
            automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
        ),
    )
    _same(world)


def test_calls_without_a_signature_or_with_too_few_results_are_refused(world: Rig, sdk: genai.Client) -> None:
    asked = types.Part(function_call=types.FunctionCall(name="look", args={}))
    told = types.Part.from_function_response(name="look", response={"result": "rain"})
    signed = types.Part(function_call=types.FunctionCall(name="look", args={}), thought_signature=b"x")
    user = types.Content(role="user", parts=[types.Part(text="Plan")])
    for turns, said in (
        ([asked], "thought_signature"),
        ([signed, asked], "function response parts"),
    ):
        contents = [user, types.Content(role="model", parts=turns), types.Content(role="user", parts=[told])]
        with pytest.raises(errors.ClientError, match=said):
            sdk.models.generate_content(model=MODEL, contents=contents)


def test_a_level_of_thinking_a_model_does_not_know_is_refused(world: Rig, sdk: genai.Client) -> None:
    least = types.GenerateContentConfig(
        thinking_config=types.ThinkingConfig(thinking_level=types.ThinkingLevel.MINIMAL)
    )
    with pytest.raises(errors.ClientError, match="MINIMAL"):
        sdk.models.generate_content(model=MODEL, contents="Plan", config=least)
    world.endpoint.script([say.json_text(ANSWER)])
    sdk.models.generate_content(model="gemini-3.5-flash-lite", contents="Plan", config=least)


def test_googles_own_sdk_counts_the_same_texts_alike(world: Rig, sdk: genai.Client) -> None:
    request = a_request(system="", prompt="Plan this. " * 50)
    theirs = sdk.models.count_tokens(model=MODEL, contents="Plan this. " * 50).total_tokens
    assert world.provider.count(MODEL, request) == theirs == 138  # a token per four of 550 characters
    assert [each.verb for each in world.endpoint.requests] == ["countTokens"] * 2


def test_a_key_nobody_knows_is_told_to_googles_own_sdk() -> None:
    with VertexServer(key=KEY) as server:
        options = types.HttpOptions(base_url=server.url, timeout=5000)
        client = genai.Client(api_key="another", http_options=options)
        with client, pytest.raises(errors.ClientError, match="API key not valid"):
            client.models.generate_content(model=MODEL, contents="Plan")
        with genai.Client(api_key=KEY, http_options=options) as client:
            assert [model.name for model in client.models.list()] == ["models/gemini-3.8-flash"]


def test_an_error_that_is_wrapped_in_a_list_is_read_too(world: Rig) -> None:
    wrapped = say.rate_limited(34)
    world.endpoint.script([Answer(429, [wrapped.body])])
    with pytest.raises(RateLimited) as caught:
        world.provider.complete(MODEL, a_request())
    assert caught.value.retry_after == timedelta(seconds=34)


@pytest.mark.parametrize(
    ("location", "host"),
    [
        ("global", "aiplatform.googleapis.com"),
        ("eu", "aiplatform.eu.rep.googleapis.com"),
        ("us-central1", "us-central1-aiplatform.googleapis.com"),
    ],
)
def test_every_region_has_its_host(location: str, host: str) -> None:
    assert vertex_root("p", location) == f"https://{host}/v1beta1/projects/p/locations/{location}"


# --- the identity it asks with


class Tokens:
    """A token endpoint, and a service account's key file that names it."""

    def __init__(self, folder: Path) -> None:
        self.asked = 0
        self.status = 200
        tokens = self

        class Endpoint(Handler):
            def do_POST(self) -> None:
                self.body()
                tokens.asked += 1
                answer = {"access_token": f"token-{tokens.asked}", "expires_in": 3600, "token_type": "Bearer"}
                body = json.dumps(answer if tokens.status == 200 else {"error": "invalid_grant"}).encode()
                self.reply(tokens.status, body, {"Content-Type": "application/json"})

        self.http = HttpServer(Endpoint)
        pem = SigningKey().private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        account = {"type": "service_account", "project_id": "test-project", "private_key_id": "k", "private_key": pem}
        account |= {"client_email": "plan@test-project.iam.gserviceaccount.com", "token_uri": self.http.url + "/token"}
        self.file = folder / "account.json"
        self.file.write_text(json.dumps(account))


def test_an_access_token_is_fetched_once_and_a_refusal_can_be_tried_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens = Tokens(tmp_path)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tokens.file))
    with tokens.http, requests.Session() as session:
        source = google_token_source(session)
        tokens.status = 400
        with pytest.raises(Unavailable):
            source()
        tokens.status = 200
        assert [source() for _ in range(3)] == ["token-2"] * 3
    assert tokens.asked == 2


# --- prices: by hand from the published list, dollars per million tokens


@pytest.mark.parametrize(
    ("model", "day", "micros"),
    [
        ("gemini-4-argon", "2026-11-30", 2_000_000 + 10_000_000),
        ("gemini-4-argon", "2026-12-01", 4_000_000 + 20_000_000),
        ("gemini-3.8-flash", "2026-12-31", 750_000 + 3_750_000),
        ("gemini-3.8-flash", "2027-01-01", 1_500_000 + 7_500_000),
        ("gemini-3.5-flash-lite", "2026-11-21", 300_000 + 2_500_000),
    ],
)
def test_a_million_tokens_each_way_cost_what_the_list_says_for_the_day(
    world: Rig, model: str, day: str, micros: int
) -> None:
    world.clock.at = datetime.fromisoformat(day).replace(tzinfo=UTC)
    world.endpoint.script([say.json_text(ANSWER, tokens=say.usage(1_000_000, 400_000, thoughts=600_000))])
    assert world.provider.complete(model, a_request()).usage == Usage(2_000_000, micros)


@pytest.mark.parametrize(
    ("model", "day"),
    [("gemini-2.5-pro", "2026-11-21"), ("gemini-4-argon", "2027-10-13"), ("gemini-4-argon", "2026-10-12")],
)
def test_without_a_price_nothing_is_asked(world: Rig, model: str, day: str) -> None:
    world.clock.at = datetime.fromisoformat(day).replace(tzinfo=UTC)
    for call in (world.provider.estimate, world.provider.complete):
        with pytest.raises(ConfigError, match=f"no (price for )?model {model!r}"):
            call(model, a_request())
    assert world.endpoint.requests == []
