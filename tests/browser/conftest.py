"""One real browser for each module of tests, and small servers to show it pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from shared.local.simulators._server import Simulator, serve
from tests.support.measures.browser import Browser
from tests.support.parts import require


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start a browser with an empty profile."""
    require("chromium")
    with Browser() as started:
        yield started


@pytest.fixture(scope="module")
def served() -> Iterator[Callable[[Simulator], str]]:
    """Return a function that serves a simulator until the module is over, and says where."""
    running: list[Callable[[], Any]] = []

    def start(simulator: Simulator) -> str:
        server = serve(simulator)
        running.extend((server.shutdown, server.server_close))
        return simulator.base_url

    yield start
    for stop in running:
        stop()
