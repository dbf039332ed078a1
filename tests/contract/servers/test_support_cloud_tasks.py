"""The local Cloud Tasks server against the vendor's own client: what the queue's tests stand on."""

from __future__ import annotations

import socket
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import google.auth.transport.requests
import grpc
import pytest
import requests
from google.api_core import exceptions as gx
from google.cloud import tasks_v2
from google.oauth2 import id_token

from tests.support.servers.cloud.cloud_tasks_server import CloudTasksServer
from tests.support.servers.cloud.cloud_tasks_state import Behaviour
from tests.support.servers.cloud.oidc_issuer import OidcIssuer
from tests.support.servers.cloud.tasks_asked import SLOW_START, TasksServer, a_task
from tests.support.servers.task_worker import Worker

AUDIENCE = "https://plan.example/"
EMAIL = "queue@test-project.iam.gserviceaccount.com"


def _verified(issuer: OidcIssuer, authorization: str, audience: str) -> dict[str, Any]:
    scheme, _, token = authorization.partition(" ")
    assert scheme == "Bearer"
    with requests.Session() as session:
        request = google.auth.transport.requests.Request(session)
        return dict(id_token.verify_token(token, request, audience=audience, certs_url=issuer.certs_url))


def test_a_failing_task_comes_again_with_its_counts_and_a_real_token(
    tasks: TasksServer, worker: Worker, issuer: OidcIssuer
) -> None:
    server = tasks()
    worker.answers = [(500, {}), (409, {}), (404, {})]
    queue = server.create_queue("plan", retry_config=SLOW_START)
    token = tasks_v2.OidcToken(service_account_email=EMAIL, audience=AUDIENCE)
    headers = {"User-Agent": "mine", "X-CloudTasks-TaskRetryCount": "7", "X-Own": "kept"}
    server.client().create_task(
        parent=queue, task=a_task(worker.url, f"{queue}/tasks/t1", oidc_token=token, headers=headers)
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
    server.client().create_task(parent=queue, task=a_task(url, oidc_token=token))
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
    name = client.create_task(parent=queue, task=a_task(worker.url)).name
    server.wait_idle()
    assert (len(worker.bodies), server.given_up) == (3, [name])
    with pytest.raises(gx.NotFound):
        client.get_task(name=name)


def test_a_name_stays_taken_after_the_task_is_done(tasks: TasksServer, worker: Worker) -> None:
    server = tasks()
    queue, client = server.create_queue("plan"), server.client()
    for _ in range(2):
        client.create_task(parent=queue, task=a_task(worker.url, f"{queue}/tasks/once"))
        with pytest.raises(gx.AlreadyExists):
            client.create_task(parent=queue, task=a_task(worker.url, f"{queue}/tasks/once"))
        server.wait_idle()
        with pytest.raises(gx.AlreadyExists):
            client.create_task(parent=queue, task=a_task(worker.url, f"{queue}/tasks/once"))
        server.forget_tombstones()
    assert len(worker.bodies) == 2


def test_what_is_out_of_bounds_is_refused(tasks: TasksServer, worker: Worker) -> None:
    server = tasks()
    queue, client, url = server.create_queue("plan"), server.client(), worker.url
    now = datetime.now(UTC)
    wrong = {
        "name with a dot": a_task(url, f"{queue}/tasks/a.b"),
        "name too long": a_task(url, f"{queue}/tasks/{'a' * 501}"),
        "name of another queue": a_task(url, queue.replace("plan", "other") + "/tasks/a"),
        "larger than 1 MB": a_task(url, body=b"x" * 1_000_001),
        "later than 30 days": a_task(url, schedule_time=now + timedelta(days=30, minutes=1)),
        "deadline too short": a_task(url, dispatch_deadline=timedelta(seconds=14)),
        "deadline too long": a_task(url, dispatch_deadline=timedelta(minutes=31)),
        "no scheme": a_task("plan.example/"),
        "URL too long": a_task(url + "a" * 2083),
        "a body with GET": a_task(url, http_method=tasks_v2.HttpMethod.GET),
        "header with a line break": a_task(url, headers={"X-A": "b\r\nc: d"}),
        "80 KB of headers": a_task(url, headers={"X-A": "b" * 80_000}),
        "token for nobody": a_task(url, oidc_token=tasks_v2.OidcToken(audience="x")),
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
        client.create_task(parent=queue.replace("plan", "none"), task=a_task(url))
    assert worker.bodies == []


def test_a_handler_that_is_too_slow_counts_as_no_answer(tasks: TasksServer, worker: Worker) -> None:
    server = tasks(deadline_scale=0.01)  # 15 s become 0.15
    worker.delay = 0.5
    queue = server.create_queue("plan", retry_config=tasks_v2.RetryConfig(max_attempts=2))
    server.client().create_task(parent=queue, task=a_task(worker.url, dispatch_deadline=timedelta(seconds=15)))
    server.wait_idle()
    assert [d.status for d in server.journal] == [None, None]
    assert [h["x-cloudtasks-taskretrycount"] for h in worker.headers] == ["0", "1"]
    assert [h["x-cloudtasks-taskexecutioncount"] for h in worker.headers] == ["0", "0"]


def test_duplicates_and_disorder_come_as_ordered(tasks: TasksServer, worker: Worker) -> None:
    server = tasks(duplicates=0.5, jitter=0.05, shuffle=True, seed=1)
    queue, client = server.create_queue("plan"), server.client()
    for number in range(40):
        client.create_task(parent=queue, task=a_task(worker.url, body=b"%02d" % number))
    server.wait_idle()
    first = [d.body for d in server.journal if not d.duplicate]
    again = [d.body for d in server.journal if d.duplicate]
    assert sorted(first) == [b"%02d" % number for number in range(40)]
    assert first != sorted(first)
    assert 8 <= len(again) <= 32
    assert set(again) <= set(first)
    assert len(worker.bodies) == 40 + len(again)


def test_callers_that_come_at_once_are_all_answered_before_the_first_was_taken() -> None:
    late = Worker()  # listens, and takes nobody yet
    address = urlsplit(late.url)
    callers = [socket.create_connection((address.hostname, address.port), timeout=10) for _ in range(64)]
    for caller in callers:
        caller.sendall(b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 1\r\n\r\nx")
    with late.http:
        assert {caller.recv(12) for caller in callers} == {b"HTTP/1.1 200"}
    for caller in callers:
        caller.close()
    assert late.bodies == [b"x"] * 64


def test_a_lost_reply_leaves_the_task_in_place(tasks: TasksServer, worker: Worker) -> None:
    server = tasks()
    queue, client = server.create_queue("plan"), server.client()
    server.fail("CreateTask", grpc.StatusCode.UNAVAILABLE, after=True)
    with pytest.raises(gx.ServiceUnavailable):
        client.create_task(parent=queue, task=a_task(worker.url, f"{queue}/tasks/x"))
    with pytest.raises(gx.AlreadyExists):
        client.create_task(parent=queue, task=a_task(worker.url, f"{queue}/tasks/x"))
    server.wait_idle()
    assert [call.code for call in server.calls] == ["UNAVAILABLE", "ALREADY_EXISTS"]
    assert len(worker.bodies) == 1


def test_a_name_is_free_again_after_the_window(tasks: TasksServer, worker: Worker) -> None:
    server = tasks(tombstone=timedelta(seconds=10))  # 10 ms here
    queue, client = server.create_queue("plan"), server.client()
    for _ in range(2):
        client.create_task(parent=queue, task=a_task(worker.url, f"{queue}/tasks/once"))
        server.wait_idle()
        time.sleep(0.02)
    assert len(worker.bodies) == 2


def test_a_deleted_task_leaves_its_name_behind(tasks: TasksServer, worker: Worker) -> None:
    server = tasks()
    queue, client = server.create_queue("plan"), server.client()
    client.pause_queue(name=queue)
    name = client.create_task(parent=queue, task=a_task(worker.url, f"{queue}/tasks/x")).name
    client.delete_task(name=name)
    with pytest.raises(gx.AlreadyExists):
        client.create_task(parent=queue, task=a_task(worker.url, name))
    with pytest.raises(gx.NotFound):
        client.delete_task(name=name)


def test_nothing_outside_this_machine_is_called(tasks: TasksServer) -> None:
    server = tasks()
    queue = server.create_queue("plan", retry_config=tasks_v2.RetryConfig(max_attempts=2))
    server.client().create_task(parent=queue, task=a_task("https://plan.example/"))
    server.wait_idle()
    assert [(d.url, d.status) for d in server.journal] == [("https://plan.example/", None)] * 2


def test_a_server_of_its_own_issuer_serves_the_certificates(worker: Worker) -> None:
    with CloudTasksServer(behaviour=Behaviour(scale=0.001)) as server:
        queue = server.create_queue("plan")
        token = tasks_v2.OidcToken(service_account_email=EMAIL, audience=AUDIENCE)
        server.client().create_task(parent=queue, task=a_task(worker.url, oidc_token=token))
        server.wait_idle()
        assert _verified(server.issuer, worker.headers[0]["authorization"], AUDIENCE)["email"] == EMAIL
