"""What a team lacks is said in words with the way out, and only what stops all work makes it unusable."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.core.tenants.finding import LATER, MISSING, OK, Finding, is_usable
from shared.core.tenants.team_findings import EndingKey, Limit, TeamFacts, list_findings

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
WELL = TeamFacts(
    now=NOW,
    connected=True,
    setup_page="https://w.example/setup",
    reconnect="Reconnect it at https://w.example/start?provider=notion",
    workspace="Garden",
    webhook=True,
    models=("openai/gpt-x",),
    forges=("Forge",),
    limits=(Limit("the day", 1_000_000, 25_000_000),),
    asked_at=NOW - timedelta(minutes=2),
    planning_next="2026-11-22T07:30:00+00:00",
)
WEEK = timedelta(days=7)


def find(facts: TeamFacts, name: str) -> Finding:
    return next(each for each in list_findings(facts) if each.name == name)


def test_a_team_that_lacks_nothing_is_told_so_and_of_nothing_to_do() -> None:
    found = list_findings(WELL)
    assert {each.state for each in found} == {OK}
    assert not any(each.way_out for each in found)
    assert is_usable(found)


@pytest.mark.parametrize(
    ("facts", "name", "state", "says", "way_out", "usable"),
    [
        (replace(WELL, connected=False), "notion", MISSING, "“Garden”", "/start?provider=notion", False),
        (replace(WELL, away="Notion cannot be reached since noon."), "reached", MISSING, "since noon", "again", True),
        (replace(WELL, lost={"Chat": "Connect it again"}), "connections", MISSING, "Chat", "Connect it again", True),
        (replace(WELL, tables_missing=("Runs",)), "databases", MISSING, "Runs", "https://w.example/setup", False),
        (replace(WELL, tables_missing=("Runs",), setup_problem="refused"), "databases", MISSING, "refused", "", False),
        (replace(WELL, left_alone=("the table Tasks",), left_alone_way_out="Share it"),
         "refusals", MISSING, "the table Tasks", "Share it", True),
        (replace(WELL, webhook=False), "webhook", LATER, "asked at intervals", "webhook", True),
        (replace(WELL, models=()), "models", MISSING, "no model", "workwright models key", False),
        (replace(WELL, by_rules_alone=True), "models", LATER, "by rules", "workwright models key", True),
        (replace(WELL, keys_refused=("Oracle",)), "model-key", MISSING, "Oracle did not take", "models key", True),
        (replace(WELL, forges=()), "code", LATER, "plans have no code", "/setup", True),
        (replace(WELL, unreached="a message has reached nobody: x (y)"), "messages", MISSING, "x (y)", "test", True),
        (replace(WELL, silent=("Ada", "Ben")), "people", LATER, "Ada, Ben", "notifications set", True),
        (replace(WELL, asked_at=None), "sync", LATER, "not been asked", "status", True),
        (replace(WELL, asked_at=NOW - timedelta(minutes=61)), "sync", MISSING, "07:59 UTC", "status", True),
        (replace(WELL, planning_problem="Tasks are refused"), "planning", MISSING, "Tasks are refused", "Tasks", True),
        (replace(WELL, planning_next=""), "planning", LATER, "no time is set", "/v1/planning", True),
        (replace(WELL, paused="on holiday"), "paused", LATER, "on holiday", "workwright resume", True),
    ],
)  # fmt: skip
def test_what_is_missing_is_said_with_the_way_out(
    facts: TeamFacts, name: str, state: str, says: str, way_out: str, usable: bool
) -> None:
    found = find(facts, name)
    assert (found.state, is_usable(list_findings(facts))) == (state, usable)
    assert says in found.detail
    assert found.way_out
    assert way_out in found.way_out


@pytest.mark.parametrize(
    ("used", "state", "says"),
    [
        (19_999_999, OK, "20.00 of 25.00"), (20_000_000, LATER, "20.00"), (24_999_999, LATER, ""),
        (25_000_000, MISSING, "is used up"),
    ],
)  # fmt: skip
def test_a_limit_of_money_is_said_from_four_fifths_on(used: int, state: str, says: str) -> None:
    found = find(replace(WELL, limits=(Limit("the month", used, 25_000_000),)), "budget")
    assert found.state == state
    assert says in found.detail
    assert bool(found.way_out) == (state != OK)


def test_a_limit_of_nothing_is_used_up() -> None:
    assert find(replace(WELL, limits=(Limit("the day", 0, 0),)), "budget").state == MISSING


def test_keys_that_end_within_a_week_are_named_the_first_first() -> None:
    ends = {
        "past": NOW,
        "soon": NOW + timedelta(hours=1),
        "week": NOW + WEEK,
        "later": NOW + WEEK + timedelta(seconds=1),
    }
    keys = [EndingKey(name, f"the {name} one", at) for name, at in reversed(ends.items())]
    found = [each for each in list_findings(replace(WELL, keys=keys)) if each.name == "keys"]
    assert ["the soon one" in found[0].detail, "the week one" in found[1].detail, len(found)] == [True, True, 2]
    assert "keys rotate soon" in found[0].way_out
