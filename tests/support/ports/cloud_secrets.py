"""Secrets as a function's instance holds them, on servers for Secret Manager and KMS."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from shared.backends.clock import SystemClock
from shared.backends.cloud.secrets import CloudSecrets
from shared.backends.local.state.local_store import LocalStore
from tests.support.ports.moved_clock import MovedClock
from tests.support.servers.cloud.cloud_clients import SECRETS, rest_kms
from tests.support.servers.cloud.kms_server import KmsServer
from tests.support.servers.cloud.secret_manager_server import SecretManagerServer

CANARY = "canary-" + "5up3r-53cr3t"


class SecretsInTheCloud:
    """The two services, a clock and a store, and secrets as one function instance would hold them."""

    def __init__(self, kind: str, manager: SecretManagerServer, kms: KmsServer, store: LocalStore) -> None:
        self.kind, self.manager, self.kms, self.clock, self.store = (
            kind,
            manager,
            kms,
            MovedClock(datetime(2026, 11, 21, 9, tzinfo=UTC)),
            store,
        )
        self.key = kms.create_key()

    def instance(self) -> CloudSecrets:
        return CloudSecrets(
            SECRETS[self.kind](self.manager),
            rest_kms(self.kms),
            self.store,
            self.clock,
            project="test-project",
            key=self.key,
        )

    def count(self, method: str) -> int:
        return sum(call.method == method for call in [*self.manager.calls, *self.kms.calls])


@contextmanager
def open_cloud(kind: str, folder: Path) -> Iterator[SecretsInTheCloud]:
    with SecretManagerServer() as manager, KmsServer() as kms, LocalStore(folder / "keys", SystemClock()) as store:
        yield SecretsInTheCloud(kind, manager, kms, store)
