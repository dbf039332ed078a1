"""The local Cloud Tasks server's queues: paused, limited, held back, purged and updated, as the vendor's are."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from google.api_core import exceptions as gx
from google.cloud import tasks_v2

from tests.support.servers.cloud.tasks_asked import SLOW_START, TasksServer, a_task
from tests.support.servers.task_worker import Worker


def test_429_holds_back_the_whole_queue_for_as_long_as_asked(tasks: TasksServer, worker: Worker) -> None:
    server = tasks(scale=0.01)
    worker.answers = [(429, {"Retry-After": "100"})]  # 1 s here
    queue, client = server.create_queue("plan"), server.client()
    client.create_task(parent=queue, task=a_task(worker.url, body=b"first"))
    while not server.journal:
        time.sleep(0.005)
    client.create_task(parent=queue, task=a_task(worker.url, body=b"second"))
    other = server.create_queue("other")
    client.create_task(parent=other, task=a_task(worker.url, body=b"elsewhere"))
    while len(server.journal) < 2:
        time.sleep(0.005)
    assert worker.bodies == [b"first", b"elsewhere"]
    server.wait_idle()
    assert sorted(worker.bodies[2:]) == [b"first", b"second"]
    assert max(d.waited for d in server.journal) == timedelta(seconds=100)


def test_a_paused_queue_sends_only_what_is_run_by_hand(tasks: TasksServer, worker: Worker) -> None:
    server = tasks()
    queue, client = server.create_queue("plan"), server.client()
    assert client.pause_queue(name=queue).state == tasks_v2.Queue.State.PAUSED
    names = [client.create_task(parent=queue, task=a_task(worker.url, body=str(n).encode())).name for n in range(3)]
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
    client.create_task(parent=queue, task=a_task(worker.url, body=b"late", schedule_time=at))
    client.create_task(parent=queue, task=a_task(worker.url, body=b"now"))
    server.wait_idle()
    assert worker.bodies == [b"now", b"late"]
    client.create_task(parent=queue, task=a_task(worker.url, schedule_time=datetime.now(UTC) + timedelta(hours=9)))
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
        client.create_task(parent=queue, task=a_task(worker.url))
    server.wait_idle()
    assert (len(worker.bodies), worker.most_busy) == (8, 2)
    with pytest.raises(gx.InvalidArgument):
        client.update_queue(queue=tasks_v2.Queue(name=queue, rate_limits={"max_dispatches_per_second": 501}))


def test_the_rate_of_a_queue_spreads_its_tasks(tasks: TasksServer, worker: Worker) -> None:
    server = tasks(scale=1.0)
    queue = server.create_queue("plan", rate_limits=tasks_v2.RateLimits(max_dispatches_per_second=20))
    client, began = server.client(), time.monotonic()
    for _ in range(25):  # 20 at once, then one every 50 ms
        client.create_task(parent=queue, task=a_task(worker.url))
    server.wait_idle()
    assert len(worker.bodies) == 25
    assert time.monotonic() - began >= 4 * 0.05


@pytest.mark.parametrize("status", [429, 503])
def test_without_retry_after_the_queue_is_held_back_all_the_same(
    tasks: TasksServer, worker: Worker, status: int
) -> None:
    server = tasks(throttle=timedelta(days=1), max_throttle=timedelta(days=1))
    worker.answers = [(status, {})]
    queue, client = server.create_queue("plan"), server.client()
    client.create_task(parent=queue, task=a_task(worker.url, body=b"first"))
    while not server.journal:
        time.sleep(0.005)
    client.create_task(parent=queue, task=a_task(worker.url, body=b"second"))
    time.sleep(0.05)
    assert (worker.bodies, server.pending()) == ([b"first"], 2)


def test_500_holds_back_nobody_else(tasks: TasksServer, worker: Worker) -> None:
    server = tasks()
    worker.answers = [(500, {"Retry-After": "86400"})]
    queue = server.create_queue("plan", retry_config=tasks_v2.RetryConfig(min_backoff=timedelta(seconds=50)))
    client = server.client()
    client.create_task(parent=queue, task=a_task(worker.url, body=b"first"))
    while not server.journal:
        time.sleep(0.005)
    client.create_task(parent=queue, task=a_task(worker.url, body=b"second"))
    server.wait_idle()
    assert sorted(worker.bodies) == [b"first", b"first", b"second"]
    assert max(d.waited for d in server.journal) == timedelta(seconds=50)


def test_a_tasks_own_retry_rules_stand_before_those_of_its_queue(tasks: TasksServer, worker: Worker) -> None:
    server = tasks()
    worker.answers = [(500, {})] * 9
    queue = server.create_queue("plan", retry_config=tasks_v2.RetryConfig(max_attempts=9))
    own = tasks_v2.RetryConfig(max_attempts=2, min_backoff=timedelta(seconds=3))
    server.client().create_task(parent=queue, task=a_task(worker.url, retry_config=own))
    server.wait_idle()
    assert [d.waited.total_seconds() for d in server.journal] == [0, 3]


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
