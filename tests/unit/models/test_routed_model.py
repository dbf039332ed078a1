"""Many models as one: who is asked after whom, what it may cost, what is remembered, and what is told."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.app.models.model_health import Health
from shared.app.models.model_verdicts import NoModel
from shared.core.errors import (
    ErrorClass,
    IntegrationError,
    Missing,
    OutcomeUnknown,
    Overloaded,
    QuotaExhausted,
    RateLimited,
    Rejected,
    Unauthorized,
    Unavailable,
)
from shared.core.models.model_errors import ContextTooLong, InvalidOutput, ModelError, Refused
from shared.core.models.routing import Rules
from shared.core.run.run import Usage
from shared.ports.model import ModelResult, Tool, request_tokens
from tests.unit.models.routed_world import ARGON, LIST, OPUS, SOL, World, a_request
from tests.unit.models.scripted_provider import Turn, said


def test_the_first_choice_answers_and_the_decision_is_recorded(world: World) -> None:
    found = world.model().complete(a_request(task="agent.critic"))
    assert (found.model, found.usage, found.answer) == ("claude-opus-5-5", Usage(100, 50), {"text": "yes"})
    (made,) = found.made
    assert (made.provider, made.model, made.outcome, made.request_id) == ("anthropic", "claude-opus-5-5", "ok", "req-1")
    assert (made.task, made.task_class, made.agent) == ("agent.critic", "reason", "critic")
    assert made.why == "place 1 of the team's list for reason"


@pytest.mark.parametrize(
    ("error", "word"),
    [
        (Overloaded("anthropic", "529"), "overloaded"),
        (Unavailable("anthropic", "no connection"), "unavailable"),
        (QuotaExhausted("anthropic", "credit balance is too low"), "quota_exhausted"),
        (RateLimited("anthropic", "429", retry_after=timedelta(minutes=5)), "rate_limited"),
        (RateLimited("anthropic", "429"), "rate_limited"),
        (Missing("anthropic", "no such model"), "unknown_model"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_who_cannot_answer_is_followed_by_the_next(world: World, error: Exception, word: str) -> None:
    model = world.model()
    world.plays("anthropic", error)
    found = model.complete(a_request())
    assert found.model == "gpt-6.1-sol"
    assert [(call.provider, call.outcome, call.usage) for call in found.made] == [
        ("anthropic", word, Usage()),
        ("openai", "ok", Usage(100, 50)),
    ]
    assert found.made[1].why.endswith(f"{OPUS} was {word}")


@pytest.mark.parametrize(
    ("error", "word"),
    [
        (Rejected("anthropic", "400 messages: wrong"), "bad_request"),
        (InvalidOutput("half of it", used=Usage(9, 9)), "invalid_output"),
        (Unauthorized("anthropic", "401"), "auth"),
        (RateLimited("anthropic", "429", retry_after=timedelta(seconds=3)), "rate_limited"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_bad_input_a_bad_answer_a_bad_key_and_a_short_pause_go_to_nobody_else(
    world: World, error: Exception, word: str
) -> None:
    model = world.model()
    world.plays("anthropic", error)
    with pytest.raises(type(error)) as caught:
        model.complete(a_request())
    assert caught.value is error
    assert world.asked == [OPUS]
    assert [call.outcome for call in caught.value.made] == [word]  # type: ignore[attr-defined]


def test_a_refusal_goes_to_one_other_model_and_no_further(world: World) -> None:
    model = world.model()
    world.plays("anthropic", Refused("no", used=Usage(20, 30)))
    found = model.complete(a_request())
    assert found.usage == Usage(120, 80)
    world.plays("anthropic", Refused("no", used=Usage(20, 30)))
    world.plays("openai", Refused("no", used=Usage(1, 2)))
    with pytest.raises(Refused) as caught:
        model.complete(a_request())
    assert caught.value.used == Usage(21, 32)
    assert ARGON not in world.asked


def test_too_long_goes_only_to_who_takes_more(world: World) -> None:
    rules = Rules({"reason": ("xai/grok-4.7", OPUS, "anthropic/claude-sonnet-5-5", SOL)})
    model = world.model(rules, ("xai", "anthropic", "openai"))
    world.plays("xai", ContextTooLong("too long"))
    world.plays("anthropic", ContextTooLong("still too long"))
    assert model.complete(a_request()).model == "gpt-6.1-sol"  # 0.5 M, 1 M, not again 1 M, 1.05 M
    assert world.asked == ["xai/grok-4.7", OPUS, SOL]
    world.plays("xai", ContextTooLong("too long"))
    world.plays("anthropic", ContextTooLong("too long"))
    world.plays("openai", ContextTooLong("too long"))
    with pytest.raises(ContextTooLong):
        model.complete(a_request())


def test_what_may_have_been_charged_is_booked_and_bounds_what_follows(world: World) -> None:
    model = world.model()
    request = a_request()
    whole = world.providers["anthropic"].estimate("claude-opus-5-5", request)
    world.plays("anthropic", OutcomeUnknown("anthropic", "no answer in time"))
    world.providers["anthropic"].turns[0].used = whole  # type: ignore[union-attr]
    with pytest.raises(OutcomeUnknown) as caught:  # the others cost at most half as much, which is more than is left
        model.complete(request)
    assert caught.value.used == whole
    assert world.asked == [OPUS]
    assert "might cost more than is reserved" in str(caught.value)


def test_a_cheaper_model_may_follow_a_charged_failure(world: World) -> None:
    model = world.model(Rules({"reason": (OPUS, "openai/gpt-6-luna")}))
    lost = OutcomeUnknown("anthropic", "no answer in time")
    lost.used = Usage(10, 4000)
    world.plays("anthropic", lost)
    found = model.complete(a_request())
    assert found.model == "gpt-6-luna"
    assert found.usage == Usage(110, 4050)
    assert [call.outcome for call in found.made] == ["server_or_timeout", "ok"]


def test_no_try_begins_when_there_is_no_time_left(world: World) -> None:
    model = world.model(Rules({"reason": (OPUS, "openai/gpt-6-luna")}))
    world.plays("anthropic", OutcomeUnknown("anthropic", "no answer in time"))
    world.providers["anthropic"].during = lambda: world.clock.move(seconds=31)
    with pytest.raises(OutcomeUnknown, match="no time left"):
        model.complete(a_request(timeout=timedelta(seconds=20)))


def test_everybody_limits_us_the_earliest_wait_is_told(world: World) -> None:
    model = world.model()
    for name, minutes in (("anthropic", 9), ("openai", 4), ("vertex", 7)):
        world.plays(name, RateLimited(name, "429", retry_after=timedelta(minutes=minutes)))
    with pytest.raises(RateLimited) as caught:
        model.complete(a_request())
    assert caught.value.retry_after == timedelta(minutes=4)
    before = len(world.asked)
    world.clock.move(minutes=1)
    with pytest.raises(RateLimited) as again:  # nobody is asked before the time they named
        model.complete(a_request())
    assert again.value.retry_after == timedelta(minutes=3)
    assert len(world.asked) == before
    world.clock.move(minutes=3, seconds=1)
    assert model.complete(a_request()).model == "gpt-6.1-sol"


def test_a_wait_is_always_named(world: World) -> None:
    model = world.model(Rules({"reason": (OPUS,)}))
    world.plays("anthropic", RateLimited("anthropic", "429"))
    with pytest.raises(RateLimited) as caught:
        model.complete(a_request())
    assert caught.value.retry_after == timedelta(seconds=20)


def test_an_outage_of_all_is_told_as_what_passes(world: World) -> None:
    model = world.model()
    world.plays("anthropic", QuotaExhausted("anthropic", "no credit"))
    world.plays("openai", Overloaded("openai", "503", retry_after=timedelta(seconds=40)))
    world.plays("vertex", Missing("vertex", "no such model"))
    with pytest.raises(Overloaded) as caught:
        model.complete(a_request())
    assert caught.value.retry_after == timedelta(seconds=40)
    for part in ("503", "no credit", "no such model"):
        assert part in str(caught.value)
    assert [call.outcome for call in caught.value.made] == ["quota_exhausted", "overloaded", "unknown_model"]


def test_nobody_to_ask_is_said_with_the_reasons(world: World) -> None:
    model = world.model(Rules({"reason": (OPUS, "xai/grok-4.7")}, deny=("anthropic",)))
    with pytest.raises(NoModel, match=r"denied by the team.*not connected.*GET /v1/models") as caught:
        model.complete(a_request())
    assert caught.value.error_class == ErrorClass.FINAL  # no other attempt, and no other plan, would mend it
    # A run is opened all the same, so that its people are told.
    assert model.estimate(a_request()) == Usage()
    assert model.window("reason") > 0
    assert model.count(a_request()) == request_tokens(a_request())


def test_offline_is_a_fallback_only_where_it_is_listed_and_is_named(world: World) -> None:
    rules = Rules({"reason": (OPUS, "offline/offline")})
    model = world.model(rules, ("anthropic", "offline"))
    world.plays("anthropic", Overloaded("anthropic", "529"))
    found = model.complete(a_request())
    assert (found.model, found.made[-1].provider) == ("offline", "offline")
    unlisted = world.model(
        Rules({"reason": (OPUS,)}), ("anthropic", "offline"), Health(world.store, world.clock, "t-9")
    )
    world.plays("anthropic", Overloaded("anthropic", "529"))
    with pytest.raises(Overloaded):
        unlisted.complete(a_request())


def test_a_server_cannot_pass_for_our_rules(world: World) -> None:
    model = world.model(Rules({"reason": (OPUS,)}))
    world.plays("anthropic", said(model="offline"))  # code of that name is trusted more (sandbox/landlock.py)
    assert model.complete(a_request()).model == "claude-opus-5-5"


def test_the_bound_is_that_of_the_dearest_with_room_for_one_refusal(world: World) -> None:
    request = a_request()
    model = world.model()
    opus = world.providers["anthropic"].estimate("claude-opus-5-5", request)
    assert model.estimate(request) == Usage(-(-opus.tokens * 5 // 4), -(-opus.micros * 5 // 4))
    alone = world.model(Rules({"reason": (OPUS,)}))
    assert alone.estimate(request) == opus


def test_window_and_count_are_those_of_the_first_choice(world: World) -> None:
    model = world.model(Rules({"reason": ("xai/grok-4.7", SOL)}), ("xai", "openai"))
    assert model.window("reason") == 500_000
    assert model.count(a_request()) == request_tokens(a_request()) + 1


def test_tools_are_passed_on(world: World) -> None:
    tool = Tool("look", "to look", {"type": "object"})
    world.model().complete(a_request(tools=(tool,)))
    assert world.providers["anthropic"].asked[0][1].tools == (tool,)


# --- property: whatever goes wrong, no more is spent than was said, and all of it is told ---

_TURNS = st.sampled_from(
    ["ok", "overloaded", "unavailable", "quota", "limited", "short", "unknown", "refused", "long", "bad", "half"]
)


def _turn(word: str, bound: Usage, share: int) -> Turn:
    used = Usage(bound.tokens * share // 100, bound.micros * share // 100)
    turns: dict[str, Turn] = {
        "ok": ModelResult({}, "", used),
        "overloaded": Overloaded("x", "529"),
        "unavailable": Unavailable("x", "down"),
        "quota": QuotaExhausted("x", "no credit"),
        "limited": RateLimited("x", "429", retry_after=timedelta(minutes=1)),
        "short": RateLimited("x", "429", retry_after=timedelta(seconds=1)),
        "unknown": OutcomeUnknown("x", "lost"),
        "refused": Refused("no", used=used),
        "long": ContextTooLong("long"),
        "bad": Rejected("x", "400"),
        "half": InvalidOutput("half", used=used),
    }
    turn = turns[word]
    if isinstance(turn, OutcomeUnknown):
        turn.used = bound
    return turn


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(_TURNS, st.integers(0, 100)), min_size=3, max_size=3), st.permutations(LIST))
def test_never_more_than_the_bound_and_every_try_is_told(
    world: World, turns: list[tuple[str, int]], order: list[str]
) -> None:
    world.providers.clear()
    world.asked.clear()
    world.clock.move(hours=2)  # what an earlier example left is forgotten
    model = world.model(Rules({"reason": tuple(order)}))
    request = a_request()
    for reference, (word, share) in zip(order, turns, strict=True):
        provider, _, name = reference.partition("/")
        single = world.providers[provider].estimate(name, request)
        world.plays(provider, _turn(word, single, share))
    bound = model.estimate(request)
    try:
        found = model.complete(request)
    except (IntegrationError, ModelError) as error:
        used, made = error.used, error.made
        assert all(call.outcome != "ok" for call in made)
    else:
        used, made = found.usage, found.made
        assert made[-1].outcome == "ok"
    assert used.tokens <= bound.tokens
    assert used.micros <= bound.micros
    assert used == sum((call.usage for call in made), Usage())
    assert [f"{call.provider}/{call.model}" for call in made] == world.asked
    assert sum(call.outcome == "refused" for call in made) <= 2
