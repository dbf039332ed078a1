"""Owners say where work goes and who has to agree; what is wrong is named, and nothing of it is kept."""

from __future__ import annotations

from typing import Any

import pytest

from shared.cli.team.ship import parse_changes
from shared.core.errors import ConfigError
from shared.integrations.ship_policy import read_policy
from shared.ports import Put
from tests.functions.conftest import MINE, Service

AT = "/v1/settings/ship"


def test_what_nobody_has_set_is_the_safest_there_is(service: Service) -> None:
    found = service.call("GET", AT, key="viewer").json
    assert (found["code"]["merge"], found["code"]["private"]) == ("never", True)
    assert found["approvals"] == {"production": "ask", "four_eyes": False}
    assert found["policy"]["protected"] == list(read_policy({}).protected)
    assert ".github/**" in found["policy"]["protected"]


def test_a_part_that_is_set_is_set_whole_and_the_others_stay(service: Service) -> None:
    service.deps.store.put(MINE, Put("settings", "tenant", {"github_owner": "acme", "people": [{"id": "ada"}]}))
    made = service.call("PUT", AT, json={"approvals": {"four_eyes": True}, "policy": {"may_change": ["src/**"]}})
    assert made.status_code == 200
    assert made.json["approvals"] == {"production": "ask", "four_eyes": True}
    again = service.call("PUT", AT, json={"code": {"merge": "when_green", "repository": "shop", "owner": "acme"}}).json
    assert again["approvals"]["four_eyes"] is True
    assert again["policy"]["may_change"] == ["src/**"]
    assert (again["code"]["owner"], again["code"]["merge"]) == ("acme", "when_green")
    assert service.call("GET", AT, key="member").json == again
    kept = service.deps.store.get(MINE, "settings", "tenant")
    assert kept is not None
    assert kept.body["people"] == [{"id": "ada"}]
    assert service.call("GET", AT, key="foreign owner").json["approvals"]["four_eyes"] is False


def test_all_that_is_shown_can_be_set_again(service: Service) -> None:
    environment = [{"name": "SHOP_KEY", "secret": "shop"}]
    service.call("PUT", AT, json={"site": {"system": "vercel", "environment": environment, "watch_s": 60}})
    shown = service.call("GET", AT).json
    assert shown["site"] == {"system": "vercel", "source": "files", "environment": environment, "watch_s": 60}
    assert service.call("PUT", AT, json=shown).json == shown
    kept = service.deps.store.get(MINE, "settings", "tenant")
    assert kept is not None
    assert kept.body["ship"]["policy"] == {}  # defaults may become stricter, so they are not written down


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"code": {"merge": "always"}}, "code.merge"),
        ({"code": {"system": "bitbucket"}}, "code.system"),
        ({"code": {"private": "yes"}}, "code.private"),
        ({"code": {"reviewers": ["a b"]}}, "code.reviewers"),
        ({"policy": {"most_files": 0}}, "policy.most_files"),
        ({"policy": {"may_chance": []}}, "may_chance"),
        ({"site": {"environment": [{"name": "1X", "secret": "x"}]}}, "site.environment"),
        ({"site": {"environment": [{"name": "X", "value": "x"}]}}, "site.environment"),
        ({"approvals": {"four_eyes": 1}}, "approvals.four_eyes"),
        ({"approval": {}}, "approval"),
        ({"code": []}, "code"),
    ],
)
def test_what_is_wrong_is_named(service: Service, wrong: dict[str, Any], field: str) -> None:
    before = service.call("GET", AT).json
    answer = service.call("PUT", AT, json=wrong)
    assert answer.status_code == 400
    assert field in answer.json["detail"]
    assert service.call("GET", AT).json == before


def test_what_contradicts_is_refused(service: Service) -> None:
    answer = service.call("PUT", AT, json={"code": {"checks_start_s": 600, "checks_end_s": 60}})
    assert (answer.status_code, "checks_end_s" in answer.json["detail"]) == (409, True)
    answer = service.call("PUT", AT, json={"policy": {"most_bytes": 10}})
    assert (answer.status_code, "most_file_bytes" in answer.json["detail"]) == (409, True)


def test_the_command_changes_fields_in_their_own_shape(service: Service) -> None:
    now = service.call("GET", AT).json
    given = [
        "code.merge=when_green",
        "approvals.four_eyes=true",
        "policy.may_change=src/**, tests/**",
        "code.repository=",
    ]
    body = parse_changes(now, [*given, "policy.most_files=12", 'site.environment=[{"name": "A", "secret": "b"}]'])
    made = service.call("PUT", AT, json=body).json
    assert (made["code"]["merge"], made["approvals"]["four_eyes"]) == ("when_green", True)
    assert (made["policy"]["may_change"], made["policy"]["most_files"]) == (["src/**", "tests/**"], 12)
    assert made["site"]["environment"] == [{"name": "A", "secret": "b"}]
    assert made["policy"]["protected"] == now["policy"]["protected"]
    for wrong in (
        "merge=never",
        "codes.merge=never",
        "code.merge",
        "approvals.four_eyes=perhaps",
        "site.environment=[x",
    ):
        with pytest.raises(ConfigError, match="--set"):
            parse_changes(now, [wrong])
