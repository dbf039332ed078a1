"""Provider: what every vendor's adapter promises, over each vendor's own wire format. Expected: integrations, 2.5."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import requests

from shared.backends.offline.model import OfflineModel
from shared.core.errors import (
    ConfigError,
    Rejected,
    Unauthorized,
)
from shared.core.models.model_errors import Refused
from shared.core.page import Block, Page, Span, page_to_data
from shared.core.run.run import NOTHING, Usage
from shared.ports.model import Message, ToolCall, request_tokens
from tests.support.builders.model_requests import LOOK, a_request
from tests.support.servers.models.model_endpoint import Answer
from tests.support.servers.models.model_vendors import (
    ANSWER,
    KEY,
    VENDORS,
    Rig,
    answers,
    calling,
    good,
    rig,
)


@pytest.mark.parametrize("name", VENDORS)
def test_the_answer_comes_with_what_it_cost(rigs: Callable[[str], Rig], name: str) -> None:
    """By hand from the list of that day: fresh 412, cached 9000, out 350, in millionths of a dollar per token."""
    by_hand = {
        "anthropic": 412 * 2 + 9000 * 0.10 + 350 * 10,
        "openai": 412 * 1 + 9000 * 0.05 + 350 * 5,
        "xai": 412 * 2 + 9000 * 0.50 + 350 * 6,
        "gemini": 412 * 0.75 + 9000 * 0.075 + 350 * 3.75,
        "vertex": 412 * 0.75 + 9000 * 0.075 + 350 * 3.75,
        "compatible": 0,
    }
    vendor = rigs(name)
    vendor.endpoint.script([good(name)])
    result = vendor.provider.complete(vendor.model, a_request())
    assert result.answer == ANSWER
    assert result.model == vendor.model
    assert result.request_id
    assert result.tokens == {"input": 9412, "cached": 9000, "output": 230, "thoughts": 120}
    assert result.usage == Usage(9762, -int(-by_hand[name] // 1))
    assert vendor.keys_asked == [1]


@pytest.mark.parametrize("name", VENDORS)
def test_a_tool_is_called_answered_and_led_to_the_answer(rigs: Callable[[str], Rig], name: str) -> None:
    vendor = rigs(name)
    asked = [
        ("call-1", "workspace_look", {"city": "Bern"}),
        ("call-2", "workspace_look", {"city": "Basel", "deep": None}),
    ]
    vendor.endpoint.script([calling(name, *asked), good(name)])
    first = vendor.provider.complete(vendor.model, a_request(tools=(LOOK,)))
    assert [(call.name, dict(call.input)) for call in first.calls] == [
        ("workspace.look", {"city": "Bern"}),
        ("workspace.look", {"city": "Basel"}),
    ]
    assert len({call.id for call in first.calls}) == 2
    turns = (
        Message("assistant", "I look.", calls=first.calls),
        *(Message("tool", f"{call.input['city']}: rain", call=call.id) for call in first.calls),
        Message("user", "Go on."),
    )
    second = vendor.provider.complete(vendor.model, a_request(tools=(LOOK,), messages=turns))
    assert (second.answer, second.calls) == (ANSWER, ())


@pytest.mark.parametrize("name", VENDORS)
def test_calls_of_another_vendors_model_and_of_tools_no_longer_offered_are_taken(
    rigs: Callable[[str], Rig], name: str
) -> None:
    vendor = rigs(name)
    call = ToolCall("call:1/ü", "workspace.look", {"city": "Bern"})
    turns = (Message("assistant", calls=(call,)), Message("tool", "rain", call=call.id))
    vendor.endpoint.script([good(name)] * 2)
    for tools in ((LOOK,), ()):
        vendor.provider.complete(vendor.model, a_request(tools=tools, messages=turns))
    sent = json.dumps(vendor.endpoint.requests[1].body)
    assert "Bern" in sent
    assert "rain" in sent


@pytest.mark.parametrize("name", VENDORS)
def test_turns_no_vendor_takes_are_refused_before_anything_is_sent(rigs: Callable[[str], Rig], name: str) -> None:
    vendor = rigs(name)
    wrong = {
        "role 'robot'": (Message("robot", "Hello"),),
        "'c9'": (Message("tool", "rain", call="c9"),),
        "last turn": (Message("assistant", "Done."),),
    }
    for said, turns in wrong.items():
        with pytest.raises(Rejected, match=said):
            vendor.provider.complete(vendor.model, a_request(messages=turns))
    with pytest.raises(Rejected, match="neither"):
        vendor.provider.complete(vendor.model, a_request(prompt=""))
    assert vendor.endpoint.requests == []


OPEN = {
    "type": "object",
    "required": ["title", "steps"],
    "properties": {
        "title": {"type": "string", "minLength": 1, "maxLength": 80},
        "note": {"type": "string", "default": ""},
        "size": {"$ref": "#/$defs/Size"},
        "steps": {"type": "array", "minItems": 1, "items": {"type": "object", "additionalProperties": True}},
    },
    "$defs": {"Size": {"oneOf": [{"const": "small"}, {"type": "integer", "minimum": 1}], "description": "How large."}},
}


@pytest.mark.parametrize("name", VENDORS)
def test_any_schema_of_ours_is_taken_and_what_had_to_be_bent_is_bent_back(
    rigs: Callable[[str], Rig], name: str
) -> None:
    vendor = rigs(name)
    written = {"title": "T", "note": None, "size": "small", "steps": ['{"kind": "x", "input": {"a": [1]}}']}
    vendor.endpoint.script([good(name, json.dumps(written))])
    result = vendor.provider.complete(vendor.model, a_request(schema=OPEN))
    assert result.answer == {"title": "T", "size": "small", "steps": [{"kind": "x", "input": {"a": [1]}}]}


@pytest.mark.parametrize("name", VENDORS)
@pytest.mark.parametrize("prompt", ["x", "ü" * 500, "🔑" * 500, json.dumps({"k": ["v"] * 300}), '"\\\n' * 400])
def test_the_estimate_is_an_upper_bound(rigs: Callable[[str], Rig], name: str, prompt: str) -> None:
    """Against the worst there is: one token for each byte that we sent, all written to a cache, all output used."""
    vendor = rigs(name)
    request = a_request(prompt=prompt, stable="Rules. " * 40, tools=(LOOK,))
    vendor.endpoint.script([good(name)])
    vendor.provider.complete(vendor.model, request)
    sent = len(json.dumps(vendor.endpoint.requests[0].body, ensure_ascii=False, separators=(",", ":")).encode())
    bound = vendor.provider.estimate(vendor.model, request)
    assert bound.tokens >= sent + 2000
    dearest = {"anthropic": 2.5, "openai": 1.25, "xai": 2, "gemini": 0.75, "vertex": 0.75, "compatible": 0}[name]
    out = {"anthropic": 10, "openai": 5, "xai": 6, "gemini": 3.75, "vertex": 3.75, "compatible": 0}[name]
    assert bound.micros >= sent * dearest + 2000 * out


@pytest.mark.parametrize("name", VENDORS)
def test_half_a_character_is_sent_as_a_question_mark(rigs: Callable[[str], Rig], name: str) -> None:
    vendor = rigs(name)
    request = a_request(prompt="Plan \ud83d this", tools=(LOOK,))
    vendor.endpoint.script([good(name)])
    assert vendor.provider.estimate(vendor.model, request).tokens > 2000
    assert vendor.provider.complete(vendor.model, request).answer == ANSWER
    assert "Plan ? this" in json.dumps(vendor.endpoint.requests[0].body)
    assert vendor.provider.count(vendor.model, request) > 0
    assert {each.status for each in vendor.endpoint.requests} == {200}


@pytest.mark.parametrize("name", VENDORS)
def test_what_json_cannot_say_is_refused_before_anything_is_sent(rigs: Callable[[str], Rig], name: str) -> None:
    vendor = rigs(name)
    call = ToolCall("c1", LOOK.name, {"city": float("nan")})
    turns = (Message("assistant", calls=(call,)), Message("tool", "rain", call="c1"))
    with pytest.raises(Rejected, match="JSON"):
        vendor.provider.complete(vendor.model, a_request(tools=(LOOK,), messages=turns))
    assert vendor.endpoint.requests == []


@pytest.mark.parametrize("name", VENDORS)
def test_the_prompt_is_counted_by_the_vendor_where_it_counts(rigs: Callable[[str], Rig], name: str) -> None:
    """The endpoints count a token per four characters; who cannot be asked gets our estimate."""
    vendor = rigs(name)
    request = a_request(prompt="word " * 400, stable="Rules. " * 40, tools=(LOOK,))
    counted = vendor.provider.count(vendor.model, request)
    if name in ("xai", "compatible"):
        assert counted == request_tokens(request)
        assert vendor.endpoint.requests == []
    else:
        assert [each.status for each in vendor.endpoint.requests] == [200]
        assert 570 <= counted <= 900  # 2280 characters of text, and what stands around them
        assert counted != request_tokens(request)


@pytest.mark.parametrize("name", VENDORS)
def test_the_windows_and_the_limits_of_the_answer_are_the_catalogues(rigs: Callable[[str], Rig], name: str) -> None:
    vendor = rigs(name)
    windows = {"anthropic": 1_000_000, "openai": 1_050_000, "xai": 500_000, "compatible": 32_000}
    assert vendor.provider.window(vendor.model) == windows.get(name, 1_000_000)
    vendor.endpoint.script([good(name)])
    vendor.provider.complete(vendor.model, a_request(max_output_tokens=10_000_000))
    assert vendor.endpoint.requests[0].status == 200


@pytest.mark.parametrize("name", VENDORS)
def test_a_model_nobody_knows_is_refused_before_anything_is_sent(rigs: Callable[[str], Rig], name: str) -> None:
    vendor = rigs(name)
    for call in (vendor.provider.estimate, vendor.provider.complete):
        with pytest.raises(ConfigError, match="'unheard-of'"):
            call("unheard-of", a_request())
    assert vendor.endpoint.requests == []


@pytest.mark.parametrize("name", VENDORS)
def test_whether_a_key_is_taken_can_be_asked_at_no_cost(rigs: Callable[[str], Rig], name: str) -> None:
    vendor = rigs(name)
    vendor.provider.check()
    sent = [(each.method, each.status) for each in vendor.endpoint.requests]
    assert sent == ([] if name == "vertex" else [("GET", 200)])  # a project has no list of models
    if name != "vertex":
        vendor.endpoint.key = "another"
        with pytest.raises(Unauthorized):
            vendor.provider.check()
        vendor.endpoint.key = KEY
    assert vendor.keys_asked


@pytest.mark.parametrize("name", VENDORS)
def test_neither_the_journal_of_calls_nor_an_error_shows_the_key(session: requests.Session, name: str) -> None:
    lines: list[dict[str, Any]] = []
    with rig(name, session, trace=lines.append) as vendor:
        said = answers(name)["bad request"][0]
        vendor.endpoint.script([good(name), Answer(said.status, json.dumps({"error": {"message": KEY}}).encode())])
        vendor.provider.complete(vendor.model, a_request())
        with pytest.raises(Rejected) as caught:
            vendor.provider.complete(vendor.model, a_request())
    assert len(lines) == 2
    assert KEY not in json.dumps(lines)
    assert KEY not in str(caught.value)


def test_the_offline_model_answers_the_same_port_at_no_cost() -> None:
    page = Page("p1", "Hello", (Block("b1", "to_do", (Span("A site that says hello to everybody"),)),))
    request, model = a_request(data={"page": page_to_data(page)}), OfflineModel()
    result = model.complete(request)
    assert (result.model, result.usage, model.estimate(request)) == ("offline", NOTHING, NOTHING)
    assert json.loads(json.dumps(dict(result.answer)))["steps"]
    with pytest.raises(Refused):
        model.complete(a_request(task="sing"))
