"""Both kinds of clients, ours by REST and Google's, at the servers of the tests, and wires that lose things."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import grpc
import pytest
from google.cloud.firestore_v1.services.firestore import FirestoreClient
from google.cloud.firestore_v1.services.firestore.transports import FirestoreGrpcTransport

from shared.backends.cloud.api_error import ApiError
from shared.backends.cloud.google_clients import GoogleFirestore
from shared.backends.cloud.rest.firestore import RestFirestore
from shared.backends.cloud.rest.services import RestKms, RestSecretManager, RestTasks
from shared.backends.cloud.rest.wire import Rest, no_token
from tests.support.servers.cloud.cloud_tasks_server import CloudTasksServer
from tests.support.servers.cloud.kms_server import KmsServer
from tests.support.servers.cloud.secret_manager_server import SecretManagerServer


def _no_pause(seconds: float) -> None:
    """Wait for nothing."""


def rest_firestore(host: str, project: str) -> RestFirestore:
    """Return a client of that emulator. A project per test keeps tests apart, and costs nothing."""
    return RestFirestore(Rest(f"http://{host}/v1", no_token, pause=_no_pause), project)


def google_firestore(host: str, project: str) -> GoogleFirestore:
    """Return Google's client of that emulator."""
    with pytest.MonkeyPatch.context() as environment:  # the client reads the variable once, when it is made
        environment.setenv("FIRESTORE_EMULATOR_HOST", host)
        return GoogleFirestore(project=project)


FIRESTORES: dict[str, Callable[[str, str], Any]] = {"rest": rest_firestore, "google": google_firestore}


def rest_tasks(server: CloudTasksServer) -> RestTasks:
    """Return a client of that server."""
    return RestTasks(Rest(f"{server.url}/v2", no_token, pause=_no_pause))


def rest_secrets(server: SecretManagerServer) -> RestSecretManager:
    """Return a client of that server."""
    return RestSecretManager(Rest(f"{server.url}/v1", no_token, pause=_no_pause))


def rest_kms(server: KmsServer) -> RestKms:
    """Return a client of that server."""
    return RestKms(Rest(f"{server.url}/v1", no_token, pause=_no_pause))


TASKS: dict[str, Callable[[CloudTasksServer], Any]] = {"rest": rest_tasks, "google": CloudTasksServer.client}
SECRETS: dict[str, Callable[[SecretManagerServer], Any]] = {"rest": rest_secrets, "google": SecretManagerServer.client}


class Wire(Protocol):
    """Between client and emulator: passes commits on, and loses replies, or requests, when told."""

    lose_replies: int
    lose_requests: int
    code: str  # of what the client is told then
    commits: int
    between: Callable[[], None]  # runs once a commit is applied and its reply is lost


def shaky_firestore(kind: str, host: str, project: str) -> tuple[Any, Wire]:
    """Return a client behind a wire, and the wire."""
    if kind == "rest":
        rest = RestWire(host)
        return RestFirestore(rest, project), rest
    wire, client = GrpcWire(), google_firestore(host, project)
    channel = grpc.intercept_channel(grpc.insecure_channel(host), wire)
    client._firestore_api_internal = FirestoreClient(transport=FirestoreGrpcTransport(channel=channel))
    return client, wire


class RestWire(Rest):
    """A wire of our client."""

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


class _Lost(grpc.RpcError, grpc.Call):  # type: ignore[misc]
    """What Google's client sees when the connection breaks after the server has done its work."""

    def __init__(self, code: str) -> None:
        super().__init__()
        self._code = getattr(grpc.StatusCode, code)

    def code(self) -> Any:
        return self._code

    def details(self) -> str:
        return "it was lost"

    def result(self, timeout: float | None = None) -> Any:
        raise self

    def trailing_metadata(self) -> tuple[()]:
        return ()

    initial_metadata = trailing_metadata


class GrpcWire(grpc.UnaryUnaryClientInterceptor):  # type: ignore[misc]
    """A wire of Google's client."""

    def __init__(self) -> None:
        self.lose_replies = 0
        self.lose_requests = 0
        self.code = "UNAVAILABLE"
        self.commits = 0
        self.between: Callable[[], None] = lambda: None

    def intercept_unary_unary(self, go_on: Any, details: Any, request: Any) -> Any:
        """Send a request; of commits, as told, not or without ever answering."""
        method = details.method.decode() if isinstance(details.method, bytes) else details.method
        if not method.endswith("/Commit"):
            return go_on(details, request)
        self.commits += 1
        if self.lose_requests:
            self.lose_requests -= 1
            return _Lost(self.code)
        answer = go_on(details, request)
        if self.lose_replies and answer.exception() is None:
            self.lose_replies -= 1
            self.between()
            return _Lost(self.code)
        return answer
