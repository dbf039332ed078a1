"""Secrets on one machine: a key file, the operator's secrets in an encrypted file beside it, the same envelopes.

Each tenant has its own key, derived from the installation's. Unlike in the cloud it cannot be destroyed alone.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from shared.backends import envelope as envelopes
from shared.backends.local.keyfile import KEY_FILE, derived_key, installation_key, refuse_if_shared, write_private
from shared.core.errors import ConfigError
from shared.ports import SYSTEM, Secret

_FILE = "secrets.json"
_LOCK = "secrets.lock"


class LocalSecrets:
    """The secrets of one data folder. Several processes may use it at once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / _FILE
        if self._path.exists() and not (folder / KEY_FILE).exists():
            raise ConfigError(
                f"{folder / KEY_FILE} is missing, and {self._path} cannot be read without it. "
                f"Put the key file back, or delete {self._path} and enter the secrets again."
            )
        self._key = installation_key(folder)
        # Names the key without telling anything about it: an envelope of another installation is recognised.
        self._key_id = "local-" + hashlib.sha256(derived_key(self._key, "name")).hexdigest()[:16]

    def get(self, name: str, *, refresh: bool = False) -> Secret:
        """Return the operator's secret, always as it is now; raises KeyError."""
        sealed = self._read()[name]
        try:
            return self.open(SYSTEM, _field(name), sealed)
        except ValueError:
            raise ConfigError(
                f"{self._path}: {name!r} was sealed with another key. Put the right key file back, or set it again."
            ) from None

    def set(self, name: str, value: Secret) -> None:
        """Store a new value of the operator's secret; it is on disk when this returns."""
        with self._alone():
            kept = self._read()
            kept[name] = dict(self.seal(SYSTEM, _field(name), value))
            write_private(self._path, json.dumps(kept, indent=1, sort_keys=True) + "\n", replace=True)

    def seal(self, tenant: str, field: str, secret: Secret) -> Mapping[str, Any]:
        """Return a JSON-able envelope that opens only for the same tenant and field."""
        return envelopes.seal(self._tenant_key(tenant), self._key_id, tenant, field, secret)

    def open(self, tenant: str, field: str, envelope: Mapping[str, Any]) -> Secret:
        """Return the secret; raises ValueError when the envelope is not for this tenant and field."""
        if envelopes.key_id_of(envelope) != self._key_id:
            raise ValueError("the envelope was sealed with another key")
        return envelopes.unseal(self._tenant_key(tenant), tenant, field, envelope)

    def _tenant_key(self, tenant: str) -> bytes:
        return derived_key(self._key, "tenant", tenant)

    def _read(self) -> dict[str, Any]:
        if not self._path.exists():
            return {}
        refuse_if_shared(self._path)
        try:
            kept = json.loads(self._path.read_text(encoding="utf-8"))
        except ValueError:
            kept = None
        if not isinstance(kept, dict):
            raise ConfigError(
                f"{self._path} is damaged. Put a good copy back, or delete it and enter the secrets again."
            )
        return kept

    @contextmanager
    def _alone(self) -> Iterator[None]:
        handle = os.open(self._folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)  # given back when the handle closes, also by a process that dies
            yield
        finally:
            os.close(handle)


def _field(name: str) -> str:
    return f"operator/{name}"
