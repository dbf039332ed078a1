"""A store between whose reading and writing somebody else comes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from shared.ports import Doc, Store


class InterruptedStore:
    """Hands every call over to another store; right after the next reading of `place`, `then` is done, once."""

    def __init__(self, inner: Store, place: tuple[str, str, str], then: Callable[[], object]) -> None:
        self._inner, self._place = inner, place
        self._then: Callable[[], object] | None = then

    def get(self, tenant: str, kind: str, id: str) -> Doc | None:
        """Return the document as it is before the other one comes."""
        found = self._inner.get(tenant, kind, id)
        if (tenant, kind, id) == self._place and (then := self._then) is not None:
            self._then = None
            then()
        return found

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)
