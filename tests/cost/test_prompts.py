"""The bench of prompts: what it tells adds up, plans stay small to ask for, and runs ask no oftener than they need."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from shared.bench.prompts.prompt_sizes import as_text, bench_prompts
from shared.bench.prompts.prompts_calls import BEFORE, STUDIED, goals_of
from tests.support.rigs.house import own_settings

pytestmark = pytest.mark.slow

Json = dict[str, Any]


@pytest.fixture(scope="module")
def found() -> Json:
    with own_settings():
        return bench_prompts()


def test_twelve_situations_are_measured_and_their_parts_add_up(found: Json) -> None:
    situations = found["situations"]
    assert len(situations) == 12
    for name, told in situations.items():
        parts = told["parts"]
        assert abs(sum(parts.values()) - told["tokens"]) <= len(parts), name  # each is rounded down
        assert parts["system"] > 0, name
    assert (
        max(situations[f"plan, {each}"]["tokens"] for each in ("work in Notion", "code", "change of a repository"))
        <= 4000
    )
    for window, most in (("8k", 8192), ("32k", 32_768)):
        assert situations[f"plan, large page, window {window}"]["tokens"] <= 0.75 * most  # a quarter is for the answer
    assert "page" in situations["outline"]["parts"]


def test_what_six_runs_ask_is_what_the_models_own_server_has_counted(found: Json) -> None:
    runs = found["calls"]["runs"]
    assert list(runs) == list(STUDIED)
    for name, run in runs.items():
        assert run["ended"] == "succeeded", name
        assert run["served"] == {"calls": run["calls"], "tokens": run["tokens"]}, name
        assert sum(run["tasks"].values()) == run["calls"], name


def test_each_run_asks_for_one_plan_and_for_nothing_twice_but_what_argues(found: Json) -> None:
    code = {"plan": 1, "code.outline": 1, "code.write": 1, "agent.security-reviewer": 1}
    rows = {"plan": 1, "agent.critic": 1}
    debate = {"plan": 1, "agent.advisor": 6, "agent.decider": 1}  # three sides, each twice: the page lets them argue
    asked = [code, code, rows, rows, debate, code]
    assert [run["tasks"] for run in found["calls"]["runs"].values()] == asked


def test_the_study_is_cited_as_it_stands() -> None:
    """The figures of 22 November 2026: six runs, and a pass of the first that was cut off."""
    assert [one.calls for one in STUDIED.values()] == [8, 5, 7, 2, 6, 6]
    assert sum(one.calls for one in STUDIED.values()) + BEFORE["of_these_in_a_pass_that_was_cut_off"] == BEFORE["calls"]
    assert sum(one.tokens for one in STUDIED.values()) == BEFORE["tokens"]


def test_every_goal_is_reached(found: Json) -> None:
    goals = found["calls"]["goals"]
    assert [(goal["goal"], goal["reached"]) for goal in goals if not goal["reached"]] == []
    assert [goal["now"] for goal in goals][:2] == [6, 24]


@pytest.mark.parametrize(
    ("run", "changes", "missed"),
    [
        ("command-line tool", {"tasks": {"plan": 2}}, [0]),
        ("command-line tool", {"calls": 5}, [1]),
        ("command-line tool", {"tokens": 90_000}, [2]),
        ("overdue tasks", {"ended": "failed"}, [3]),
        ("overdue tasks", {"page_names_an_id": True}, [3]),
        ("overdue tasks", {"calls": 3}, [1, 3]),
    ],
)
def test_a_goal_that_is_missed_is_said_to_be(found: Json, run: str, changes: Json, missed: list[int]) -> None:
    runs = copy.deepcopy(found["calls"]["runs"])
    runs[run].update(changes)
    assert [number for number, goal in enumerate(goals_of(runs)) if not goal["reached"]] == missed


def test_for_people_all_of_it_is_told(found: Json) -> None:
    told = as_text(found)
    for name in (*found["situations"], *STUDIED):
        assert f"\n{name} " in told
    assert told.count(": reached (") == 4
