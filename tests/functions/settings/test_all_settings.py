"""All settings of a team in one answer and one change: whole or not at all, by whom, and never another team's."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from shared.app.api.keys import make_key
from shared.app.api.routes import ROUTES
from shared.app.api.settings.all_settings import LINKS
from shared.app.models.model_keys import keep_key
from shared.ports import Secret
from tests.functions.conftest import MINE, Service

WHERE = "/v1/settings"
# Written by hand from what the guides promise a team that has set nothing.
USUAL = {
    "planning": {"planning_time": "", "time_zone": "UTC", "day_hours": 6.0},
    "sync": {"interval_s": 0},
    "models": {"classes": {}, "prefer": "", "allow": [], "deny": [], "keys": []},
    "budgets": {
        "call": 3_000_000,
        "run": 5_000_000,
        "project": None,
        "person": None,
        "day": 25_000_000,
        "month": 250_000_000,
        "kept_back": 250_000,
    },
    "approvals": {"production": "ask", "four_eyes": False},
    "channels": {"escalate_hours": 0},
    "frontends": {"origins": []},
    "limits": {"api_per_minute": 600, "automated_runs_per_hour": 6},
    "retention": {
        "contexts_days": 90,
        "preferences_days": 1095,
        "accounts_days": 90,
        "spending_days": 1095,
        "audit_days": 1095,
    },
}
NOBODY = {"changed_by": "", "changed_actor": "", "changed_at": None}
# One valid value of each field that can be set, and values that are none of it.
VALUES: dict[str, tuple[Any, list[Any]]] = {
    "planning.planning_time": ("07:30", ["24:00", "7:30", 730, "07:30\n"]),
    "planning.time_zone": ("Europe/Berlin", ["Mars/Base", 1]),
    "planning.day_hours": (8, [0, 25, "8", True, 7.5]),
    "sync.interval_s": (300, [-1, 3601, "300"]),
    "models.classes": ({"reason": ["anthropic"]}, [["anthropic"], {"reason": "anthropic"}, {"nonsense": ["xai"]}]),
    "models.prefer": ("cost", ["cheapest", 1]),
    "models.allow": (["anthropic"], ["anthropic", ["nobody"], [1]]),
    "models.deny": (["xai"], [{"xai": 1}, ["x" * 300]]),
    "budgets.call": (1_000_000, [-1, "1", 1.5, 10**13]),
    "budgets.run": (4_000_000, [-1, True]),
    "budgets.project": (2_000_000, [-1, "2"]),
    "budgets.person": (3_000_000, [-1, 0.5]),
    "budgets.day": (9_000_000, [-1, "9"]),
    "budgets.month": (90_000_000, [-1, []]),
    "budgets.kept_back": (100_000, [-1, "0"]),
    "approvals.production": ("with_release", ["never", 1]),
    "approvals.four_eyes": (True, ["yes", 1]),
    "channels.escalate_hours": (24, [-1, 721, "24"]),
    "frontends.origins": (["https://app.example.com"], ["https://app.example.com", ["*"], ["https://a.example/path"]]),
    "limits.api_per_minute": (120, [59, 6001, "120"]),
    "limits.automated_runs_per_hour": (0, [-1, 1001]),
    "retention.contexts_days": (30, [0, 3651, "30"]),
    "retention.preferences_days": (400, [29, 3651]),
    "retention.accounts_days": (7, [0, 3651]),
    "retention.spending_days": (92, [91, 3651]),
    "retention.audit_days": (90, [89, 3651, 90.5]),
}


def _patch(path: str, value: Any) -> dict[str, Any]:
    section, _, field = path.partition(".")
    return {section: {field: value}}


def _change(service: Service, body: Any, **given: Any) -> Any:
    return service.call("PATCH", WHERE, json=body, **given)


def _read(service: Service, key: str = "owner") -> dict[str, Any]:
    answer = service.call("GET", WHERE, key=key)
    assert answer.status_code == 200, answer.json
    found: dict[str, Any] = answer.json
    return found


def _values(found: dict[str, Any]) -> dict[str, Any]:
    return {
        name: {field: value for field, value in section.items() if not field.startswith("changed_")}
        for name, section in found.items()
        if name != "links"
    }


def test_a_team_that_has_set_nothing_has_what_is_usual_and_links_lead_to_routes(service: Service) -> None:
    found = _read(service, "viewer")
    assert _values(found) == USUAL
    assert all({name: section[name] for name in NOBODY} == NOBODY for key, section in found.items() if key != "links")
    paths = {route.path for route in ROUTES if route.method == "GET"}
    assert set(LINKS.values()) <= paths


def test_each_field_is_set_said_who_by_and_as_usual_again_with_null(service: Service) -> None:
    for path, (value, _) in VALUES.items():
        section, _, field = path.partition(".")
        answer = _change(service, _patch(path, value))
        assert answer.status_code == 200, (path, answer.json)
        assert answer.json[section][field] == value, path
        assert answer.json[section]["changed_by"] == "owner's key"
        assert answer.json[section]["changed_actor"].startswith("service:")
        assert answer.json == _read(service)
        assert answer.headers["ETag"] == service.call("GET", WHERE).headers["ETag"]
    for path in VALUES:
        assert _change(service, _patch(path, None)).status_code == 200, path
    assert _values(_read(service)) == USUAL
    assert all(section["changed_at"] for name, section in _read(service).items() if name != "links")


def test_a_bad_value_is_named_by_its_path_and_nothing_of_the_change_is_kept(service: Service) -> None:
    before = _read(service)
    for path, bad in ((path, bad) for path, (_, values) in VALUES.items() for bad in values):
        section = path.partition(".")[0]
        other = next(name for name in ("approvals.four_eyes", "sync.interval_s") if not name.startswith(section))
        answer = _change(service, {**_patch(other, VALUES[other][0]), **_patch(path, bad)})
        assert answer.status_code == 400, (path, bad)
        assert f"'{path}" in answer.json["detail"], answer.json
        assert answer.json["way_out"]
    assert _read(service) == before
    assert service.call("GET", "/v1/audit").json["entries"] == []


CRAFTED: list[tuple[Any, int, str]] = [
    ({"planning": None}, 400, "'planning'"),
    ({"planning": []}, 400, "'planning'"),
    ({"tenant": "t-fedcba987654321001234567"}, 400, "'tenant'"),
    ({"budgets": {"tenant": "t-fedcba987654321001234567"}}, 400, "'tenant'"),
    ({"people": [{"id": "me"}]}, 400, "'people'"),
    ({"models": {"keys": [{"provider": "openai"}]}}, 400, "'keys'"),
    ({"planning": {"changed_by": "somebody else"}}, 400, "'changed_by'"),
    ({"links": {"ship": "https://elsewhere.example"}}, 400, "'links'"),
    ({"budgets": {"kept_back": 10_000_000}}, 409, "budgets.kept_back"),
    ({"budgets": {"person": 10}}, 409, "budgets.kept_back must be at most budgets.person"),
    ({"budgets": {"day": 10}, "sync": {"interval_s": 9}}, 409, "budgets.kept_back"),
    ({"models": {"classes": {"reason": ["openai/no-such-model"]}}}, 404, "'models.classes.reason'"),
    ({"models": {"deny": ["openai/no-such-model"]}}, 404, "'models.deny'"),
    ([{"planning": {}}], 400, "JSON object"),
]


def test_a_crafted_body_changes_nothing_and_is_told_what_is_wrong(service: Service) -> None:
    theirs, mine = _read(service, "foreign owner"), _read(service)
    for body, status, named in CRAFTED:
        answer = _change(service, body)
        assert (answer.status_code, named in answer.json["detail"]) == (status, True), answer.json
    assert (_read(service, "foreign owner"), _read(service)) == (theirs, mine)


def test_another_team_notices_nothing(service: Service) -> None:
    before = service.call("GET", WHERE, key="foreign owner")
    for path, (value, _) in VALUES.items():
        assert _change(service, _patch(path, value)).status_code == 200
    after = service.call("GET", WHERE, key="foreign owner")
    assert (after.json, after.headers["ETag"]) == (before.json, before.headers["ETag"])


# Written by hand: the sections that each role may change.
MAY = {"owner": set(USUAL), "admin": {"channels"}, "member": set(), "viewer": set()}


@pytest.mark.parametrize("role", MAY)
def test_a_section_is_changed_by_those_who_may_and_by_nobody_else(service: Service, role: str) -> None:
    for section in USUAL:
        path = next(name for name in VALUES if name.startswith(f"{section}."))
        before = _read(service)
        answer = _change(service, _patch(path, VALUES[path][0]), key=role)
        assert answer.status_code == (200 if section in MAY[role] else 403), (section, answer.json)
        if section not in MAY[role]:
            assert _read(service) == before
    mixed = _change(service, {"channels": {"escalate_hours": 3}, "budgets": {"day": 1_000_000}}, key=role)
    assert mixed.status_code == (200 if role == "owner" else 403)
    assert _read(service)["channels"]["escalate_hours"] != 3 or role == "owner"


def test_a_key_without_the_scope_of_settings_changes_none(service: Service) -> None:
    narrow = make_key(service.deps, MINE, "owner", "a script", scopes=("read", "run", "decide", "steer"))[1]
    assert _change(service, {"sync": {"interval_s": 60}}, key=narrow).status_code == 403
    assert service.call("GET", WHERE, key=narrow).status_code == 200


def test_who_comes_second_with_what_they_saw_first_changes_nothing(service: Service) -> None:
    tag = {"If-Match": service.call("GET", WHERE).headers["ETag"]}
    first = _change(service, {"sync": {"interval_s": 60}}, headers=tag)
    assert first.status_code == 200
    late = _change(service, {"channels": {"escalate_hours": 5}}, headers=tag)
    assert (late.status_code, late.json["title"]) == (412, "Changed since")
    assert late.json["way_out"].startswith("Read it again")
    assert _read(service)["channels"]["escalate_hours"] == 0
    again = _change(service, {"channels": {"escalate_hours": 5}}, headers={"If-Match": first.headers["ETag"]})
    assert (again.status_code, again.json["sync"]["interval_s"]) == (200, 60)
    weak = {"If-Match": f"W/{again.headers['ETag']}"}  # RFC 9110, 13.1.1: a weak tag matches nothing here
    assert _change(service, {"sync": {"interval_s": 1}}, headers=weak).status_code == 412
    assert _change(service, {"sync": {"interval_s": 1}}, headers={"If-Match": "*"}).status_code == 200


def test_of_several_at_once_with_the_same_tag_one_gets_through_and_without_one_nothing_is_lost(
    service: Service,
) -> None:
    bodies: list[dict[str, dict[str, Any]]] = [
        {"sync": {"interval_s": 7}}, {"channels": {"escalate_hours": 7}}, {"limits": {"api_per_minute": 777}},
        {"approvals": {"four_eyes": True}},
    ]  # fmt: skip
    tag = {"If-Match": service.call("GET", WHERE).headers["ETag"]}
    with ThreadPoolExecutor(4) as pool:
        codes = list(pool.map(lambda body: _change(service, body, headers=tag).status_code, bodies))
        assert sorted(codes) == [200, 412, 412, 412]
        assert {each.status_code for each in pool.map(lambda body: _change(service, body), bodies)} == {200}
    found = _values(_read(service))
    for body in bodies:
        ((section, fields),) = body.items()
        assert fields.items() <= found[section].items()


def test_the_routes_of_old_write_the_same_record(service: Service) -> None:
    for path, body, section, field, value in (
        ("/v1/planning", {"planning_time": "08:15"}, "planning", "planning_time", "08:15"),
        ("/v1/budget", {"day": 7_000_000}, "budgets", "day", 7_000_000),
        ("/v1/models", {"deny": ["xai"]}, "models", "deny", ["xai"]),
        ("/v1/settings/notifications", {"escalate_hours": 9}, "channels", "escalate_hours", 9),
        ("/v1/settings/origins", {"allow": ["https://a.example"]}, "frontends", "origins", ["https://a.example"]),
        ("/v1/settings/ship", {"approvals": {"four_eyes": True}}, "approvals", "four_eyes", True),
    ):
        method = next(route.method for route in ROUTES if route.path == path and route.method != "GET")
        answer = service.call(method, path, json=body)
        assert answer.status_code == 200, answer.json
        section_now = _read(service)[section]
        assert (section_now[field], section_now["changed_by"]) == (value, "owner's key")
    _change(service, {"budgets": {"month": 80_000_000}})
    assert service.call("GET", "/v1/budget").json["month"] == 80_000_000


def test_it_is_audited_with_before_and_after_and_no_key_of_a_provider_is_in_it(service: Service) -> None:
    secret = "made-up-0123456789"
    keep_key(service.deps, MINE, "openai", Secret(secret), "Lin Example")
    _change(service, {"sync": {"interval_s": 60}, "budgets": {"day": 6_000_000}})
    _change(service, {"sync": {"interval_s": 60}})  # as it is: no entry
    (entry,) = service.call("GET", "/v1/audit").json["entries"]
    assert (entry["what"], entry["about"], entry["by"]) == ("SettingsChanged", "budgets, sync", "owner's key")
    assert (entry["address"], entry["actor"]) == ("127.0.0.1", f"service:{entry['key']}")
    assert (entry["before"]["sync"], entry["after"]["sync"]) == ({"interval_s": 0}, {"interval_s": 60})
    assert (entry["before"]["budgets"]["day"], entry["after"]["budgets"]["day"]) == (25_000_000, 6_000_000)
    answer = service.call("GET", WHERE)
    (key,) = answer.json["models"]["keys"]
    assert (key["provider"], key["by"], key["status"]) == ("openai", "Lin Example", "connected")
    assert key["since"]
    assert secret not in answer.text


def test_a_merge_patch_may_be_called_what_it_is(service: Service) -> None:
    for kind in ("application/json", "application/merge-patch+json"):
        answer = service.call("PATCH", WHERE, data='{"sync": {"interval_s": 5}}', content_type=kind)
        assert answer.status_code == 200
    assert service.call("PATCH", WHERE, data="{}", content_type="text/plain").status_code == 415
