"""A desk whose Notion tells nothing by itself: everything is found by asking, at times in the test's hand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.app.polling.polling_clock import order_looks
from shared.core.pages import marks
from shared.core.polling.pace import Room
from shared.core.run.run import Run, RunStatus
from tests.support.rigs.small_desk import Desk
from tests.support.rigs.small_house import TENANT, SmallHouse
from tests.support.simulators import kept_open

BETWEEN = timedelta(seconds=13)  # two looks, while a person is waited for


@dataclass
class AskedDesk:
    """A desk, and the looks at it."""

    desk: Desk

    @property
    def house(self) -> SmallHouse:
        """Return the house the desk stands in."""
        return self.desk.house

    def pass_time(self, span: timedelta) -> None:
        """Let time pass in the house and in Notion."""
        self.house.clock.move(seconds=span.total_seconds())
        self.set_notions_clock(self.house.clock.now())

    def set_notions_clock(self, now: datetime) -> None:
        """Give Notion a time of its own."""
        offset = (now - datetime.now(UTC)).total_seconds()
        kept_open.post(f"{self.desk.url}/_clock", json={"offset_s": offset}, timeout=10)

    def order(self, limit: int = 150) -> dict[str, float]:
        """Order what is due, as the clock does."""
        return dict(order_looks(self.house.deps, lambda tenant: Room(limit)))

    def look(self) -> int:
        """Look if it is due, and do what follows; return how many requests that took."""
        before = len(self.asked())
        self.order()
        self.house.work()
        return len(self.asked()) - before

    def look_later(self, span: timedelta = BETWEEN) -> int:
        """Let time pass, then look."""
        self.pass_time(span)
        return self.look()

    def asked(self) -> list[Any]:
        """Return every request to Notion's API."""
        journal = kept_open.get(f"{self.desk.url}/_journal", timeout=10).json()
        return [entry for entry in journal if entry["path"].startswith("/v1/")]

    def planned(self, title: str = "Bicycle club") -> str:
        """Write an idea, and have it planned; the row was looked at as it shows the plan."""
        page = self.desk.write_idea(title)
        self.desk.set_status(page, marks.PLAN_IT)
        self.look_later(timedelta(seconds=61))
        assert self.run_of(page).status == RunStatus.AWAITING_APPROVAL
        self.look_later()
        return page

    def run_of(self, page: str) -> Run:
        """Return the page's latest run."""
        return self.desk.run_of(page)

    def runs(self) -> int:
        """Return how many runs there are."""
        return len(self.house.store.list_runs(TENANT))

    def said(self, page: str) -> list[str]:
        """Return the texts of the comments on a page."""
        found = self.desk.as_person("GET", f"/v1/comments?block_id={page}")["results"]
        return ["".join(part["plain_text"] for part in one["rich_text"]) for one in found]

    def comment(self, page: str, text: str, person: str = "") -> None:
        """Comment on a page by hand."""
        body = {"parent": {"page_id": page}, "rich_text": [{"text": {"content": text}}]}
        asked = {"person": person or self.desk.person, "method": "POST", "path": "/v1/comments", "body": body}
        kept_open.post(f"{self.desk.url}/_as_person", json=asked, timeout=10)
