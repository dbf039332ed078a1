"""A call that names itself is carried out once: sent twice, at once, after a death; and its answer is nobody else's."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from shared.app.api import keys
from shared.app.api.exchange import ApiReply, ApiRequest
from shared.app.api.router import Api
from tests.functions.conftest import MINE, Service
from tests.support.ports.moved_clock import MovedClock

NAME, WANTED = "3f0c7a52-6d0e-4c39-9b0a-4c1f3a9d2b11", {"role": "viewer", "name": "a script"}


def _make(service: Service, named: str = NAME, body: Any = WANTED, key: str = "owner") -> Any:
    return service.call("POST", "/v1/keys", key=key, json=body, headers={"Idempotency-Key": named})


def _scripts(service: Service) -> list[Any]:
    return [each for each in service.call("GET", "/v1/keys").json["keys"] if each["name"] == "a script"]


class Died(BaseException):
    """The process is gone."""


def _post(api: Api, service: Service, named: str = NAME, body: Any = WANTED) -> ApiReply:
    headers = {
        "authorization": f"Bearer {service.keys['owner']}",
        "content-type": "application/json",
        "idempotency-key": named,
    }
    return api.answer(ApiRequest("POST", "/v1/keys", headers=headers, body=json.dumps(body).encode()))


def test_sent_again_it_gets_the_same_answer_and_is_not_done_again(service: Service) -> None:
    first, again = _make(service), _make(service)
    assert (first.status_code, first.headers.get("Idempotency-Replayed")) == (201, None)
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (201, "true")
    assert again.json == first.json
    assert len(_scripts(service)) == 1
    assert service.call("GET", "/v1/runs", key=again.json["key"]).status_code == 200


def test_the_same_body_in_another_order_is_the_same_request(service: Service) -> None:
    first = _make(service)
    assert _make(service, body=dict(reversed(WANTED.items()))).json == first.json


@pytest.mark.parametrize("body", [{**WANTED, "name": "another"}, {**WANTED, "days": 1}])
def test_another_body_with_the_same_key_is_refused(service: Service, body: dict[str, Any]) -> None:
    _make(service)
    refused = _make(service, body=body)
    assert (refused.status_code, "key of its own" in refused.json["way_out"]) == (409, True)
    assert len(_scripts(service)) == 1


def test_another_address_with_the_same_key_is_refused(service: Service) -> None:
    service.call("POST", "/v1/planning", json={}, headers={"Idempotency-Key": NAME})
    assert service.call("POST", "/v1/budget", json={}, headers={"Idempotency-Key": NAME}).status_code == 409


def test_without_one_each_call_counts(service: Service) -> None:
    for _ in range(2):
        assert service.call("POST", "/v1/keys", json=WANTED).status_code == 201
    assert len(_scripts(service)) == 2


def test_a_key_is_of_who_sends_it(service: Service) -> None:
    """Neither a colleague nor another team is answered with what was said to somebody else."""
    mine = _make(service).json["key"]
    for key in ("admin", "foreign owner"):
        answer = _make(service, key=key)
        assert (answer.status_code, answer.headers.get("Idempotency-Replayed")) == (201, None)
        assert answer.json["key"] != mine


def test_what_is_answered_lies_sealed(service: Service) -> None:
    key = _make(service).json["key"]
    kept = service.deps.store.list_docs(MINE, "idempotency")
    assert len(kept) == 1
    assert key not in json.dumps(kept[0].body)
    assert key.rpartition(".")[2] not in json.dumps(kept[0].body)


def test_what_is_refused_was_not_done_and_may_be_sent_again(service: Service) -> None:
    assert _make(service, key="viewer").status_code == 409
    assert _make(service, body={"role": "viewer"}).status_code == 400
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keys, "MAX_ACTIVE", 0)
        assert _make(service).status_code == 409
    assert _make(service).status_code == 201


def test_who_may_no_longer_is_not_answered_with_what_was_said_before(service: Service) -> None:
    made = _make(service, key="admin")
    revoked = next(each for each in service.call("GET", "/v1/keys").json["keys"] if each["name"] == "admin's key")
    assert service.call("DELETE", f"/v1/keys/{revoked['id']}").status_code == 200
    again = _make(service, key="admin")
    assert again.status_code == 401
    assert made.json["key"] not in again.text


def test_sent_many_times_at_once_it_is_done_once(service: Service) -> None:
    _make(service, named="warm", body={"role": "viewer", "name": "warm"})
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: _make(service), range(8)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.json["key"] for answer in answers if answer.status_code == 201}) == 1
    assert len(_scripts(service)) == 1
    assert _make(service).status_code == 201


@pytest.mark.parametrize(("point", "done"), [("api.after/begun", 0), ("api.after/done", 1)])
def test_a_death_in_the_middle_is_told_and_never_done_twice(service: Service, point: str, done: int) -> None:
    def die(at: str) -> None:
        if at == point:
            raise Died

    clock = MovedClock(service.deps.clock.now())
    deps = replace(service.deps, clock=clock)
    with pytest.raises(Died):
        _post(Api(replace(deps, crash_point=die)), service)
    clock.move(seconds=deps.lease.total_seconds() + 1)
    for _ in range(2):
        again = _post(Api(deps), service)
        assert again.status == 409
        assert again.body is not None
        assert "GET" in str(again.body["way_out"])
    assert len(_scripts(service)) == done


def test_it_is_known_for_a_day_at_least_and_forgotten_after_two(service: Service) -> None:
    clock = MovedClock(service.deps.clock.now())
    api = Api(replace(service.deps, clock=clock))
    first = _post(api, service)
    clock.move(hours=24)
    assert _post(api, service).body == first.body
    clock.move(hours=24)
    assert _post(api, service).body != first.body
    assert len(service.deps.store.list_docs(MINE, "idempotency")) == 1


@pytest.mark.parametrize("wrong", ["", "two words", "ключ", "a" * 201, "tab\there"])
def test_what_is_no_key_is_refused_by_its_name(service: Service, wrong: str) -> None:
    named = wrong.encode().decode("latin-1")
    refused = _make(service, named=named)
    assert refused.status_code == 400
    assert "Idempotency-Key" in refused.json["detail"]
    assert _scripts(service) == []


def test_each_post_with_a_key_takes_one_and_says_so(service: Service) -> None:
    described = service.call("GET", "/openapi.json").json["paths"]
    for path, operations in described.items():
        for method, operation in operations.items():
            names = {each["name"] for each in operation.get("parameters", ())}
            assert ("Idempotency-Key" in names) == (method == "post" and bool(operation["security"])), path


def test_an_answer_too_large_to_be_kept_is_not_done_again(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.app.api.idempotency.MAX_KEPT", 10)
    assert _make(service, named=str(named := uuid4())).status_code == 201
    assert _make(service, named=str(named)).status_code == 409
    assert len(_scripts(service)) == 1
