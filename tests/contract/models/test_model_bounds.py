"""What is booked and told where an answer, a header or a price table holds what nobody expects."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
import requests

from shared.backends.models.openai_chat import OpenAIChat
from shared.core.errors import RateLimited, Rejected, Unauthorized
from shared.core.models.model_facts import Catalogue, ModelFacts, Price, Rates, Tokens
from shared.core.run.run import Usage
from shared.ports import Secret
from shared.ports.model import Message, ModelRequest, Tool
from tests.support.servers.models import anthropic_server as claude
from tests.support.servers.models import openai_server as gpt
from tests.support.servers.models import vertex_answers as google
from tests.support.servers.models.model_endpoint import Answer
from tests.support.servers.models.model_vendors import ANSWER, KEY, VENDORS, WRITTEN, Hand, Rig, good, rig
from tests.support.servers.models.openai_server import OpenAIServer

SCHEMA = {"type": "object", "additionalProperties": False, "properties": {"title": {"type": "string"}}}
REQUEST = ModelRequest("plan", "reason", "You plan.", "Plan this.", SCHEMA, max_output_tokens=2000)
HUGE = 10**30


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        yield session


@pytest.fixture
def open_rig(session: requests.Session) -> Iterator[Callable[[str], Rig]]:
    opened: list[Any] = []

    def of(name: str) -> Rig:
        opened.append(rig(name, session))
        found: Rig = opened[-1].__enter__()
        return found

    yield of
    for manager in opened:
        manager.__exit__(None, None, None)


# --- what an answer tells


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("anthropic", claude.text(WRITTEN, usage={"input_tokens": "many", "output_tokens": None})),
        ("anthropic", claude.text(WRITTEN, usage={"input_tokens": HUGE, "output_tokens": HUGE})),
        ("openai", gpt.text(WRITTEN, usage={"tokens": 12})),
        ("openai", gpt.text(WRITTEN, usage={"input_tokens": 0, "output_tokens": 0, "total_tokens": 0})),
        ("vertex", google.text(WRITTEN, tokens={"promptTokenCount": -1})),
    ],
)
def test_a_paid_answer_whose_usage_says_nothing_is_booked_at_the_upper_bound(
    open_rig: Callable[[str], Rig], name: str, answer: Answer
) -> None:
    vendor = open_rig(name)
    vendor.endpoint.script([answer])
    found = vendor.provider.complete(vendor.model, REQUEST)
    assert found.usage == vendor.provider.estimate(vendor.model, REQUEST)


@pytest.mark.parametrize("ticks", [-1, 1.5, True, "7", HUGE])
def test_a_cost_that_is_none_is_taken_from_the_table(open_rig: Callable[[str], Rig], ticks: Any) -> None:
    vendor = open_rig("xai")
    vendor.endpoint.script([gpt.text(WRITTEN, usage=gpt.usage(1000, 100, cost_in_usd_ticks=ticks))])
    assert vendor.provider.complete(vendor.model, REQUEST).usage == Usage(1100, 1000 * 2 + 100 * 6)


@pytest.mark.parametrize("digits", ["9" * 30, "9" * 400])
@pytest.mark.parametrize("header", ["retry-after-ms", "retry-after", "x-ratelimit-reset-tokens"])
def test_a_wait_beyond_all_measure_is_a_day(open_rig: Callable[[str], Rig], header: str, digits: str) -> None:
    headers = {"x-ratelimit-remaining-tokens": "0", header: digits + ("h" if "reset" in header else "")}
    vendor = open_rig("openai")
    vendor.endpoint.script([gpt.error("openai", 429, "Slow.", "rate_limit_exceeded", headers=headers)])
    with pytest.raises(RateLimited) as caught:
        vendor.provider.complete(vendor.model, REQUEST)
    assert caught.value.retry_after == timedelta(days=1)


@pytest.mark.parametrize("seconds", ["9" * 30, "9" * 400])
def test_a_delay_of_googles_beyond_all_measure_is_a_day(open_rig: Callable[[str], Rig], seconds: str) -> None:
    delay = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": f"{seconds}s"}
    vendor = open_rig("gemini")
    vendor.endpoint.script([google.error(429, "slow", delay)])
    with pytest.raises(RateLimited) as caught:
        vendor.provider.complete(vendor.model, REQUEST)
    assert caught.value.retry_after == timedelta(days=1)


def test_xai_tells_a_wrong_key_as_a_bad_request(open_rig: Callable[[str], Rig]) -> None:
    """As seen in public reports: 400 with these words, which quote both ends of the key."""
    said = "Incorrect API key provided: ma***89. You can obtain an API key from https://console.x.ai."
    vendor = open_rig("xai")
    vendor.endpoint.script([Answer(400, {"code": "Client specified an invalid argument", "error": said})])
    with pytest.raises(Unauthorized) as caught:
        vendor.provider.complete(vendor.model, REQUEST)
    assert "ma***89" not in str(caught.value)


# --- prices


def _rates(price: str, *, written: str | None = None, at_least: int = 0) -> Rates:
    fresh, out = (Fraction(each) for each in price.split("/"))
    return Rates(fresh, fresh, out, fresh if written is None else Fraction(written), at_least)


def _known(*prices: Price) -> Catalogue:
    facts = ModelFacts("llama-local", ("compatible",), 32_000, 32_000, 2, 9, prices)
    return Catalogue({}, {}, own={"compatible/llama-local": facts})


class Ticking(Hand):
    """A clock that strikes midnight when the answer comes."""

    answered = False

    def now(self) -> datetime:
        return self.at + timedelta(hours=self.answered)


TODAY, TOMORROW, LATER = date(2026, 11, 21), date(2026, 11, 22), date(2027, 11, 22)


def _local(server: OpenAIServer, known: Catalogue, clock: Hand, session: requests.Session) -> OpenAIChat:
    return OpenAIChat("compatible", f"{server.url}/v1", lambda: Secret(KEY), known, clock, session=session)


@pytest.mark.parametrize("after", [(), (Price(TOMORROW, LATER, (_rates("20/40"),)),)], ids=["none", "ten times"])
def test_a_price_that_ends_while_the_model_thinks_is_what_was_asked_for(after: tuple[Price, ...]) -> None:
    known = _known(Price(TODAY, TOMORROW, (_rates("2/4"),)), *after)
    clock = Ticking()
    clock.at = datetime(2026, 11, 21, 23, 30, tzinfo=UTC)
    with OpenAIServer("local", key=KEY) as server, requests.Session() as session:
        server.script([gpt.chat({"content": WRITTEN}, usage=gpt.chat_usage(1000, 100))])
        session.hooks["response"] = [lambda *_, **__: setattr(clock, "answered", True)]
        provider = _local(server, known, clock, session)
        found = provider.complete("llama-local", REQUEST)
    assert found.usage.micros == 1000 * 2 + 100 * 4


def test_what_is_set_aside_today_is_enough_tomorrow(session: requests.Session) -> None:
    known = _known(Price(TODAY, TOMORROW, (_rates("2/4"),)), Price(TOMORROW, LATER, (_rates("20/40"),)))
    clock = Hand()
    clock.at = datetime(2026, 11, 21, 23, 59, 59, tzinfo=UTC)
    with OpenAIServer("local", key=KEY) as server:
        provider = _local(server, known, clock, session)
        before = provider.estimate("llama-local", REQUEST)
        clock.at += timedelta(seconds=2)
        assert provider.estimate("llama-local", REQUEST) == before


@pytest.mark.parametrize(
    "rates",
    [
        (_rates("2/4", written="0"),),
        (_rates("2/4"), _rates("1/4", at_least=200)),
    ],
    ids=["what is kept costs nothing", "much is cheaper than little"],
)
def test_the_bound_holds_in_any_table(session: requests.Session, rates: tuple[Rates, ...]) -> None:
    known = _known(Price(TODAY, LATER, rates))
    with OpenAIServer("local", key=KEY) as server:
        provider = _local(server, known, Hand(), session)
        bound = provider.estimate("llama-local", replace(REQUEST, prompt="x" * 150))
    price = known.price("llama-local", Hand().at, "compatible")
    for tokens in (1, 100, 199):
        assert price.micros(Tokens(input=tokens, output=2000)) <= bound.micros


def test_counts_that_contradict_each_other_give_no_money_back() -> None:
    price = Price(TODAY, LATER, (_rates("2/4"),))
    assert price.micros(Tokens(input=10, cached=5000)) >= 10 * 2


# --- turns that say nothing


@pytest.mark.parametrize("name", VENDORS)
def test_turns_of_blanks_are_refused_before_anything_is_sent(open_rig: Callable[[str], Rig], name: str) -> None:
    vendor = open_rig(name)
    blank = replace(REQUEST, prompt=" ", tools=(Tool("look", "Looks.", SCHEMA),), messages=(Message("user", "\n"),))
    with pytest.raises(Rejected, match="neither a prompt nor turns"):
        vendor.provider.complete(vendor.model, blank)
    assert vendor.endpoint.requests == []


@pytest.mark.parametrize("name", VENDORS)
def test_a_blank_prompt_before_turns_is_taken(open_rig: Callable[[str], Rig], name: str) -> None:
    vendor = open_rig(name)
    vendor.endpoint.script([good(name)])
    said = replace(REQUEST, prompt=" ", stable="\n", messages=(Message("user", "Plan this."),))
    assert vendor.provider.complete(vendor.model, said).answer == ANSWER
