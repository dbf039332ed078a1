"""What a policy lets go ahead: a table whose outcomes are written by hand, and what holds for every policy."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.core.approval.autonomy import LEVELS, WORKS, Piece, Policy, Request, decide_autonomy
from shared.core.planning.risk import LEVELS as RISKS

USD = 1_000_000


def piece(*works: str, final: bool = False, systems: tuple[str, ...] = ()) -> Piece:
    return Piece("s", "A step", frozenset(works), frozenset(systems), final)


def policy(risk: str = "high", micros: int = 10 * USD, **given: Any) -> Policy:
    """Return a policy with these levels, or these other fields, and limits that are wide."""
    levels = {name: given.pop(name) for name in WORKS if name in given}
    return Policy(levels, risk, micros, **given)


ALL = dict.fromkeys(WORKS, "inside_limits")
HALF = dict.fromkeys(WORKS, "release_and_production")
PLAN, RELEASE, LIVE = "plan", "release", "production"


@pytest.mark.parametrize(
    ("set_to", "asked", "rule"),
    [
        # Nothing is set, or not for this kind of work.
        ({}, Request(PLAN, (piece("pages"),)), "nothing_set"),
        ({"code": "inside_limits"}, Request(PLAN, (piece("pages"),)), "always_ask"),
        ({"pages": "always"}, Request(PLAN, (piece("pages"),)), "always_ask"),
        ({"pages": "sometimes"}, Request(PLAN, (piece("pages"),)), "always_ask"),
        (ALL, Request(PLAN, ()), "always_ask"),
        # Each kind of work at a plan.
        ({"pages": "inside_limits"}, Request(PLAN, (piece("pages"),)), "inside_limits"),
        ({"pages": "release_and_production"}, Request(PLAN, (piece("pages"),)), "ahead_until_release"),
        ({"other_systems": "inside_limits"}, Request(PLAN, (piece("other_systems"),)), "inside_limits"),
        ({"code": "release_and_production"}, Request(PLAN, (piece("code"),)), "ahead_until_release"),
        # The strictest of what is in it counts.
        ({"pages": "inside_limits", "code": "always"}, Request(PLAN, (piece("pages"), piece("code"))), "always_ask"),
        ({**ALL, "code": "release_and_production"}, Request(PLAN, (piece("pages", "code"),)), "ahead_until_release"),
        # What leaves: how it was made counts beside where it goes.
        (ALL, Request(RELEASE, (piece("release"),)), "inside_limits"),
        (HALF, Request(RELEASE, (piece("release"),)), "ask_for_release_and_production"),
        ({"release": "inside_limits"}, Request(RELEASE, (piece("release"),)), "always_ask"),
        ({"release": "inside_limits", "code": "release_and_production"}, Request(RELEASE, (piece("release"),)),
         "ask_for_release_and_production"),
        (HALF, Request(LIVE, (piece("production"),)), "ask_for_release_and_production"),
        # Never, whatever is set.
        (ALL, Request(PLAN, (piece("pages"), piece("pages", final=True))), "cannot_be_undone"),
        (ALL, Request(LIVE, (piece("production", final=True),)), "cannot_be_undone"),
        ({**ALL, "risk": "medium"}, Request(PLAN, (piece("code"),), risk="high"), "above_the_risk"),
        ({**ALL, "risk": "medium"}, Request(PLAN, (piece("code"),), risk="medium"), "inside_limits"),
        ({**ALL, "risk": "high"}, Request(PLAN, (piece("code"),), risk="enormous"), "above_the_risk"),
        ({**ALL, "risk": "no word"}, Request(PLAN, (piece("code"),)), "above_the_risk"),
        (ALL, Request(RELEASE, (piece("release"),), first_places=("forge:acme/shop",)), "first_release"),
        (ALL, Request(RELEASE, (piece("release"),), first_places=None), "first_release"),
        (ALL, Request(RELEASE, (piece("release"),), two_people=True), "two_people"),
        (ALL, Request(RELEASE, (piece("release"),), findings=1), "findings"),
        (ALL, Request(PLAN, (piece("pages"),), is_edited=True), "page_edited"),
        (ALL, Request(PLAN, (piece("pages"),), is_chained=True), "another_run_asked"),
        # Limits.
        ({**ALL, "micros": USD}, Request(PLAN, (piece("code"),), micros=USD), "inside_limits"),
        ({**ALL, "micros": USD}, Request(PLAN, (piece("code"),), micros=USD + 1), "money"),
        ({**ALL, "micros": 0}, Request(PLAN, (piece("code"),), micros=1), "money"),
        ({**HALF, "micros": USD}, Request(PLAN, (piece("code"),), micros=2 * USD), "money"),
        (ALL, Request(PLAN, (piece("code"),), needs=USD, left=USD), "inside_limits"),
        (ALL, Request(PLAN, (piece("code"),), needs=USD, left=USD - 1), "budget"),
        (ALL, Request(PLAN, (piece("code"),), needs=1, left=-5), "budget"),
        ({**ALL, "systems": ("wiki",)}, Request(PLAN, (piece("pages", systems=("wiki",)),)), "inside_limits"),
        ({**ALL, "systems": ("wiki",)}, Request(PLAN, (piece("pages", systems=("wiki", "crm")),)), "systems"),
        ({**ALL, "systems": ("wiki",)}, Request(PLAN, (piece("code"),)), "inside_limits"),
        ({**ALL, "may_change": ("site/**",)}, Request(RELEASE, (piece("release"),), paths=("site/a/b.html",)),
         "inside_limits"),
        ({**ALL, "may_change": ("site/**",)}, Request(RELEASE, (piece("release"),), paths=("site/a", "app.py")),
         "paths"),
        ({**ALL, "must_not_change": ("*.py",)}, Request(RELEASE, (piece("release"),), paths=("src/app.py",)), "paths"),
        ({**ALL, "may_change": ()}, Request(RELEASE, (piece("release"),), paths=("a",)), "paths"),
        (ALL, Request(RELEASE, (piece("release"),), paths=None), "paths"),
    ],
)  # fmt: skip
def test_each_outcome_is_as_it_was_written_down(set_to: dict[str, Any], asked: Request, rule: str) -> None:
    verdict = decide_autonomy(policy(**set_to), asked)
    assert verdict.rule.value == rule
    assert verdict.asks == (rule not in ("inside_limits", "ahead_until_release"))


NAMES = st.sampled_from(("wiki", "forge", "host", "crm"))
PATHS = st.sampled_from(("a.py", "site/a.html", "site/b/c.css", "docs/readme.md"))
PATTERNS = st.sampled_from(("**", "site/**", "*.py", "docs/", "a.*"))
MONEY = st.integers(0, 5)
LEVEL_SETS = st.dictionaries(st.sampled_from(WORKS), st.sampled_from(LEVELS))
POLICIES = st.builds(
    Policy,
    LEVEL_SETS,
    st.sampled_from(RISKS),
    MONEY,
    st.lists(NAMES, max_size=3, unique=True).map(tuple),
    st.lists(PATTERNS, max_size=3, unique=True).map(tuple),
    st.lists(PATTERNS, max_size=2, unique=True).map(tuple),
)
PIECES = st.builds(
    Piece, st.just("s"), st.just("t"), st.frozensets(st.sampled_from(WORKS)), st.frozensets(NAMES), st.booleans()
)
REQUESTS = st.builds(
    Request,
    st.sampled_from((PLAN, RELEASE, LIVE)),
    st.lists(PIECES, max_size=3).map(tuple),
    st.sampled_from((*RISKS, "?")),
    MONEY,
    MONEY,
    st.none() | st.integers(-1, 5),
    st.none() | st.lists(PATHS, max_size=3).map(tuple),
    st.none() | st.lists(NAMES, max_size=1).map(tuple),
    st.integers(0, 1),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)
MILD = REQUESTS.map(  # most of any others are asked about for a reason that no policy touches
    lambda each: replace(
        each, first_places=(), findings=0, two_people=False, is_edited=False, is_chained=False,
        pieces=tuple(replace(one, is_final=False) for one in each.pieces),
    )
)  # fmt: skip


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Policy, Policy]:
    """Draw a policy and one that is stricter in every respect, or equal."""
    wide = draw(POLICIES)
    levels = {work: draw(st.sampled_from(LEVELS[: LEVELS.index(at) + 1])) for work, at in wide.levels.items()}
    less = draw(st.sampled_from(wide.systems or ("wiki",)))
    strict = replace(
        wide,
        levels={work: level for work, level in levels.items() if draw(st.booleans())},
        risk=draw(st.sampled_from(RISKS[: RISKS.index(wide.risk) + 1])),
        micros=draw(st.integers(0, wide.micros)),
        systems=draw(st.sampled_from((wide.systems, (less,)))),
        may_change=tuple(each for each in wide.may_change if draw(st.booleans())),
        must_not_change=(*wide.must_not_change, *draw(st.lists(PATTERNS, max_size=1))),
    )
    return wide, strict


@settings(max_examples=150, deadline=None)
@given(pairs(), MILD)
def test_a_stricter_policy_never_lets_more_go_ahead(both: tuple[Policy, Policy], asked: Request) -> None:
    wide, strict = both
    if not decide_autonomy(strict, asked).asks:
        assert not decide_autonomy(wide, asked).asks


@settings(max_examples=150, deadline=None)
@given(POLICIES, REQUESTS)
def test_what_no_policy_can_answer_is_always_asked_about(any_policy: Policy, asked: Request) -> None:
    verdict = decide_autonomy(any_policy, asked)
    if verdict.asks:
        return
    assert not any(each.is_final for each in asked.pieces)
    assert RISKS.index(asked.risk) <= RISKS.index(any_policy.risk)
    assert asked.first_places == ()
    assert not any((asked.two_people, asked.is_edited, asked.is_chained, asked.findings))
    assert asked.micros <= any_policy.micros


@settings(max_examples=60, deadline=None)
@given(POLICIES, MILD, st.integers(0, 2))
def test_one_step_that_cannot_be_undone_is_enough(any_policy: Policy, asked: Request, place: int) -> None:
    final = replace(piece("pages"), is_final=True)
    more = (*asked.pieces[:place], final, *asked.pieces[place:])
    assert decide_autonomy(any_policy, replace(asked, pieces=more)).asks


@settings(max_examples=60, deadline=None)
@given(REQUESTS)
def test_a_team_that_has_set_nothing_is_asked_about_everything(asked: Request) -> None:
    assert decide_autonomy(Policy(), asked).asks
