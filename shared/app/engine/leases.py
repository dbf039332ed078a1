"""The only right to work on something."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from shared.app.engine.deps import Deps
from shared.core.errors import Busy
from shared.core.run.run import fit_key


@contextmanager
def lease(deps: Deps, tenant: str, key: str) -> Iterator[None]:
    """Hold the only right to work on something; raises Busy when somebody else does."""
    owner, key = deps.owner(), fit_key(key)
    if not deps.store.claim(tenant, key, owner, deps.lease):
        raise Busy(f"{key}: another worker is at it")
    try:
        yield
    finally:
        deps.store.release(tenant, key, owner)
