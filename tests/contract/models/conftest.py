"""What the tests of this folder share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from tests.support.servers.models.model_vendors import (
    Rig,
    rig,
)


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        yield session


@pytest.fixture(scope="module")
def rigs(session: requests.Session) -> Iterator[Callable[[str], Rig]]:
    opened: dict[str, Any] = {}

    def of(name: str) -> Rig:
        if name not in opened:
            manager = rig(name, session)
            opened[name] = (manager, manager.__enter__())
        found: Rig = opened[name][1]
        found.endpoint.forget()
        found.keys_asked.clear()
        return found

    yield of
    for manager, _ in opened.values():
        manager.__exit__(None, None, None)


@pytest.fixture
def open_rig(session: requests.Session) -> Iterator[Callable[[str], Rig]]:
    opened: list[Any] = []

    def of(name: str) -> Rig:
        manager = rig(name, session)
        opened.append(manager)
        return manager.__enter__()

    yield of
    for manager in opened:
        manager.__exit__(None, None, None)
