"""What the tests of the router share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.backends.local.state.local_store import LocalStore
from tests.support.ports.moved_clock import MovedClock
from tests.unit.models.routed_world import NOW, World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Return a world of an empty folder."""
    clock = MovedClock(NOW)
    store = LocalStore(tmp_path, clock)
    yield World(store, clock)
    store.close()
