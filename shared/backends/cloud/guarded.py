"""One batch of Firestore writes that is applied once, whatever happens to its reply.

Firestore applies a batch as a whole or not at all, and every batch here that must not be applied twice holds at least
one precondition that the batch itself makes false. So it may be sent again after a lost reply: the second one is
refused. A refusal is then either somebody else's write or our own first one, which only the token we wrote can tell.
A transaction that reads and then writes would take locks and fail under contention; this takes none.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from shared.backends.cloud.api_error import UNCLEAR, api_errors, asking_the_store, code_of, short
from shared.core.backoff import backoff
from shared.core.errors import DocumentTooLarge, StoreError, VersionConflict
from shared.core.retries import STORE_WRITE
from shared.ports import MAX_DOCUMENT_BYTES

TIMEOUT_S = 15.0
MAX_COMMIT_BYTES = 9 * 1024 * 1024  # Firestore takes 10 MiB with names and overhead

Pause = Callable[[float], None]

_REFUSED = frozenset({"FAILED_PRECONDITION", "ALREADY_EXISTS", "NOT_FOUND"})
_LATER = "Invalid base version"  # what Firestore calls an expected time that is later than the document's


def version_of(snapshot: Any) -> str:
    """Return the version of a document as text: the time of its last write."""
    return str(snapshot.update_time.rfc3339())


def _time_of(version: str) -> datetime:
    try:
        return datetime.fromisoformat(version)  # microseconds are all that Firestore gives
    except ValueError as error:
        raise VersionConflict(f"{version!r} was never a version of this document") from error


class GuardedBatch:
    """Collects writes under one token, then sends them."""

    def __init__(self, client: Any, token: str, pause: Pause = time.sleep) -> None:
        self._batch = client.batch()
        self._client = client
        self._token = token
        self._pause = pause
        self._bytes = 0
        self._witness: Any = None  # a document that bears our token if, and only if, the batch was applied
        self._deleted: Any = None

    def write(self, reference: Any, fields: dict[str, Any], expected: str | None) -> None:
        """Write a document. `expected`: None = whatever is there, "" = must not exist, else the version read."""
        self._measure(reference, fields)
        fields = {**fields, "token": self._token}
        if expected is None:
            self._batch.set(reference, fields)
            return
        if expected:
            option = self._client.write_option(last_update_time=_time_of(expected))
            self._batch.update(reference, fields, option=option)
        else:
            self._batch.create(reference, fields)
        self._witness = self._witness or reference

    def append(self, reference: Any, fields: dict[str, Any]) -> None:
        """Create a document that nobody changes later; it is the best witness of the batch."""
        self.write(reference, fields, "")
        self._witness = reference

    def delete(self, reference: Any, expected: str | None) -> None:
        """Delete a document, at that version when one is given."""
        option = None
        if expected == "":
            option = self._client.write_option(exists=False)  # nothing to delete, but it must be so
        elif expected:
            option = self._client.write_option(last_update_time=_time_of(expected))
        self._batch.delete(reference, option)
        if expected:
            self._deleted = self._deleted or reference

    def send(self) -> str:
        """Apply the batch; return the new version. Raises VersionConflict, or StoreError without an answer."""
        unclear: Exception | None = None
        for attempt in range(STORE_WRITE.tries):
            if attempt:
                self._pause(backoff(attempt, STORE_WRITE.waits, random.random()).total_seconds())
            try:
                # No retry by the library: it would hide from us that a reply was lost, and it would wait a minute.
                self._batch.commit(retry=None, timeout=TIMEOUT_S)
                return str(self._batch.commit_time.rfc3339())
            except api_errors() as error:
                if code_of(error) not in UNCLEAR:
                    return self._resolve_refusal(error, after_loss=unclear is not None)
                unclear = error
                if version := self._check_applied(after_loss=False):
                    return version
        raise StoreError(
            f"Firestore did not accept the write in {STORE_WRITE.tries} attempts: {unclear and short(unclear)}"
        )

    def _resolve_refusal(self, error: Exception, *, after_loss: bool) -> str:
        """Return the version when it is our own write that stands in the way; raises what the refusal means."""
        code = code_of(error)
        if code in _REFUSED:
            if version := self._check_applied(after_loss=after_loss):
                return version
            raise VersionConflict("somebody else saved first") from error
        if code == "INVALID_ARGUMENT" and _LATER in str(error):
            raise VersionConflict("that version belongs to another document, or to a time before a restore") from error
        raise StoreError(f"Firestore refused the write: {short(error)}") from error

    def _check_applied(self, *, after_loss: bool) -> str:
        with asking_the_store("say whether a write was applied"):
            if self._witness is not None:
                snapshot = self._witness.get(timeout=TIMEOUT_S)
                ours = (snapshot.to_dict() or {}).get("token") == self._token
                return version_of(snapshot) if ours else ""
            if self._deleted is not None and after_loss:
                # A deleted document bears no token. After a lost reply "gone" is what we asked for.
                return "" if self._deleted.get(timeout=TIMEOUT_S).exists else "deleted"
        return ""

    def _measure(self, reference: Any, fields: dict[str, Any]) -> None:
        size = len(reference.path.encode())
        for value in fields.values():
            size += len(value.encode()) if isinstance(value, str) else len(value) if isinstance(value, bytes) else 8
        if size > MAX_DOCUMENT_BYTES:
            raise DocumentTooLarge(f"{reference.path} has {size} bytes; at most {MAX_DOCUMENT_BYTES} can be stored")
        self._bytes += size
        if self._bytes > MAX_COMMIT_BYTES:
            raise DocumentTooLarge(
                f"one commit may have at most {MAX_COMMIT_BYTES} bytes; {reference.path} goes beyond that"
            )
