"""The ports on Google Cloud, or on emulators of it on this machine: the same adapters, other endpoints.

Every function reaches the services by REST: a cold start then loads none of the vendors' libraries, and a call costs
no more (docs/performance.md). The index of knowledge alone uses Google's client, for the search by vectors.
"""

from __future__ import annotations

from shared.app.deps import Deps
from shared.backends.clock import SystemClock
from shared.backends.cloud.identity import CERTS_URL, GoogleCallers, GoogleKeys
from shared.backends.cloud.queue import CloudTasksQueue, TaskSettings
from shared.backends.cloud.rest.firestore import RestFirestore
from shared.backends.cloud.rest.services import RestKms, RestSecretManager, RestTasks
from shared.backends.cloud.rest.token import account_token
from shared.backends.cloud.rest.wire import Rest, Token, no_token
from shared.backends.cloud.secrets import CloudSecrets
from shared.backends.cloud.store import FirestoreStore
from shared.ports import CallerCheck
from shared.settings import DEADLINE, FUNCTIONS, Settings

# Service of Settings.emulators → address and version of its REST interface.
_SERVICES = {
    "firestore": ("https://firestore.googleapis.com", "v1"),
    "tasks": ("https://cloudtasks.googleapis.com", "v2"),
    "secrets": ("https://secretmanager.googleapis.com", "v1"),
    "kms": ("https://cloudkms.googleapis.com", "v1"),
}


def cloud_ports(settings: Settings) -> tuple[Deps, CallerCheck]:
    """Return the ports, and who may call the functions that are not public."""
    clock, token = SystemClock(), account_token()

    def service(name: str) -> Rest:
        return _service(settings, name, token)

    store = FirestoreStore(RestFirestore(service("firestore"), settings.project), clock)
    queue = CloudTasksQueue(RestTasks(service("tasks")), store, _tasks(settings), clock)
    secrets = CloudSecrets(
        RestSecretManager(service("secrets")),
        RestKms(service("kms")),
        store,
        clock,
        project=settings.project,
        key=settings.kms_key,
    )
    check = GoogleCallers(
        {settings.tasks_account},
        GoogleKeys(clock, settings.certs_url or CERTS_URL),
        clock,
        behind_iam=not settings.emulated,
    )
    return Deps(store, queue, secrets, clock), check


def _service(settings: Settings, name: str, token: Token) -> Rest:
    """Return a service; at an emulator without encryption and without our token, which it must not see."""
    address, version = _SERVICES[name]
    emulator = settings.emulators.get(name)
    if emulator is not None:
        return Rest(f"http://{emulator}/{version}", no_token)
    return Rest(f"{address}/{version}", token)


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
