"""Secrets on Google Cloud: the operator's in Secret Manager, the tenants' in envelopes under keys that KMS wraps.

A tenant's data key is kept, wrapped, as one document of that tenant: deleting the tenant's documents makes every
envelope of theirs unreadable, also in backups.
"""

from __future__ import annotations

import base64
import re
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar

from shared.backends import envelope as envelopes
from shared.backends.cloud.api_error import api_errors, asking, code_of, to_our_error
from shared.core.errors import VersionConflict
from shared.ports import Clock, Put, Secret, Store

KEYS = "keys"  # the kind of document that holds a tenant's wrapped data keys
_TTL = timedelta(minutes=5)
_REFRESH_EVERY = timedelta(seconds=5)  # at most, per secret: what asks for it may be anybody's forged request
_MAX_CACHED = 1000
_MAX_PAYLOAD_BYTES = 65_536
_NAME = re.compile(r"[A-Za-z0-9_-]{1,255}\Z")
_TIMEOUT_S = 10.0

V = TypeVar("V")


class _Cache(Generic[V]):
    """Values for five minutes, and that there is none for a few seconds; a bounded number of them."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: dict[tuple[str, ...], tuple[V, datetime]] = {}
        self._refreshed: dict[tuple[str, ...], datetime] = {}

    def get(self, key: tuple[str, ...], load: Callable[[], V], *, refresh: bool = False) -> V:
        now = self._clock.now()
        with self._lock:
            hit = self._kept.get(key)
            past = refresh and abs(now - self._refreshed.get(key, datetime.min.replace(tzinfo=UTC))) >= _REFRESH_EVERY
            if past:  # before the answer is there: of many at once, one asks
                self._refreshed[key] = now
        if hit and not past and hit[1] > now:
            return hit[0]
        value = load()  # outside the lock: one slow answer must not hold up everybody
        self.keep(key, value, _TTL if value else _REFRESH_EVERY)
        return value

    def keep(self, key: tuple[str, ...], value: V, span: timedelta = _TTL) -> None:
        with self._lock:
            if len(self._kept) >= _MAX_CACHED:
                self._kept.clear()
                self._refreshed.clear()
            self._kept[key] = (value, self._clock.now() + span)

    def drop(self, key: tuple[str, ...]) -> None:
        with self._lock:
            self._kept.pop(key, None)


class CloudSecrets:
    """Secret Manager and KMS. `key` is the full name of the KMS key; `store` keeps the wrapped data keys."""

    def __init__(self, secret_manager: Any, kms: Any, store: Store, clock: Clock, *, project: str, key: str) -> None:
        self._secret_manager = secret_manager
        self._kms = kms
        self._store = store
        self._project = project
        self._key = key
        self._secrets: _Cache[Secret] = _Cache(clock)
        self._data_keys: _Cache[bytes] = _Cache(clock)
        self._current: _Cache[str] = _Cache(clock)

    def get(self, name: str, *, refresh: bool = False) -> Secret:
        """Return the operator's secret; raises KeyError.

        `refresh` looks past the cache, when what is in it does not fit; every five seconds at most.
        """
        found = self._secrets.get((name,), lambda: self._access(name), refresh=refresh)
        if not found:
            raise KeyError(name)
        return found

    def set(self, name: str, value: Secret) -> None:
        """Store a new version; other instances see it within five minutes, or when they refresh."""
        data = value.reveal().encode()
        if not _NAME.match(name):
            raise ValueError(f"this is not the name of a secret: {name[:80]!r}")
        if not 0 < len(data) <= _MAX_PAYLOAD_BYTES:
            raise ValueError(f"secret {name}: must have 1 to {_MAX_PAYLOAD_BYTES} bytes")
        add = {"parent": self._name(name), "payload": {"data": data}}
        with asking("secret-manager", f"store {name}"):
            try:
                self._secret_manager.add_secret_version(request=add, timeout=_TIMEOUT_S)
            except api_errors() as error:
                if code_of(error) != "NOT_FOUND":
                    raise
                self._create(name)
                self._secret_manager.add_secret_version(request=add, timeout=_TIMEOUT_S)
        self._secrets.keep((name,), value)

    def _create(self, name: str) -> None:
        request = {
            "parent": f"projects/{self._project}",
            "secret_id": name,
            "secret": {"replication": {"automatic": {}}},
        }
        try:
            self._secret_manager.create_secret(request=request, timeout=_TIMEOUT_S)
        except api_errors() as error:
            if code_of(error) != "ALREADY_EXISTS":  # somebody else was first, or our own first answer was lost
                raise

    def _access(self, name: str) -> Secret:
        """Return the newest version, an empty secret when there is none."""
        if not _NAME.match(name):
            raise KeyError(name)
        try:
            version = self._secret_manager.access_secret_version(
                name=f"{self._name(name)}/versions/latest", timeout=_TIMEOUT_S
            )
        except api_errors() as error:
            if code_of(error) == "NOT_FOUND":
                return Secret("")
            raise to_our_error("secret-manager", f"read {name}", error) from error
        return Secret(version.payload.data.decode())

    def _name(self, name: str) -> str:
        return f"projects/{self._project}/secrets/{name}"

    def seal(self, tenant: str, field: str, secret: Secret) -> Mapping[str, Any]:
        """Return a JSON-able envelope that opens only for the same tenant and field."""
        key_id = self._current.get((tenant,), lambda: self._newest(tenant) or self._add_key(tenant, 1))
        return envelopes.seal(self._data_key(tenant, key_id), key_id, tenant, field, secret)

    def open(self, tenant: str, field: str, envelope: Mapping[str, Any]) -> Secret:
        """Return the secret; raises ValueError when the envelope is not for this tenant and field."""
        key = self._data_key(tenant, envelopes.key_id_of(envelope))
        return envelopes.unseal(key, tenant, field, envelope)

    def rotate(self, tenant: str) -> str:
        """Seal with a new data key from now on; return its id. Older envelopes open as before."""
        newest = self._newest(tenant)
        key_id = self._add_key(tenant, int(newest.removeprefix("dek-")) + 1 if newest else 1)
        self._current.keep((tenant,), key_id)
        return key_id

    def shred(self, tenant: str) -> None:
        """Destroy the tenant's wrapped keys: nothing that was sealed for it opens any more, in copies of it neither."""
        while page := self._store.list_docs(tenant, KEYS):
            self._store.put(tenant, *(Put(KEYS, doc.id, None) for doc in page))
            for doc in page:
                self._data_keys.drop((tenant, doc.id))
        self._current.drop((tenant,))

    def _newest(self, tenant: str) -> str:
        newest = ""
        while page := self._store.list_docs(tenant, KEYS, after=newest):
            newest = page[-1].id
        return newest

    def _add_key(self, tenant: str, number: int) -> str:
        """Make a data key and keep it wrapped. Two at the same moment: the first one counts for both."""
        key_id, key = f"dek-{number:06d}", envelopes.new_key()
        with asking("kms", "wrap a tenant's key"):
            wrapped = self._kms.encrypt(
                request={"name": self._key, "plaintext": key, "additional_authenticated_data": tenant.encode()},
                timeout=_TIMEOUT_S,
            )
        body = {"wrapped": base64.b64encode(wrapped.ciphertext).decode(), "by": wrapped.name}
        try:
            self._store.put(tenant, Put(KEYS, key_id, body, expected=""))
        except VersionConflict:
            return key_id
        self._data_keys.keep((tenant, key_id), key)
        return key_id

    def _data_key(self, tenant: str, key_id: str) -> bytes:
        return self._data_keys.get((tenant, key_id), lambda: self._unwrap(tenant, key_id))

    def _unwrap(self, tenant: str, key_id: str) -> bytes:
        kept = self._store.get(tenant, KEYS, key_id)
        if kept is None:
            raise ValueError(f"tenant {tenant!r} has no key {key_id!r}")
        request = {
            "name": self._key,
            "ciphertext": base64.b64decode(kept.body["wrapped"]),
            "additional_authenticated_data": tenant.encode(),
        }
        try:
            return bytes(self._kms.decrypt(request=request, timeout=_TIMEOUT_S).plaintext)
        except api_errors() as error:
            if code_of(error) == "INVALID_ARGUMENT":
                raise ValueError(f"key {key_id!r} was not made for tenant {tenant!r}") from None
            raise to_our_error("kms", "unwrap a tenant's key", error) from error
