"""What lines say: of traces, of errors, of refusals, of models, and of runs that the clock found standing still."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from functions_framework import create_app

from shared import log
from shared.app.models.model_spans import asking
from shared.app.notify.tell_watchers import tell_watchers
from shared.core.errors import (
    BadSignature,
    Busy,
    Forbidden,
    NotThere,
    Rejected,
    RequestError,
    Unauthenticated,
    VersionConflict,
)
from shared.core.models.model_errors import InvalidOutput
from shared.core.run import acts
from shared.core.run import events as ev
from shared.core.run.reducer import reduce
from shared.core.run.run import StepSpec, Usage
from shared.ports.model import ModelRequest, ModelResult
from shared.telemetry import metrics, spans, trace
from tests.support.builders.runs import T0, begin

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Iterator[Lines]:
    metrics.REGISTRY.clear()
    yield lambda: [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    metrics.REGISTRY.clear()


def test_a_line_is_one_write_so_that_no_other_thread_comes_between() -> None:
    class Writes(io.StringIO):
        def __init__(self) -> None:
            super().__init__()
            self.parts: list[str] = []

        def write(self, text: str) -> int:
            self.parts.append(text)
            return len(text)

    to = Writes()
    log.line("INFO", "done", to=to, page="p1")
    assert to.parts == ['{"severity": "INFO", "message": "done", "page": "p1"}\n']


def test_a_crash_writes_no_address_for_it_may_hold_the_right_to_approve(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    source = tmp_path / "main.py"
    body = 'raise ValueError("of " + request.path)'
    source.write_text(f"from shared.entry import endpoint\n\n\n@endpoint\ndef api(request):\n    {body}\n", "utf-8")
    token = "approval-" + "made-up"
    app = create_app("api", str(source), "http")  # type: ignore[no-untyped-call]
    try:
        answer = app.test_client().post(f"/approvals/{token}?ticket={token}")
    finally:
        metrics.REGISTRY.clear()
    assert (answer.status_code, answer.headers["X-Google-Status"]) == (500, "crash")
    out, err = capfd.readouterr()
    assert "request.crashed" in err
    assert token not in f"{out}{err}{caplog.text}{answer.get_data(as_text=True)}"


def test_a_line_names_the_trace_as_the_project_knows_it_and_ids_are_labels(lines: Lines) -> None:
    log.name_project("our-project")
    try:
        with trace.request("plan", {}):
            trace.belongs("acme", "run-1", "build")
            log.line("WARNING", "page not planned", tenant="acme", page="p1", empty="")
    finally:
        log.name_project("")
    (line,) = lines()
    assert len(line.pop("logging.googleapis.com/spanId")) == 16
    assert line == {
        "severity": "WARNING",
        "message": "page not planned",
        "page": "p1",
        "logging.googleapis.com/trace": f"projects/our-project/traces/{spans.run_trace('acme', 'run-1')}",
        "logging.googleapis.com/labels": {"function": "plan", "tenant": "acme", "run": "run-1", "step": "build"},
    }


def test_outside_of_a_request_a_line_has_no_trace(lines: Lines) -> None:
    log.line("INFO", "reconciled", tenant="acme", found=2)
    labels = {"logging.googleapis.com/labels": {"tenant": "acme"}}
    assert lines() == [{"severity": "INFO", "message": "reconciled", "found": 2, **labels}]


def answered(error: Rejected, what: str) -> Rejected:
    error.answered = what
    return error


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (
            answered(Rejected("notion", "PATCH /v1/pages/1: 400 body says walrus"), "PATCH 400"),
            {"error": "Rejected", "system": "notion", "detail": "PATCH 400"},
        ),
        (Rejected("github", "not sent: walrus"), {"error": "Rejected", "system": "github", "detail": ""}),
        (InvalidOutput("the plan says walrus"), {"error": "InvalidOutput"}),
        (NotThere("no page walrus"), {"error": "NotThere"}),
        (ValueError("walrus"), {"error": "ValueError"}),
        (Busy("run-1.build: taken"), {"error": "Busy", "detail": "run-1.build: taken"}),
        (VersionConflict("run r"), {"error": "VersionConflict", "detail": "run r"}),
    ],
    ids=lambda each: type(each).__name__,
)  # fmt: skip
def test_of_an_error_its_class_is_told_and_no_more_than_our_own_words(error: Exception, told: dict[str, str]) -> None:
    assert log.about(error) == told


@pytest.mark.parametrize(
    ("error", "what"),
    [
        (BadSignature("no"), "signature"),
        (Unauthenticated("no"), "caller"),
        (Forbidden("no"), "caller"),
        (NotThere("no"), ""),
    ],
    ids=lambda each: type(each).__name__,
)
def test_who_cannot_prove_who_they_are_is_counted_as_refused(lines: Lines, error: RequestError, what: str) -> None:
    log.record_refusal("api", error)
    events = [(line["event"], line["what"]) for line in lines() if "event" in line]
    assert events == ([("security.refused", what)] if what else [])
    counted = metrics.REGISTRY.snapshot().get("workwright_security_refusals_total", {})
    assert counted == ({(what,): 1} if what else {})


REQUEST = ModelRequest("agent.critic", "quick", "You judge walrus.", "A page of walrus", {}, max_output_tokens=300)


def test_a_models_answer_is_told_by_its_figures(lines: Lines) -> None:
    tokens = {"input": 1000, "cached": 600, "output": 40, "thoughts": 5}
    result = ModelResult({"a": "walrus"}, "gemini-x", Usage(1045, 77), "resp-1", tokens)
    with trace.request("plan", {}), asking("vertex", "gemini-x", REQUEST) as told:
        told.tell_answer(result)
        here = trace.place()
        scope = trace._at.get()
    (line,) = lines()
    assert line.pop("duration_s") >= 0
    del line["logging.googleapis.com/trace"], line["logging.googleapis.com/spanId"]
    assert line == {
        "severity": "INFO", "message": "model called", "event": "model.called", "model": "gemini-x",
        "agent_class": "quick", "input_tokens": 1000, "output_tokens": 45, "cost_micros": 77,
        "logging.googleapis.com/labels": {"function": "plan"},
    }  # fmt: skip
    assert here is not None
    assert scope is not None
    assert scope[1].name == "chat gemini-x"
    assert scope[1].attributes == {
        "gen_ai.operation.name": "chat", "gen_ai.provider.name": "gcp.vertex_ai", "gen_ai.request.model": "gemini-x",
        "gen_ai.request.max_tokens": 300, "gen_ai.output.type": "json", "gen_ai.agent.id": "critic",
        "workwright.task_class": "quick", "gen_ai.response.model": "gemini-x", "gen_ai.response.id": "resp-1",
        "gen_ai.usage.input_tokens": 1000, "gen_ai.usage.output_tokens": 45,
        "gen_ai.usage.cache_read.input_tokens": 600, "workwright.cost_micros": 77,
    }  # fmt: skip
    counted = metrics.REGISTRY.snapshot()
    assert counted["workwright_model_tokens_total"] == {("gemini-x", "input"): 1000, ("gemini-x", "output"): 45}
    assert counted["workwright_cost_micros_total"] == {("gemini-x",): 77}


def test_a_models_failure_is_told_by_its_class_and_what_it_cost(lines: Lines) -> None:
    with asking("anthropic", "claude-x", REQUEST) as told:
        told.tell_failure(InvalidOutput("it said walrus", used=Usage(200, 9)))
    (line,) = lines()
    assert (line["severity"], line["error"], line["input_tokens"], line["cost_micros"]) == (
        "WARNING", "InvalidOutput", 200, 9,
    )  # fmt: skip
    assert "walrus" not in str(line)


def test_an_attempt_that_only_the_clock_missed_is_a_run_that_stands_still(lines: Lines) -> None:
    before, _ = begin()
    (step,) = before.steps
    later = T0 + timedelta(seconds=before.limits.attempt_s + 1)
    after, _ = reduce(before, event := ev.TimePassed(later))
    tell_watchers(before, after, (event,))
    (line,) = lines()
    assert (line["event"], line["severity"], line["kind"]) == ("run.stuck", "ERROR", "plan.propose")
    assert line["logging.googleapis.com/labels"] == {"tenant": before.tenant, "run": before.id, "step": step.id}
    early, _ = reduce(before, event := ev.TimePassed(T0 + timedelta(seconds=1)))
    tell_watchers(before, early, (event,))
    assert lines() == []


def test_what_ends_is_told_with_how_long_it_took(lines: Lines) -> None:
    before, _ = begin()
    (step,) = before.steps
    told = ev.PlanProposed(T0 + timedelta(seconds=9), step.id, 1, (StepSpec("done", "demo.done"),), used=Usage(5, 2))
    after, _ = reduce(before, told)
    tell_watchers(before, after, (told,))
    planned = [(line["event"], line["duration_s"]) for line in lines()]
    assert planned == [("step.ended", 9.0), ("run.planned", 9.0)]
    ended, _ = reduce(after, stop := acts.CancelRequested(T0 + timedelta(seconds=20), "Ada", force=True))
    tell_watchers(after, ended, (stop,))
    (line,) = lines()
    assert (line["event"], line["status"], line["duration_s"]) == ("run.ended", "cancelled", 20.0)
    assert (line["tokens"], line["cost_micros"]) == (5, 2)
    assert "Ada" not in str(line)
    assert metrics.REGISTRY.snapshot()["workwright_runs_total"] == {("cancelled",): 1}
