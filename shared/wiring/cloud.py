"""The ports on Google Cloud, or on emulators of it on this machine: the same adapters, other endpoints."""

from __future__ import annotations

from typing import Any

import grpc
import requests
from google.cloud import firestore, kms, secretmanager, tasks_v2

from shared.app.deps import Deps
from shared.backends.clock import SystemClock
from shared.backends.cloud.identity import CERTS_URL, GoogleCallers, GoogleKeys
from shared.backends.cloud.queue import CloudTasksQueue, TaskSettings
from shared.backends.cloud.secrets import CloudSecrets
from shared.backends.cloud.store import FirestoreStore
from shared.ports import CallerCheck
from shared.settings import DEADLINE, FUNCTIONS, Settings

_NO_PROXY = (("grpc.enable_http_proxy", 0),)


def cloud_ports(settings: Settings) -> tuple[Deps, CallerCheck]:
    """Return the ports, and who may call the functions that are not public."""
    clock = SystemClock()
    store = FirestoreStore(firestore.Client(project=settings.project), clock)
    queue = CloudTasksQueue(
        _client(tasks_v2.CloudTasksClient, settings.emulators.get("tasks")), store, _tasks(settings), clock
    )
    secrets = CloudSecrets(
        _client(secretmanager.SecretManagerServiceClient, settings.emulators.get("secrets")),
        _client(kms.KeyManagementServiceClient, settings.emulators.get("kms")),
        store,
        clock,
        project=settings.project,
        key=settings.kms_key,
    )
    session = requests.Session()
    session.trust_env = not settings.certs_url  # no proxy between us and this machine
    keys = GoogleKeys(session, clock, settings.certs_url or CERTS_URL)
    check = GoogleCallers({settings.tasks_account}, keys, clock, behind_iam=not settings.emulated)
    return Deps(store, queue, secrets, clock), check


def _tasks(settings: Settings) -> TaskSettings:
    urls = {name: settings.function_url(name) for name in FUNCTIONS}
    return TaskSettings(
        project=settings.project,
        location=settings.location,
        service_account=settings.tasks_account,
        urls=urls,
        queues={name: name for name in FUNCTIONS},
        audiences=urls,
        deadline=DEADLINE,
    )


def _client(vendors: Any, endpoint: str | None) -> Any:
    """Return the vendor's client; at an emulator without credentials and encryption, which it does not know."""
    if endpoint is None:
        return vendors()
    transport = vendors.get_transport_class("grpc")
    return vendors(transport=transport(channel=grpc.insecure_channel(endpoint, options=_NO_PROXY)))
