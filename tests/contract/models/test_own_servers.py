"""Models on servers of one's own: what they leave out or do otherwise, and what we make of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import requests

from shared.backends.models.anthropic import Anthropic
from shared.backends.models.gemini import Gemini
from shared.backends.models.openai_chat import OpenAIChat
from shared.ports import Secret
from shared.ports.model import Message, request_tokens
from tests.support.builders.model_habits import LOOP, REQUEST, ask_scripted
from tests.support.servers.models import openai_server as gpt
from tests.support.servers.models.anthropic_server import AnthropicServer
from tests.support.servers.models.model_vendors import (
    ANSWER,
    KEY,
    MODELS,
    WRITTEN,
    Hand,
    Rig,
    catalogue,
    good,
)
from tests.support.servers.models.openai_server import OpenAIServer
from tests.support.servers.models.vertex_server import VertexServer


@pytest.mark.parametrize(
    "content",
    [
        f"```json\n{WRITTEN}\n```",
        f"Here it is:\n```\n{WRITTEN}\n```\nGood luck!",
        f"<think>They want {{a plan}}.</think>\n\n{WRITTEN}",
        f"Sure! {WRITTEN}",
        [{"type": "text", "text": WRITTEN[:9]}, {"type": "text", "text": WRITTEN[9:]}],
    ],
)
def test_a_local_model_may_wrap_its_answer(open_rig: Callable[[str], Rig], content: Any) -> None:
    assert ask_scripted(open_rig("compatible"), gpt.chat({"content": content})).answer == ANSWER


def test_a_local_server_that_counts_nothing_is_counted_by_us(open_rig: Callable[[str], Rig]) -> None:
    told = ask_scripted(open_rig("compatible"), gpt.chat({"content": WRITTEN}, usage=None))
    assert told.tokens["input"] == request_tokens(REQUEST)
    assert 10 <= told.tokens["output"] <= 60
    assert told.usage.tokens == told.tokens["input"] + told.tokens["output"]


def test_a_local_server_that_enforces_nothing_may_answer_in_the_form_that_was_asked_for(
    open_rig: Callable[[str], Rig],
) -> None:
    schema = {"type": "object", "properties": {"input": {"type": "object"}}, "required": ["input"]}
    vendor = open_rig("compatible")
    for written in ('{"input": {"a": 1}}', '{"input": "{\\"a\\": 1}"}'):
        told = ask_scripted(vendor, gpt.chat({"content": written}), replace(REQUEST, schema=schema))
        assert told.answer == {"input": {"a": 1}}


def test_a_local_servers_turns_alternate(open_rig: Callable[[str], Rig]) -> None:
    vendor = open_rig("compatible")
    ask_scripted(vendor, good("compatible"), replace(REQUEST, messages=(Message("user", "Mend this."),)))
    assert [each["role"] for each in vendor.endpoint.requests[0].body["messages"]] == ["system", "user"]
    assert "response_format" in vendor.endpoint.requests[0].body
    ask_scripted(vendor, good("compatible"), LOOP)
    assert "response_format" not in vendor.endpoint.requests[1].body  # which llama.cpp refuses beside tools


def test_a_server_that_wants_no_key_gets_none(session: requests.Session) -> None:
    with OpenAIServer("local") as server:
        server.script([good("compatible")])
        local = OpenAIChat("compatible", f"{server.url}/v1", None, catalogue(), Hand(), session=session)
        assert local.complete("llama-local", REQUEST).usage.micros == 0
    assert "Authorization" not in server.requests[0].headers


@pytest.mark.parametrize(
    ("build", "behind"),
    [(Anthropic, ""), (Anthropic, "/v1"), (Gemini.open_with_key, "/"), (Gemini.open_with_key, "/v1beta")],
)
def test_an_address_may_be_given_with_or_without_its_version(
    session: requests.Session, build: Callable[..., Any], behind: str
) -> None:
    server = AnthropicServer(key=KEY) if build is Anthropic else VertexServer(key=KEY)
    name = "anthropic" if build is Anthropic else "gemini"
    with server:
        server.script([good(name)])
        vendor = build(lambda: Secret(KEY), catalogue(), Hand(), base_url=server.url + behind, session=session)
        assert vendor.complete(MODELS[name], REQUEST).answer == ANSWER
