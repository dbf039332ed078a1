"""What counts a run's use of the queue and of secrets, in the place of the house's own."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any

from shared.bench.ops.ops_store import READS, CountingStore, Meter
from shared.core.run.commands import Command
from shared.ports import SYSTEM, Queue, Secret, Secrets

TASKS, REQUESTS, KMS, SECRETS = "task_operations", "requests", "kms_operations", "secret_accesses"


class CountingQueue:
    """Counts one operation of Cloud Tasks per command; the other, for its delivery, is a request that arrives."""

    def __init__(self, inner: Queue, store: CountingStore, meter: Meter) -> None:
        self._inner, self._store, self._meter = inner, store, meter

    def enqueue(self, commands: Sequence[Command]) -> None:
        """Hand over what no commit has handed over."""
        self._meter.count(TASKS, len(commands))
        left = [command for command in commands if not self._store.has_committed(command)]
        if left:
            self._inner.enqueue(left)


class CountingSecrets:
    """Counts what Secret Manager and KMS are asked, as backends/cloud/secrets.py does: once per function in a run."""

    def __init__(self, inner: Secrets, meter: Meter) -> None:
        self._inner, self._meter = inner, meter
        self._lock = threading.Lock()
        self._kept: set[tuple[str, str, str]] = set()

    def get(self, name: str, *, refresh: bool = False) -> Secret:
        """Count an access, once per function; a refresh is another."""
        if self._first(SECRETS, name) or refresh:
            self._meter.count(SECRETS, 1, name)
        return self._inner.get(name, refresh=refresh)

    def seal(self, tenant: str, field: str, secret: Secret) -> Mapping[str, Any]:
        """Count the look for the newest key, and the key's unwrapping."""
        if tenant != SYSTEM:
            if self._first("newest", tenant):
                self._meter.count(READS, 2, "keys")
            self._unwrap(tenant)
        return self._inner.seal(tenant, field, secret)

    def open(self, tenant: str, field: str, envelope: Mapping[str, Any]) -> Secret:
        """Count the key's unwrapping."""
        if tenant != SYSTEM:  # the operator's are no envelopes in the cloud
            self._unwrap(tenant)
        return self._inner.open(tenant, field, envelope)

    def _unwrap(self, tenant: str) -> None:
        if self._first("key", tenant):
            self._meter.count(READS, 1, "keys")
            self._meter.count(KMS, 1)

    def _first(self, what: str, name: str) -> bool:
        from shared.telemetry import trace

        where = trace.place()
        key = (where.labels["function"] if where is not None else "", what, name)
        with self._lock:
            new = self._meter.on and key not in self._kept
            if new:
                self._kept.add(key)
        return new
