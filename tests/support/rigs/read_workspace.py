"""A desk whose workspace is read into an index, and what the person does in it meanwhile."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from shared.app.intake.reconcile import order_passes
from shared.app.knowledge.knowledge_scope import Served, scope_of
from shared.backends.local.search.local_knowledge import LocalKnowledge
from tests.support.ports.known_pages import CountingEmbedder, WatchedKnowledge
from tests.support.rigs.small_desk import Desk
from tests.support.rigs.small_house import TENANT
from tests.support.simulators import kept_open

LATER = timedelta(minutes=30)


def make_reading(desk: Desk) -> Reading:
    """Return the desk with an index that is still empty."""
    known = WatchedKnowledge(LocalKnowledge(desk.house.folder).open_for(TENANT))
    embedder = CountingEmbedder()
    desk.house.tools = replace(desk.house.tools, knowledge=lambda tenant: known, embedder=lambda tenant: embedder)
    made = Reading(desk, known, embedder)
    made.set_clocks(timedelta(0))
    return made


@dataclass
class Reading:
    """A desk whose workspace is read into an index."""

    desk: Desk
    known: WatchedKnowledge
    embedder: CountingEmbedder

    @property
    def home(self) -> str:
        return self.desk.home

    def set_clocks(self, forward: timedelta) -> None:
        """Move the house's clock, and set Notion's to the same time."""
        self.desk.house.clock.move(seconds=forward.total_seconds())
        offset = (self.desk.house.clock.now() - datetime.now(UTC)).total_seconds()
        kept_open.post(f"{self.desk.url}/_clock", json={"offset_s": offset}, timeout=10)

    def write(self, parent: str, title: str, *lines: str) -> str:
        """Write a page by hand; return its id."""
        return str(self.desk.as_person("POST", "/v1/pages", page_body(parent, title, *lines))["id"])

    def row(self, title: str, **columns: Any) -> str:
        """Write an idea by hand."""
        parent = {"type": "data_source_id", "data_source_id": self.desk.source}
        properties = {"Name": {"title": [{"text": {"content": title}}]}, **columns}
        return str(self.desk.as_person("POST", "/v1/pages", {"parent": parent, "properties": properties})["id"])

    def rewrite(self, page: str, number: int, text: str) -> None:
        """Change the text of the page's block of that number."""
        blocks = self.desk.as_person("GET", f"/v1/blocks/{page}/children")["results"]
        content = {"paragraph": {"rich_text": [{"text": {"content": text}}]}}
        self.desk.as_person("PATCH", f"/v1/blocks/{blocks[number]['id']}", content)

    def trash(self, page: str, gone: bool = True) -> None:
        self.desk.as_person("PATCH", f"/v1/pages/{page}", {"in_trash": gone})

    def refuse(self, *pages: str) -> None:
        """Have Notion show these pages no more, as when they are not shared with us any longer."""
        kept_open.delete(f"{self.desk.url}/_faults", timeout=10)
        for page in pages:
            body = {"object": "error", "status": 404, "code": "object_not_found", "message": "Could not find page."}
            for path in (f"/v1/pages/{page}", f"/v1/blocks/{page}/children"):
                fault = {"path": path, "status": 404, "body": body, "times": 100_000}
                kept_open.post(f"{self.desk.url}/_faults", json=fault, timeout=10)

    def sync(self) -> None:
        """Let the clock order passes until nothing is left to do, half an hour later."""
        self.set_clocks(LATER)
        for _ in range(2):
            order_passes(self.desk.house.deps)
            self.desk.house.work()
            self.set_clocks(timedelta(minutes=2))
            self.desk.house.work()

    def texts(self, page: str) -> list[str]:
        return [chunk.text for chunk in self.known.chunks(page)]

    def served(self, page: str) -> bool:
        """Say whether the page would be shown to whoever asks."""
        house = self.desk.house
        return bool(Served(house.deps, TENANT, scope_of(house.settings(TENANT))).way(page))

    def requests_of(self, since: int = 0) -> int:
        journal = kept_open.get(f"{self.desk.url}/_journal", timeout=10).json()
        return len([entry for entry in journal if entry["path"].startswith("/v1/")]) - since


def page_body(parent: str, title: str, *lines: str) -> dict[str, Any]:
    return {
        "parent": {"type": "page_id", "page_id": parent},
        "properties": {"title": {"title": [{"text": {"content": title}}]}},
        "children": [block_body(line) for line in lines],
    }


def block_body(text: str) -> dict[str, Any]:
    kind, _, rest = text.partition("# ") if text.startswith("# ") else ("paragraph", "", text)
    name = "heading_2" if text.startswith("# ") else kind
    return {"type": name, name: {"rich_text": [{"text": {"content": rest}}]}}


def write_pages(reading: Reading, count: int) -> list[str]:
    """Write pages by hand, over one connection."""
    made = []
    with requests.Session() as session:
        for number in range(count):
            body = page_body(reading.home, f"Page {number}", f"Text of number {number}.")
            asked = {"person": reading.desk.person, "method": "POST", "path": "/v1/pages", "body": body}
            made.append(str(session.post(f"{reading.desk.url}/_as_person", json=asked, timeout=10).json()["id"]))
    return made
