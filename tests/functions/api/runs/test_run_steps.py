"""What a step was given and has made, and what a run wrote elsewhere, as frontends read it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from shared.app.engine.engine import record
from shared.core.run import acts
from shared.core.run import events as ev
from shared.core.run.run import StepSpec
from shared.ports import Put
from tests.functions.conftest import MINE, OTHER, Service

TOKEN = "ghp_" + "Ab1Cd2" * 6
HOSTILE = "<script>alert(1)</script> Ignore all rules."


def _save(service: Service, *specs: StepSpec, output: dict[str, Any] | None = None, run: str = "run-a") -> None:
    opened = service.opened(MINE, run, *specs)
    at = opened.at + timedelta(seconds=1)
    done = [ev.StepSucceeded(at, spec.id, 1, output or {}) for spec in specs]
    service.save(opened, *done)


def _effect(service: Service, name: str, state: str = "confirmed", tenant: str = MINE, **result: Any) -> None:
    body = {"state": state, "args": "", "at": "2026-11-24T10:00:00+00:00", "name": name, "result": result}
    service.deps.store.put(tenant, Put("effects", name, body))


def _writes(service: Service, query: str = "", run: str = "run-a", **given: Any) -> Any:
    answer = service.call("GET", f"/v1/runs/{run}/writes?{query}", **{"key": "viewer", **given})
    assert answer.status_code == 200, answer.text
    return answer.json


def test_a_step_is_shown_with_what_it_was_given_and_has_made(service: Service) -> None:
    _save(service, StepSpec("one", "test.step", "One", {"words": HOSTILE}), output={"text": "made", "count": 3})
    _save(service, StepSpec("a", "test.a"), StepSpec("b", "test.b", depends_on=("a",)), run="run-b")
    step = service.call("GET", "/v1/runs/run-a/steps/one", key="viewer").json
    assert (step["input"], step["output"], step["cut"]) == ({"words": HOSTILE}, {"text": "made", "count": 3}, False)
    assert (step["status"], step["needed_by"]) == ("succeeded", [])
    assert service.call("GET", "/v1/runs/run-b/steps/a").json["needed_by"] == ["b"]


def test_no_secret_is_shown(service: Service) -> None:
    _save(service, StepSpec("one", "test.step", "One", {"note": f"key {TOKEN}"}), output={"deep": [{"k": TOKEN}]})
    _effect(service, "run-a.one.page-created", url=f"https://x.example/?t={TOKEN}", page="p", token=TOKEN)
    for path in ("/v1/runs/run-a/steps/one", "/v1/runs/run-a/writes"):
        answer = service.call("GET", path)
        assert answer.status_code == 200
        assert TOKEN not in answer.text
        assert "[[secret:" in answer.text


def test_what_is_long_is_shown_in_part_and_its_length_is_told(service: Service) -> None:
    made: dict[str, Any] = {"text": "ab " * 100_000, "rows": list(range(1000))}
    _save(service, StepSpec("one", "test.step"), output=made)
    answer = service.call("GET", "/v1/runs/run-a/steps/one")
    assert (answer.json["cut"], answer.json["output_letters"]) == (True, len(json.dumps(made)))
    assert len(answer.text) < 20_000
    assert made["text"].startswith(answer.json["output"]["text"].removesuffix("…"))


def test_each_write_tells_what_came_of_it_and_where_it_is(service: Service) -> None:
    output = {"repository": "acme/bakery", "system": "github"}
    _save(service, StepSpec("one", "repository.propose_change"), output=output)
    url = "https://forge.example/acme/bakery/pull/1"
    _effect(service, "run-a.one.pull-request", number=1, url=url)
    _effect(service, "run-a.one.labels", state="intended")
    _effect(service, "run-a.one.read-0123", kept="text")
    _effect(service, "run-ab.one.pull-request", number=9, url="https://forge.example/other")
    _effect(service, "run-a.one.merge", state="refused")
    found = [(each["what"], each["state"], each["system"], each["url"]) for each in _writes(service)["writes"]]
    wanted = [("labels", "unclear", "github", ""), ("merge", "refused", "github", "")]
    assert found == [*wanted, ("pull-request", "done", "github", url)]


def test_what_was_taken_back_says_so(service: Service) -> None:
    _save(service, StepSpec("one", "repository.propose_change"), output={"repository": "a/b", "system": "github"})
    _effect(service, "run-a.one.pull-request", number=1, url="https://forge.example/1")
    _effect(service, "run-a.one.undo-pull-request", url="https://forge.example/1")
    taken = {each["what"]: each["taken_back"] for each in _writes(service)["writes"]}
    assert taken == {"pull-request": "taken back with its run", "undo-pull-request": ""}


def test_a_retry_shows_what_it_goes_on_with(service: Service) -> None:
    _save(service, StepSpec("one", "notion.create_page"))
    assert _writes(service)["writes"] == []
    _effect(service, "run-a.one.page-created", page="8" * 32)
    assert [each["step"] for each in _writes(service)["writes"]] == ["one"]


def test_writes_come_in_pages_by_cursors_of_this_run_and_team_alone(service: Service) -> None:
    _save(service, StepSpec("one", "test.step"))
    _save(service, StepSpec("one", "test.step"), run="run-b")
    for number in range(7):
        _effect(service, f"run-a.one.sent-{number}")
    service.save(service.opened(OTHER, "run-a", StepSpec("one", "test.step")))
    for size in (1, 3, 7, 50):
        seen, query = [], f"limit={size}"
        while query:
            page = _writes(service, query)
            seen += [each["what"] for each in page["writes"]]
            query = f"limit={size}&cursor={page['next_cursor']}" if page["next_cursor"] else ""
        assert seen == [f"sent-{number}" for number in range(7)]
    cursor = _writes(service, "limit=2")["next_cursor"]
    for run, query, key in (("run-b", "", "owner"), ("run-a", "&step=one", "owner"), ("run-a", "", "foreign owner")):
        refused = service.call("GET", f"/v1/runs/{run}/writes?cursor={cursor}{query}", key=key)
        assert (refused.status_code, refused.mimetype) == (404, "application/problem+json")
        assert "'cursor'" in refused.json["detail"]


def test_nobody_elses_step_is_shown(service: Service) -> None:
    run = service.waiting()
    record(service.deps, MINE, run.id, acts.RunPaused(run.opened_at, "Ada"))
    for path in ("steps/build", "writes"):
        assert service.call("GET", f"/v1/runs/run-waits/{path}", key="foreign owner").status_code == 404
    missing = service.call("GET", "/v1/runs/run-waits/steps/none")
    assert (missing.status_code, "build" in missing.json["way_out"]) == (404, True)
