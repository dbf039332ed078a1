"""How models have been of late: for how long one that could not answer is not asked first again.

Remembered in this process, and in one small document of the tenant, so that other instances need not find out anew.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from shared.core.documents.codec import from_body, to_body
from shared.core.errors import DocumentTooLarge, VersionConflict
from shared.core.models.routing import Mark
from shared.ports import Clock, Put, Store, change_doc

DOCUMENT = ("models", "health")
READ_EVERY = timedelta(seconds=15)


class Health:
    """What one tenant's calls have met, by reference (`provider/model`). Safe for threads."""

    def __init__(self, store: Store, clock: Clock, tenant: str) -> None:
        self._store, self._clock, self._tenant = store, clock, tenant
        self._marks: dict[str, Mark] = {}
        self._untold = set[str]()  # what no document holds yet
        self._read_at: datetime | None = None
        self._lock = threading.Lock()

    def marks(self) -> Mapping[str, Mark]:
        """Return what still counts, of this process and of the others."""
        now = self._clock.now()
        with self._lock:
            if self._read_at is None or not timedelta(0) <= now - self._read_at < READ_EVERY:
                self._read_at = now
                doc = self._store.get(self._tenant, *DOCUMENT)
                own = {name: mark for name, mark in self._marks.items() if name in self._untold}
                self._marks = _alive({**_marks_of(doc.body if doc else {}), **own}, now)  # others may have made forget
            return _alive(self._marks, now)

    def mark(self, reference: str, what: str, until: datetime) -> None:
        """Remember that this model could not answer. That others hear of it is a favour, and may fail."""
        with self._lock:
            self._marks[reference] = Mark(what, until)
            self._untold.add(reference)
        if self._tell({reference: Mark(what, until)}):
            with self._lock:
                self._untold.discard(reference)

    def clear(self, reference: str) -> None:
        """Forget what was remembered: it has answered."""
        with self._lock:
            self._untold.discard(reference)
            if self._marks.pop(reference, None) is None:
                return
        self._tell({reference: None})

    def _tell(self, changes: Mapping[str, Mark | None]) -> bool:
        doc = self._store.get(self._tenant, *DOCUMENT)
        merged: dict[str, Mark | None] = {**_marks_of(doc.body if doc else {}), **changes}
        kept = _alive({name: mark for name, mark in merged.items() if mark is not None}, self._clock.now())
        body = {name: to_body(mark) for name, mark in sorted(kept.items())}
        try:
            self._store.put(self._tenant, Put(*DOCUMENT, body, doc.version if doc else ""))
        except (VersionConflict, DocumentTooLarge):
            return False  # another instance told at the same moment: this one will be found out once more
        return True


def forget_health(store: Store, tenant: str, provider: str) -> None:
    """Forget what is remembered of a provider's models: there is a new key."""

    def forget(marks: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
        kept = {name: each for name, each in (marks or {}).items() if name.partition("/")[0] != provider}
        return marks if marks is None or len(kept) == len(marks) else kept

    change_doc(store, (tenant, *DOCUMENT), forget)


def _alive(marks: Mapping[str, Mark], now: datetime) -> dict[str, Mark]:
    return {name: mark for name, mark in marks.items() if mark.until > now}


def _marks_of(body: Mapping[str, Any]) -> dict[str, Mark]:
    return {name: from_body(Mark, each) for name, each in body.items()}
