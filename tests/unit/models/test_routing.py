"""Who is asked: the team's rules, what is connected, what the request needs, and how the models have been."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.core.models.model_facts import TASK_CLASSES, describe_own_model
from shared.core.models.routing import PREFERENCES, Mark, Needs, Rules, estimate_cost, matches, route, rules_of
from shared.mind.catalogue import load_catalogue

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
KNOWN = load_catalogue()
NO_RULES = Rules()
VENDORS = ("anthropic", "openai", "xai", "vertex", "gemini")
REFERENCES = sorted(f"{provider}/{facts.id}" for facts in KNOWN.models.values() for provider in facts.providers)


def _names(
    task_class: str = "reason", rules: Rules = NO_RULES, connected: tuple[str, ...] = VENDORS, **more: object
) -> list[str]:
    health, needs = more.get("health", {}), more.get("needs", Needs())
    assert isinstance(health, dict)
    assert isinstance(needs, Needs)
    return [each.reference for each in route(task_class, rules, KNOWN, connected, health, needs, NOW).choices]


def test_without_rules_the_installations_order_counts() -> None:
    assert _names(connected=("openai", "anthropic"))[:3] == [
        "openai/gpt-6.1-sol",
        "openai/gpt-6.1-terra",
        "anthropic/claude-opus-5-5",
    ]
    assert _names(connected=("anthropic", "openai"))[0] == "anthropic/claude-opus-5-5"


def test_suggested_defaults_of_the_fact_page_come_first() -> None:
    # integrations, 2.1: "Suggested defaults"
    wanted = {
        "reason": ("anthropic/claude-opus-5-5", "openai/gpt-6.1-sol"),
        "code": ("anthropic/claude-sonnet-5-5", "openai/gpt-6.1-sol"),
        "quick": ("anthropic/claude-haiku-5-5", "openai/gpt-6-luna"),
        "cheap": ("openai/gpt-6-luna", "anthropic/claude-haiku-5-5"),
    }
    for task_class, names in wanted.items():
        assert tuple(KNOWN.classes[task_class][:2]) == names


def test_a_teams_list_stands_as_it_is_whatever_it_prefers() -> None:
    rules = Rules({"reason": ("xai/grok-4.7", "anthropic", "openai/gpt-6-luna")}, prefer="cost")
    assert _names(rules=rules) == [
        "xai/grok-4.7",
        "anthropic/claude-opus-5-5",
        "anthropic/claude-sonnet-5-5",
        "openai/gpt-6-luna",
    ]
    # Another class: its preference counts. 0.10 and 0.50 dollars twice, then 0.20 and 0.50 (integrations, 2.1).
    assert set(_names("quick", rules)[:2]) == {"openai/gpt-6-luna", "anthropic/claude-haiku-5-5"}
    assert _names("quick", rules)[2] == "xai/grok-4-1-fast-reasoning"


def test_what_is_not_connected_or_denied_is_left_out_with_the_reason() -> None:
    rules = Rules({"quick": ("openai/gpt-6-luna", "anthropic", "xai")}, deny=("xai",))
    found = route("quick", rules, KNOWN, ("anthropic", "xai"), {}, Needs(), NOW)
    assert [each.reference for each in found.choices] == ["anthropic/claude-haiku-5-5"]
    assert dict(found.left_out) == {
        "openai/gpt-6-luna": "not connected",
        "xai/grok-4-1-fast-reasoning": "denied by the team",
    }
    assert _names(rules=Rules(allow=("vertex/gemini-4-argon",))) == ["vertex/gemini-4-argon"]


def test_an_installation_may_offer_one_model_of_a_vendor() -> None:
    assert _names(connected=("openai/gpt-6-luna",)) == ["openai/gpt-6-luna"]
    wanted = Rules({"reason": ("openai/gpt-6-astra", "openai")})
    assert _names(rules=wanted, connected=("openai/gpt-6-luna",)) == []


def test_a_request_that_is_too_long_goes_where_it_fits() -> None:
    rules = Rules({"reason": ("xai/grok-4.7", "anthropic/claude-opus-5-5", "xai/grok-4-1-fast-reasoning")})
    assert _names(rules=rules, needs=Needs(600_000, 8000)) == [
        "anthropic/claude-opus-5-5",
        "xai/grok-4-1-fast-reasoning",
    ]
    assert _names(rules=rules, needs=Needs(1_500_000, 8000)) == ["xai/grok-4-1-fast-reasoning"]
    assert _names(rules=rules, needs=Needs(9_000_000, 8000)) == ["xai/grok-4-1-fast-reasoning"]  # fits nowhere


def test_an_answer_that_is_too_long_goes_to_who_can_write_it() -> None:
    rules = Rules({"reason": ("gemini/gemini-4-argon", "anthropic/claude-opus-5-5")})
    assert _names(rules=rules, needs=Needs(1000, 100_000)) == ["anthropic/claude-opus-5-5"]


def test_tools_go_to_models_that_take_them() -> None:
    plain = replace(describe_own_model("tiny", "compatible", window=8000, speed=2, rank=9), tools=False)
    known = KNOWN.having("compatible", plain)
    args = ("quick", Rules(), known, ("compatible", "openai"), {})
    assert [each.provider for each in route(*args, Needs(), NOW).choices] == ["compatible", "openai"]
    assert [each.provider for each in route(*args, Needs(tools=True), NOW).choices] == ["openai"]


def test_who_was_not_well_comes_last_until_the_mark_ends() -> None:
    mark = Mark("overloaded", NOW + timedelta(seconds=30))
    found = route("quick", Rules(), KNOWN, ("anthropic", "openai"), {"anthropic/claude-haiku-5-5": mark}, Needs(), NOW)
    assert [each.provider for each in found.choices] == ["openai", "anthropic"]
    assert found.choices[1].mark == mark
    assert "was overloaded just now" in found.choices[1].why
    late = route(
        "quick", Rules(), KNOWN, ("anthropic", "openai"), {"anthropic/claude-haiku-5-5": mark}, Needs(), mark.until
    )
    assert [each.provider for each in late.choices] == ["anthropic", "openai"]


def test_preferences_sort_by_what_they_say() -> None:
    cheap = _names("code", Rules(prefer="cost"), needs=Needs(5000, 2000))
    assert cheap[0] == "openai/gpt-6.1-terra"  # 1 and 5 dollars: the least on the list for code
    assert cheap[-1] == "anthropic/claude-opus-5-5"  # 4 and 20
    assert _names("code", Rules(prefer="quality"))[0] == "anthropic/claude-opus-5-5"
    assert _names("reason", Rules(prefer="latency"))[0] == "openai/gpt-6.1-terra"


def test_a_price_change_changes_who_is_cheapest() -> None:
    rules = Rules(prefer="cost")
    connected = ("vertex", "anthropic/claude-opus-5-5", "openai/gpt-6.1-sol")
    order = {}
    for day in ((11, 30), (12, 1)):
        found = route("reason", rules, KNOWN, connected, {}, Needs(10_000, 4000), datetime(2026, *day, tzinfo=UTC))
        order[day] = [each.reference for each in found.choices]
    assert order[11, 30].index("vertex/gemini-4-argon") == 0  # 2 and 10 dollars, as sol, and of the same rank
    assert order[12, 1].index("vertex/gemini-4-argon") > 0  # 4 and 20 dollars


def test_rules_of_ours_never_stand_before_a_model() -> None:
    for prefer in ("", *PREFERENCES):
        assert _names("cheap", Rules(prefer=prefer), ("openai", "offline"))[-1] == "offline/offline"


def test_on_a_day_without_a_price_a_model_is_left_out() -> None:
    after = datetime(2027, 9, 2, tzinfo=UTC)
    found = route("quick", Rules(), KNOWN, ("vertex/gemini-3.8-flash", "openai"), {}, Needs(), after)
    assert "openai" in {each.provider for each in found.choices}
    assert "no price" in dict(found.left_out)["vertex/gemini-3.8-flash"]


@pytest.mark.parametrize(
    "stored",
    [{}, {"models": None}, {"models": []}, {"models": {"classes": [], "prefer": "luck", "allow": "openai", "deny": 3}}],
)
def test_settings_of_another_form_count_for_nothing(stored: dict[str, object]) -> None:
    assert rules_of(stored) == Rules()


# --- properties ---

_ENTRIES = st.lists(st.sampled_from([*VENDORS, *REFERENCES, "openai/nobody"]), max_size=6, unique=True).map(tuple)
_RULES = st.builds(
    Rules,
    classes=st.dictionaries(st.sampled_from(TASK_CLASSES), _ENTRIES.filter(bool), max_size=4),
    prefer=st.sampled_from(["", *PREFERENCES]),
    allow=_ENTRIES,
    deny=_ENTRIES,
)
_HEALTH = st.dictionaries(
    st.sampled_from(REFERENCES),
    st.builds(Mark, st.just("overloaded"), st.integers(-60, 60).map(lambda s: NOW + timedelta(seconds=s))),
)
_NEEDS = st.builds(Needs, st.integers(0, 3_000_000), st.integers(0, 200_000), st.booleans())
_CLASS = st.sampled_from(TASK_CLASSES)


@settings(max_examples=80, deadline=None)
@given(_CLASS, _RULES, _ENTRIES, _HEALTH, _NEEDS)
def test_whatever_the_rules(
    task_class: str, rules: Rules, connected: tuple[str, ...], health: dict[str, Mark], needs: Needs
) -> None:
    found = route(task_class, rules, KNOWN, connected, health, needs, NOW)
    names = [each.reference for each in found.choices]
    assert len(set(names)) == len(names)
    assert set(names).isdisjoint(name for name, _ in found.left_out)
    assert all(matches(name, connected) and KNOWN.knows(name) for name in names)
    assert not any(matches(name, rules.deny) for name in names)
    assert not rules.allow or all(matches(name, rules.allow) for name in names)
    assert all(each.why for each in found.choices)
    assert all(reason for _, reason in found.left_out)
    sick = [each.mark is not None for each in found.choices]
    assert sick == sorted(sick)
    assert all((health[n].until > NOW) == bad for n, bad in zip(names, sick, strict=True) if n in health)
    if len(names) > 1:
        assert all(KNOWN.window(n.partition("/")[2]) >= needs.tokens + needs.output for n in names)
    well = [each.reference for each in found.choices if each.mark is None]
    if rules.prefer == "cost" and task_class not in rules.classes:
        costs = [estimate_cost(KNOWN, name, needs, NOW) for name in well]
        assert costs == sorted(costs)


@settings(max_examples=80, deadline=None)
@given(_CLASS, _RULES, _ENTRIES, _HEALTH, _NEEDS, st.data())
def test_denying_one_changes_nothing_else(
    task_class: str,
    rules: Rules,
    connected: tuple[str, ...],
    health: dict[str, Mark],
    needs: Needs,
    data: st.DataObject,
) -> None:
    before = [c.reference for c in route(task_class, rules, KNOWN, connected, health, needs, NOW).choices]
    if len(before) < 2:
        return
    gone = data.draw(st.sampled_from(before))
    less = Rules(rules.classes, rules.prefer, rules.allow, (*rules.deny, gone))
    after = [c.reference for c in route(task_class, less, KNOWN, connected, health, needs, NOW).choices]
    assert after == [name for name in before if name != gone]
