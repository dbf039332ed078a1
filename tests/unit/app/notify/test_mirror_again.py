"""A page that could not be brought up to date is no longer said to stand still once it has been."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from shared.core.notify.attention import attention_of
from shared.core.run.commands import MIRROR, Command
from shared.local.simulators.notion.simulator import NotionSimulator
from tests.integrations.conftest import Served
from tests.support.rigs.small_desk import settle_in
from tests.support.rigs.small_house import TENANT, SmallHouse
from tests.support.simulators import kept_open


def test_the_next_page_that_is_brought_up_to_date_ends_the_notice(
    house: Callable[..., SmallHouse], served: Callable[[Any], Served]
) -> None:
    notion = served(NotionSimulator())
    desk = settle_in(house(endpoints={"notion": notion.url}), notion.url)
    page = desk.write_idea()
    desk.set_status(page, "Plan it")
    desk.tell(page)
    run = desk.run_of(page)
    order = {"method": "GET", "path": f"/v1/pages/{page}", "when": "before", "status": 503, "times": 99}
    assert kept_open.post(f"{notion.url}/_faults", json=order, timeout=10).ok
    desk.house.queue.bury(Command("mirror-1", MIRROR, "notify", TENANT, run.id), "503 from Notion", 8)
    desk.house.work()
    assert "could not be brought up to date" in " ".join(attention_of(desk.run_of(page)))

    kept_open.delete(f"{notion.url}/_faults", timeout=10)
    desk.house.queue.enqueue([Command("mirror-2", MIRROR, "notify", TENANT, run.id)])
    desk.house.work()
    assert attention_of(desk.run_of(page)) == ()
