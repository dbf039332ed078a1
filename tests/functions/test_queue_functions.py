"""The functions behind the queue, over HTTP: who may call them, and what they answer when something is wrong."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from datetime import timedelta

import pytest
import requests

from shared.app.engine.due_times import set_alarm
from shared.backends.local.delivery.local_queue import LocalQueue
from shared.backends.local.keys.identity import LocalCallers
from shared.core.documents.alarm import Alarm
from shared.core.run.commands import PLAN_DAY, ROUTINE, Command, command_from_data, command_to_data
from shared.core.run.run import RunStatus
from shared.local.story.demo import select
from shared.ports import Put
from tests.support.rigs.house import Neighbourhood, open_house

pytestmark = pytest.mark.xdist_group("queue_functions")

PRIVATE = ("plan", "execute-step", "deploy", "notify", "sync")
SCHEDULED = ("sweep", "sync")
NAMES = {"plan": "consider", "execute-step": "attempt", "deploy": "attempt", "notify": "mirror"}
NAMES["sync"] = "reconcile"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Neighbourhood]:
    """Yield a settled house that leaves everything in its queue."""
    with open_house(tmp_path_factory.mktemp("house"), working=False, WORKWRIGHT_HTTP_READ_S="2") as opened:
        yield opened


def _command(house: Neighbourhood, function: str, **fields: str) -> Command:
    return Command(uuid.uuid4().hex, NAMES[function], function, house.home.tenant, run="run-x", step="s", **fields)


@pytest.mark.parametrize("function", [*PRIVATE, "sweep"])
def test_only_the_queues_own_token_for_this_very_function_opens(house: Neighbourhood, function: str) -> None:
    url = f"{house.house.url}/{function}"
    callers = LocalCallers(house.house.data)
    other = f"{house.house.url}/{'notify' if function != 'notify' else 'plan'}"
    good = callers.authorization(url)
    refused = {
        "none": {},
        "empty": {"Authorization": ""},
        "forged": {"Authorization": "Bearer " + "0" * 64},
        "for another function": {"Authorization": callers.authorization(other)},
        "for another house": {"Authorization": callers.authorization(url.replace("127.0.0.1", "localhost"))},
        "another scheme": {"Authorization": good.replace("Bearer", "Basic")},
        "cut short": {"Authorization": good[:-1]},
    }
    for why, headers in refused.items():
        answer = requests.post(f"{url}/t/{house.home.tenant}", json={}, headers=headers, timeout=10)
        assert answer.status_code == 401, why
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert answer.json()["type"] == "urn:workwright:unauthenticated"


@pytest.mark.parametrize("function", PRIVATE)
def test_a_command_nobody_waits_for_any_more_is_done(house: Neighbourhood, function: str) -> None:
    assert house.call(_command(house, function, ref="page-x")).status_code == 204


@pytest.mark.parametrize("function", PRIVATE)
def test_the_tenant_of_the_path_and_of_the_payload_are_one(house: Neighbourhood, function: str) -> None:
    command = _command(house, function, ref="page-x")
    for path in ("/t/t-somebody-else", "/t/", "/", f"/t/{house.home.tenant}/more", f"/{house.home.tenant}"):
        assert house.call(command, path=path).status_code == 404, path


@pytest.mark.parametrize("function", PRIVATE)
def test_a_malformed_task_is_400(house: Neighbourhood, function: str) -> None:
    url = f"{house.house.url}/{function}"
    headers = {"Authorization": LocalCallers(house.house.data).authorization(url)}
    good = command_to_data(_command(house, function, ref="page-x"))
    wrong = [
        b"", b"{", b"[]", b"null", b"\xff", b'"text"',
        {**good, "surprise": 1}, {**good, "id": ""}, {**good, "tenant": 7}, {**good, "name": "destroy"},
        {**good, "attempt": "1"}, {**good, "attempt": True}, {**good, "function": "api"},
        {**good, "not_before": "soon"}, {**good, "not_before": 7},
    ]  # fmt: skip
    for body in wrong:
        given = {"data": body} if isinstance(body, bytes) else {"json": body}
        answer = requests.post(f"{url}/t/{house.home.tenant}", headers=headers, timeout=10, **given)  # type: ignore[arg-type]
        assert answer.status_code == 400, body
        assert answer.json()["type"] == "urn:workwright:malformed_request"
    large = {**good, "ref": "x" * 70_000}
    answer = requests.post(f"{url}/t/{house.home.tenant}", headers=headers, json=large, timeout=10)
    assert answer.status_code == 413


@pytest.mark.parametrize("status", [429, 500, 503, 529])
def test_whatever_troubles_a_tenants_notion_no_answer_slows_the_queue_down(house: Neighbourhood, status: int) -> None:
    """429 and 503 would make the queue wait with every tenant's tasks."""
    page = house.write(f"Trouble {status}")
    house.disturb("notion", path="/v1/*", status=status, times=1000)
    try:
        answer = house.call(_command(house, "plan", ref=page, topic=f"person:{house.home.person}"))
    finally:
        house.soothe("notion")
    assert answer.status_code in (204, 500)  # put off under a new name, or to be delivered again
    assert house.runs(page) == []


def test_a_revoked_grant_is_no_error_of_the_queue(house: Neighbourhood) -> None:
    page, tenant = house.write("Revoked"), house.home.tenant
    store = house.house.wired.deps.store
    grant = store.get(tenant, "grants", "notion")
    assert grant is not None
    store.put(tenant, Put("grants", "notion", {**grant.body, "status": "revoked"}))
    try:
        assert house.call(_command(house, "plan", ref=page, topic="person:p")).status_code == 204
    finally:
        store.put(tenant, Put("grants", "notion", grant.body))
    assert house.runs(page) == []


def test_a_step_that_somebody_else_works_on_is_409_and_done_afterwards(house: Neighbourhood) -> None:
    page = house.write("Busy")
    house.set_status(page, "Plan it")
    assert house.call(_command(house, "plan", ref=page, topic=f"person:{house.home.person}")).status_code == 204
    run = house.run(page)
    assert run.status == RunStatus.PLANNING
    (attempt,) = [c for c in _tasks(house, run.id) if c.name == "attempt"]
    deps = house.house.wired.deps
    lease = f"{run.id}.{attempt.step}"
    assert deps.store.claim(run.tenant, lease, "somebody", timedelta(minutes=1))
    refused = house.call(attempt)
    assert (refused.status_code, refused.json()["detail"]) == (409, "Busy")
    assert house.run(page) == run
    deps.store.release(run.tenant, lease, "somebody")
    assert house.call(attempt).status_code == 204
    after = house.run(page)
    assert after.seq > run.seq
    assert house.call(attempt).status_code == 204  # and again: it is no longer wanted
    assert house.run(page) == after


@pytest.mark.parametrize(
    ("count", "answered", "buried"),
    [
        ("7", None, 0),
        ("8", None, 1),
        ("999", None, 1),
        ("x", None, 0),
        ("7", "7", 0),
        ("8", "8", 1),
        ("39", "7", 0),  # 32 workers died: that is not the command's fault
        ("39", "8", 1),
        ("40", "0", 1),  # unless it kills each of them
    ],
)
@pytest.mark.parametrize("function", PRIVATE)
def test_a_command_that_came_too_often_is_put_aside(
    house: Neighbourhood, function: str, count: str, answered: str | None, buried: int
) -> None:
    """Cloud Tasks counts all deliveries in one header, and in another those that a handler has answered."""
    command = _command(house, function, ref="page-x")
    counts = {"X-CloudTasks-TaskRetryCount": count}
    if answered is not None:
        counts["X-CloudTasks-TaskExecutionCount"] = answered
    answer = house.call(command, **counts)
    assert answer.status_code == 204
    wired = house.house.wired
    assert wired.local_store is not None
    letters = LocalQueue(wired.local_store, wired.deps.clock).dead_letters(house.home.tenant)
    mine = [letter for letter in letters if letter.command.id == command.id]
    assert len(mine) == buried
    assert [count in letter.reason for letter in mine] == [True] * buried


@pytest.mark.parametrize("function", SCHEDULED)
def test_what_the_scheduler_calls_says_what_there_was_to_do(house: Neighbourhood, function: str) -> None:
    url = f"{house.house.url}/{function}"
    assert requests.post(url, timeout=10).status_code == 401
    headers = {"Authorization": LocalCallers(house.house.data).authorization(url)}
    answer = requests.post(url, headers=headers, timeout=10)
    assert answer.status_code == 200
    said = {"sweep": {"relayed", "looked", "moved", "woken", "expired"}, "sync": {"ordered"}}
    assert said[function] <= set(answer.json())


def _tasks(house: Neighbourhood, run: str) -> list[Command]:
    commands = []
    store = house.house.wired.local_store
    assert store is not None
    with store.reading() as connection:
        for (body,) in connection.execute("SELECT body FROM tasks"):
            command = command_from_data(json.loads(body))
            commands += [command] if command.run == run else []
    return commands


def test_a_routine_whose_time_has_come_is_woken_by_sweep_and_begun_by_plan(house: Neighbourhood) -> None:
    deps, tenant = house.house.wired.deps, house.home.tenant
    settings = deps.store.get(tenant, "settings", "tenant")
    assert settings is not None
    properties = {
        "Name": {"title": [{"text": {"content": "Water"}}]},
        "Schedule": {"rich_text": [{"text": {"content": "every hour"}}]},
        **select("Status", "Active"),
    }
    parent = {"type": "data_source_id", "data_source_id": settings.body["databases"]["routines"]["data_source"]}
    page = str(house.as_person("POST", "/v1/pages", {"parent": parent, "properties": properties})["id"])
    assert house.call(_command(house, "plan", ref=page, topic="person:p")).status_code == 204
    known = deps.store.get(tenant, "routines", page)
    assert known is not None
    past = deps.clock.now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=3)
    alarm = Alarm(ROUTINE, tenant, page, past)
    set_alarm(deps, alarm)
    deps.store.put(tenant, Put("routines", page, {**known.body, "due": alarm.topic, "alarm": alarm.topic}))
    url = f"{house.house.url}/sweep"
    headers = {"Authorization": LocalCallers(house.house.data).authorization(url)}
    assert requests.post(url, headers=headers, timeout=10).json()["woken"] == 1
    assert house.call(alarm.command).status_code == 204
    assert house.call(alarm.command).status_code == 204
    (run,) = house.runs(page)
    assert (run.trigger.kind, "3 earlier times missed" in run.trigger.by) == ("routine", True)
    assert house.call(Command("x", PLAN_DAY, "plan", tenant, ref="day")).status_code == 400
