"""The local Cloud Tasks server against the vendor's own client: what the queue's tests stand on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import google.auth.transport.requests
import grpc
import pytest
import requests
from google.api_core import exceptions as gx
from google.cloud import tasks_v2
from google.oauth2 import id_token

from tests.support.servers.cloud.cloud_tasks_delivery import Behaviour
from tests.support.servers.cloud.cloud_tasks_server import CloudTasksServer
from tests.support.servers.cloud.oidc_issuer import OidcIssuer
from tests.support.servers.task_worker import Worker

AUDIENCE = "https://plan.example/"
EMAIL = "queue@test-project.iam.gserviceaccount.com"


@pytest.fixture(scope="module")
def issuer() -> Iterator[OidcIssuer]:
    with OidcIssuer() as issuer:
        yield issuer


def _verified(issuer: OidcIssuer, authorization: str, audience: str) -> dict[str, Any]:
    scheme, _, token = authorization.partition(" ")
    assert scheme == "Bearer"
    with requests.Session() as session:
        request = google.auth.transport.requests.Request(session)
        return dict(id_token.verify_token(token, request, audience=audience, certs_url=issuer.certs_url))


@pytest.fixture
def worker() -> Iterator[Worker]:
    worker = Worker()
    with worker.http:
        yield worker


TasksServer = Callable[..., CloudTasksServer]


@pytest.fixture
def tasks(issuer: OidcIssuer) -> Iterator[TasksServer]:
    started: list[CloudTasksServer] = []

    def start(**behaviour: Any) -> CloudTasksServer:
        started.append(CloudTasksServer(issuer, Behaviour(**{"scale": 0.001, **behaviour})).start())
        return started[-1]

    yield start
    for server in started:
        server.stop()


def _task(url: str, name: str = "", *, body: bytes = b"{}", **more: Any) -> tasks_v2.Task:
    http = {name: more.pop(name) for name in ("headers", "oidc_token", "http_method") if name in more}
    return tasks_v2.Task(name=name, http_request=tasks_v2.HttpRequest(url=url, body=body, **http), **more)


SLOW_START = tasks_v2.RetryConfig(
    min_backoff=timedelta(seconds=10), max_backoff=timedelta(seconds=300), max_doublings=3, max_attempts=9
)


def test_a_failing_task_comes_again_with_its_counts_and_a_real_token(
    tasks: TasksServer, worker: Worker, issuer: OidcIssuer
) -> None:
    server = tasks()
    worker.answers = [(500, {}), (409, {}), (404, {})]
    queue = server.create_queue("plan", retry_config=SLOW_START)
    token = tasks_v2.OidcToken(service_account_email=EMAIL, audience=AUDIENCE)
    headers = {"User-Agent": "mine", "X-CloudTasks-TaskRetryCount": "7", "X-Own": "kept"}
    server.client().create_task(
        parent=queue, task=_task(worker.url, f"{queue}/tasks/t1", oidc_token=token, headers=headers)
    )
    server.wait_idle()
    seen = worker.headers
    assert [h["x-cloudtasks-taskretrycount"] for h in seen] == ["0", "1", "2", "3"]
    assert [h["x-cloudtasks-taskexecutioncount"] for h in seen] == ["0", "1", "2", "3"]
    assert [h.get("x-cloudtasks-taskpreviousresponse") for h in seen] == [None, "500", "409", "404"]
    assert {(h["x-cloudtasks-queuename"], h["x-cloudtasks-taskname"]) for h in seen} == {("plan", "t1")}
    assert {(h["user-agent"], h["content-type"], h["x-own"]) for h in seen} == {
        ("Google-Cloud-Tasks", "application/octet-stream", "kept")
    }
    assert worker.bodies == [b"{}"] * 4
    assert [d.waited.total_seconds() for d in server.journal] == [0, 10, 20, 40]
    claims = _verified(issuer, seen[0]["authorization"], AUDIENCE)
    assert (claims["email"], claims["aud"]) == (EMAIL, AUDIENCE)


def test_a_token_is_for_the_url_when_no_audience_is_said(
    tasks: TasksServer, worker: Worker, issuer: OidcIssuer
) -> None:
    server = tasks(routes={"https://plan.a.run.app": worker.url.rstrip("/")})
    queue, url = server.create_queue("plan"), "https://plan.a.run.app/run?x=1"
    token = tasks_v2.OidcToken(service_account_email=EMAIL)
    server.client().create_task(parent=queue, task=_task(url, oidc_token=token))
    server.wait_idle()
    assert _verified(issuer, worker.headers[0]["authorization"], url)["aud"] == url


def test_a_task_that_used_up_its_attempts_vanishes(tasks: TasksServer, worker: Worker) -> None:
    server = tasks()
    worker.answers = [(500, {})] * 9
    retry = tasks_v2.RetryConfig(
        max_attempts=3, max_retry_duration=timedelta(seconds=1), min_backoff=timedelta(seconds=2)
    )
    queue = server.create_queue("plan", retry_config=retry)
    client = server.client()
    name = client.create_task(parent=queue, task=_task(worker.url)).name
    server.wait_idle()
    assert (len(worker.bodies), server.given_up) == (3, [name])
    with pytest.raises(gx.NotFound):
        client.get_task(name=name)


def test_a_name_stays_taken_after_the_task_is_done(tasks: TasksServer, worker: Worker) -> None:
    server = tasks()
    queue, client = server.create_queue("plan"), server.client()
    for _ in range(2):
        client.create_task(parent=queue, task=_task(worker.url, f"{queue}/tasks/once"))
        with pytest.raises(gx.AlreadyExists):
            client.create_task(parent=queue, task=_task(worker.url, f"{queue}/tasks/once"))
        server.wait_idle()
        with pytest.raises(gx.AlreadyExists):
            client.create_task(parent=queue, task=_task(worker.url, f"{queue}/tasks/once"))
        server.forget_tombstones()
    assert len(worker.bodies) == 2


def test_what_is_out_of_bounds_is_refused(tasks: TasksServer, worker: Worker) -> None:
    server = tasks()
    queue, client, url = server.create_queue("plan"), server.client(), worker.url
    now = datetime.now(UTC)
    wrong = {
        "name with a dot": _task(url, f"{queue}/tasks/a.b"),
        "name too long": _task(url, f"{queue}/tasks/{'a' * 501}"),
        "name of another queue": _task(url, queue.replace("plan", "other") + "/tasks/a"),
        "larger than 1 MB": _task(url, body=b"x" * 1_000_001),
        "later than 30 days": _task(url, schedule_time=now + timedelta(days=30, minutes=1)),
        "deadline too short": _task(url, dispatch_deadline=timedelta(seconds=14)),
        "deadline too long": _task(url, dispatch_deadline=timedelta(minutes=31)),
        "no scheme": _task("plan.example/"),
        "URL too long": _task(url + "a" * 2083),
        "a body with GET": _task(url, http_method=tasks_v2.HttpMethod.GET),
        "header with a line break": _task(url, headers={"X-A": "b\r\nc: d"}),
        "80 KB of headers": _task(url, headers={"X-A": "b" * 80_000}),
        "token for nobody": _task(url, oidc_token=tasks_v2.OidcToken(audience="x")),
        "no request": tasks_v2.Task(),
    }
    accepted = []
    for name, task in wrong.items():
        try:
            client.create_task(parent=queue, task=task)
            accepted.append(name)
        except gx.InvalidArgument:
            continue
    assert accepted == []
    with pytest.raises(gx.NotFound):
        client.create_task(parent=queue.replace("plan", "none"), task=_task(url))
    assert worker.bodies == []


def test_429_holds_back_the_whole_queue_for_as_long_as_asked(tasks: TasksServer, worker: Worker) -> None:
    server = tasks(scale=0.01)
    worker.answers = [(429, {"Retry-After": "100"})]  # 1 s here
    queue, client = server.create_queue("plan"), server.client()
    client.create_task(parent=queue, task=_task(worker.url, body=b"first"))
    while not server.journal:
        time.sleep(0.005)
    client.create_task(parent=queue, task=_task(worker.url, body=b"second"))
    other = server.create_queue("other")
    client.create_task(parent=other, task=_task(worker.url, body=b"elsewhere"))
    while len(server.journal) < 2:
        time.sleep(0.005)
    assert worker.bodies == [b"first", b"elsewhere"]
    server.wait_idle()
    assert sorted(worker.bodies[2:]) == [b"first", b"second"]
    assert max(d.waited for d in server.journal) == timedelta(seconds=100)


def test_a_handler_that_is_too_slow_counts_as_no_answer(tasks: TasksServer, worker: Worker) -> None:
    server = tasks(deadline_scale=0.01)  # 15 s become 0.15
    worker.delay = 0.5
    queue = server.create_queue("plan", retry_config=tasks_v2.RetryConfig(max_attempts=2))
    server.client().create_task(parent=queue, task=_task(worker.url, dispatch_deadline=timedelta(seconds=15)))
    server.wait_idle()
    assert [d.status for d in server.journal] == [None, None]
    assert [h["x-cloudtasks-taskretrycount"] for h in worker.headers] == ["0", "1"]
    assert [h["x-cloudtasks-taskexecutioncount"] for h in worker.headers] == ["0", "0"]


def test_a_paused_queue_sends_only_what_is_run_by_hand(tasks: TasksServer, worker: Worker) -> None:
    server = tasks()
    queue, client = server.create_queue("plan"), server.client()
    assert client.pause_queue(name=queue).state == tasks_v2.Queue.State.PAUSED
    names = [client.create_task(parent=queue, task=_task(worker.url, body=str(n).encode())).name for n in range(3)]
    client.run_task(name=names[1])
    while server.pending() > 2:
        time.sleep(0.005)
    assert worker.bodies == [b"1"]
    listed = list(client.list_tasks(request={"parent": queue, "page_size": 1}))
    assert [task.name for task in listed] == [names[0], names[2]]
    assert listed[0].http_request.body == b""
    full = client.get_task(request={"name": names[2], "response_view": tasks_v2.Task.View.FULL})
    assert full.http_request.body == b"2"
    client.delete_task(name=names[0])
    client.resume_queue(name=queue)
    server.wait_idle()
    assert worker.bodies == [b"1", b"2"]


def test_scheduled_tasks_wait_and_purged_ones_never_come(tasks: TasksServer, worker: Worker) -> None:
    server = tasks(scale=0.01)
    queue, client = server.create_queue("plan"), server.client()
    at = datetime.now(UTC) + timedelta(seconds=30)
    client.create_task(parent=queue, task=_task(worker.url, body=b"late", schedule_time=at))
    client.create_task(parent=queue, task=_task(worker.url, body=b"now"))
    server.wait_idle()
    assert worker.bodies == [b"now", b"late"]
    client.create_task(parent=queue, task=_task(worker.url, schedule_time=datetime.now(UTC) + timedelta(hours=9)))
    client.purge_queue(name=queue)
    server.wait_idle()
    assert len(worker.bodies) == 2


def test_limits_of_a_queue_hold(tasks: TasksServer, worker: Worker) -> None:
    server = tasks(scale=1.0)
    worker.delay = 0.03
    queue, client = server.create_queue("plan"), server.client()
    limits = tasks_v2.RateLimits(max_concurrent_dispatches=2)
    mask = {"paths": ["rate_limits.max_concurrent_dispatches"]}
    updated = client.update_queue(queue=tasks_v2.Queue(name=queue, rate_limits=limits), update_mask=mask)
    assert updated.rate_limits.max_dispatches_per_second == 500
    for _ in range(8):
        client.create_task(parent=queue, task=_task(worker.url))
    server.wait_idle()
    assert (len(worker.bodies), worker.most_busy) == (8, 2)
    with pytest.raises(gx.InvalidArgument):
        client.update_queue(queue=tasks_v2.Queue(name=queue, rate_limits={"max_dispatches_per_second": 501}))


def test_the_rate_of_a_queue_spreads_its_tasks(tasks: TasksServer, worker: Worker) -> None:
    server = tasks(scale=1.0)
    queue = server.create_queue("plan", rate_limits=tasks_v2.RateLimits(max_dispatches_per_second=20))
    client, began = server.client(), time.monotonic()
    for _ in range(25):  # 20 at once, then one every 50 ms
        client.create_task(parent=queue, task=_task(worker.url))
    server.wait_idle()
    assert len(worker.bodies) == 25
    assert time.monotonic() - began >= 4 * 0.05


def test_duplicates_and_disorder_come_as_ordered(tasks: TasksServer, worker: Worker) -> None:
    server = tasks(duplicates=0.5, jitter=0.05, shuffle=True, seed=1)
    queue, client = server.create_queue("plan"), server.client()
    for number in range(40):
        client.create_task(parent=queue, task=_task(worker.url, body=b"%02d" % number))
    server.wait_idle()
    first = [d.body for d in server.journal if not d.duplicate]
    again = [d.body for d in server.journal if d.duplicate]
    assert sorted(first) == [b"%02d" % number for number in range(40)]
    assert first != sorted(first)
    assert 8 <= len(again) <= 32
    assert set(again) <= set(first)
    assert len(worker.bodies) == 40 + len(again)


def test_a_lost_reply_leaves_the_task_in_place(tasks: TasksServer, worker: Worker) -> None:
    server = tasks()
    queue, client = server.create_queue("plan"), server.client()
    server.fail("CreateTask", grpc.StatusCode.UNAVAILABLE, after=True)
    with pytest.raises(gx.ServiceUnavailable):
        client.create_task(parent=queue, task=_task(worker.url, f"{queue}/tasks/x"))
    with pytest.raises(gx.AlreadyExists):
        client.create_task(parent=queue, task=_task(worker.url, f"{queue}/tasks/x"))
    server.wait_idle()
    assert [call.code for call in server.calls] == ["UNAVAILABLE", "ALREADY_EXISTS"]
    assert len(worker.bodies) == 1


def test_a_name_is_free_again_after_the_window(tasks: TasksServer, worker: Worker) -> None:
    server = tasks(tombstone=timedelta(seconds=10))  # 10 ms here
    queue, client = server.create_queue("plan"), server.client()
    for _ in range(2):
        client.create_task(parent=queue, task=_task(worker.url, f"{queue}/tasks/once"))
        server.wait_idle()
        time.sleep(0.02)
    assert len(worker.bodies) == 2


def test_a_deleted_task_leaves_its_name_behind(tasks: TasksServer, worker: Worker) -> None:
    server = tasks()
    queue, client = server.create_queue("plan"), server.client()
    client.pause_queue(name=queue)
    name = client.create_task(parent=queue, task=_task(worker.url, f"{queue}/tasks/x")).name
    client.delete_task(name=name)
    with pytest.raises(gx.AlreadyExists):
        client.create_task(parent=queue, task=_task(worker.url, name))
    with pytest.raises(gx.NotFound):
        client.delete_task(name=name)


@pytest.mark.parametrize("status", [429, 503])
def test_without_retry_after_the_queue_is_held_back_all_the_same(
    tasks: TasksServer, worker: Worker, status: int
) -> None:
    server = tasks(throttle=timedelta(days=1), max_throttle=timedelta(days=1))
    worker.answers = [(status, {})]
    queue, client = server.create_queue("plan"), server.client()
    client.create_task(parent=queue, task=_task(worker.url, body=b"first"))
    while not server.journal:
        time.sleep(0.005)
    client.create_task(parent=queue, task=_task(worker.url, body=b"second"))
    time.sleep(0.05)
    assert (worker.bodies, server.pending()) == ([b"first"], 2)


def test_500_holds_back_nobody_else(tasks: TasksServer, worker: Worker) -> None:
    server = tasks()
    worker.answers = [(500, {"Retry-After": "86400"})]
    queue = server.create_queue("plan", retry_config=tasks_v2.RetryConfig(min_backoff=timedelta(seconds=50)))
    client = server.client()
    client.create_task(parent=queue, task=_task(worker.url, body=b"first"))
    while not server.journal:
        time.sleep(0.005)
    client.create_task(parent=queue, task=_task(worker.url, body=b"second"))
    server.wait_idle()
    assert sorted(worker.bodies) == [b"first", b"first", b"second"]
    assert max(d.waited for d in server.journal) == timedelta(seconds=50)


def test_a_tasks_own_retry_rules_stand_before_those_of_its_queue(tasks: TasksServer, worker: Worker) -> None:
    server = tasks()
    worker.answers = [(500, {})] * 9
    queue = server.create_queue("plan", retry_config=tasks_v2.RetryConfig(max_attempts=9))
    own = tasks_v2.RetryConfig(max_attempts=2, min_backoff=timedelta(seconds=3))
    server.client().create_task(parent=queue, task=_task(worker.url, retry_config=own))
    server.wait_idle()
    assert [d.waited.total_seconds() for d in server.journal] == [0, 3]


def test_nothing_outside_this_machine_is_called(tasks: TasksServer) -> None:
    server = tasks()
    queue = server.create_queue("plan", retry_config=tasks_v2.RetryConfig(max_attempts=2))
    server.client().create_task(parent=queue, task=_task("https://plan.example/"))
    server.wait_idle()
    assert [(d.url, d.status) for d in server.journal] == [("https://plan.example/", None)] * 2


def test_an_update_creates_the_queue_that_is_not_there(tasks: TasksServer, worker: Worker) -> None:
    server = tasks()
    client, name = server.client(), "projects/test-project/locations/us-central1/queues/new"
    with pytest.raises(gx.NotFound):
        client.get_queue(name=name)
    client.update_queue(queue=tasks_v2.Queue(name=name, retry_config=SLOW_START))
    found = client.get_queue(name=name)
    assert (found.state, found.retry_config.max_attempts) == (tasks_v2.Queue.State.RUNNING, 9)
    assert found.rate_limits.max_concurrent_dispatches == 1000
    with pytest.raises(gx.AlreadyExists):
        client.create_queue(parent=name.partition("/queues/")[0], queue=tasks_v2.Queue(name=name))


def test_a_server_of_its_own_issuer_serves_the_certificates(worker: Worker) -> None:
    with CloudTasksServer(behaviour=Behaviour(scale=0.001)) as server:
        queue = server.create_queue("plan")
        token = tasks_v2.OidcToken(service_account_email=EMAIL, audience=AUDIENCE)
        server.client().create_task(parent=queue, task=_task(worker.url, oidc_token=token))
        server.wait_idle()
        assert _verified(server.issuer, worker.headers[0]["authorization"], AUDIENCE)["email"] == EMAIL
