"""The cloud's queue for its contract suite: our queue, our client, a server that delivers over HTTP."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from google.cloud import tasks_v2

from shared.backends.cloud.queue import CloudTasksQueue, TaskSettings
from shared.core.run.commands import Command, command_from_data
from shared.ports import Queue, Store
from tests.support.ports.moved_clock import MovedClock
from tests.support.servers.cloud.cloud_clients import rest_tasks
from tests.support.servers.cloud.cloud_tasks_server import CloudTasksServer
from tests.support.servers.cloud.cloud_tasks_state import Behaviour
from tests.support.servers.cloud.oidc_issuer import OidcIssuer
from tests.support.servers.http_loopback import Handler, HttpServer

_QUEUES = {"execute-step": "ww-execute-step", "notify": "ww-notify"}
_MAX_DELIVERIES = 8


class CloudRig:
    """Cloud Tasks under a clock in hand; deliveries are real requests. Dead letters lie in `store`."""

    buries_by_itself = False  # after the last attempt Cloud Tasks forgets a task; the function has to speak up before
    horizon: timedelta | None = timedelta(days=30) - timedelta(minutes=5)

    def __init__(self, server: CloudTasksServer, store: Store, clock: MovedClock, rate: float) -> None:
        self.store = store
        self.clock = clock
        self.received: list[Command] = []
        self.answers: defaultdict[str, list[int]] = defaultdict(list)
        self.while_delivering: Callable[[Command], None] = lambda _: None
        self.server = server
        self.endpoint = HttpServer(self._handler())
        self.burst = 1
        for function, name in _QUEUES.items():
            self._create(name, rate if function == "notify" else 0.0)
        addresses = dict.fromkeys(_QUEUES, self.endpoint.url)
        settings = TaskSettings(
            "test-project", "us-central1", "tasks@test-project.example", addresses, _QUEUES, addresses
        )
        self.queue: Queue = CloudTasksQueue(rest_tasks(server), store, settings, clock, pause=lambda _: None)

    def settle(self) -> None:
        """Deliver what is due, and return when nothing more is."""
        self.server.settle()

    def later(self, seconds: float) -> None:
        """Move the clock, then settle."""
        self.clock.move(seconds=seconds)
        self.settle()

    def _create(self, name: str, rate: float) -> None:
        retry = tasks_v2.RetryConfig(max_attempts=_MAX_DELIVERIES)
        limits = tasks_v2.RateLimits(max_dispatches_per_second=rate)  # 0: as many as Cloud Tasks allows
        path = self.server.create_queue(name, retry_config=retry, rate_limits=limits)
        if rate:
            self.burst = self.server.client().get_queue(name=path).rate_limits.max_burst_size

    def _handler(self) -> type[Handler]:
        rig = self

        class Endpoint(Handler):
            def do_POST(self) -> None:
                command = command_from_data(json.loads(self.body()))
                rig.received.append(command)
                rig.while_delivering(command)
                answers = rig.answers[command.id]
                self.reply(answers.pop(0) if answers else 200, b"", {})

        return Endpoint


@contextmanager
def cloud_rig(issuer: OidcIssuer, store: Store, clock: MovedClock, rate: float = 0.0) -> Iterator[CloudRig]:
    """Open the cloud's queue on that store; `rate` is per second, for the function `notify`."""
    with CloudTasksServer(issuer, Behaviour(clock=clock)) as server:
        rig = CloudRig(server, store, clock, rate)
        with rig.endpoint:
            yield rig
