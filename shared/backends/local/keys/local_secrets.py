"""Secrets on one machine: a key file, the operator's secrets in an encrypted file beside it, the same envelopes.

Each tenant has a key of its own, kept wrapped in `keys.json` as the cloud keeps it in Firestore: to destroy it makes
everything that was sealed for the tenant unreadable. The key file holds what wraps them, and seals the operator's.
Envelopes of versions before this one were sealed with a key derived for the tenant; they open as before.
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from shared.backends import envelope as envelopes
from shared.backends.local.keys.keyfile import (
    KEY_FILE,
    derive_key,
    installation_key,
    installation_keys,
    refuse_if_shared,
    write_keys,
    write_private,
)
from shared.backends.local.state.encoding import check_tenant
from shared.core.errors import ConfigError
from shared.ports import SYSTEM, Secret

_FILE = "secrets.json"
_KEYS = "keys.json"
_LOCK = "secrets.lock"

Json = dict[str, Any]


class LocalSecrets:
    """The secrets of one data folder. Several processes may use it at once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / _FILE
        for path in (self._path, folder / _KEYS):
            if path.exists() and not (folder / KEY_FILE).exists():
                raise ConfigError(
                    f"{folder / KEY_FILE} is missing, and {path} cannot be read without it. "
                    f"Put the key file back, or delete {path} and enter the secrets again."
                )
        self._take(installation_keys(folder))
        self._read_keys: tuple[tuple[int, ...], Json] | None = None

    def _take(self, keys: tuple[bytes, ...]) -> None:
        # Names each key without telling anything about it: an envelope of another installation is recognised.
        self._keys = {_name(key): key for key in keys}
        self._key_id = _name(keys[0])

    def get(self, name: str, *, refresh: bool = False) -> Secret:
        """Return the operator's secret, always as it is now; raises KeyError."""
        sealed = self._read(self._path)[name]
        try:
            return self.open(SYSTEM, _field(name), sealed)
        except ValueError:
            raise ConfigError(
                f"{self._path}: {name!r} was sealed with another key. Put the right key file back, or set it again."
            ) from None

    def set(self, name: str, value: Secret) -> None:
        """Store a new value of the operator's secret; it is on disk when this returns."""
        with self._alone():
            kept = self._read(self._path)
            kept[name] = dict(self.seal(SYSTEM, _field(name), value))
            _write(self._path, kept)

    def names(self) -> list[str]:
        """Return the names of the operator's secrets, ascending."""
        return sorted(self._read(self._path))

    def find(self, name: str) -> Secret | None:
        """Return the operator's secret, None where it is not set."""
        return self.get(name) if name in self._read(self._path) else None

    def forget(self, name: str) -> None:
        """Forget an operator's secret. Twice is once."""
        with self._alone():
            kept = self._read(self._path)
            if kept.pop(name, None) is not None:
                _write(self._path, kept)

    def seal(self, tenant: str, field: str, secret: Secret) -> Mapping[str, Any]:
        """Return a JSON-able envelope that opens only for the same tenant and field."""
        if tenant == SYSTEM:
            return envelopes.seal(self._derive_key(tenant, self._key_id), self._key_id, tenant, field, secret)
        key_id = _newest(self._read_wrapped_keys(tenant)) or self.rotate(tenant, only_first=True)
        return envelopes.seal(self._data_key(tenant, key_id), key_id, tenant, field, secret)

    def open(self, tenant: str, field: str, envelope: Mapping[str, Any]) -> Secret:
        """Return the secret; raises ValueError when the envelope is not for this tenant and field."""
        key_id = envelopes.key_id_of(envelope)
        return envelopes.unseal(self._data_key(tenant, key_id), tenant, field, envelope)

    def rotate(self, tenant: str, *, only_first: bool = False) -> str:
        """Seal with a new key from now on; return its id. Older envelopes open as before.

        `only_first`: only where there is none, because two may come at once.
        """
        check_tenant(tenant)
        with self._alone():
            kept = self._read(self._folder / _KEYS)
            mine: Json = kept.setdefault("tenants", {}).setdefault(tenant, {})
            if only_first and (newest := _newest(mine)):
                return newest
            key_id = f"dek-{len(mine) + 1:06d}-{os.urandom(6).hex()}"
            mine[key_id] = self._wrap(tenant, key_id, envelopes.new_key(), self._key_id)
            _write(self._folder / _KEYS, kept)
        return key_id

    def shred(self, tenant: str) -> None:
        """Destroy the tenant's keys: nothing that was sealed for it opens any more. Twice is once."""
        check_tenant(tenant)
        with self._alone():
            kept = self._read(self._folder / _KEYS)
            kept.get("tenants", {}).pop(tenant, None)
            kept["shredded"] = sorted({*kept.get("shredded", ()), tenant})  # the derived key it had is void as well
            _write(self._folder / _KEYS, kept)

    def change_key(self, tenants: Iterable[str], crash_point: Callable[[str], None]) -> str:
        """Make a new installation key and seal with it what the old one sealed; return its name.

        The key file has both keys while it is done, so that everything opens at any moment; done again after a crash,
        it is finished. `tenants` are those that may have envelopes of derived keys: these keys are kept, wrapped. Only
        for who has the folder alone.
        """
        with self._alone():
            old, *rest = installation_keys(self._folder)
            new = rest[0] if rest else envelopes.new_key()
            write_keys(self._folder, old, new)
            self._take((old, new))
            crash_point("rotate.after/both-keys")
            self._seal_operators_with(_name(new))
            crash_point("rotate.after/operator-secrets")
            self._wrap_keys_with(_name(new), tenants)
            crash_point("rotate.after/tenant-keys")
            write_keys(self._folder, new)
            self._take((new,))
            return self._key_id

    def _seal_operators_with(self, key_id: str) -> None:
        kept = self._read(self._path)
        for name, sealed in kept.items():
            secret = self.open(SYSTEM, _field(name), sealed)
            key = self._derive_key(SYSTEM, key_id)
            kept[name] = envelopes.seal(key, key_id, SYSTEM, _field(name), secret)
        if kept:
            _write(self._path, kept)

    def _wrap_keys_with(self, key_id: str, tenants: Iterable[str]) -> None:
        kept = self._read(self._folder / _KEYS)
        known: dict[str, Json] = kept.setdefault("tenants", {})
        shredded = set(kept.get("shredded", ()))
        wrapped: dict[str, Json] = {}
        for tenant in sorted({*known, *tenants} - {SYSTEM}):
            mine = {key_name: self._data_key(tenant, key_name) for key_name in known.get(tenant, {})}
            if tenant not in shredded:
                mine |= {
                    key_name: self._derive_key(tenant, key_name)
                    for key_name in self._keys
                    if key_name not in mine and key_name != key_id
                }
            wrapped[tenant] = {key_name: self._wrap(tenant, key_name, key, key_id) for key_name, key in mine.items()}
        _write(self._folder / _KEYS, {**kept, "tenants": wrapped})

    def _data_key(self, tenant: str, key_id: str) -> bytes:
        wrapped = self._read_wrapped_keys(tenant).get(key_id)
        if wrapped is not None:
            wrapping = self._derived_wrapping(envelopes.key_id_of(wrapped))
            key = envelopes.unseal(wrapping, tenant, _key_field(key_id), wrapped)
            return base64.b64decode(key.reveal())
        if key_id not in self._keys:
            raise ValueError("the envelope does not open: it was sealed with another key")
        if tenant != SYSTEM and tenant in self._load_keys().get("shredded", ()):
            raise ValueError(f"the keys of tenant {tenant!r} were destroyed")
        return self._derive_key(tenant, key_id)

    def _wrap(self, tenant: str, key_id: str, key: bytes, by: str) -> Json:
        secret = Secret(base64.b64encode(key).decode())
        return envelopes.seal(self._derived_wrapping(by), by, tenant, _key_field(key_id), secret)

    def _derive_key(self, tenant: str, key_id: str) -> bytes:
        return derive_key(self._keys[key_id], "tenant", tenant)

    def _derived_wrapping(self, key_id: str) -> bytes:
        if key_id not in self._keys:
            raise ValueError("a tenant's key was wrapped with another key of the installation")
        return derive_key(self._keys[key_id], "wrap")

    def _read_wrapped_keys(self, tenant: str) -> Json:
        """Return the tenant's wrapped keys by their ids, in the order in which they were made."""
        found: Json = self._load_keys().get("tenants", {}).get(tenant, {})
        return found

    def _load_keys(self) -> Json:
        """Return the file's content; it is read again when another one has taken its place."""
        path = self._folder / _KEYS
        try:
            at = path.stat()
        except FileNotFoundError:
            return {}
        mark = (at.st_ino, at.st_mtime_ns, at.st_size)
        known = self._read_keys
        if known is None or known[0] != mark:
            known = self._read_keys = (mark, self._read(path))
        return known[1]

    def _read(self, path: Path) -> Json:
        if not path.exists():
            return {}
        refuse_if_shared(path)
        try:
            kept = json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            kept = None
        if not isinstance(kept, dict):
            raise ConfigError(f"{path} is damaged. Put a good copy back, or delete it and enter the secrets again.")
        return kept

    @contextmanager
    def _alone(self) -> Iterator[None]:
        handle = os.open(self._folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)  # given back when the handle closes, also by a process that dies
            yield
        finally:
            os.close(handle)


def name_of_key(folder: Path) -> str:
    """Return the name of a folder's key, which tells nothing else about it."""
    return _name(installation_key(folder))


def _name(key: bytes) -> str:
    return "local-" + hashlib.sha256(derive_key(key, "name")).hexdigest()[:16]


def _newest(kept: Mapping[str, Any]) -> str:
    """Return the key that seals, "" for none; derived keys, kept when the installation changed its own, only open."""
    return next((key_name for key_name in reversed(list(kept)) if key_name.startswith("dek-")), "")


def _field(name: str) -> str:
    return f"operator/{name}"


def _key_field(key_id: str) -> str:
    return f"data-key/{key_id}"


def _write(path: Path, kept: Mapping[str, Any]) -> None:
    write_private(path, json.dumps(kept, indent=1) + "\n", replace=True)
