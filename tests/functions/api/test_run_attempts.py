"""When the attempts of a run's steps were, from outside."""

from __future__ import annotations

from datetime import datetime, timedelta

from shared.app.engine.engine import record
from shared.core.errors import ErrorClass
from shared.core.run import acts
from shared.core.run import events as ev
from tests.functions.conftest import MINE, Service


def _attempts(service: Service) -> list[tuple[str, int, str, str | None, str]]:
    answer = service.call("GET", "/v1/runs/run-waits/attempts", key="viewer")
    assert answer.status_code == 200
    order = ("step", "attempt", "begun_at", "ended_at", "status")
    return [tuple(each[name] for name in order) for each in answer.json["attempts"]]


def test_each_attempt_is_told_with_its_begin_and_its_end(service: Service) -> None:
    run = service.waiting()
    begin = run.opened_at
    assert _attempts(service) == [("approve", 1, begin.isoformat(), None, "waiting")]

    def at(seconds: float) -> datetime:
        return begin + timedelta(seconds=seconds)

    busy = ev.StepFailed(at(90), "build", 1, "503", ErrorClass.TRANSIENT, retry_after_s=30)
    record(service.deps, MINE, run.id, acts.ApprovalGranted(at(60), "approve", run.plan_hash, "Ada", "api"))
    record(service.deps, MINE, run.id, busy)
    record(service.deps, MINE, run.id, ev.StepSucceeded(at(150), "build", 2))
    assert _attempts(service) == [
        ("approve", 1, begin.isoformat(), at(60).isoformat(), "succeeded"),
        ("build", 1, at(60).isoformat(), at(90).isoformat(), "failed"),
        ("build", 2, at(120).isoformat(), at(150).isoformat(), "succeeded"),
    ]


def test_a_run_with_more_events_than_come_at_once_is_told_whole(service: Service) -> None:
    run = service.waiting()
    for number in range(1, 1200):
        pause = acts.RunPaused if number % 2 else acts.RunResumed
        record(service.deps, MINE, run.id, pause(run.opened_at + timedelta(seconds=number), "Ada"))
    at = run.opened_at + timedelta(hours=1)
    record(service.deps, MINE, run.id, acts.RunResumed(at, "Ada"))
    record(service.deps, MINE, run.id, acts.ApprovalDenied(at, "approve", run.plan_hash, "Ada", "api"))
    assert [each[3] for each in _attempts(service)] == [at.isoformat()]


def test_nobody_elses_run_is_told(service: Service) -> None:
    service.waiting()
    for run, key in (("run-none", "owner"), ("run-waits", "foreign owner")):
        answer = service.call("GET", f"/v1/runs/{run}/attempts", key=key)
        assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")
