"""Simulators on real ports for our clients."""

import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from shared.http_client import HttpClient
from shared.integrations.notion.client.client import Notion
from shared.local.simulators._server import Simulator, serve
from shared.local.simulators.notion.simulator import NotionSimulator
from shared.ports import Secret
from tests.support.descriptions.notion_description import of_exchange
from tests.support.servers.scripted_http import Script
from tests.support.simulators import kept_open


@dataclass(frozen=True)
class Served:
    """One simulator on a loopback port."""

    simulator: Any
    url: str

    def control(self, path: str, body: Any = None) -> Any:
        return kept_open.post(self.url + path, json=body, timeout=10).json()

    def fault(self, **order: Any) -> None:
        self.control("/_faults", order)

    def journal(self) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = kept_open.get(f"{self.url}/_journal", timeout=10).json()
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


@dataclass(frozen=True)
class ServedNotion:
    """A simulated Notion, our client of it, and all that the client asked."""

    sim: Served
    seeded: dict[str, Any]
    notion: Notion
    asked: list[dict[str, Any]]

    @property
    def home(self) -> str:
        """Return the id of the page that is shared with us."""
        return str(self.seeded["home_page_id"])

    def page(self, title: str = "Page", **more: Any) -> str:
        """Create a page below the home page; return its id."""
        named = {"title": {"title": [{"type": "text", "text": {"content": title}}]}}
        return str(self.notion.create_page(page_id=self.home, properties=named, **more)["id"])

    def told(self) -> list[tuple[str, str]]:
        """Return method and path of all requests so far."""
        return [(each["method"], each["url"].removeprefix(self.sim.url).partition("?")[0]) for each in self.asked]


@pytest.fixture
def desk(served: Callable[[Any], Served]) -> Iterator[ServedNotion]:
    """Every request sent in the test must be one the published description allows, where that is present."""
    sim = served(NotionSimulator())
    sim.control("/_config", {"rate_limit": 0})
    seeded = sim.control("/_seed", {"internal": True})
    asked: list[dict[str, Any]] = []
    http = HttpClient("notion", sim.url, Secret(seeded["token"]), timeouts=(2, 10), trace=asked.append)
    yield ServedNotion(sim, seeded, Notion(http), asked)
    assert [problem for exchange in asked for problem in of_exchange(exchange)] == []


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


@pytest.fixture
def scripted() -> Iterator[Script]:
    script = Script()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            script.seen.append(
                {"path": self.path, "headers": dict(self.headers), "body": body, "from": self.client_address}
            )
            if script.how == "hang":
                script.released.wait(10)
            if script.how in ("drop", "hang"):
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            self.send_response_only(script.status)
            length = len(script.body) + (10 if script.how == "cut" else 0)
            for name, value in {"Content-Length": str(length), **script.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(script.body)
            if script.how == "cut":
                self.wfile.flush()
                self.connection.shutdown(socket.SHUT_RDWR)

        do_GET = do_POST = do_PATCH = do_DELETE = _any  # noqa: N815 - the library looks for these names

        def log_message(self, format: str, *args: object) -> None:
            """Stay silent."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    script.url = f"http://127.0.0.1:{http.server_address[1]}"
    yield script
    script.released.set()
    http.shutdown()
    http.server_close()
