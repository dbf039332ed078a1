"""Routines in the simulated Notion, with a clock in hand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from shared.app.engine.due_times import read_alarm
from shared.app.engine.engine import record
from shared.app.engine.sweep import sweep
from shared.app.schedule.routines import routine_changed
from shared.core.documents.alarm import Alarm
from shared.core.run.acts import CancelRequested
from shared.core.run.run import Run
from shared.ports import SYSTEM
from tests.support.rigs.small_desk import Desk
from tests.support.rigs.small_house import TENANT, SmallHouse


@dataclass
class TimedRoutines:
    """A desk with a Routines database in it. The clock stands at Monday, 2 March 2026, 9:00 UTC."""

    desk: Desk
    source: str

    @property
    def house(self) -> SmallHouse:
        return self.desk.house

    def write(self, schedule: str, status: str = "Active", zone: str = "", text: str = "Water the plants") -> str:
        """Write a routine by hand; nobody is told yet."""
        properties = {
            **named("Water"),
            **with_status(status),
            **with_text("Schedule", schedule),
            **with_text("Time zone", zone),
        }
        to_do = {"type": "to_do", "to_do": {"rich_text": [{"text": {"content": text}}], "checked": False}}
        parent = {"type": "data_source_id", "data_source_id": self.source}
        body = {"parent": parent, "properties": properties, "children": [to_do]}
        return str(self.desk.as_person("POST", "/v1/pages", body)["id"])

    def change(self, page: str, **changes: Any) -> None:
        """Change properties by hand, and tell."""
        self.desk.as_person("PATCH", f"/v1/pages/{page}", {"properties": changes})
        self.told(page)

    def told(self, page: str) -> None:
        """Take note of the page, as after a delivery."""
        assert routine_changed(self.house.deps, self.house.tools, TENANT, self.page(page))

    def page(self, page: str) -> dict[str, Any]:
        """Return the page as Notion shows it."""
        return dict(self.desk.as_person("GET", f"/v1/pages/{page}"))

    def shown(self, page: str, name: str) -> datetime | None:
        """Return a date that the page shows, in UTC."""
        date = self.page(page)["properties"][name]["date"]
        return datetime.fromisoformat(date["start"]).astimezone(UTC) if date else None

    def comments(self, page: str) -> list[str]:
        """Return the comments on a page."""
        found = self.desk.as_person("GET", f"/v1/comments?block_id={page}")["results"]
        return ["".join(part["plain_text"] for part in one["rich_text"]) for one in found]

    def runs(self) -> list[Run]:
        """Return all runs, the oldest first."""
        return list(reversed(self.house.store.list_runs(TENANT)))

    def at(self, moment: datetime) -> None:
        """Move the clock there, sweep and work."""
        self.house.clock.move(seconds=(moment - self.house.clock.now()).total_seconds())
        sweep(self.house.deps)
        self.house.work()

    def alarms(self) -> list[str]:
        """Return the times of all alarms."""
        return [str(doc.body["at"]) for doc in self.house.store.list_docs(SYSTEM, "due")]

    def end(self, run: Run) -> None:
        """Let a run end, and its page show it."""
        record(self.house.deps, TENANT, run.id, CancelRequested(self.house.clock.now(), "ada", force=True))
        self.house.work()


def named(text: str) -> dict[str, Any]:
    return {"Name": {"title": [{"text": {"content": text}}]}}


def with_status(name: str) -> dict[str, Any]:
    return {"Status": {"select": {"name": name}}}


def with_text(column: str, text: str) -> dict[str, Any]:
    return {column: {"rich_text": [{"text": {"content": text}}] if text else []}}


def list_alarms(house: SmallHouse) -> list[Alarm]:
    return [read_alarm(doc) for doc in house.store.list_docs(SYSTEM, "due")]
