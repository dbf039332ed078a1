"""What all tries' tests share: where a credential goes, and that nothing changes by trying one."""

from collections.abc import Callable, Iterator

import pytest

from shared.local.simulators._server import Simulator, serve
from tests.integrations.conftest import Served


@pytest.fixture(scope="module")
def kept_served() -> Iterator[Callable[[Simulator], Served]]:
    """Return a function that serves a simulator for a whole file."""
    running: list[Callable[[], None]] = []

    def start(simulator: Simulator) -> Served:
        server = serve(simulator)
        running.extend((server.shutdown, server.server_close))
        return Served(simulator, simulator.base_url)

    yield start
    for stop in running:
        stop()
