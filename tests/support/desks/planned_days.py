"""A tenant's days against the simulated Notion, with a clock in hand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.app.engine.sweep import sweep
from shared.app.tenants.settings_changes import change_settings
from shared.app.workspace.workspace_databases import database_of
from shared.app.workspace.workspace_schemas import ROUTINES
from shared.core.pages.author import PERSON, Author
from shared.ports import SYSTEM
from tests.support.rigs.small_desk import Desk
from tests.support.rigs.small_house import TENANT, SmallHouse


@dataclass
class PlannedDays:
    """A desk with a Tasks database. The clock stands at Monday, 2 March 2026, 9:00 UTC."""

    desk: Desk
    source: str
    home: str

    @property
    def house(self) -> SmallHouse:
        return self.desk.house

    def task(self, title: str, due: str = "", hours: float | None = 1, status: str = "To do", **more: Any) -> str:
        """Write a task by hand."""
        properties = {
            "Name": {"title": [{"text": {"content": title}}]},
            "Status": {"select": {"name": status}},
            "Due": {"date": {"start": due} if due else None},
            "Estimate": {"number": hours},
            **more,
        }
        parent = {"type": "data_source_id", "data_source_id": self.source}
        return str(self.desk.as_person("POST", "/v1/pages", {"parent": parent, "properties": properties})["id"])

    def routine(self, schedule: str) -> str:
        """Write a routine by hand; nobody is told."""
        mapped = database_of(self.house.settings(TENANT), ROUTINES)
        assert mapped is not None
        properties = {
            "Name": {"title": [{"text": {"content": "Water"}}]},
            "Status": {"select": {"name": "Active"}},
            "Schedule": {"rich_text": [{"text": {"content": schedule}}]},
        }
        parent = {"type": "data_source_id", "data_source_id": mapped.data_source}
        return str(self.desk.as_person("POST", "/v1/pages", {"parent": parent, "properties": properties})["id"])

    def page_of(self, page: str) -> dict[str, Any]:
        """Return a page as Notion shows it."""
        return dict(self.desk.as_person("GET", f"/v1/pages/{page}"))

    def plan_at(self, time: str, zone: str = "UTC", **settings: Any) -> None:
        """Set the planning time as the owner does."""
        change_settings(self.house.deps, TENANT, planning_time=time, time_zone=zone, **settings)

    def at(self, moment: datetime) -> None:
        """Move the clock there, sweep and work."""
        self.house.clock.move(seconds=(moment - self.house.clock.now()).total_seconds())
        sweep(self.house.deps)
        self.house.work()

    def pages(self) -> dict[str, str]:
        """Return the pages of days by title."""
        found = self.desk.as_person("GET", f"/v1/blocks/{self.home}/children?page_size=100")["results"]
        titles = {one["child_page"]["title"]: str(one["id"]) for one in found if one["type"] == "child_page"}
        assert len(titles) == sum(one["type"] == "child_page" for one in found)
        return {title: page for title, page in titles.items() if title.startswith("Today")}

    def blocks(self, page: str) -> list[dict[str, Any]]:
        """Return a page's blocks."""
        return list(self.desk.as_person("GET", f"/v1/blocks/{page}/children?page_size=100")["results"])

    def lines(self, page: str) -> list[str]:
        """Return what a page says, each block with the first letters of its type."""
        return [f"{one['type'][:5]} {plain_text(one)}" for one in self.blocks(page)]

    def due(self, task: str) -> str:
        """Return the date a task is due."""
        return str(self.desk.as_person("GET", f"/v1/pages/{task}")["properties"]["Due"]["date"]["start"])

    def say(self, page: str, text: str) -> None:
        """Comment on a page as a person, and tell."""
        said = {"parent": {"page_id": page}, "rich_text": [{"text": {"content": text}}]}
        self.house.clock.move(minutes=1)
        self.desk.as_person("POST", "/v1/comments", said)
        self.desk.tell(page, author=Author(PERSON, self.desk.person, seen=True))

    def alarms(self) -> list[str]:
        """Return the times of all alarms."""
        return [str(doc.body["at"]) for doc in self.house.store.list_docs(SYSTEM, "due")]


def plain_text(block: dict[str, Any]) -> str:
    return "".join(part["plain_text"] for part in block[block["type"]].get("rich_text", ()))


def page_of(days: PlannedDays) -> str:
    return next(iter(days.pages().values()))
