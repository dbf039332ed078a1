"""Each vendor's own habits: caches, counts, waits, and what servers of one's own leave out."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import requests

from shared.backends.models.openai_chat import OpenAIChat
from shared.core.errors import OutcomeUnknown, RateLimited, Unauthorized
from shared.core.models.model_errors import InvalidOutput
from shared.core.run.run import Usage
from shared.ports import Secret
from shared.ports.model import Message
from tests.support.builders.model_habits import LOOK, LOOP, REQUEST, ask_scripted
from tests.support.servers.models import anthropic_server as claude
from tests.support.servers.models import openai_server as gpt
from tests.support.servers.models import vertex_answers as google
from tests.support.servers.models.model_endpoint import Answer
from tests.support.servers.models.model_vendors import (
    ANSWER,
    HALF,
    KEY,
    WRITTEN,
    Hand,
    Rig,
    catalogue,
    good,
)
from tests.support.servers.models.openai_server import OpenAIServer

# --- Anthropic


def test_claude_is_asked_to_keep_the_system_the_stable_part_and_the_loops_turns(open_rig: Callable[[str], Rig]) -> None:
    vendor = open_rig("anthropic")
    ask_scripted(vendor, good("anthropic"), LOOP)
    body = vendor.endpoint.requests[0].body
    first, _, last = body["messages"]
    marked = [block for block in [*body["system"], *first["content"], *last["content"]] if "cache_control" in block]
    assert [block.get("text", block.get("content")) for block in marked] == ["You plan.", "Rules.", "rain"]


def test_claude_is_not_asked_to_keep_what_is_asked_once(open_rig: Callable[[str], Rig]) -> None:
    vendor = open_rig("anthropic")
    ask_scripted(vendor, good("anthropic"), replace(REQUEST, messages=(Message("user", "Mend this."),)))
    assert "cache_control" not in json.dumps(vendor.endpoint.requests[0].body["messages"])


def test_what_claude_writes_into_its_cache_has_its_own_price(open_rig: Callable[[str], Rig]) -> None:
    """Sonnet 5.5: 100 fresh at 2, 1000 read at 0.10, 400 written at 2.50, 50 out at 10 dollars per million."""
    told = ask_scripted(
        open_rig("anthropic"), claude.text(WRITTEN, usage=claude.usage(100, 50, read=1000, written=400))
    )
    assert told.tokens == {"input": 1500, "cached": 1000, "output": 50, "thoughts": 0, "written": 400}
    assert told.usage == Usage(1550, 200 + 100 + 1000 + 500)


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"retry-after": "7"}, 7),
        ({"retry-after": "7.5"}, 7.5),
        ({"retry-after": "1", "retry-after-ms": "1500"}, 1.5),
        (
            {
                "anthropic-ratelimit-requests-remaining": "0",
                "anthropic-ratelimit-requests-reset": "2026-11-21T09:00:12Z",
                "anthropic-ratelimit-tokens-remaining": "0",
                "anthropic-ratelimit-tokens-reset": "2026-11-21T09:00:20Z",
            },
            20,
        ),
        (
            {
                "anthropic-ratelimit-tokens-remaining": "12",
                "anthropic-ratelimit-tokens-reset": "2026-11-21T09:00:20Z",
            },
            None,
        ),
        (
            {
                "anthropic-ratelimit-tokens-remaining": "0",
                "anthropic-ratelimit-tokens-reset": "2026-11-21T08:59:00Z",
            },
            0,
        ),
        ({"retry-after-ms": "99999999999"}, 86_400),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "99999999"}, 86_400),
    ],
)
def test_the_wait_is_read_from_whichever_header_tells_it(
    open_rig: Callable[[str], Rig], headers: dict[str, str], wait: float | None
) -> None:
    with pytest.raises(RateLimited) as caught:
        ask_scripted(open_rig("anthropic"), claude.error(429, "Too many.", headers=headers))
    assert caught.value.retry_after == (None if wait is None else timedelta(seconds=wait))


# --- OpenAI and xAI


@pytest.mark.parametrize(
    ("reset", "wait"), [("1s", 1), ("6m0s", 360), ("1h2m3.5s", 3723.5), ("250ms", 0.25), ("", None)]
)
def test_openai_tells_a_wait_as_a_duration(open_rig: Callable[[str], Rig], reset: str, wait: float | None) -> None:
    headers = {"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": reset}
    with pytest.raises(RateLimited) as caught:
        ask_scripted(open_rig("openai"), gpt.error("openai", 429, "Slow.", "rate_limit_exceeded", headers=headers))
    assert caught.value.retry_after == (None if wait is None else timedelta(seconds=wait))


def test_openai_is_told_which_calls_share_a_cache(open_rig: Callable[[str], Rig]) -> None:
    vendor = open_rig("openai")
    for request in (LOOP, replace(LOOP, prompt="Another."), replace(LOOP, stable="Other rules.")):
        ask_scripted(vendor, good("openai"), request)
    keys = [each.body["prompt_cache_key"] for each in vendor.endpoint.requests]
    assert keys[0] == keys[1] != keys[2]
    pieces = vendor.endpoint.requests[0].body["input"][0]["content"]
    assert [bool(piece.get("prompt_cache_breakpoint")) for piece in pieces] == [True, False]
    assert {each.body["store"] for each in vendor.endpoint.requests} == {False}


def test_xai_tells_the_cost_itself_and_it_counts(open_rig: Callable[[str], Rig]) -> None:
    """318,319,000 ticks of 1e-10 dollars are 31,831.9 millionths."""
    told = ask_scripted(open_rig("xai"), gpt.text(WRITTEN, usage=gpt.usage(9212, 3417, cost_in_usd_ticks=318_319_000)))
    assert told.usage == Usage(12_629, 31_832)


def test_thoughts_that_a_vendor_counts_apart_are_added(open_rig: Callable[[str], Rig]) -> None:
    apart = {"input_tokens": 100, "output_tokens": 20, "output_tokens_details": {"reasoning_tokens": 7}}
    told = ask_scripted(open_rig("xai"), gpt.text(WRITTEN, usage=apart | {"total_tokens": 127}))
    assert told.tokens == {"input": 100, "cached": 0, "output": 20, "thoughts": 7}
    within = ask_scripted(open_rig("xai"), gpt.text(WRITTEN, usage=apart | {"total_tokens": 120}))
    assert within.tokens == {"input": 100, "cached": 0, "output": 13, "thoughts": 7}


def test_a_paid_answer_that_tells_no_usage_is_booked_at_the_upper_bound(open_rig: Callable[[str], Rig]) -> None:
    vendor = open_rig("openai")
    assert ask_scripted(vendor, gpt.text(WRITTEN, usage=None)).usage == vendor.provider.estimate(vendor.model, REQUEST)


def test_a_failure_told_in_a_good_answer_is_none_of_the_line(open_rig: Callable[[str], Rig]) -> None:
    with pytest.raises(RateLimited):
        ask_scripted(open_rig("openai"), gpt.failed("rate_limit_exceeded"))
    vendor = open_rig("openai")
    with pytest.raises(OutcomeUnknown) as caught:
        ask_scripted(vendor, gpt.failed("server_error"))
    assert caught.value.used == vendor.provider.estimate(vendor.model, REQUEST)


# --- all


def test_no_adapter_loads_a_vendors_library() -> None:
    adapters = ", ".join(f"shared.backends.models.{name}" for name in ("anthropic", "gemini", "openai_chat"))
    root = Path(__file__).resolve().parents[3]
    load = [sys.executable, "-c", f"import sys, {adapters}; print(*sys.modules)"]
    done = subprocess.run(load, cwd=root, capture_output=True, text=True, timeout=60, check=True)
    loaded = set(done.stdout.split())
    assert {"shared.backends.models.openai_responses", "requests"} <= loaded
    vendors = {"anthropic", "openai", "google.genai", "google.auth", "genai_prices", "httpx", "httpx2", "pydantic_ai"}
    assert loaded & vendors == set()


@pytest.mark.parametrize("key", ["line\nbreak", "umläut", "tab\tbed"])
def test_a_key_that_cannot_be_one_never_leaves_and_is_not_shown(session: requests.Session, key: str) -> None:
    with OpenAIServer("local") as server:
        local = OpenAIChat("compatible", server.url, lambda: Secret(key), catalogue(), Hand(), session=session)
        with pytest.raises(Unauthorized, match="enter it again") as caught:
            local.complete("llama-local", REQUEST)
    assert server.requests == []
    assert key not in str(caught.value)


def test_a_tenants_new_key_counts_from_the_next_call_on(session: requests.Session) -> None:
    keys = ["old", KEY]
    with OpenAIServer("local", key=KEY) as server:
        local = OpenAIChat(
            "compatible", f"{server.url}/v1", lambda: Secret(keys.pop(0)), catalogue(), Hand(), session=session
        )
        with pytest.raises(Unauthorized):
            local.complete("llama-local", REQUEST)
        server.script([good("compatible")])
        assert local.complete("llama-local", REQUEST).answer == ANSWER


def test_half_an_answer_says_where_it_breaks_off_for_the_model_to_read(open_rig: Callable[[str], Rig]) -> None:
    with pytest.raises(InvalidOutput, match=r"the answer is not JSON: .*\(char \d+\)"):
        ask_scripted(open_rig("anthropic"), claude.text(HALF))


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("anthropic", claude.text(HALF, "max_tokens")),
        ("openai", gpt.incomplete("max_output_tokens")),
        ("gemini", google.cut(ANSWER, 12)),
        ("compatible", gpt.chat({"content": HALF}, "length")),
    ],
)
def test_an_answer_that_was_cut_off_is_asked_for_again_in_fewer_words(
    open_rig: Callable[[str], Rig], name: str, answer: Answer
) -> None:
    with pytest.raises(InvalidOutput, match="cut off because it was too long; answer more briefly"):
        ask_scripted(open_rig(name), answer)


def test_a_thought_that_gemini_shows_is_no_part_of_the_answer(open_rig: Callable[[str], Rig]) -> None:
    pieces = [{"text": "They want {a plan}.", "thought": True}, {"text": WRITTEN}]
    assert ask_scripted(open_rig("gemini"), google.parts(pieces)).answer == ANSWER


@pytest.mark.parametrize("name", ["anthropic", "openai", "gemini", "compatible"])
def test_tools_whose_names_differ_in_a_sign_stay_apart(open_rig: Callable[[str], Rig], name: str) -> None:
    vendor = open_rig(name)
    tools = tuple(replace(LOOK, name=each) for each in ("notion.look", "notion_look", "notion:look"))
    vendor.endpoint.script([good(name)])
    vendor.provider.complete(vendor.model, replace(REQUEST, tools=tools))
    assert vendor.endpoint.requests[0].status == 200
    sent = json.dumps(vendor.endpoint.requests[0].body["tools"])
    assert [sent.count(f'"{each}"') for each in ("notion_look", "notion_look_2", "notion_look_3")] == [1, 1, 1]
