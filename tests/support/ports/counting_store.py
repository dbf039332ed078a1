"""A store that counts the documents that are read from it, as Firestore bills them."""

from __future__ import annotations

from typing import Any

from shared.ports import Doc, Store


class CountingStore:
    """Counts documents that `get` and `list_docs` return; a look for one that is not there counts as well."""

    def __init__(self, inner: Store) -> None:
        """Count what is read from this one."""
        self._inner, self.read = inner, 0

    def __getattr__(self, name: str) -> Any:
        """Hand over what is not counted."""
        return getattr(self._inner, name)

    def get(self, tenant: str, kind: str, id: str) -> Doc | None:
        """Return one document."""
        self.read += 1
        return self._inner.get(tenant, kind, id)

    def list_docs(self, tenant: str, kind: str, *, after: str = "", limit: int = 100) -> list[Doc]:
        """Return documents of one kind."""
        found = self._inner.list_docs(tenant, kind, after=after, limit=limit)
        self.read += max(1, len(found))
        return found
