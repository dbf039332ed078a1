"""Model: Vertex AI over the wire, judged by an endpoint that is strict and by Google's own SDK beside ours."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from shared.backends.models.gemini import Gemini
from shared.backends.models.google_identity import google_token_source
from shared.backends.offline.model import OfflineModel
from shared.core.errors import (
    AgentError,
    ConfigError,
    ContextTooLong,
    InvalidOutput,
    Missing,
    OutcomeUnknown,
    Overloaded,
    QuotaExhausted,
    RateLimited,
    Refused,
    Rejected,
    Unavailable,
)
from shared.core.run import Usage
from shared.mind.catalogue import load_catalogue
from shared.ports import ModelRequest, ModelResult
from tests.support import vertex_answers as say
from tests.support.http_loopback import Handler, HttpServer
from tests.support.oidc_issuer import SigningKey
from tests.support.vertex_server import VertexServer

TOKEN = "ya29." + "made-up-for-tests"
SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["title", "steps"],
    "properties": {"title": {"type": "string"}, "steps": {"type": "array", "items": {"type": "string"}}},
}
MODEL = "gemini-4-argon"
ANSWER = {"title": "Größe ✓", "steps": ["a", "b"]}


class Hand:
    """A clock moved by hand."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at


class World:
    """An endpoint and our model of it."""

    def __init__(self, server: VertexServer) -> None:
        self.server, self.clock = server, Hand(datetime(2026, 11, 21, 9, tzinfo=UTC))
        self.session = requests.Session()
        self.vertex = self.with_base(server.url)

    def with_base(self, url: str) -> Gemini:
        return Gemini.on_vertex(
            "test-project",
            "us-central1",
            lambda: TOKEN,
            load_catalogue(),
            self.clock,
            base_url=url,
            session=self.session,
        )

    def ask(self, model: str = MODEL, **changes: Any) -> ModelResult:
        return self.vertex.complete(model, a_request(**changes))


def a_request(**changes: Any) -> ModelRequest:
    values: dict[str, Any] = {
        "task": "plan",
        "task_class": "reason",
        "system": "You plan.",
        "prompt": "Plan this: ü",
        "schema": SCHEMA,
        "max_output_tokens": 2000,
    }
    return ModelRequest(**(values | changes))


@pytest.fixture
def world() -> Iterator[World]:
    with VertexServer(token=TOKEN, project="test-project") as server:
        world = World(server)
        yield world
        world.session.close()


def test_the_answer_comes_with_what_it_cost(world: World) -> None:
    tokens = say.usage(9412, 230, thoughts=120, cached=9000)
    world.server.script([say.json_text(ANSWER, tokens=tokens, model="gemini-4-argon")])
    result = world.ask()
    assert result.answer == ANSWER
    assert (result.model, result.request_id) == ("gemini-4-argon", "response-1")
    assert result.tokens == {"input": 9412, "cached": 9000, "output": 230, "thoughts": 120}
    # By hand from the list prices of that day, in dollars per million: 412 x 2.00 + 9000 x 0.10 + 350 x 10.00
    assert result.usage == Usage(9762, 5224)


def test_googles_own_sdk_sends_the_same_question_and_reads_the_same_answer(world: World) -> None:
    from google import genai
    from google.genai import types
    from google.oauth2.credentials import Credentials

    world.server.script([say.json_text(ANSWER, tokens=say.usage(100, 20, thoughts=7))] * 2)
    ours = world.ask()
    with genai.Client(
        vertexai=True,
        project="test-project",
        location="us-central1",
        credentials=Credentials(TOKEN),  # type: ignore[no-untyped-call]
        http_options=types.HttpOptions(base_url=world.server.url),
    ) as client:
        theirs = client.models.generate_content(
            model="gemini-4-argon",
            contents="Plan this: ü",
            config=types.GenerateContentConfig(
                system_instruction="You plan.",
                response_mime_type="application/json",
                response_json_schema=SCHEMA,
                max_output_tokens=2000,
            ),
        )
    first, second = world.server.requests
    assert first.path.split("?")[0] == second.path.split("?")[0]
    assert first.request is not None
    assert second.request is not None
    system = "systemInstruction"  # whose role the service ignores
    assert {k: v for k, v in first.request.items() if k != system} == {
        k: v for k, v in second.request.items() if k != system
    }
    assert first.request[system]["parts"] == second.request[system]["parts"]
    assert theirs.parsed == ours.answer
    assert theirs.usage_metadata is not None
    assert theirs.usage_metadata.total_token_count == ours.usage.tokens


BLOCKED = [say.blocked_prompt(), *(say.stopped(reason) for reason in ("SAFETY", "RECITATION", "SPII"))]
UNUSABLE = [
    say.cut(ANSWER, 12),
    say.thought_away(),
    say.text("not JSON"),
    say.text("[1, 2]"),
    say.text(""),
    say.stopped("MALFORMED_RESPONSE"),
    say.stopped("OTHER"),
]


@pytest.mark.parametrize("answer", BLOCKED, ids=lambda a: json.dumps(a.body)[:60])
def test_a_refusal_is_told_apart(world: World, answer: say.Answer) -> None:
    world.server.script([answer])
    with pytest.raises(Refused):
        world.ask()


@pytest.mark.parametrize("answer", UNUSABLE, ids=lambda a: json.dumps(a.body)[:80])
def test_an_unusable_answer_is_invalid_and_still_billed(world: World, answer: say.Answer) -> None:
    world.server.script([answer])
    with pytest.raises(InvalidOutput) as caught:
        world.ask()
    told = answer.body["usageMetadata"]
    assert caught.value.used.tokens == told["totalTokenCount"]


QUOTA = {"@type": "type.googleapis.com/google.rpc.QuotaFailure"}
DAY = QUOTA | {"violations": [{"quotaId": "GenerateRequestsPerDayPerProjectPerModel"}]}
MINUTE = QUOTA | {"violations": [{"quotaId": "GenerateContentRequestsPerMinutePerProject"}]}


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        pytest.param(say.rate_limited(None), RateLimited, id="429"),
        pytest.param(say.error(429, "slow down", MINUTE), RateLimited, id="429 of the minute"),
        pytest.param(say.error(429, "used up", DAY), QuotaExhausted, id="429 of the day"),
        pytest.param(say.error(402, "billing is off"), QuotaExhausted, id="402"),
        pytest.param(say.unavailable(), Overloaded, id="503"),
        pytest.param(say.error(500, "internal"), OutcomeUnknown, id="500"),
        pytest.param(say.bad_gateway(), OutcomeUnknown, id="502 with a page"),
        pytest.param(say.error(504, "late"), OutcomeUnknown, id="504"),
        pytest.param(say.not_json(), OutcomeUnknown, id="200 with a page"),
        pytest.param(say.Answer(body=[]), OutcomeUnknown, id="200 with a list"),
        pytest.param(say.dropped(), OutcomeUnknown, id="dropped"),
        pytest.param(say.slow(say.json_text(ANSWER), 0.6), OutcomeUnknown, id="too slow"),
        pytest.param(say.refused(), Rejected, id="400"),
        pytest.param(
            say.refused("The input token count (2000001) exceeds the maximum number of tokens allowed (1048576)."),
            ContextTooLong,
            id="400 too long",
        ),
        pytest.param(say.error(401, "who?"), Rejected, id="401"),
        pytest.param(say.forbidden(), Rejected, id="403"),
        pytest.param(say.error(404, "no such model"), Missing, id="404"),
        pytest.param(say.Answer(302, b"", {"Location": "https://elsewhere.example/"}), Rejected, id="302"),
    ],
)
def test_every_refused_call_has_its_class_and_tells_no_token(
    world: World, answer: say.Answer, error: type[AgentError]
) -> None:
    world.server.script([answer])
    with pytest.raises(error) as caught:
        world.ask(timeout=timedelta(seconds=0.3))
    assert type(caught.value) is error
    assert TOKEN not in str(caught.value)
    assert len(world.server.requests) == 1  # never tried again: that is the reducer's


@pytest.mark.parametrize("answer", [say.rate_limited(34), say.Answer(429, b"", {"Retry-After": "34"})])
def test_the_wait_that_is_asked_for_is_passed_on(world: World, answer: say.Answer) -> None:
    world.server.script([answer])
    with pytest.raises(RateLimited) as caught:
        world.ask()
    assert caught.value.retry_after == timedelta(seconds=34)


def test_an_address_where_nobody_listens_is_certainly_not_charged(world: World) -> None:
    with pytest.raises(Unavailable):
        world.with_base("http://127.0.0.1:9").complete(MODEL, a_request())


@pytest.mark.parametrize(
    "prompt", ["x", "ü" * 500, "🔑" * 500, "a b " * 800, json.dumps({"k": ["v"] * 300}), '"\\\n' * 400]
)
def test_the_estimate_is_an_upper_bound(world: World, prompt: str) -> None:
    """Against the worst there is: one token for each byte, and the whole output limit used."""
    request = a_request(prompt=prompt)
    asked = sum(len(text.encode()) for text in (prompt, request.system, json.dumps(SCHEMA)))
    world.server.script([say.json_text(ANSWER, tokens=say.usage(asked, 1500, thoughts=500))])
    bound, real = world.vertex.estimate(MODEL, request), world.vertex.complete(MODEL, request).usage
    assert bound.tokens >= real.tokens
    assert bound.micros >= real.micros


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
    world: World, model: str, day: str, micros: int
) -> None:
    world.clock.at = datetime.fromisoformat(day).replace(tzinfo=UTC)
    world.server.script([say.json_text(ANSWER, tokens=say.usage(1_000_000, 400_000, thoughts=600_000))])
    assert world.ask(model).usage == Usage(2_000_000, micros)


@pytest.mark.parametrize(
    ("model", "day"),
    [("gemini-2.5-pro", "2026-11-21"), ("gemini-4-argon", "2027-10-13"), ("gemini-4-argon", "2026-10-12")],
)
def test_without_a_price_nothing_is_asked(world: World, model: str, day: str) -> None:
    world.clock.at = datetime.fromisoformat(day).replace(tzinfo=UTC)
    for call in (world.vertex.estimate, world.vertex.complete):
        with pytest.raises(ConfigError, match=f"no (price for )?model {model!r}"):
            call(model, a_request())
    assert world.server.requests == []


def test_a_task_the_offline_model_has_no_rules_for_is_refused() -> None:
    with pytest.raises(Refused):
        OfflineModel().complete(a_request(task="sing"))
