"""The API from outside: what it answers, and that a refusal says what to do instead."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.app.engine.engine import record
from shared.app.workspace.workspace_map import WorkspaceMap
from shared.core.documents.places import Place
from shared.core.run import acts
from shared.core.run import events as ev
from shared.core.run.commands import Command
from shared.core.run.run import StepSpec, Usage
from shared.ports import Put
from tests.functions.conftest import MINE, Service

# security reference for APIs: nothing may be kept, sniffed, framed, or tell where a link came from
HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def test_the_front_page_is_calm_and_locked_down(service: Service) -> None:
    answer = service.call("GET", "/", key="")
    assert answer.status_code == 200
    assert answer.mimetype == "text/html"
    assert "is running" in answer.text
    assert "<script" not in answer.text
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("path", ["/", "/v1/health", "/v1/runs", "/v1/runs/run-no", "/nowhere", "/approvals/x"])
def test_every_answer_is_locked_down(service: Service, path: str) -> None:
    answer = service.call("GET", path)
    wanted = {**HEADERS, "Referrer-Policy": "same-origin"} if path == "/approvals/x" else HEADERS
    assert {name: answer.headers.get(name) for name in wanted} == wanted
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


def test_health_reaches_the_store_and_names_versions(service: Service) -> None:
    answer = service.call("GET", "/v1/health", key="")
    assert answer.status_code == 200
    assert answer.json["store"] == "ok"
    assert set(answer.json["versions"]) == {"api", "schema", "rules"}


def test_the_description_is_served_without_a_key(service: Service) -> None:
    answer = service.call("GET", "/openapi.json", key="")
    assert answer.status_code == 200
    assert answer.json["openapi"] == "3.1.0"
    assert "/v1/runs/{run}/retry" in answer.json["paths"]


def test_a_waiting_run_is_shown_and_approved_once(service: Service) -> None:
    run = service.waiting()
    shown = service.call("GET", f"/v1/runs/{run.id}", key="viewer").json
    assert shown["status"] == "awaiting_approval"
    assert [step["id"] for step in shown["steps"]] == ["approve", "build"]
    assert shown["approvals"][0]["status"] == "waiting"
    assert shown["approvals"][0]["plan_hash"] == run.plan_hash
    answer = service.call("POST", f"/v1/runs/{run.id}/approve", json={"plan_hash": run.plan_hash})
    assert answer.status_code == 200
    assert answer.json["status"] == "executing"
    gate = answer.json["approvals"][0]
    assert (gate["status"], gate["by"], gate["via"]) == ("approved", "owner's key", "api")
    again = service.call("POST", f"/v1/runs/{run.id}/approve")
    assert again.status_code == 409
    assert again.mimetype == "application/problem+json"


def test_a_decision_for_another_plan_does_not_count(service: Service) -> None:
    run = service.waiting()
    answer = service.call("POST", f"/v1/runs/{run.id}/approve", json={"plan_hash": "0" * 64})
    assert answer.status_code == 409
    assert "changed" in answer.json["detail"]
    assert service.call("GET", f"/v1/runs/{run.id}").json["status"] == "awaiting_approval"


def test_a_denied_run_ends_and_says_why(service: Service) -> None:
    run = service.waiting()
    answer = service.call("POST", f"/v1/runs/{run.id}/deny", json={"reason": "too dear"})
    assert answer.json["status"] == "cancelled"
    assert answer.json["cancel"] == "denied by owner's key: too dear"
    assert answer.json["approvals"][0]["status"] == "denied"


def test_cancel_is_repeatable_until_the_end(service: Service) -> None:
    step = StepSpec("build", "code.generate")
    service.save(service.opened(MINE, "run-runs", step))
    first = service.call("POST", "/v1/runs/run-runs/cancel", json={"reason": "wrong page"})
    second = service.call("POST", "/v1/runs/run-runs/cancel")
    assert (first.json["status"], second.json["status"]) == ("cancelling", "cancelling")
    assert second.json["cancel"] == "cancelled by owner's key: wrong page"
    forced = service.call("POST", "/v1/runs/run-runs/cancel", json={"force": True})
    assert forced.json["status"] == "cancelled"
    ended = service.call("POST", "/v1/runs/run-runs/cancel")
    assert ended.status_code == 409
    assert ended.json["way_out"]


def test_the_timeline_comes_in_pages(service: Service) -> None:
    run = service.waiting()
    service.call("POST", f"/v1/runs/{run.id}/deny")
    first = service.call("GET", f"/v1/runs/{run.id}/events?limit=1").json
    assert [(e["seq"], e["what"]) for e in first["events"]] == [(1, "RunOpened")]
    rest = service.call("GET", f"/v1/runs/{run.id}/events?after={first['next']}").json
    assert [e["what"] for e in rest["events"]] == ["ApprovalDenied"]
    assert rest["next"] is None


def _many(service: Service) -> list[str]:
    """Store seven runs, each second one cancelled; return their ids, newest first."""
    begin = datetime(2026, 11, 20, tzinfo=UTC)
    for number in range(7):
        opened = replace(
            service.opened(MINE, f"run-{number}", StepSpec("s", "test.step")), at=begin + timedelta(hours=number)
        )
        more = (acts.CancelRequested(opened.at, "Ada", force=True),) if number % 2 else ()
        service.save(opened, *more)
    return [f"run-{number}" for number in reversed(range(7))]


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 50])
def test_runs_come_in_pages_none_twice_and_none_lost(service: Service, limit: int) -> None:
    wanted, seen, after = _many(service), [], ""
    while True:
        page = service.call("GET", f"/v1/runs?limit={limit}{after}").json
        seen += [run["id"] for run in page["runs"]]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert seen == wanted


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 50])
def test_runs_of_one_status_come_in_pages_too(service: Service, limit: int) -> None:
    _many(service)
    seen, after = [], ""
    while True:
        page = service.call("GET", f"/v1/runs?status=cancelled&limit={limit}{after}").json
        seen += [run["id"] for run in page["runs"]]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert seen == ["run-5", "run-3", "run-1"]


def test_usage_is_what_the_day_has_cost(service: Service) -> None:
    opened = service.opened(MINE, "run-1", StepSpec("s", "test.step"))
    run = service.save(opened)
    done = ev.StepSucceeded(opened.at, "s", 1, used=Usage(120, 4500))
    record(service.deps, MINE, run.id, done)
    today = service.deps.clock.now().date().isoformat()
    found = service.call("GET", "/v1/usage").json
    assert (found["period"], found["cost"]) == (today, {"tokens": 120, "micros": 4500})
    assert service.call("GET", "/v1/usage?day=2020-02-29").json["cost"] == {"tokens": 0, "micros": 0}


def test_usage_counts_the_look_ups_in_the_map_of_the_workspace(service: Service) -> None:
    assert service.call("GET", "/v1/usage").json["workspace_map"] == {"hits": 0, "misses": 0}
    service.deps.store.put(MINE, Put("map", "p-1", asdict(Place("p-1", "page"))))
    places = WorkspaceMap(service.deps, MINE)
    for page in ("p-1", "p-1", "p-2"):
        places.get(page)
    places.report()
    assert service.call("GET", "/v1/usage").json["workspace_map"] == {"hits": 2, "misses": 1}


def test_decisions_are_in_the_audit(service: Service) -> None:
    run = service.waiting()
    service.call("POST", f"/v1/runs/{run.id}/approve")
    found = service.call("GET", "/v1/audit").json
    assert [(e["what"], e["by"], e["run"]) for e in found["entries"]] == [("ApprovalGranted", "owner's key", run.id)]
    assert found["next"] is None
    one = service.call("GET", "/v1/audit?limit=1").json
    assert one["next"] == found["entries"][0]["id"]
    assert service.call("GET", f"/v1/audit?after={one['next']}").json["entries"] == []


def test_what_a_pause_is_for_stands_in_the_audit_as_described(service: Service) -> None:
    assert service.call("POST", "/v1/pause", json={"paused": True, "reason": "We move house"}).status_code == 200
    (entry,) = service.call("GET", "/v1/audit").json["entries"]
    assert (entry["what"], entry["why"]) == ("Paused", "We move house")
    described = service.call("GET", "/openapi.json").json["components"]["schemas"]["AuditEntry"]
    assert set(described["required"]) <= set(entry) <= set(described["properties"])


def test_a_dead_letter_is_replayed_once(service: Service) -> None:
    command = Command("run-1.4.0", "attempt", "execute-step", MINE, "run-1", "build", 1)
    service.deps.queue.bury(command, "delivered 8 times without success", 8)
    (letter,) = service.call("GET", "/v1/dead-letters").json["dead_letters"]
    assert (letter["id"], letter["step"], letter["deliveries"]) == ("run-1.4.0", "build", 8)
    assert service.call("POST", "/v1/dead-letters/run-1.4.0/replay").status_code == 200
    assert service.call("GET", "/v1/dead-letters").json["dead_letters"] == []
    assert service.call("POST", "/v1/dead-letters/run-1.4.0/replay").status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "given", "status", "named"),
    [
        ("GET", "/v1/runs?limits=3", {}, 400, "limits"),
        ("GET", "/v1/runs?limit=0", {}, 400, "limit"),
        ("GET", "/v1/runs?limit=3&limit=4", {}, 400, "limit"),
        ("GET", "/v1/runs?limit=%D9%A3", {}, 400, "limit"),
        ("GET", "/v1/runs?status=done", {}, 400, "status"),
        ("GET", "/v1/runs?after=run-unknown", {}, 404, "run-unknown"),
        ("GET", "/v1/usage?day=2026-02-30", {}, 400, "day"),
        ("GET", "/v1/usage?day=20260228", {}, 400, "day"),
        ("GET", "/v1/audit?after=zz", {}, 404, "audit"),
        ("GET", "/v1/audit?after=" + "9" * 100, {}, 404, "audit"),
        ("GET", "/v1/runs/run-unknown", {}, 404, "run-unknown"),
        ("GET", "/v1/runs/..%2F..", {}, 404, "address"),
        ("GET", "/v1/runs/run-x%20", {}, 404, "id"),
        ("PUT", "/v1/runs", {}, 405, "PUT"),
        ("POST", "/v1/keys", {"json": {"role": "owner"}}, 400, "name"),
        ("POST", "/v1/keys", {"json": {"role": "owner", "name": "a", "scope": 1}}, 400, "scope"),
        ("POST", "/v1/keys", {"json": {"role": "root", "name": "a"}}, 400, "role"),
        ("POST", "/v1/keys", {"json": {"role": "owner", "name": "a\nb"}}, 400, "name"),
        ("POST", "/v1/keys", {"json": {"role": "owner", "name": "a", "days": True}}, 400, "days"),
        ("POST", "/v1/keys", {"json": ["role"]}, 400, "object"),
        ("POST", "/v1/keys", {"data": "{", "content_type": "application/json"}, 400, "JSON"),
        ("POST", "/v1/keys", {"data": '{"role":"owner","name":"a"}'}, 415, "body"),
        ("POST", "/v1/keys", {"data": '{"name":"a","name":"b"}', "content_type": "application/json"}, 400, "twice"),
        ("POST", "/v1/keys", {"data": "[" * 60_000, "content_type": "application/json"}, 400, "JSON"),
        ("POST", "/v1/keys", {"data": "x" * 70_000, "content_type": "application/json"}, 413, "larger"),
        ("POST", "/v1/keys", {"data": '{"name":NaN}', "content_type": "application/json"}, 400, "NaN"),
        ("POST", "/v1/runs/run-1/approve", {"json": {"plan": "x"}}, 400, "plan"),
        ("POST", "/v1/runs/run-1/cancel", {"json": {"force": "yes"}}, 400, "force"),
    ],
)
def test_a_refusal_names_what_is_wrong_and_what_to_do(
    service: Service, method: str, path: str, given: dict[str, Any], status: int, named: str
) -> None:
    answer = service.call(method, path, **given)
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    body = json.loads(answer.text)
    assert named in body["detail"]
    assert body["way_out"]
    assert body["not_lost"] == ("What is there stays as it is." if status == 409 else "Nothing was changed.")
    assert body["status"] == status
    assert body["type"].startswith("urn:workwright:")


def test_a_method_that_is_not_there_names_those_that_are(service: Service) -> None:
    answer = service.call("PATCH", "/v1/keys")
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, POST"


def test_head_is_get_without_a_body(service: Service) -> None:
    answer = service.call("HEAD", "/v1/runs")
    assert answer.status_code == 200
    assert answer.data == b""


def test_the_rate_holds_and_says_when_to_come_back(service: Service) -> None:
    service.deps.store.put(MINE, Put("settings", "tenant", {"api_per_minute": 5}))
    # Two windows may meet in this test; eleven calls are more than both hold.
    statuses = [service.call("GET", "/v1/runs").status_code for _ in range(11)]
    assert statuses[:5] == [200] * 5
    assert 429 in statuses
    refused = [service.call("GET", "/v1/runs") for _ in range(6)][-1]
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    for key in ("admin", "foreign owner"):  # neither a colleague nor another team is held up
        assert service.call("GET", "/v1/runs", key=key).status_code == 200


def test_a_browser_is_answered_with_a_page(service: Service) -> None:
    answer = service.call("GET", "/v1/runs/run-1", key="", headers={"Accept": "text/html,application/xml;q=0.9"})
    assert (answer.status_code, answer.mimetype) == (401, "text/html")
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert "You need a key" in answer.text
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_a_store_that_is_gone_is_told_apart_from_a_bad_request(service: Service) -> None:
    assert service.call("GET", "/v1/runs").status_code == 200
    service.deps.store.close()  # type: ignore[attr-defined]
    health = service.call("GET", "/v1/health", key="")
    assert (health.status_code, health.json["store"]) == (503, "unreachable")
    answer = service.call("GET", "/v1/runs")
    assert (answer.status_code, answer.mimetype) == (503, "application/problem+json")
    assert answer.headers["Retry-After"]
    assert "closed" not in answer.text  # what is wrong inside goes to the log, not to callers
