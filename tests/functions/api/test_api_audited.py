"""What calls change of who may do what is in the audit: by whom, from where, how it was and how it is."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shared.app.api.audited import AUDITED
from shared.app.api.routes import ROUTES
from shared.core.documents.codec import to_body
from shared.core.people.members import Member, Members
from shared.ports import Put
from tests.functions.conftest import MINE, Service

# What changes who may do what, by the names of permissions; and what writes its own entry.
CHANGING = (".change", ".manage")
BY_THEMSELVES = {"change_pause", "change_confinement", "change_member", "remove_member"}
BY_THEMSELVES |= {"add_endpoint", "remove_endpoint", "replace_endpoint_secret", "switch_endpoint_on"}
BY_THEMSELVES |= {"choose_endpoint_events"}
# Wishes about style permit nothing, and neither does a message that is sent again.
NO_RIGHTS = {
    "reword_preference",
    "delete_preference",
    "send_test",
    "replay_delivery",
    "order_replay",
    "order_channel_test",
}


def _last(service: Service) -> dict[str, Any]:
    found: dict[str, Any] = service.call("GET", "/v1/audit").json["entries"][-1]
    return found


def test_every_route_that_changes_who_may_do_what_is_audited() -> None:
    changing = {route.id for route in ROUTES if route.method != "GET" and route.permission.endswith(CHANGING)}
    assert changing - BY_THEMSELVES - NO_RIGHTS <= AUDITED.keys()
    assert AUDITED.keys() <= {route.id for route in ROUTES}


def test_a_changed_setting_says_how_it_was_and_is_by_whom_and_from_where(service: Service) -> None:
    service.call("POST", "/v1/budget", json={"day": 5_000_000})
    first = _last(service)
    assert (first["what"], first["by"], first["address"]) == ("BudgetChanged", "owner's key", "127.0.0.1")
    assert first["key"] == service.keys["owner"].split(".")[1]
    assert first["before"] == {}
    service.call("POST", "/v1/budget", json={"day": 7_000_000}, headers={"X-Forwarded-For": "192.0.2.1, 198.51.100.2"})
    second = _last(service)
    assert second["before"] == first["after"]
    assert (first["after"]["budget"]["day"], second["after"]["budget"]["day"]) == (5_000_000, 7_000_000)
    assert second["forwarded"] == "192.0.2.1, 198.51.100.2"
    described = service.call("GET", "/openapi.json").json["components"]["schemas"]["AuditEntry"]
    assert set(described["required"]) <= set(second) <= set(described["properties"])
    assert service.call("GET", "/v1/audit/verify").json["whole"]


def test_keys_are_in_it_without_their_secrets(service: Service) -> None:
    made = service.call("POST", "/v1/keys", json={"role": "viewer", "name": "a screen"}).json
    entry = _last(service)
    assert (entry["what"], entry["about"], entry["after"]["role"]) == ("ApiKeyMade", made["id"], "viewer")
    service.call("DELETE", f"/v1/keys/{made['id']}")
    assert (_last(service)["what"], _last(service)["about"]) == ("ApiKeyRevoked", made["id"])
    service.call("POST", "/v1/models/keys", json={"provider": "openai", "key": "made-up-0123456789"})
    assert (_last(service)["what"], _last(service)["about"]) == ("ModelKeyStored", "openai")
    everything = json.dumps(service.call("GET", "/v1/audit").json)
    assert made["key"] not in everything
    assert "made-up-0123456789" not in everything


@pytest.mark.parametrize(
    ("method", "path", "body", "what"),
    [
        ("POST", "/v1/pause", {"paused": True, "reason": "a fair"}, "Paused"),
        ("POST", "/v1/endpoints", {"url": "https://example.com/hooks"}, "EndpointAdded"),
        ("POST", "/v1/members/p-" + "a" * 24, {"role": "admin"}, "RoleGiven"),
        ("DELETE", "/v1/members/p-" + "a" * 24, None, "MemberOut"),
        ("GET", "/v1/export", None, "Exported"),
        ("GET", "/v1/audit/export?format=csv", None, "AuditExported"),
        ("POST", "/v1/confinement", {"page": "a" * 32}, "Confined"),
        ("POST", "/v1/budget", {"day": 5_000_000}, "BudgetChanged"),
    ],
)
def test_every_entry_of_a_call_says_who_with_which_key_and_from_where(
    service: Service, method: str, path: str, body: dict[str, Any] | None, what: str
) -> None:
    member = Member("Ben", "notion:ben", service.deps.clock.now(), "member")
    service.deps.store.put(MINE, Put("members", "team", to_body(Members({"p-" + "a" * 24: member}))))
    given = {"json": body} if body is not None else {}
    answer = service.call(method, path, **given)
    assert answer.status_code < 300, answer.text
    assert answer.data
    entry = next(each for each in service.call("GET", "/v1/audit?limit=500").json["entries"] if each["what"] == what)
    key = service.call("GET", "/v1/whoami").json["key"]
    assert (entry["actor"], entry["key"], entry["address"]) == (f"service:{key}", key, "127.0.0.1")


@pytest.mark.parametrize(
    ("path", "body", "key", "status"),
    [
        ("/v1/budget", {"day": -1}, "owner", 400),
        ("/v1/budget", {"day": 5}, "member", 403),
        ("/v1/keys", {"role": "owner", "name": "more than mine"}, "admin", 403),
    ],
)
def test_what_was_refused_has_no_entry(
    service: Service, path: str, body: dict[str, Any], key: str, status: int
) -> None:
    assert service.call("POST", path, key=key, json=body).status_code == status
    assert service.call("GET", "/v1/audit").json["entries"] == []


def test_what_changes_nothing_and_what_is_repeated_has_no_second_entry(service: Service) -> None:
    for _ in range(2):
        service.call("POST", "/v1/settings/origins", json={"allow": ["https://app.example.com"]})
    (entry,) = service.call("GET", "/v1/audit").json["entries"]
    assert (entry["before"], entry["after"]) == ({}, {"origins": ["https://app.example.com"]})
    for _ in range(2):
        service.call("POST", "/v1/keys", json={"role": "viewer", "name": "once"}, headers={"Idempotency-Key": "k-1"})
    whats = [each["what"] for each in service.call("GET", "/v1/audit").json["entries"]]
    assert whats == ["OriginsChanged", "ApiKeyMade"]
