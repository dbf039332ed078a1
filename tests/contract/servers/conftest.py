"""What the tests of this folder share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.servers.cloud.cloud_tasks_server import CloudTasksServer
from tests.support.servers.cloud.cloud_tasks_state import Behaviour
from tests.support.servers.cloud.oidc_issuer import OidcIssuer
from tests.support.servers.cloud.tasks_asked import TasksServer
from tests.support.servers.task_worker import Worker


@pytest.fixture
def worker() -> Iterator[Worker]:
    worker = Worker()
    with worker.http:
        yield worker


@pytest.fixture
def tasks(issuer: OidcIssuer) -> Iterator[TasksServer]:
    started: list[CloudTasksServer] = []

    def start(**behaviour: Any) -> CloudTasksServer:
        started.append(CloudTasksServer(issuer, Behaviour(**{"scale": 0.001, **behaviour})).start())
        return started[-1]

    yield start
    for server in started:
        server.stop()
