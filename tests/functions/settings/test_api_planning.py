"""The owner sets when days are planned; a wrong time or zone is named, and nothing is kept of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.functions.conftest import Service


def test_an_owner_sets_it_and_everybody_may_read_it(service: Service) -> None:
    wanted = {"planning_time": "07:30", "time_zone": "Pacific/Kiritimati", "day_hours": 5}
    made = service.call("POST", "/v1/planning", json=wanted)
    assert made.status_code == 200
    assert {name: made.json[name] for name in wanted} == wanted
    at = datetime.fromisoformat(made.json["next"]).astimezone(ZoneInfo("Pacific/Kiritimati"))
    assert (at.hour, at.minute) == (7, 30)
    assert service.call("GET", "/v1/planning", key="viewer").json == made.json
    assert service.call("GET", "/v1/planning", key="foreign owner").json["planning_time"] == ""
    ended = service.call("POST", "/v1/planning", json={"planning_time": ""})
    assert (ended.json["planning_time"], ended.json["next"]) == ("", None)


@pytest.mark.parametrize("role", ["admin", "member", "viewer"])
def test_others_may_not(service: Service, role: str) -> None:
    assert service.call("POST", "/v1/planning", key=role, json={"planning_time": "07:30"}).status_code == 403


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"planning_time": "half past seven"}, "planning_time"),
        ({"planning_time": "07:30", "time_zone": "Europe/Berlni"}, "time_zone"),
        ({"day_hours": 30}, "day_hours"),
        ({"planning": "07:30"}, "planning"),
    ],
)
def test_what_is_wrong_is_named(service: Service, wrong: dict[str, Any], field: str) -> None:
    answer = service.call("POST", "/v1/planning", json=wrong)
    assert answer.status_code == 400
    assert field in answer.json["detail"]
    assert service.call("GET", "/v1/planning").json["next"] is None
