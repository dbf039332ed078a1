"""Every vendor as the contract of providers meets it: our adapter, its strict endpoint, and one answer per situation.

The answers are those of the taxonomy (integrations, section 2.5) in each vendor's own shape.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

import requests

from shared.backends.models.anthropic import Anthropic
from shared.backends.models.gemini import Gemini
from shared.backends.models.openai_chat import OpenAIChat
from shared.backends.models.openai_responses import OpenAIResponses
from shared.backends.models.vendor import Vendor
from shared.core.models.model_facts import Catalogue, describe_own_model
from shared.http_client import Trace
from shared.mind.catalogue import load_catalogue
from shared.ports import Secret
from tests.support.servers.models import anthropic_server as claude
from tests.support.servers.models import openai_server as gpt
from tests.support.servers.models import vertex_answers as google
from tests.support.servers.models.anthropic_server import AnthropicServer
from tests.support.servers.models.model_endpoint import (
    Answer,
    ModelEndpoint,
    bad_gateway,
    dropped,
    garbage,
    not_json,
    slow,
)
from tests.support.servers.models.openai_server import OpenAIServer
from tests.support.servers.models.vertex_server import VertexServer

KEY = "-".join(("made", "up", "key", "0123456789"))
ANSWER = {"title": "Größe ✓", "steps": ["a", "b"]}
WRITTEN = json.dumps(ANSWER, ensure_ascii=False)
HALF = WRITTEN[:20]
VENDORS = ("anthropic", "openai", "xai", "gemini", "vertex", "compatible")
MODELS = {
    "anthropic": "claude-sonnet-5-5",
    "openai": "gpt-6.1-terra",
    "xai": "grok-4.7",
    "gemini": "gemini-3.8-flash",
    "vertex": "gemini-3.8-flash",
    "compatible": "llama-local",
}


class Hand:
    """A clock moved by hand."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 21, 9, tzinfo=UTC)

    def now(self) -> datetime:
        """Return where it was put."""
        return self.at


@dataclass
class Rig:
    """One vendor's endpoint with our adapter in front of it."""

    name: str
    endpoint: ModelEndpoint
    provider: Vendor
    clock: Hand
    model: str
    keys_asked: list[int]


def catalogue() -> Catalogue:
    """Return the shipped catalogue, with a local model that costs nothing."""
    local = describe_own_model("llama-local", "compatible", window=32_000, speed=2, rank=9)
    return load_catalogue().having("compatible", local)


@contextmanager
def rig(name: str, session: requests.Session, *, url: str = "", trace: Trace | None = None) -> Iterator[Rig]:
    """Open one vendor's endpoint; `url` sends the adapter elsewhere."""
    clock, asked, model = Hand(), list[int](), MODELS[name]

    def key() -> Secret:
        asked.append(1)
        return Secret(KEY)

    with _endpoint(name) as endpoint:
        at = url or endpoint.url
        more: dict[str, Any] = {"session": session, "trace": trace}
        provider = _provider(name, at, key, clock, more)
        yield Rig(name, endpoint, provider, clock, model, asked)


def _endpoint(name: str) -> ModelEndpoint:
    if name == "anthropic":
        return AnthropicServer(key=KEY)
    if name in ("gemini", "vertex"):
        return VertexServer(token=KEY, key=KEY, project="test-project")
    return OpenAIServer("local" if name == "compatible" else name, key=KEY)


def _provider(name: str, url: str, key: Callable[[], Secret], clock: Hand, more: Mapping[str, Any]) -> Vendor:
    prices = catalogue()
    if name == "anthropic":
        return Anthropic(key, prices, clock, base_url=url, **more)
    if name == "gemini":
        return Gemini.open_with_key(key, prices, clock, base_url=url, **more)
    if name == "vertex":
        token = lambda: key().reveal()  # noqa: E731
        return Gemini.open_on_vertex("test-project", "us-central1", token, prices, clock, base_url=url, **more)
    if name == "compatible":
        return OpenAIChat("compatible", f"{url}/v1", key, prices, clock, **more)
    return OpenAIResponses(name, key, prices, clock, base_url=f"{url}/v1", **more)


def good(name: str, written: str = WRITTEN) -> Answer:
    """Answer with a text: 9412 tokens in, 9000 of them from the cache, 230 out and 120 thoughts, as each tells it."""
    if name == "anthropic":
        return claude.text(written, usage=claude.usage(412, 350, read=9000, thoughts=120))
    if name in ("gemini", "vertex"):
        return google.text(written, tokens=google.usage(9412, 230, thoughts=120, cached=9000))
    if name == "compatible":
        return gpt.chat({"content": written}, usage=gpt.chat_usage(9412, 350, cached=9000, thoughts=120))
    return gpt.text(written, usage=gpt.usage(9412, 350, cached=9000, thoughts=120))


def calling(name: str, *calls: tuple[str, str, Mapping[str, Any]]) -> Answer:
    """Answer with calls of tools: id, name, input. Gemini gives no ids."""
    if name == "anthropic":
        return claude.tool_use(*calls)
    if name in ("gemini", "vertex"):
        made = [{"functionCall": {"name": tool, "args": dict(given)}} for _, tool, given in calls]
        return google.parts([{**made[0], "thoughtSignature": "c2lnbmF0dXJl"}, *made[1:]])
    texts = [(made, tool, json.dumps(dict(given))) for made, tool, given in calls]
    return gpt.chat_calls(*texts) if name == "compatible" else gpt.function_calls(*texts)


ON_THE_LINE: Mapping[str, Callable[[str], Answer]] = {
    "a page with 502": lambda name: bad_gateway(),
    "a page with 200": lambda name: not_json(),
    "a list with 200": lambda name: Answer(body=[]),
    "garbage with 200": lambda name: garbage(),
    "nothing with 200": lambda name: Answer(200, b""),
    "half an answer with 200": lambda name: Answer(200, good(name).encoded()[:60]),
    "the line dropped": lambda name: dropped(),
    "too slow": lambda name: slow(good(name), 0.15),
}
"""What says nothing of whether the call was carried out, and charged."""


def _openai_like(name: str) -> dict[str, list[Answer]]:
    error = partial(gpt.error, name)
    wait = {"retry-after": "34"}
    spent = [
        *("insufficient_quota", "credit_balance_exhausted", "billing_hard_limit_reached"),
        *("organization_spend_limit_exceeded", "project_spend_limit_exceeded", "organization_usage_limit_exceeded"),
    ]
    used_up = "Your team has either used all available credits or reached its monthly spending limit."
    return {
        "limited for 34 s": [
            error(429, "Rate limit reached.", "rate_limit_exceeded", headers=wait),
            error(429, "Rate limit reached.", "rate_limit_exceeded", headers={"retry-after-ms": "34000"}),
        ],
        "limited": [error(429, "Rate limit reached.", "rate_limit_exceeded")],
        "quota": [error(429, "You exceeded your current quota.", code) for code in spent]
        + ([error(429, used_up), error(403, used_up)] if name == "xai" else []),
        "overloaded": [error(503, "Overloaded.", "server_is_overloaded"), error(503, "Slow down.")],
        "too long": [
            error(400, "Your input exceeds the context window.", "context_length_exceeded"),
            error(400, "This model's maximum prompt length is 131072 but the request contains 200000 tokens."),
        ],
        "key": [error(401, f"Incorrect API key provided: {KEY}", "invalid_api_key"), error(403, "No.")],
        "bad request": [error(400, "Bad."), error(422, "Bad."), error(413, "Large.")],
        "no such model": [error(404, "It does not exist.", "model_not_found")],
        "failed": [error(500, "Oops."), error(502, "Oops."), error(504, "Late.")],
    }


def _responses(name: str) -> dict[str, list[Answer]]:
    return _openai_like(name) | {
        "refused": [gpt.refusal(), gpt.incomplete("content_filter"), gpt.failed("bio_policy")],
        "unusable": [
            gpt.incomplete("max_output_tokens"),
            gpt.incomplete("max_messages", WRITTEN),
            *(gpt.text(each) for each in (HALF, "[1]", "", "not JSON", '{"title": NaN}')),
            gpt.response([]),
            gpt.function_calls(("c1", "look", '{"city": ')),
            gpt.function_calls(("c1", "unheard_of", "{}")),
        ],
        "unclear": [gpt.text(WRITTEN, "in_progress"), gpt.failed("server_error")],
    }


def _compatible() -> dict[str, list[Answer]]:
    shared = _openai_like("compatible")
    vllm = "This model's maximum context length is 4096 tokens. However, you requested 9000 tokens."
    llama = {"error": {"code": 400, "message": "the request is too long", "type": "exceed_context_size_error"}}
    return shared | {
        "too long": [*shared["too long"], gpt.error("local", 400, vllm), Answer(400, llama)],
        "refused": [gpt.chat({"content": None, "refusal": "No."}), gpt.chat({"content": ""}, "content_filter")],
        "unusable": [
            gpt.chat({"content": HALF}, "length"),
            gpt.chat({"content": WRITTEN}, "eos"),
            *(gpt.chat({"content": each}) for each in (HALF, "[1]", "", "not JSON")),
            gpt.chat({"content": WRITTEN}, choices=[]),
            gpt.chat_calls(("c1", "look", '{"city": ')),
        ],
        "unclear": [],
    }


def _anthropic() -> dict[str, list[Answer]]:
    error = claude.error
    spent = ("enforced_spend_limit_reached", "contract_spend_limit_reached")
    return {
        "limited for 34 s": [
            error(429, "Too many.", headers={"retry-after": "34"}),
            error(429, "Growing too fast.", "ramp_limit_exceeded", {"retry-after": "34"}),
        ],
        "limited": [error(429, "Too many.")],
        "quota": [
            error(402, "Payment is due."),
            error(400, "Your credit balance is too low to access the Anthropic API."),
            *(error(429, "The limit is reached.", code) for code in spent),
        ],
        "overloaded": [error(529, "Overloaded."), error(503, "Unavailable.")],
        "too long": [
            error(400, "prompt is too long: 1200000 tokens > 1000000 maximum"),
            error(400, "input length and `max_tokens` exceed context limit: 990000 + 20000 > 1000000"),
            claude.text(HALF, "model_context_window_exceeded"),
        ],
        "key": [error(401, "invalid x-api-key"), error(403, "Your key may not use this.")],
        "bad request": [error(400, "max_tokens: Field required"), error(413, "Request exceeds the maximum size.")],
        "no such model": [error(404, "model: claude-none")],
        "failed": [error(500, "Internal."), error(504, "Timed out.")],
        "refused": [claude.refusal()],
        "unusable": [
            claude.text(HALF, "max_tokens"),
            claude.text(WRITTEN, "pause_turn"),
            claude.text(WRITTEN, "stop_sequence"),
            *(claude.text(each) for each in (HALF, "[1]", "", "not JSON")),
            claude.message([]),
            claude.tool_use(("toolu_1", "unheard_of", {})),
        ],
        "unclear": [],
    }


def _gemini(name: str) -> dict[str, list[Answer]]:
    too_long = "The input token count (2000001) exceeds the maximum number of tokens allowed (1048576)."
    refusals = ("SAFETY", "RECITATION", "PROHIBITED_CONTENT", "BLOCKLIST", "SPII")
    early = ("MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS", "MISSING_THOUGHT_SIGNATURE")
    key = [google.bad_key()] if name == "gemini" else [google.error(401, "who?")]
    return {
        "limited for 34 s": [google.rate_limited(34), Answer(429, b"", {"Retry-After": "34"})],
        "limited": [google.rate_limited(None)],
        "quota": [google.quota_of_the_day(), google.error(402, "billing is off")],
        "overloaded": [google.unavailable()],
        "too long": [google.refused(too_long)],
        "key": [*key, google.forbidden()],
        "bad request": [google.refused(), Answer(302, b"", {"Location": "https://elsewhere.example/"})],
        "no such model": [google.error(404, "no such model")],
        "failed": [google.error(500, "internal"), google.error(504, "late")],
        "refused": [google.blocked_prompt(), *(google.stopped(reason) for reason in refusals)],
        "unusable": [
            google.cut(ANSWER, 12),
            google.thought_away(),
            *(google.text(each) for each in (HALF, "[1]", "", "not JSON")),
            *(google.stopped(reason) for reason in (*early, "MALFORMED_RESPONSE", "OTHER")),
        ],
        "unclear": [],
    }


def answers(name: str) -> dict[str, list[Answer]]:
    """Return the vendor's answers for each situation."""
    if name == "anthropic":
        return _anthropic()
    if name in ("gemini", "vertex"):
        return _gemini(name)
    return _compatible() if name == "compatible" else _responses(name)
