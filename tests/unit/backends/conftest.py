"""What the tests of this folder share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from shared.backends.local.delivery.options import DispatchOptions
from shared.backends.local.state.local_store import LocalStore
from tests.support.ports.backends import LocalRig
from tests.support.ports.moved_clock import MovedClock
from tests.support.ports.queue_in_hand import Open


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LocalStore]:
    with LocalStore(tmp_path, MovedClock()) as store:
        yield store


@pytest.fixture
def open_rig(tmp_path: Path) -> Open:
    clock = MovedClock()

    @contextmanager
    def open_rig(**options: Any):
        with LocalStore(tmp_path, clock) as store:
            rig = LocalRig(store, clock, DispatchOptions(workers=0, **options))
            rig.dispatcher.start()
            yield rig
            assert rig.dispatcher.stop()

    return open_rig
