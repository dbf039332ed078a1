"""A page of ours that Notion refuses for good: its owner hears of it once, and nothing is put aside."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from shared.app.notify.recipients import Recipient, pick_owners
from shared.app.tenants.settings_changes import change_settings
from shared.core.notify.telling import Telling
from shared.core.pages import marks
from shared.local.simulators.slack.simulator import SlackSimulator
from tests.integrations.conftest import Served
from tests.support.rigs.small_desk import Desk
from tests.support.rigs.small_house import TENANT
from tests.support.simulators import kept_open

ADA = {"id": "ada", "role": "owner", "slack": "C1", "channels": ["slack"]}
BEN = {"id": "ben", "slack": "C2", "channels": ["slack"]}


def _refuse_reading(desk: Desk, page: str) -> None:
    body = {"object": "error", "status": 403, "code": "restricted_resource", "message": "No."}
    order = {"method": "GET", "path": f"/v1/pages/{page}", "status": 403, "body": body, "times": 1000}
    kept_open.post(f"{desk.url}/_faults", json=order, timeout=10).raise_for_status()


def _told(slack: Served) -> dict[str, list[str]]:
    channels = slack.simulator.state["channels"]
    return {
        name: [text for each in messages if "may not read" in (text := json.dumps(each, ensure_ascii=False))]
        for name, messages in channels.items()
    }


def test_its_owner_is_told_once_and_of_pages_of_others_nobody(desk: Desk, served: Callable[[Any], Served]) -> None:
    slack = served(SlackSimulator())
    slack.control("/_config", {"rate_limit": 0})
    slack.control("/_seed", {"token": "word-of-slack", "channels": ["C1", "C2"], "users": []})
    desk.house.with_endpoints(slack=f"{slack.url}/api")
    desk.house.connect("slack", "word-of-slack")
    change_settings(desk.house.deps, TENANT, people=[ADA, BEN])
    page, other = desk.write_idea(), desk.write_idea("Not of ours yet")
    desk.set_status(page, marks.PLAN_IT)
    desk.tell(page)
    for each in (page, other):
        _refuse_reading(desk, each)
    for _ in range(5):
        desk.tell(page)
        desk.tell(other)
        desk.house.clock.move(hours=30)  # the queue has forgotten the name by now
    told = _told(slack)
    assert {name: len(texts) for name, texts in told.items()} == {"C1": 1, "C2": 0}
    assert "Bicycle club" in told["C1"][0]
    assert desk.house.queue.dead_letters(TENANT) == []


def test_where_nobody_is_called_the_owner_everybody_is_told() -> None:
    def told(*people: dict[str, Any]) -> list[str]:
        return [each.id for each in pick_owners([Recipient(person, Telling()) for person in people])]

    assert told(BEN, ADA) == ["ada"]
    assert told(BEN) == ["ben"]
    assert told() == []
