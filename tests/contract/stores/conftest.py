"""What the tests of this folder share."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.ports import SYSTEM, Put, Store
from tests.support.ports.firestore_world import FirestoreWorld
from tests.support.ports.moved_clock import MovedClock
from tests.support.ports.two_tenants import MINE, OTHER, TwoTenants
from tests.support.servers.cloud.cloud_clients import FIRESTORES


@pytest.fixture(params=list(FIRESTORES))
def world(request: pytest.FixtureRequest, firestore_host: str) -> FirestoreWorld:
    return FirestoreWorld(firestore_host, request.param)


@pytest.fixture
def tenants(store: Store, clock: MovedClock, tmp_path: Path) -> TwoTenants:
    folder = tmp_path / "world"
    (folder / "secrets").mkdir(parents=True)
    made = TwoTenants(store, clock, folder)
    store.put(SYSTEM, Put("workspaces", "w1", {"tenants": {MINE: "b1", OTHER: "b2"}}))
    return made
