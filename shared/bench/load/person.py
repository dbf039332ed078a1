"""The person of `bench load`: writes ideas into the simulated Notion, sets them going, and approves what asks."""

from __future__ import annotations

import json
import sqlite3
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from shared.core.pages import marks
from shared.integrations.notion.content import blocks
from shared.local.story.idea import Idea

ENDED = frozenset({marks.DONE, marks.FAILED, marks.CANCELLED, marks.QUESTION})
_TIMEOUT = 120


@dataclass
class Person:
    """One member of the simulated workspace; knows of the house what its pages show, and nothing else."""

    notion: str  # where it answers
    person: str
    ideas: str  # data source
    took_s: dict[str, dict[str, float]] = field(default_factory=dict)  # page → status → seconds after the start
    approvals: int = 0

    @classmethod
    def at_home(cls, data: Path, notion: str) -> Person:
        """Return the one whom the house in this folder has settled in with."""
        with sqlite3.connect(f"file:{data / 'workwright.db'}?mode=ro", uri=True) as connection:
            (body,) = connection.execute("SELECT body FROM docs WHERE kind = 'install' AND id = 'home'").fetchone()
        home = json.loads(body)
        return cls(notion, str(home["person"]), str(home["ideas"]))

    def write(self, idea: Idea, number: int) -> str:
        """Write the idea as a page of its own; return its id."""
        title = blocks.rich_text(f"{idea.title} {number}")
        properties = {"Name": {"title": title}, "Status": {"select": {"name": marks.IDEA}}}
        parent = {"type": "data_source_id", "data_source_id": self.ideas}
        page = self._call("POST", "/v1/pages", {"parent": parent, "properties": properties})
        self._call("PATCH", f"/v1/blocks/{page['id']}/children", {"children": idea.blocks})
        return str(page["id"])

    def set_status(self, page: str, status: str) -> None:
        """Set a page's status by hand."""
        self._call("PATCH", f"/v1/pages/{page}", {"properties": {"Status": {"select": {"name": status}}}})

    def see_through(self, pages: Sequence[str], *, planned: bool, within_s: float) -> Counter[str]:
        """Watch the pages until they have ended, or have their plan if that is all; return how they stand.

        What asks for approval is approved, at each gate.
        """
        began, shown = time.monotonic(), dict.fromkeys(pages, "")
        enough = ENDED | ({marks.PLAN_READY} if planned else set())
        while time.monotonic() - began < within_s:
            for page, status in self._statuses().items():
                if page not in shown:
                    continue
                shown[page] = status
                self.took_s.setdefault(page, {}).setdefault(status, round(time.monotonic() - began, 1))
                if status in marks.ASKING and not planned:
                    self.set_status(page, marks.APPROVED)
                    self.approvals += 1
            if all(status in enough for status in shown.values()):
                break
            time.sleep(1.0)
        return Counter(shown.values())

    def _statuses(self) -> Mapping[str, str]:
        found: dict[str, str] = {}
        asked: dict[str, Any] = {"page_size": 100}
        while True:
            part = self._call("POST", f"/v1/data_sources/{self.ideas}/query", asked)
            for row in part["results"]:
                value = row["properties"]["Status"]["select"]
                found[str(row["id"])] = str(value["name"]) if value else ""
            if not part.get("has_more"):
                return found
            asked["start_cursor"] = part["next_cursor"]

    def _call(self, method: str, path: str, body: Any) -> Any:
        asked = {"person": self.person, "method": method, "path": path, "body": body}
        answer = requests.post(f"{self.notion}/_as_person", json=asked, timeout=_TIMEOUT)
        answer.raise_for_status()
        return answer.json()
