"""What the tests of this folder share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.ports.backends import QUEUES, QueueRig
from tests.support.ports.cloud_rig import cloud_rig
from tests.support.ports.moved_clock import MovedClock
from tests.support.ports.queue_backends import OpenRig, store_beside


@pytest.fixture(params=["cloud-tasks", *sorted(QUEUES)])
def open_rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OpenRig]:
    clock = MovedClock()
    with ExitStack() as stack:

        def open_it(rate: float) -> QueueRig:
            if request.param != "cloud-tasks":
                return stack.enter_context(QUEUES[request.param](tmp_path, clock, rate))
            store = stack.enter_context(store_beside(request, tmp_path, clock))
            return stack.enter_context(cloud_rig(request.getfixturevalue("issuer"), store, clock, rate))

        yield open_it


@pytest.fixture
def rig(open_rig: OpenRig) -> QueueRig:
    return open_rig(0.0)
