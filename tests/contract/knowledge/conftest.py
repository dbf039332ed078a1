"""What the tests of this folder share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from shared.backends.cloud.knowledge.index import CloudKnowledge
from shared.backends.local.search.local_knowledge import LocalKnowledge
from shared.ports.knowledge import Knowledge
from tests.support.builders.indexed_pages import Of
from tests.support.servers.cloud.firestore_emulator import firestore_client


@pytest.fixture(params=["sqlite", "firestore"])
def of(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Of]:
    """Return what gives a tenant's index, on each backend in turn."""
    if request.param == "sqlite":
        yield LocalKnowledge(tmp_path).open_for
        return
    host = request.getfixturevalue("firestore_host")
    yield CloudKnowledge(firestore_client(host, f"t-{uuid4().hex[:12]}"), pause=lambda _: None).open_for


@pytest.fixture
def knowledge(of: Of) -> Knowledge:
    """Return one tenant's index."""
    return of("acme")
