"""Many Firestore writes that may be repeated, in as many batches as they need, in the order they were added."""

from __future__ import annotations

import random
from typing import Any

from shared.backends.cloud.api_error import UNCLEAR, api_errors, code_of, short
from shared.backends.cloud.guarded import TIMEOUT_S, Pause
from shared.core.backoff import backoff
from shared.core.errors import StoreError
from shared.core.retries import STORE_TEXT

_MAX_BYTES = 3_500_000  # of one batch; Firestore takes 10 MiB, its emulator 4
_MAX_WRITES = 400


class PlainBatches:
    """Collects writes, then sends them. Each has the same end however often it is sent."""

    def __init__(self, client: Any, pause: Pause) -> None:
        self._client = client
        self._pause = pause
        self._batches: list[Any] = []
        self._bytes = self._writes = 0

    def set(self, reference: Any, fields: dict[str, Any]) -> None:
        """Write a document anew."""
        self._room_for(fields).set(reference, fields)

    def update(self, reference: Any, fields: dict[str, Any]) -> None:
        """Change fields of a document that is there."""
        self._room_for(fields).update(reference, fields)

    def delete(self, reference: Any) -> None:
        """Delete a document, if it is there."""
        self._room_for({}).delete(reference)

    def send(self) -> None:
        """Send everything; raises StoreError."""
        for batch in self._batches:
            self._send(batch)
        self._batches = []

    def _room_for(self, fields: dict[str, Any]) -> Any:
        size = 300 + sum(_size(value) for value in fields.values())
        if not self._batches or self._bytes + size > _MAX_BYTES or self._writes >= _MAX_WRITES:
            self._batches.append(self._client.batch())
            self._bytes = self._writes = 0
        self._bytes += size
        self._writes += 1
        return self._batches[-1]

    def _send(self, batch: Any) -> None:
        unclear: Exception | None = None
        for attempt in range(STORE_TEXT.tries):
            if attempt:
                self._pause(backoff(attempt, STORE_TEXT.waits, random.random()).total_seconds())
            try:
                batch.commit(retry=None, timeout=TIMEOUT_S)
                return
            except api_errors() as error:
                if code_of(error) not in UNCLEAR:
                    raise StoreError(f"Firestore refused the write: {short(error)}") from error
                unclear = error
        raise StoreError(
            f"Firestore did not accept the write in {STORE_TEXT.tries} tries: {unclear and short(unclear)}"
        )


def _size(value: Any) -> int:
    if isinstance(value, str):
        return len(value.encode())
    try:
        return 8 * len(value)  # a vector
    except TypeError:
        return 8
