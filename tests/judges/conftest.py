"""Fresh simulated workspaces for the judges, and a file on this machine that Notion may import."""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from shared.local.simulators._server import serve
from shared.local.simulators.notion.simulator import NotionSimulator
from tests.judges.workspace import Workspace, open_workspace


@pytest.fixture(scope="module")
def file_url() -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"from elsewhere")

        def log_message(self, format: str, *args: object) -> None:
            """Stay silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/d.txt"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def workspace(file_url: str) -> Iterator[Callable[[], Workspace]]:
    """Return a function that opens one more workspace, in a simulator of its own."""
    running: list[Callable[[], None]] = []

    def opened() -> Workspace:
        simulator = NotionSimulator()
        server = serve(simulator)
        simulator.start()
        running.extend((simulator.stop, server.shutdown, server.server_close))
        return open_workspace(simulator.base_url, file_url)

    yield opened
    for stop in running:
        stop()
