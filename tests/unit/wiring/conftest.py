"""What the tests of this folder share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from shared.app.engine.deps import Deps
from shared.backends.local.delivery.local_queue import LocalQueue
from shared.backends.local.keys.local_secrets import LocalSecrets
from shared.backends.local.state.local_store import LocalStore
from tests.support.desks.wired_models import NOW, WiredModels
from tests.support.ports.moved_clock import MovedClock


@pytest.fixture
def world(tmp_path: Path) -> Iterator[WiredModels]:
    clock = MovedClock(NOW)
    store = LocalStore(tmp_path, clock)
    with ExitStack() as stack:
        yield WiredModels(Deps(store, LocalQueue(store, clock), LocalSecrets(tmp_path), clock), stack)
    store.close()
