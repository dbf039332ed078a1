"""Agents and patterns over the API: listed, looked at, asked within a ceiling."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from shared.app.api.json_shapes import read_json
from shared.app.api.run.agent_questions import QUESTION as AGENT_QUESTION
from shared.core.errors import MalformedRequest
from shared.core.run.run import StepSpec
from tests.functions.conftest import MINE, Service

DECLARED = Path(__file__).resolve().parents[4] / "shared" / "mind" / "agents" / "declared"
QUESTION = {"input": {"text": "Bread on Monday.", "words": 20}, "ceiling": 1_000_000}


def _ask(service: Service, body: Any = None, **given: Any) -> Any:
    return service.call("POST", "/v1/agents/summariser/ask", json=body or QUESTION, **given)


@pytest.mark.parametrize("size", [1, 7, 100])
def test_every_agent_is_listed_once(service: Service, size: int) -> None:
    seen: list[str] = []
    query = f"limit={size}"
    while query:
        page = service.call("GET", f"/v1/agents?{query}", key="viewer").json
        seen += [each["id"] for each in page["agents"]]
        query = f"limit={size}&cursor={page['next_cursor']}" if page["next_cursor"] else ""
    assert seen == sorted(file.stem for file in DECLARED.glob("*.md"))


def test_one_is_shown_with_what_it_takes_and_may_cost(service: Service) -> None:
    agent = service.call("GET", "/v1/agents/summariser", key="viewer").json
    assert set(agent["input"]["properties"]) == {"text", "words"}
    assert agent["at_most"]["micros"] == 40_000
    pattern = service.call("GET", "/v1/patterns/panel", key="viewer").json
    assert {"specialists", "chair"} <= set(pattern["input"]["properties"])
    names = [each["id"] for each in service.call("GET", "/v1/patterns").json["patterns"]]
    assert names == ["debate", "panel", "parallel", "sequence", "verify"]
    for path in ("/v1/agents/oracle", "/v1/patterns/choir"):
        assert service.call("GET", path).status_code == 404


def test_a_question_opens_a_run_once_for_each_call(service: Service) -> None:
    first, again, other = (_ask(service, headers={"Idempotency-Key": key}).json["id"] for key in ("a", "a", "b"))
    assert (first == again, first == other) == (True, False)
    shown = service.call("GET", f"/v1/runs/{first}/answer", key="viewer").json
    assert (shown["status"], shown["answer"], shown["text"]) == ("executing", {}, "")
    assert [run["id"] for run in service.call("GET", "/v1/runs?kind=agent").json["runs"]].count(first) == 1
    assert service.call("GET", f"/v1/runs/{first}/answer", key="foreign owner").status_code == 404


def test_a_run_of_a_page_has_no_such_answer(service: Service) -> None:
    service.save(service.opened(MINE, "run-a", StepSpec("ask", "agent.ask")))
    assert service.call("GET", "/v1/runs/run-a/answer").status_code == 409


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"ceiling": -1}, "'ceiling'"),
        ({"ceiling": 100_000_001}, "'ceiling'"),
        ({"input": []}, "'input'"),
        ({"input": {"words": 20}}, "text"),
        ({"more": 1}, "'more'"),
    ],
)
def test_a_refusal_names_the_field(service: Service, change: Any, named: str) -> None:
    answer = _ask(service, {**QUESTION, **change})
    assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")
    assert named in answer.json["detail"]
    assert service.call("GET", "/v1/runs").json["runs"] == []


def test_half_a_letter_is_refused_at_any_depth() -> None:
    for inner in ('"\\ud800"', '[{"a": "\\ud800"}]', '{"\\udfff": 1}'):
        with pytest.raises(MalformedRequest, match="'input'"):
            read_json(f'{{"input": {{"deep": {inner}}}, "ceiling": 1}}'.encode(), AGENT_QUESTION)


def test_a_viewer_asks_nobody(service: Service) -> None:
    assert _ask(service, key="viewer").status_code == 403
