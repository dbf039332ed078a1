"""Passes over a tenant's tables, and what they ask of Notion."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from shared.app.polling.changed_rows import look_for_rows
from shared.integrations.notion.client.client import Notion
from tests.support.rigs.small_desk import Desk
from tests.support.rigs.small_house import TENANT
from tests.support.simulators import kept_open


def let_pass(desk: Desk, span: timedelta) -> None:
    desk.house.clock.move(seconds=span.total_seconds())
    offset = (desk.house.clock.now() - datetime.now(UTC)).total_seconds()
    kept_open.post(f"{desk.url}/_clock", json={"offset_s": offset}, timeout=10)


def look_for_changes(desk: Desk) -> int:
    """Look for changed rows; return how many looks were ordered, and take them."""
    notion = desk.house.accounts.connect_for(TENANT)(Notion)
    found = look_for_rows(desk.house.deps, TENANT, notion, desk.source)
    desk.house.work()
    return found
