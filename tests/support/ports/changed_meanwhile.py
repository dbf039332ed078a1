"""A store in which somebody else changes a document at the very moment at which it is saved, so many times."""

from __future__ import annotations

from typing import Any

from shared.ports import Put, Store


class ChangedMeanwhile:
    """The store behind it; `theirs` is what somebody else adds to the document of that kind and id."""

    def __init__(self, store: Store, kind: str, id: str, theirs: dict[str, Any], times: int = 1) -> None:
        self._store, self._place, self._theirs, self.left = store, (kind, id), theirs, times

    def __getattr__(self, name: str) -> Any:
        """Return what the store has."""
        return getattr(self._store, name)

    def put(self, tenant: str, *puts: Put) -> None:
        """Save, after somebody else has."""
        if self.left and any((each.kind, each.id) == self._place and each.expected is not None for each in puts):
            self.left -= 1
            doc = self._store.get(tenant, *self._place)
            theirs = {**(doc.body if doc else {}), **self._theirs}
            self._store.put(tenant, Put(*self._place, theirs))
        self._store.put(tenant, *puts)
