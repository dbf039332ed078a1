"""What the functions that the queue calls are made of: as `wire` says, in the cloud on Google's own clients."""

from __future__ import annotations

from shared import wiring
from shared.settings import Settings
from shared.wiring.clients import Clients, rest_clients, rest_kms


def wire_worker() -> wiring.Wired:
    """Build the ports from the environment; in a process of several functions the first one chooses for all."""
    wiring.clients_of = google_clients
    try:
        return wiring.wire()
    finally:
        wiring.clients_of = rest_clients  # what is wired anew later, in a process of tests, chooses for itself


def google_clients(settings: Settings) -> Clients:
    """Return Google's clients; KMS, asked once in a while for a tenant's key, stays with the small one."""
    from shared.backends.cloud.google_clients import GoogleFirestore, google_secret_manager, google_tasks

    return Clients(
        GoogleFirestore(project=settings.project),
        google_tasks(settings.emulators.get("tasks")),
        google_secret_manager(settings.emulators.get("secrets")),
        rest_kms(settings),
    )
