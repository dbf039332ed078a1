"""What reaches Google's services: small clients by REST, which load none of the vendors' libraries."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from shared.settings import Settings

if TYPE_CHECKING:
    from shared.backends.cloud.rest.services import RestKms
    from shared.backends.cloud.rest.wire import Rest, Token

# Service of Settings.emulators → address and version of its REST interface.
_SERVICES = {
    "firestore": ("https://firestore.googleapis.com", "v1"),
    "tasks": ("https://cloudtasks.googleapis.com", "v2"),
    "secrets": ("https://secretmanager.googleapis.com", "v1"),
    "kms": ("https://cloudkms.googleapis.com", "v1"),
}


@dataclass(frozen=True, slots=True)
class Clients:
    """A client per service. Google's and ours have the same words, so that the adapters work upon both."""

    firestore: Any
    tasks: Any
    secret_manager: Any
    kms: Any


def rest_clients(settings: Settings) -> Clients:
    from shared.backends.cloud.rest.firestore import RestFirestore
    from shared.backends.cloud.rest.services import RestSecretManager, RestTasks

    return Clients(
        RestFirestore(_service(settings, "firestore"), settings.project),
        RestTasks(_service(settings, "tasks")),
        RestSecretManager(_service(settings, "secrets")),
        rest_kms(settings),
    )


def rest_kms(settings: Settings) -> RestKms:
    from shared.backends.cloud.rest.services import RestKms

    return RestKms(_service(settings, "kms"))


def _service(settings: Settings, name: str) -> Rest:
    """Return a service; at an emulator without encryption and without our token, which it must not see."""
    from shared.backends.cloud.rest.wire import Rest, no_token

    address, version = _SERVICES[name]
    emulator = settings.emulators.get(name)
    if emulator is not None:
        return Rest(f"http://{emulator}/{version}", no_token)
    return Rest(f"{address}/{version}", _token())


@cache
def _token() -> Token:
    """Return the token of this function's account, one for all services."""
    from shared.backends.cloud.rest.token import account_token

    return account_token()
