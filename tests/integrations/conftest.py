"""Simulators on real ports for our clients."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests

from shared.http_client import HttpClient
from shared.ports import Secret
from shared.sim._server import Simulator, serve


@dataclass(frozen=True)
class Served:
    """One simulator on a loopback port."""

    simulator: Any
    url: str

    def control(self, path: str, body: Any = None) -> Any:
        return requests.post(self.url + path, json=body, timeout=10).json()

    def fault(self, **order: Any) -> None:
        self.control("/_faults", order)

    def journal(self) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = requests.get(f"{self.url}/_journal", timeout=10).json()
        return entries

    def effects(self) -> list[str]:
        return [effect["kind"] for entry in self.journal() for effect in entry["effects"]]

    def http(self, system: str, token: str, path: str = "") -> HttpClient:
        return HttpClient(system, self.url + path, Secret(token), timeouts=(2, 10))


@pytest.fixture
def served() -> Iterator[Callable[[Simulator], Served]]:
    """Return a function that serves a simulator until the test is over."""
    running: list[Callable[[], None]] = []

    def start(simulator: Simulator) -> Served:
        server = serve(simulator)
        running.extend((server.shutdown, server.server_close))
        return Served(simulator, simulator.base_url)

    yield start
    for stop in running:
        stop()


@dataclass
class Inbox:
    """A place others call: headers and raw bodies of what came."""

    url: str = ""
    taken: list[tuple[dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    box = Inbox()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            box.taken.append((dict(self.headers), body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Stay silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    box.url = f"http://127.0.0.1:{server.server_address[1]}/"
    yield box
    server.shutdown()
    server.server_close()
