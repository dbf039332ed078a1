"""What the tests of this folder share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.later import import_later
from tests.support.servers.cloud.cloud_tasks_server import CloudTasksServer
from tests.support.servers.cloud.cloud_tasks_state import Behaviour
from tests.support.servers.cloud.oidc_issuer import OidcIssuer
from tests.support.servers.cloud.tasks_asked import TasksServer
from tests.support.servers.models.model_vendors import KEY
from tests.support.servers.models.openai_server import OpenAIServer
from tests.support.servers.task_worker import Worker

openai = import_later("openai")


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


@pytest.fixture(scope="session")
def _openai_servers() -> Iterator[dict[str, OpenAIServer]]:
    with OpenAIServer("openai", key=KEY) as one, OpenAIServer("xai", key=KEY) as two, OpenAIServer("local") as three:
        yield {"openai": one, "xai": two, "local": three}


@pytest.fixture
def servers(_openai_servers: dict[str, OpenAIServer]) -> dict[str, OpenAIServer]:
    """Return the endpoints, which have forgotten what the test before asked."""
    for server in _openai_servers.values():
        server.forget()
    return _openai_servers


@pytest.fixture(scope="session")
def _openai_clients(_openai_servers: dict[str, OpenAIServer]) -> Iterator[dict[str, Any]]:
    made = {
        name: openai.OpenAI(api_key=KEY, base_url=f"{server.url}/v1", max_retries=0, timeout=5)
        for name, server in _openai_servers.items()
    }
    yield made
    for client in made.values():
        client.close()


@pytest.fixture
def clients(_openai_clients: dict[str, Any], servers: dict[str, OpenAIServer]) -> dict[str, Any]:
    """Return OpenAI's own client for each endpoint."""
    return _openai_clients
