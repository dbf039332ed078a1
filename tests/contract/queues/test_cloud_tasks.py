"""Cloud Tasks as a Queue, against a server with its rules that really delivers; letters lie in a real store."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest

from shared.backends.clock import SystemClock
from shared.backends.cloud.identity import GoogleCallers, GoogleKeys
from shared.backends.cloud.queue import CloudTasksQueue, TaskSettings
from shared.backends.local.state.local_store import LocalStore
from shared.core.errors import ConfigError, Forbidden, IntegrationError, Missing, Rejected, Unavailable
from shared.core.run.commands import Command, command_from_data
from shared.telemetry import trace
from tests.support.servers.cloud.cloud_clients import TASKS
from tests.support.servers.cloud.cloud_tasks_server import CloudTasksServer
from tests.support.servers.cloud.cloud_tasks_state import Behaviour
from tests.support.servers.cloud.oidc_issuer import OidcIssuer
from tests.support.servers.task_worker import Worker

ACCOUNT = "tasks@test-project.iam.gserviceaccount.com"
AUDIENCE = "https://execute-step.example/"


class World:
    """A server with two queues, a function that takes what comes, and our queue."""

    def __init__(self, kind: str, server: CloudTasksServer, worker: Worker, letters: LocalStore) -> None:
        self.server, self.worker, self.letters = server, worker, letters
        for name in ("ww-execute-step", "ww-plan", "ww-notify"):
            server.create_queue(name)
        self.settings = TaskSettings(
            project="test-project",
            location="us-central1",
            service_account=ACCOUNT,
            urls=dict.fromkeys(("execute-step", "plan", "notify", "lost"), worker.url),
            queues={
                "execute-step": "ww-execute-step",
                "plan": "ww-plan",
                "notify": "ww-notify",
                "lost": "no-such-queue",
            },
            audiences={
                "execute-step": AUDIENCE,
                **{name: f"https://{name}.example/" for name in ("plan", "notify", "lost")},
            },
        )
        self.queue = CloudTasksQueue(TASKS[kind](server), letters, self.settings, SystemClock(), pause=lambda _: None)

    def delivered(self) -> list[Command]:
        """Return what came to be worked on."""
        return [command for command in self.handed_over() if command.function != "notify"]

    def told(self) -> list[Command]:
        """Return what came so that people are told of something put aside."""
        return [command for command in self.handed_over() if command.function == "notify"]

    def handed_over(self) -> list[Command]:
        self.server.wait_idle()
        return sorted((command_from_data(json.loads(body)) for body in self.worker.bodies), key=lambda c: c.id)


@pytest.fixture(params=list(TASKS))
def world(request: pytest.FixtureRequest, issuer: OidcIssuer, tmp_path: Path) -> Iterator[World]:
    worker = Worker()
    with (
        worker.http,
        CloudTasksServer(issuer, Behaviour(scale=0.001)) as server,
        LocalStore(tmp_path, SystemClock()) as letters,
    ):
        yield World(request.param, server, worker, letters)


def a_command(**changes: Any) -> Command:
    values = {"id": "c1", "name": "attempt", "function": "execute-step", "tenant": "acme", "run": "r1", "step": "s1"}
    return Command(**(values | {"attempt": 2} | changes))


def test_a_command_arrives_as_json_with_a_token_the_function_accepts(world: World, issuer: OidcIssuer) -> None:
    world.queue.enqueue([a_command()])
    assert world.delivered() == [a_command()]
    (headers,) = world.worker.headers
    assert headers["content-type"] == "application/json"
    assert headers["x-cloudtasks-queuename"] == "ww-execute-step"
    assert [sent.url for sent in world.server.journal] == [world.worker.url + "t/acme"]
    keys = GoogleKeys(SystemClock(), issuer.certs_url)
    GoogleCallers([ACCOUNT], keys, SystemClock())(headers["authorization"], AUDIENCE)
    with pytest.raises(Forbidden):
        GoogleCallers(["scheduler@x.example"], keys, SystemClock())(headers["authorization"], AUDIENCE)


def test_a_task_carries_ids_and_its_name_tells_nothing(world: World) -> None:
    world.queue.enqueue([a_command(id="page-of-acme")])
    assert world.delivered() == [a_command(id="page-of-acme")]
    (request,) = [call.request for call in world.server.calls if call.method == "CreateTask"]
    name = request.task.name.rpartition("/")[2]
    assert len(name) == 40
    assert not {"page", "acme"} & set(name.split("-"))
    assert request.task.dispatch_deadline == timedelta(minutes=15)


def test_a_task_carries_the_trace_of_its_run_beside_the_command(world: World) -> None:
    with trace.request("plan", {}), trace.measure_in_run("acme", "r1", "record PlanProposed"):
        world.queue.enqueue([a_command()])
    assert world.delivered() == [a_command()]
    (headers,), (body,) = world.worker.headers, world.worker.bodies
    of_run = hashlib.sha256(b"workwright run acme/r1").hexdigest()[:32]
    _, found, parent, _ = headers["traceparent"].split("-")
    assert found == of_run
    assert headers["tracestate"] == f"workwright={parent}"
    assert "trace" not in json.loads(body)


@pytest.mark.parametrize("times", [2, 5])
def test_a_command_enqueued_again_is_delivered_once(world: World, times: int) -> None:
    for _ in range(times):
        world.queue.enqueue([a_command(), a_command()])
        world.server.wait_idle()
    assert world.delivered() == [a_command()]


@pytest.mark.parametrize("after", [True, False], ids=["reply lost", "request lost"])
@pytest.mark.parametrize(
    "code",
    [grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.INTERNAL, grpc.StatusCode.ABORTED],
    ids=lambda code: code.name,
)
def test_a_transient_failure_is_tried_again_under_the_same_name(
    world: World, code: grpc.StatusCode, after: bool
) -> None:
    world.server.fail("CreateTask", code, times=2, after=after)
    world.queue.enqueue([a_command()])
    assert world.delivered() == [a_command()]


def test_one_command_that_cannot_be_handed_over_does_not_hold_up_the_others(world: World) -> None:
    world.server.fail("CreateTask", times=3)
    commands = [a_command(id=f"c{n}") for n in range(3)]
    with pytest.raises(Unavailable):
        world.queue.enqueue(commands)
    assert world.delivered() == commands[1:]
    world.queue.enqueue(commands)  # as the relay does with what is still in the outbox
    assert world.delivered() == commands


def test_what_no_repetition_can_mend_is_not_repeated(world: World) -> None:
    with pytest.raises(Missing):
        world.queue.enqueue([a_command(function="lost")])
    world.server.fail("CreateTask", grpc.StatusCode.PERMISSION_DENIED)
    with pytest.raises(Rejected):
        world.queue.enqueue([a_command()])
    assert sum(call.method == "CreateTask" for call in world.server.calls) == 2
    with pytest.raises(ConfigError, match="'unheard-of'"):
        world.queue.enqueue([a_command(function="unheard-of"), a_command()])
    assert world.delivered() == [a_command()]


def test_two_tenants_commands_of_one_id_are_two_tasks_and_each_goes_to_its_queue(world: World) -> None:
    world.queue.enqueue([a_command(tenant="acme"), a_command(tenant="globex"), a_command(id="c2", function="plan")])
    assert [(c.tenant, c.function) for c in world.delivered()][2:] == [("acme", "plan")]
    assert {c.tenant for c in world.delivered()[:2]} == {"acme", "globex"}
    assert sorted(headers["x-cloudtasks-queuename"] for headers in world.worker.headers) == [
        "ww-execute-step",
        "ww-execute-step",
        "ww-plan",
    ]


def test_a_later_time_is_kept_and_one_too_late_for_cloud_tasks_is_left_to_sweep(world: World) -> None:
    now = datetime.now(UTC)
    soon, last, never = (now + timedelta(**t) for t in ({"hours": 6}, {"days": 29}, {"days": 30, "hours": 1}))
    for name, at in (("a", soon), ("b", last), ("c", never)):
        world.queue.enqueue([a_command(id=name, not_before=at)])
    tasks = [call.request.task for call in world.server.calls if call.method == "CreateTask"]
    assert [task.schedule_time for task in tasks] == [soon, last]
    assert world.server.journal == []


def test_a_function_that_died_gets_the_command_again(world: World) -> None:
    world.worker.answers = [(500, {}), (500, {})]
    world.queue.enqueue([a_command()])
    assert world.delivered() == [a_command()] * 3


# --- dead letters


def test_a_buried_command_is_shown_once_to_its_own_tenant(world: World) -> None:
    world.queue.bury(a_command(), "503 three times", 5)
    world.queue.bury(a_command(), "503 again", 6)
    (letter,) = world.queue.dead_letters("acme")
    assert (letter.command, letter.reason, letter.deliveries) == (a_command(), "503 again", 6)
    assert abs(letter.at - datetime.now(UTC)) < timedelta(minutes=1)
    (told,) = world.told()
    assert (told.tenant, told.run) == ("acme", a_command().run)
    assert world.queue.dead_letters("globex") == []
    with pytest.raises(KeyError):
        world.queue.replay("globex", "c1")


def test_a_replay_is_delivered_although_the_old_name_is_taken_and_so_is_the_next(world: World) -> None:
    world.queue.enqueue([a_command()])
    for times in (2, 3, 4):
        world.server.wait_idle()
        world.queue.bury(a_command(), "no use", 5)
        world.queue.replay("acme", "c1")
        assert world.delivered() == [a_command()] * times
        assert world.queue.dead_letters("acme") == []
        with pytest.raises(KeyError):
            world.queue.replay("acme", "c1")


def test_replays_at_the_same_moment_deliver_once(world: World) -> None:
    world.queue.bury(a_command(), "no use", 5)
    failures: list[Exception] = []

    def replay() -> None:
        try:
            world.queue.replay("acme", "c1")
        except KeyError as error:  # a slower one may find the letter gone
            failures.append(error)

    threads = [threading.Thread(target=replay) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(failures) < 6
    assert world.delivered() == [a_command()]


def test_a_replay_that_fails_keeps_the_letter(world: World) -> None:
    world.queue.bury(a_command(), "no use", 5)
    world.server.fail("CreateTask", times=3)
    with pytest.raises(IntegrationError):
        world.queue.replay("acme", "c1")
    assert len(world.queue.dead_letters("acme")) == 1
    world.queue.replay("acme", "c1")
    assert world.delivered() == [a_command()]


@pytest.mark.parametrize("seconds", [14, 1801])
def test_a_deadline_cloud_tasks_would_refuse_is_refused_at_the_start(world: World, seconds: int) -> None:
    settings = TaskSettings("p", "l", ACCOUNT, {}, {}, {}, timedelta(seconds=seconds))
    with pytest.raises(ConfigError, match="15 s to 30 min"):
        CloudTasksQueue(TASKS["rest"](world.server), world.letters, settings, SystemClock())
