"""A queue on every backend in turn, with a receiver at its other end."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from uuid import uuid4

import pytest

from shared.backends.cloud.store import FirestoreStore
from shared.ports import Store
from tests.support.ports.backends import STORES, QueueRig
from tests.support.ports.moved_clock import MovedClock
from tests.support.servers.cloud.cloud_clients import rest_firestore
from tests.support.servers.cloud.firestore_emulator import find_emulator, find_java

OpenRig = Callable[[float], QueueRig]


def store_beside(request: pytest.FixtureRequest, folder: Path, clock: MovedClock) -> AbstractContextManager[Store]:
    """Firestore where the machine has it; dead letters can be kept, and counted, in the embedded store as well."""
    if find_emulator() is None or find_java() is None:
        return STORES["sqlite"](folder, clock)
    client = rest_firestore(request.getfixturevalue("firestore_host"), f"t-{uuid4().hex[:12]}")
    return nullcontext(FirestoreStore(client, clock, pause=lambda _: None))


def received_ids(rig: QueueRig) -> list[str]:
    return sorted(command.id for command in rig.received)
