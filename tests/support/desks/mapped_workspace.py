"""A workspace that is crawled and mirrored, with the requests it took."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from shared.integrations.notion.client.client import Notion
from tests.support.rigs.small_desk import Desk
from tests.support.rigs.small_house import TENANT
from tests.support.simulators import kept_open

LATER = timedelta(minutes=30)


def set_clocks(desk: Desk, forward: timedelta) -> None:
    """Move the house's clock, and set Notion's to the same time."""
    desk.house.clock.move(seconds=forward.total_seconds())
    offset = (desk.house.clock.now() - datetime.now(UTC)).total_seconds()
    kept_open.post(f"{desk.url}/_clock", json={"offset_s": offset}, timeout=10)


def write_page(desk: Desk, parent: str, title: str, *, text: str = "Some words.", **key: Any) -> str:
    body = {
        "parent": {"type": "page_id", "page_id": parent},
        "properties": {"title": {"title": [{"text": {"content": title}}]}},
        "children": [{"type": "paragraph", "paragraph": {"rich_text": [{"text": {"content": text}}]}}],
    }
    return str(desk.as_person("POST", "/v1/pages", body)["id"])


def find_home(desk: Desk) -> str:
    state = kept_open.get(f"{desk.url}/_state", timeout=10).json()
    return next(str(node["id"]) for node in state["nodes"].values() if node["parent"]["type"] == "workspace")


def count_requests(desk: Desk) -> int:
    journal = kept_open.get(f"{desk.url}/_journal", timeout=10).json()
    return sum(entry["path"].startswith("/v1/") for entry in journal)


def client_of(desk: Desk) -> Notion:
    return desk.house.accounts.connect_for(TENANT)(Notion)
