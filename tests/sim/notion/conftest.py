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

CLIENT_ID, CLIENT_WORD = "client-1", "word-1"
CALLBACK = "http://127.0.0.1:9/callback"
VERSION = "2026-03-11"


@dataclass
class Notion:
    """One served simulator and the ids of what was seeded."""

    simulator: NotionSimulator
    seeded: dict[str, Any] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return self.simulator.base_url

    @property
    def home(self) -> str:
        return str(self.seeded["home_page_id"])

    def control(self, path: str, body: Any) -> Any:
        return requests.post(self.url + path, json=body, timeout=10).json()

    def call(self, method: str, path: str, body: Any = None, token: str = "", version: str = VERSION) -> Any:
        headers = {"Authorization": f"Bearer {token or self.seeded['token']}", "Notion-Version": version}
        return requests.request(method, self.url + path, json=body, headers=headers, timeout=10)

    def effects(self, kind: str) -> list[dict[str, Any]]:
        entries = requests.get(f"{self.url}/_journal?effects=1", timeout=10).json()
        return [effect for entry in entries for effect in entry["effects"] if effect["kind"] == kind]

    def authorize(self) -> str:
        asked = {"client_id": CLIENT_ID, "response_type": "code", "redirect_uri": CALLBACK, "state": "s"}
        answer = requests.get(f"{self.url}/v1/oauth/authorize", params=asked, allow_redirects=False, timeout=10)
        return answer.headers["Location"].split("code=")[1].split("&")[0]

    def grant(self, body: dict[str, Any], path: str = "token", word: str = CLIENT_WORD) -> requests.Response:
        headers = {"Notion-Version": VERSION}
        url = f"{self.url}/v1/oauth/{path}"
        return requests.post(url, json=body, headers=headers, auth=(CLIENT_ID, word), timeout=10)

    def connect(self) -> dict[str, Any]:
        body = {"grant_type": "authorization_code", "code": self.authorize(), "redirect_uri": CALLBACK}
        answer: dict[str, Any] = self.grant(body).json()
        return answer

    def page(self, title: str = "Page", **fields: Any) -> str:
        body = {"parent": {"page_id": self.home}, "properties": {"title": {"title": text(title)}}, **fields}
        answer = self.call("POST", "/v1/pages", body)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["id"])

    def append(self, parent: str, *children: Any, **fields: Any) -> requests.Response:
        answer: requests.Response = self.call(
            "PATCH", f"/v1/blocks/{parent}/children", {"children": list(children), **fields}
        )
        return answer


def text(content: str) -> list[dict[str, Any]]:
    return [{"text": {"content": content}}]


def block(kind: str, content: str = "x", **fields: Any) -> dict[str, Any]:
    return {"type": kind, kind: {"rich_text": text(content), **fields}}


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
