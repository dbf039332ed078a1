"""What may be spent and what was spent, from outside: sums that agree with their parts, and limits that owners set."""

from __future__ import annotations

from typing import Any

import pytest

from shared.app.engine.engine import open_run, record
from shared.core.errors import ErrorClass
from shared.core.run import events as ev
from shared.core.run.run import Run, StepSpec, Usage
from tests.functions.conftest import MINE, OTHER, Service

USUAL = {
    "call": 3_000_000, "run": 5_000_000, "project": None, "person": None, "day": 25_000_000, "month": 250_000_000,
    "kept_back": 250_000,
}  # fmt: skip


def call(model: str, micros: int, agent: str = "", outcome: str = "ok", task_class: str = "code") -> dict[str, Any]:
    """Return a call as an event keeps it."""
    return {"model": model, "provider": "v", "task": "code", "task_class": task_class, "agent": agent,
            "outcome": outcome, "tokens": 10, "micros": micros}  # fmt: skip


def a_run(service: Service, name: str, *steps: str, tenant: str = MINE) -> Run:
    """Open a run as use cases do, with steps that may cost half a dollar each."""
    specs = [StepSpec(step, f"test.{step}", estimate=Usage(100, 500_000)) for step in steps]
    return open_run(service.deps, service.opened(tenant, name, *specs))


def spend(service: Service, run: str, event: type[Any], step: str, attempt: int, *calls: dict[str, Any]) -> None:
    """Let an attempt end that has made these calls."""
    used = Usage(sum(each["tokens"] for each in calls), sum(each["micros"] for each in calls))
    more = {"error": "down", "error_class": ErrorClass.TRANSIENT} if event is ev.StepFailed else {}
    record(service.deps, MINE, run, event(service.deps.clock.now(), step, attempt, used=used, calls=calls, **more))


@pytest.fixture
def spent(service: Service) -> Service:
    """A day with two runs: one that finished after a failed attempt, one under way; and another tenant's."""
    a_run(service, "run-1", "write", "check")
    spend(service, "run-1", ev.StepFailed, "write", 1, call("big", 60_000, "writer", "overloaded"))
    spend(service, "run-1", ev.StepSucceeded, "write", 2, call("big", 50_000, "writer"), call("small", 7_000, "editor"))
    spend(service, "run-1", ev.StepSucceeded, "check", 1, call("small", 3_000, task_class="cheap"))
    a_run(service, "run-2", "write")
    foreign = a_run(service, "run-9", "write", tenant=OTHER)
    done = ev.StepSucceeded(service.deps.clock.now(), "write", 1, used=Usage(1, 400_000))
    record(service.deps, OTHER, foreign.id, done)
    return service


@pytest.mark.parametrize(
    ("by", "parts"),
    [
        ("run", {"run-1": (120_000, 4)}),
        ("step", {"run-1/write": (117_000, 3), "run-1/check": (3_000, 1)}),
        ("kind", {"test.write": (117_000, 3), "test.check": (3_000, 1)}),
        ("agent", {"writer": (110_000, 2), "editor": (7_000, 1), "none": (3_000, 1)}),
        ("model", {"big": (110_000, 2), "small": (10_000, 2)}),
        ("task_class", {"code": (117_000, 3), "cheap": (3_000, 1)}),
        ("outcome", {"overloaded": (60_000, 1), "ok": (60_000, 3)}),
    ],
)
def test_the_parts_of_a_day_are_its_cost(spent: Service, by: str, parts: dict[str, tuple[int, int]]) -> None:
    found = spent.call("GET", f"/v1/usage?by={by}", key="viewer").json
    assert {p["name"]: (p["cost"]["micros"], p["calls"]) for p in found["parts"]} == parts
    assert sum(p["cost"]["micros"] for p in found["parts"]) == found["cost"]["micros"] == 120_000
    assert sum(p["cost"]["tokens"] for p in found["parts"]) == found["cost"]["tokens"] == 40


def test_a_day_and_its_month_say_what_is_set_aside_what_failed_and_what_an_outcome_costs(spent: Service) -> None:
    today = spent.deps.clock.now().date().isoformat()
    for period, asked in ((today, ""), (today[:7], f"?month={today[:7]}")):
        found = spent.call("GET", f"/v1/usage{asked}").json
        assert found["period"] == period
        assert (found["reserved"], found["failed"]) == (500_000, {"tokens": 10, "micros": 60_000})
        assert (found["finished"], found["per_finished"]) == (1, 120_000)
        assert found["limit"] == USUAL["day" if period == today else "month"]


def test_a_run_says_what_each_step_and_model_has_cost(spent: Service) -> None:
    found = spent.call("GET", "/v1/runs/run-1").json
    assert [(m["model"], m["calls"], m["cost"]["micros"]) for m in found["models"]] == [
        ("big", 2, 110_000),
        ("small", 2, 10_000),
    ]
    assert [(s["id"], s["cost"]["micros"]) for s in found["steps"]] == [("write", 117_000), ("check", 3_000)]
    assert sum(m["cost"]["micros"] for m in found["models"]) == found["cost"]["micros"]


def test_what_an_attempt_cannot_account_for_is_said_to_be_unknown(spent: Service) -> None:
    record(spent.deps, MINE, "run-2", ev.StepLost(spent.deps.clock.now(), "write", 1, 0))
    assert spent.call("GET", "/v1/runs/run-2").json["models"] == [
        {"model": "unknown", "calls": 0, "cost": {"tokens": 100, "micros": 500_000}}
    ]
    parts = spent.call("GET", "/v1/usage?by=outcome").json["parts"]
    assert parts[0] == {
        "name": "lost",
        "calls": 0,
        "cost": {"tokens": 100, "micros": 500_000},
        "failed": {"tokens": 100, "micros": 500_000},
    }


def test_limits_are_the_usual_ones_until_an_owner_sets_others(service: Service) -> None:
    assert service.call("GET", "/v1/budget", key="viewer").json == USUAL
    answer = service.call("POST", "/v1/budget", json={"day": 2_000_000})
    assert answer.json == {**USUAL, "day": 2_000_000}
    assert service.call("POST", "/v1/budget", json={"run": 1_000_000}).json["day"] == 2_000_000
    assert service.call("GET", "/v1/budget", key="foreign viewer").json == USUAL


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"day": -1}, "day"),
        ({"day": "much"}, "day"),
        ({"day": 1.5}, "day"),
        ({"week": 5}, "week"),
        ({"day": 100_000}, "kept_back must be at most day (100000), got 250000"),
        ({"kept_back": 6_000_000}, "kept_back must be at most run"),
    ],
)
def test_a_limit_that_makes_no_sense_is_refused_with_its_name(service: Service, body: Any, named: str) -> None:
    answer = service.call("POST", "/v1/budget", json=body)
    assert answer.status_code == (409 if "kept_back" in named else 400)
    assert named in answer.json["detail"]
    assert answer.json["way_out"]
    assert service.call("GET", "/v1/budget").json == USUAL


def test_a_raised_limit_lets_what_waits_go_on_at_once(service: Service) -> None:
    service.call("POST", "/v1/budget", json={"day": 800_000, "kept_back": 0})
    a_run(service, "run-1", "a", "b")
    record(service.deps, MINE, "run-1", ev.StepSucceeded(service.deps.clock.now(), "a", 1, used=Usage(1, 450_000)))
    waiting = service.call("GET", "/v1/runs/run-1").json["steps"][1]
    assert (waiting["status"], waiting["waits_for"]) == ("waiting", "budget")
    assert "the budget of the day has no room" in waiting["error"]
    service.call("POST", "/v1/budget", json={"day": 1_000_000})
    assert service.call("GET", "/v1/runs/run-1").json["steps"][1]["status"] == "running"
