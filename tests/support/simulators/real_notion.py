"""A Notion simulator that stands for the real one: started apart from the house, with people and pages of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from shared.local.simulators._server import serve
from shared.local.simulators.notion.simulator import NotionSimulator
from shared.local.story.demo import select

PERSON = {"name": "Grace Member", "email": "grace@team.example"}


@dataclass
class RealNotion:
    """The workspace of a team, an internal integration in it, and the page that is shared with it."""

    url: str
    secret: str
    bot: str
    workspace: str
    page: str
    person: str

    def as_person(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """Do something in Notion by hand."""
        asked = {"person": self.person, "method": method, "path": path, "body": body}
        return dict(self.control("/_as_person", asked))

    def control(self, path: str, body: Any) -> Any:
        """Call a control endpoint of the simulator."""
        answer = requests.post(self.url + path, json=body, timeout=30)
        assert answer.status_code < 300, f"{path}: {answer.status_code} {answer.text[:300]}"
        return answer.json()

    def databases(self) -> dict[str, str]:
        """Return the databases on the page, title → id."""
        children = self.as_person("GET", f"/v1/blocks/{self.page}/children")["results"]
        return {one["child_database"]["title"]: one["id"] for one in children if one["type"] == "child_database"}

    def source(self, title: str) -> str:
        """Return the data source of a database."""
        return str(self.as_person("GET", f"/v1/databases/{self.databases()[title]}")["data_sources"][0]["id"])

    def write_idea(self, title: str, status: str) -> str:
        """Write a row into Ideas with a status; return its page."""
        text = {"type": "paragraph", "paragraph": {"rich_text": [{"text": {"content": "Every Saturday from nine."}}]}}
        body = {
            "parent": {"type": "data_source_id", "data_source_id": self.source("Ideas")},
            "properties": {"Name": {"title": [{"text": {"content": title}}]}, **select("Status", status)},
            "children": [text],
        }
        return str(self.as_person("POST", "/v1/pages", body)["id"])

    def status(self, page: str) -> str:
        """Return the status that a page shows."""
        return str(self.as_person("GET", f"/v1/pages/{page}")["properties"]["Status"]["select"]["name"])

    def subscriptions(self) -> list[dict[str, Any]]:
        """Return who is told of changes by webhooks."""
        return list(requests.get(f"{self.url}/_subscriptions", timeout=30).json())


@contextmanager
def real_notion(folder: Path | None = None) -> Iterator[RealNotion]:
    """Serve one on a port of its own."""
    simulator = NotionSimulator(folder)
    server = serve(simulator)
    try:
        asked = {"workspace": "Team", "people": [PERSON], "internal": True}
        made = requests.post(f"{simulator.base_url}/_seed", json=asked, timeout=30).json()
        yield RealNotion(
            simulator.base_url,
            made["token"],
            made["bot_id"],
            made["workspace_id"],
            made["home_page_id"],
            made["people"][0]["id"],
        )
    finally:
        server.shutdown()
        server.server_close()
