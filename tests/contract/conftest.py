"""Fixtures of several contract suites: stores of every backend, under a clock in hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from shared.backends.cloud.store import FirestoreStore
from shared.ports import Store
from tests.support.parts import require
from tests.support.ports.backends import STORES
from tests.support.ports.moved_clock import MovedClock
from tests.support.servers.cloud.cloud_clients import FIRESTORES, rest_firestore
from tests.support.servers.cloud.oidc_issuer import OidcIssuer
from tests.support.servers.cloud.shared_emulator import GROUP, start_emulator
from tests.support.spread import tests_below


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep what asks the Firestore emulator in one process: a second one costs eight seconds of work to warm up."""
    for item in tests_below(Path(__file__).parent, items):
        if _asks_the_emulator(item):
            item.add_marker(pytest.mark.xdist_group(GROUP))


def _asks_the_emulator(item: pytest.Item) -> bool:
    return "firestore_host" in getattr(item, "fixturenames", ()) or "firestore" in item.name.partition("[")[2]


@pytest.fixture
def clock() -> MovedClock:
    """Return the clock of the stores."""
    return MovedClock()


@pytest.fixture(params=[*sorted(STORES), *(f"firestore-{kind}" for kind in FIRESTORES)])
def store(request: pytest.FixtureRequest, tmp_path: Path, clock: MovedClock) -> Iterator[Store]:
    """Open an empty store, on each backend in turn."""
    name, _, kind = request.param.partition("-")
    if name == "firestore":
        client = FIRESTORES[kind](request.getfixturevalue("firestore_host"), f"t-{uuid4().hex[:12]}")
        yield FirestoreStore(client, clock, pause=lambda _: None)
        return
    with STORES[request.param](tmp_path, clock) as store:
        yield store


@pytest.fixture(scope="session")
def issuer() -> Iterator[OidcIssuer]:
    """Mint tokens with one key per test process: a key takes long to find."""
    with OidcIssuer() as issuer:
        yield issuer


@pytest.fixture(scope="session")
def firestore_host() -> str:
    """Return the one emulator of this test process."""
    require("firestore-emulator")
    return start_emulator()


@pytest.fixture
def firestore_store(firestore_host: str, clock: MovedClock) -> Store:
    """Return a store on a database of its own."""
    client = rest_firestore(firestore_host, f"t-{uuid4().hex[:12]}")
    return FirestoreStore(client, clock, pause=lambda _: None)
