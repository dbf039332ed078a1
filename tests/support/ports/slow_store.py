"""A store that does not answer about one tenant until it is let go."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from shared.ports import Doc, Store

PATIENCE = 20  # seconds


class SlowFor:
    """The store behind it, but for one tenant whose documents are waited for."""

    def __init__(self, store: Store, tenant: str) -> None:
        self._store, self._tenant = store, tenant
        self._asked, self._let_go = threading.Event(), threading.Event()

    def __getattr__(self, name: str) -> Any:
        """Return what the store has."""
        return getattr(self._store, name)

    def get(self, tenant: str, kind: str, id: str) -> Doc | None:
        """Return the document, for the one tenant only when it is let go."""
        if tenant == self._tenant:
            self._asked.set()
            self._let_go.wait(PATIENCE)
        return self._store.get(tenant, kind, id)

    @contextmanager
    def held_up(self, waiting: Callable[[], object]) -> Iterator[None]:
        """Let somebody wait for the store; what is done meanwhile has to end before they are let go."""
        with ThreadPoolExecutor(2) as pool:
            first = pool.submit(waiting)
            assert self._asked.wait(PATIENCE)
            late = threading.Timer(PATIENCE / 2, self._let_go.set)
            late.start()
            yield
            in_time = not self._let_go.is_set()
            late.cancel()
            self._let_go.set()
            first.result(PATIENCE)
        assert in_time, "it had to wait for the other one"
