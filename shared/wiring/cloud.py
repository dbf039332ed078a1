"""The ports on Google Cloud, or on emulators of it on this machine: the same adapters, other endpoints."""

from __future__ import annotations

from shared.app.engine.deps import Deps
from shared.backends.clock import SystemClock
from shared.backends.cloud.identity import CERTS_URL, GoogleCallers, GoogleKeys
from shared.backends.cloud.queue import CloudTasksQueue, TaskSettings
from shared.backends.cloud.secrets import CloudSecrets
from shared.backends.cloud.store import FirestoreStore
from shared.ports import CallerCheck
from shared.settings import DEADLINE, FUNCTIONS, Settings
from shared.wiring.clients import Clients


def cloud_ports(settings: Settings, clients: Clients) -> tuple[Deps, CallerCheck]:
    """Return the ports on these clients, and who may call the functions that are not public."""
    clock = SystemClock()
    store = FirestoreStore(clients.firestore, clock)
    queue = CloudTasksQueue(clients.tasks, store, _tasks(settings), clock)
    secrets = CloudSecrets(
        clients.secret_manager, clients.kms, store, clock, project=settings.project, key=settings.kms_key
    )
    check = GoogleCallers(
        {settings.tasks_account},
        GoogleKeys(clock, settings.certs_url or CERTS_URL),
        clock,
        behind_iam=not settings.emulated,
    )
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
