"""Our REST clients at the emulator of Firestore and at the servers of the tests, and a wire that loses things."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from shared.backends.cloud.api_error import ApiError
from shared.backends.cloud.rest.firestore import RestFirestore
from shared.backends.cloud.rest.services import RestKms, RestSecretManager, RestTasks
from shared.backends.cloud.rest.wire import Rest, no_token
from tests.support.cloud_tasks_server import CloudTasksServer
from tests.support.kms_server import KmsServer
from tests.support.secret_manager_server import SecretManagerServer


def _no_pause(seconds: float) -> None:
    """Wait for nothing."""


def rest_firestore(host: str, project: str) -> RestFirestore:
    """Return a client of that emulator. A project per test keeps tests apart, and costs nothing."""
    return RestFirestore(Rest(f"http://{host}/v1", no_token, pause=_no_pause), project)


def rest_tasks(server: CloudTasksServer) -> RestTasks:
    """Return a client of that server."""
    return RestTasks(Rest(f"{server.url}/v2", no_token, pause=_no_pause))


def rest_secrets(server: SecretManagerServer) -> RestSecretManager:
    """Return a client of that server."""
    return RestSecretManager(Rest(f"{server.url}/v1", no_token, pause=_no_pause))


def rest_kms(server: KmsServer) -> RestKms:
    """Return a client of that server."""
    return RestKms(Rest(f"{server.url}/v1", no_token, pause=_no_pause))


class Wire(Rest):
    """Between client and emulator: passes commits on, and loses replies, or requests, when told."""

    def __init__(self, host: str) -> None:
        super().__init__(f"http://{host}/v1", no_token, pause=_no_pause)
        self.lose_replies = 0
        self.lose_requests = 0
        self.code = "UNAVAILABLE"
        self.commits = 0
        self.between: Callable[[], None] = lambda: None  # runs once a commit is applied and its reply is lost

    def call(self, method: str, path: str, body: Any = None, *, timeout: float) -> Any:
        """Send a request; of commits, as told, not or without ever answering."""
        if not path.endswith(":commit"):
            return super().call(method, path, body, timeout=timeout)
        self.commits += 1
        if self.lose_requests:
            self.lose_requests -= 1
            raise ApiError(self.code, "the request was lost")
        answer = super().call(method, path, body, timeout=timeout)
        if self.lose_replies:
            self.lose_replies -= 1
            self.between()
            raise ApiError(self.code, "the reply was lost")
        return answer
