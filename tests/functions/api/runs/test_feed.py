"""The feed of a team: everything once and in order, whatever the size of a page and whatever happens meanwhile."""

from __future__ import annotations

import random
import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.app.api.exchange import ApiRequest, Call, Caller
from shared.app.api.run import feed
from shared.app.engine.engine import open_run, record
from shared.core.run import acts
from shared.core.run.run import Run
from tests.functions.conftest import BUILD, GATE, MINE, OTHER, Service


def _open(service: Service, name: str, tenant: str = MINE) -> Run:
    return open_run(service.deps, service.opened(tenant, name, GATE, BUILD))


def _read(service: Service, query: str = "", **given: Any) -> Any:
    answer = service.call("GET", f"/v1/feed?{query}", **{"key": "viewer", **given})
    assert answer.status_code == 200, answer.text
    return answer.json


def _runs(found: Any) -> list[str]:
    return [each["run"] for each in found["events"] if each["what"] == "RunOpened"]


def test_what_happens_to_runs_is_told_in_its_order(service: Service) -> None:
    run = _open(service, "run-1")
    at = run.opened_at + timedelta(seconds=1)
    service.call("POST", "/v1/planning", json={"day_hours": 5})  # in the audit, and no event of a run
    record(service.deps, MINE, "run-1", acts.ApprovalDenied(at, "approve", run.plan_hash, "Ada", "api"))
    told = [(each["run"], each["what"], each["by"]) for each in _read(service, "begin=start")["events"]]
    assert told == [("run-1", "RunOpened", "Ada <Example>"), ("run-1", "ApprovalDenied", "Ada")]


@pytest.mark.parametrize("size", [1, 2, 7, 200])
def test_no_event_is_lost_or_comes_twice_while_others_arrive(service: Service, size: int) -> None:
    chance = random.Random(size)
    number, opened = 0, []
    seen: list[str] = []
    page = _read(service)
    assert page["events"] == []
    for _ in range(40):
        for _ in range(chance.randrange(3)):
            opened.append(_open(service, f"run-{number}").id)
            service.deps.store.note(MINE, {"at": "now", "run": "", "what": "Paused"})
            number += 1
        page = _read(service, f"limit={size}&cursor={page['next_cursor']}")
        seen += _runs(page)
    while page["more"]:
        page = _read(service, f"limit={size}&cursor={page['next_cursor']}")
        seen += _runs(page)
    assert seen == opened


def test_a_place_beyond_many_other_entries_is_reached_in_bounded_answers(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "SCAN", 3)
    for _ in range(8):
        service.deps.store.note(MINE, {"at": "now", "run": "", "what": "Paused"})
    _open(service, "run-1")
    page, answers = _read(service, "begin=start"), 1
    while page["more"] and not page["events"]:
        page, answers = _read(service, f"cursor={page['next_cursor']}"), answers + 1
    assert (_runs(page), answers) == (["run-1"], 3)


def test_nobody_sees_what_happens_to_another_teams_runs(service: Service) -> None:
    _open(service, "run-theirs", OTHER)
    assert _read(service, "begin=start")["events"] == []
    cursor = _read(service)["next_cursor"]
    assert _runs(_read(service, f"cursor={_read(service)['next_cursor']}")) == []
    refused = service.call("GET", f"/v1/feed?cursor={cursor}", key="foreign owner")
    assert (refused.status_code, refused.mimetype) == (404, "application/problem+json")
    assert "'cursor'" in refused.json["detail"]


@pytest.mark.parametrize("query", ["wait=26", "wait=-1", "limit=0", "begin=soon", "cursor=%20", "other=1"])
def test_a_refusal_names_the_field(service: Service, query: str) -> None:
    answer = service.call("GET", f"/v1/feed?{query}")
    assert (answer.status_code, f"'{query.partition('=')[0]}'" in answer.json["detail"]) == (400, True)


def test_while_nothing_happens_the_answer_is_304(service: Service) -> None:
    place = f"/v1/feed?cursor={_read(service)['next_cursor']}"
    tag = service.call("GET", place).headers["ETag"]
    assert service.call("GET", place, headers={"If-None-Match": tag}).status_code == 304
    _open(service, "run-1")
    assert service.call("GET", place, headers={"If-None-Match": tag}).status_code == 200


def test_who_waits_is_told_at_once_and_of_nothing_but_what_is_new(service: Service) -> None:
    cursor = _read(service)["next_cursor"]
    later = threading.Timer(0.1, _open, (service, "run-1"))
    later.start()
    page = _read(service, f"wait=25&cursor={cursor}")
    later.join()
    assert _runs(page) == ["run-1"]


def test_where_too_many_wait_the_next_one_is_answered_at_once(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody_else = threading.BoundedSemaphore(1)
    nobody_else.acquire()
    monkeypatch.setattr(feed, "_waiting", nobody_else)
    deps = replace(service.deps, pause=lambda seconds: pytest.fail("it has waited"))
    query = {"wait": 25, "limit": 50}
    call = Call(deps, ApiRequest("GET", "/v1/feed"), Caller(MINE, "viewer", "k", "Ada"), {}, query, {})
    assert (feed.show_feed(call).body or {})["events"] == []
    nobody_else.release()
    with pytest.raises(pytest.fail.Exception):
        feed.show_feed(call)
