"""A Notion simulator on a real port, seeded with one workspace, an internal token and a public connection."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests
from notion_client import Client
from notion_client.client import ClientOptions
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from shared.local.simulators._server import serve
from shared.local.simulators.notion.simulator import NotionSimulator
from tests.support.builders.client_tables import make_table
from tests.support.simulators.seeded_notion import CALLBACK, CLIENT_ID, CLIENT_WORD, Notion


def seed(simulator: NotionSimulator) -> dict[str, Any]:
    body = {
        "workspace": "Demo",
        "people": [{"name": "Ada", "email": "ada@example.test"}, {"name": "Ben", "email": "ben@example.test"}],
        "integration": {
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_WORD,
            "redirect_uris": [CALLBACK],
            "auto_approve": True,
        },
        "internal": True,
    }
    answer: dict[str, Any] = requests.post(f"{simulator.base_url}/_seed", json=body, timeout=10).json()
    return answer


@pytest.fixture
def notion() -> Iterator[Notion]:
    yield from _served(None)


@pytest.fixture
def kept_notion(tmp_path: Path) -> Iterator[Notion]:
    yield from _served(tmp_path / "notion")


def _served(data: Path | None) -> Iterator[Notion]:
    simulator = NotionSimulator(data)
    server = serve(simulator)
    simulator.start()
    served = Notion(simulator)
    served.seeded = seed(simulator)
    served.control("/_config", {"rate_limit": 0, "aggregation_s": 0.05, "retry_base_s": 0.01})
    yield served
    simulator.stop()
    server.shutdown()
    server.server_close()


@pytest.fixture
def client(notion: Notion) -> Iterator[Client]:
    with Client(ClientOptions(auth=notion.seeded["token"], base_url=notion.url, retry=False)) as made:
        yield made


@dataclass
class Receiver:
    """Takes webhook deliveries; answers with the statuses given first, then 200."""

    url: str = ""
    statuses: list[int] = field(default_factory=list)
    taken: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    arrived: threading.Condition = field(default_factory=threading.Condition)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        request = Request(environ)
        with self.arrived:
            self.taken.append((dict(request.headers), request.get_data()))
            status = self.statuses.pop(0) if self.statuses else 200
            self.arrived.notify_all()
        return Response(status=status)(environ, start_response)

    def wait(self, count: int) -> None:
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.taken) >= count, timeout=10), f"{len(self.taken)} arrived"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    server = make_server("127.0.0.1", 0, made, threaded=True)
    made.url = f"http://127.0.0.1:{server.server_port}/hook"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield made
    server.shutdown()
    server.server_close()


@pytest.fixture
def source(client: Client, notion: Notion) -> str:
    return make_table(client, notion)
