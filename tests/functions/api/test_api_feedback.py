"""Feedback and preferences over the API: said, read with their sources, put in other words, deleted."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shared.core.run.events import PlanProposed
from tests.functions.conftest import GATE, MINE, Service
from tests.support.builders.proposals import CODE_STEPS, a_proposal
from tests.support.builders.runs import spec

ALWAYS = "Always write in German"


def said(service: Service, key: str = "member", **body: Any) -> Any:
    return service.call("POST", "/v1/runs/run-waits/feedback", key=key, json=body)


def listed(service: Service, key: str = "viewer") -> list[Any]:
    found: list[Any] = service.call("GET", "/v1/preferences", key=key).json["preferences"]
    return found


def test_what_is_said_for_good_is_listed_with_where_it_comes_from(service: Service) -> None:
    service.waiting()
    kept = said(service, thumb="down", text=ALWAYS)
    assert (kept.status_code, kept.json["kind"], kept.json["by"]) == (201, "down", "member's key")
    (one,) = listed(service)
    assert (one["text"], one["by"], one["sources"]) == (ALWAYS, "rules", [kept.json])
    assert listed(service, "foreign owner") == []


def test_a_thumb_alone_is_kept_and_is_no_preference(service: Service) -> None:
    service.waiting()
    assert said(service, thumb="up").status_code == 201
    assert listed(service) == []


@pytest.mark.parametrize(
    ("body", "word"),
    [
        pytest.param({}, "'thumb'", id="nothing"),
        pytest.param({"text": ALWAYS}, "'thumb'", id="no thumb"),
        pytest.param({"thumb": "sideways"}, "'thumb'", id="another thumb"),
        pytest.param({"thumb": "up", "text": "x" * 501}, "'text'", id="too long"),
    ],
)
def test_what_cannot_be_kept_names_the_field(service: Service, body: dict[str, Any], word: str) -> None:
    service.waiting()
    answer = said(service, **body)
    assert answer.status_code == 400
    assert word in answer.json["detail"]
    assert answer.json["way_out"]


def test_a_person_puts_it_in_other_words_and_another_deletes_it(service: Service) -> None:
    service.waiting()
    said(service, thumb="down", text=ALWAYS)
    (one,) = listed(service)
    changed = service.call("POST", f"/v1/preferences/{one['id']}", key="admin", json={"text": "German titles"})
    assert (changed.json["text"], changed.json["by"], changed.json["until"]) == ("German titles", "admin's key", "")
    gone = service.call("DELETE", f"/v1/preferences/{one['id']}", key="member")
    assert gone.json == {"deleted": one["id"]}
    assert listed(service) == []
    assert service.call("DELETE", f"/v1/preferences/{one['id']}", key="member").status_code == 404


def test_denying_and_cancelling_are_feedback_too(service: Service) -> None:
    service.waiting()
    service.call("POST", "/v1/runs/run-waits/deny", json={"reason": ALWAYS})
    (one,) = listed(service)
    assert [each["kind"] for each in one["sources"]] == ["denied"]
    service.waiting(run="run-other")
    service.call("POST", "/v1/runs/run-other/cancel", json={"reason": "Never on Mondays"})
    assert {each["text"]: each["sources"][0]["kind"] for each in listed(service)} == {
        ALWAYS: "denied",
        "Never on Mondays": "cancelled",
    }


def test_a_plan_is_told_in_full(service: Service) -> None:
    opened = service.opened(MINE, "run-plan")
    told = {
        "proposal": service.deps.store.put_text(
            MINE, json.dumps(a_proposal(CODE_STEPS[:1], assumptions=["In English."]))
        ),
        "risk": {"level": "high", "why": ["it puts a site live"]},
        "findings": ["Nobody asked for it."],
        "model": "in-hand",
    }
    steps = (GATE, spec("write", "approve", kind="code.generate", input={"artifact": "static_site"}))
    service.save(opened, PlanProposed(opened.at, "plan", 1, steps, told))
    found = service.call("GET", "/v1/runs/run-plan/plan", key="viewer").json
    assert (found["risk"], found["assumptions"], found["findings"]) == ("high", ["In English."], told["findings"])
    assert found["outlook"][0] == "Risk: high — it puts a site live."
    assert [(step["id"], step["status"]) for step in found["steps"]] == [("write", "pending")]
    assert found["steps"][0]["exactly"] == 'code.generate {"artifact": "static_site"}'
    assert service.call("GET", "/v1/runs/run-plan/plan", key="foreign owner").status_code == 404


def test_a_run_without_a_planner_tells_its_steps(service: Service) -> None:
    service.waiting()
    found = service.call("GET", "/v1/runs/run-waits/plan").json
    assert ([step["id"] for step in found["steps"]], found["assumptions"], found["outlook"]) == (["build"], [], [])
