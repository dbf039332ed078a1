"""A Notion simulator that is served and seeded, how it is asked, and texts and blocks as its API takes them."""

from dataclasses import dataclass, field
from typing import Any

import requests

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
