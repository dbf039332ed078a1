"""Endpoints by the API: for a team's owners alone, the secret told once, and nothing that leads inside."""

from __future__ import annotations

from typing import Any

import pytest

from tests.functions.conftest import MINE, Service

URL = "https://receiver.example.com/hooks?team=1"


def _add(service: Service, url: str = URL, key: str = "owner", **given: Any) -> Any:
    return service.call("POST", "/v1/endpoints", key=key, json={"url": url, **given})


def test_a_secret_is_told_once_and_lies_sealed(service: Service) -> None:
    added = _add(service, events=["run.ended", "site.live"])
    assert added.status_code == 201
    assert added.json["secret"].startswith("whsec_")
    assert added.json["events"] == ["run.ended", "site.live"]
    listed = service.call("GET", "/v1/endpoints").json["endpoints"]
    assert [(each["id"], each["url"], each["secret"]) for each in listed] == [(added.json["id"], URL, "")]
    stored = str([doc.body for doc in service.deps.store.list_docs(MINE, "endpoints")])
    assert added.json["secret"].removeprefix("whsec_") not in stored
    replaced = service.call("POST", f"/v1/endpoints/{added.json['id']}/secret", json={})
    assert replaced.json["secret"] not in ("", added.json["secret"])
    assert replaced.json["rotating_until"]


@pytest.mark.parametrize("role", ["admin", "member", "viewer"])
def test_they_are_for_owners(service: Service, role: str) -> None:
    assert _add(service, key=role).status_code == 403
    assert service.call("GET", "/v1/endpoints", key=role).status_code == 403


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        *(
            (each, 400)
            for each in (
                "", "example.com", "http://example.com/", "https://127.0.0.1/", "https://[::1]/", "https://2130706433/",
                "https://ada@example.com/", "https://example.com:8443/", "https://example.com/#a",
                "https://example.com/ü", "ftp://example.com", "http://10.0.0.1/", "https://0x7f.0.0.1/",
            )
        ),
        ("https://metadata.google.internal/", 409),
        ("https://house.local/", 409),
        ("http://127.0.0.1:8700/", 409),  # the operator of this house has not let it be
        ("http://localhost/", 409),
    ],
)  # fmt: skip
def test_what_does_not_lead_to_the_public_internet_is_refused_by_its_field(
    service: Service, wrong: str, status: int
) -> None:
    answer = _add(service, wrong)
    assert answer.status_code == status
    assert "'url'" in answer.json["detail"]
    assert service.call("GET", "/v1/endpoints").json == {"endpoints": []}


def test_an_event_nobody_knows_is_refused(service: Service) -> None:
    answer = _add(service, events=["run.began"])
    assert (answer.status_code, "'events'" in answer.json["detail"]) == (400, True)


def test_the_kinds_are_chosen_anew_and_the_audit_says_so(service: Service) -> None:
    endpoint = _add(service).json["id"]
    chosen = service.call("PUT", f"/v1/endpoints/{endpoint}/events", json={"events": ["step.ended", "step.ended"]})
    assert (chosen.status_code, chosen.json["events"]) == (200, ["step.ended"])
    every = service.call("PUT", f"/v1/endpoints/{endpoint}/events", json={}).json["events"]
    assert {"run.ended", "step.ended", "approval.given", "approval.refused"} <= set(every)
    refused = service.call("PUT", f"/v1/endpoints/{endpoint}/events", json={"events": ["step.began"]})
    assert (refused.status_code, "'events'" in refused.json["detail"]) == (400, True)
    assert service.call("GET", "/v1/audit").json["entries"][-1]["what"] == "EndpointEventsChosen"


def test_one_address_is_one_endpoint_and_there_are_ten(service: Service) -> None:
    assert _add(service).status_code == 201
    assert _add(service).status_code == 409
    for number in range(9):
        assert _add(service, f"https://a{number}.example.com/").status_code == 201
    refused = _add(service, "https://b.example.com/")
    assert (refused.status_code, "Remove" in refused.json["way_out"]) == (409, True)


def test_a_test_message_is_ordered_and_listed(service: Service) -> None:
    endpoint = _add(service).json["id"]
    sent = service.call("POST", f"/v1/endpoints/{endpoint}/test", json={})
    assert (sent.status_code, sent.json["ordered"]) == (202, True)
    [listed] = service.call("GET", f"/v1/endpoints/{endpoint}/deliveries").json["deliveries"]
    assert (listed["id"], listed["event"], listed["state"]) == (sent.json["delivery"], "test", "waiting")
    again = service.call("POST", f"/v1/endpoints/{endpoint}/deliveries/{listed['id']}/replay", json={})
    assert again.status_code == 202


def test_deliveries_come_in_pages_the_latest_first(service: Service) -> None:
    endpoint = _add(service).json["id"]
    other = _add(service, "https://other.example.com/").json["id"]
    sent = [
        service.call("POST", f"/v1/endpoints/{each}/test", json={}).json["delivery"]
        for each in (endpoint, other, endpoint, endpoint)
    ]
    path = f"/v1/endpoints/{endpoint}/deliveries?limit=2"
    first = service.call("GET", path).json
    second = service.call("GET", f"{path}&after={first['next']}").json
    found = [each["id"] for each in (*first["deliveries"], *second["deliveries"])]
    assert sorted(found) == sorted([sent[0], sent[2], sent[3]])
    assert [each.partition(".")[0] for each in found] == sorted(each.partition(".")[0] for each in found)
    assert second["next"] is None


def test_what_is_removed_is_gone_and_the_audit_says_who_did_it(service: Service) -> None:
    endpoint = _add(service).json["id"]
    assert service.call("DELETE", f"/v1/endpoints/{endpoint}").json == {"removed": endpoint}
    assert service.call("DELETE", f"/v1/endpoints/{endpoint}").status_code == 404
    entries = service.call("GET", "/v1/audit").json["entries"]
    assert sorted(each["what"] for each in entries if each["what"].startswith("Endpoint")) == [
        "EndpointAdded",
        "EndpointRemoved",
    ]
    assert "team=1" not in str(entries)  # of an address the host alone: the rest may be a secret


def test_another_teams_endpoint_is_not_there(service: Service) -> None:
    theirs = _add(service, key="foreign owner").json["id"]
    delivery = service.call("POST", f"/v1/endpoints/{theirs}/test", key="foreign owner", json={}).json["delivery"]
    assert service.call("GET", "/v1/endpoints").json == {"endpoints": []}
    for method, path in (
        ("DELETE", ""),
        ("POST", "/secret"),
        ("PUT", "/events"),
        ("POST", "/on"),
        ("POST", "/test"),
        ("GET", "/deliveries"),
        ("POST", "/replay"),
        ("POST", f"/deliveries/{delivery}/replay"),
    ):
        body = {"from": "2026-01-01T00:00:00Z"} if path == "/replay" else {} if method in ("POST", "PUT") else None
        assert service.call(method, f"/v1/endpoints/{theirs}{path}", json=body).status_code == 404, path
    assert len(service.call("GET", "/v1/endpoints", key="foreign owner").json["endpoints"]) == 1


def test_a_range_is_ordered_once_by_its_key_and_shown(service: Service) -> None:
    endpoint = _add(service).json["id"]
    body = {"from": "0001-01-01T00:00:00Z", "to": "9999-12-31T23:59:59.999999+00:00", "events": ["run.ended"]}
    ordered, again = (
        service.call("POST", f"/v1/endpoints/{endpoint}/replay", json=body, headers={"Idempotency-Key": "once"})
        for _ in range(2)
    )
    assert (ordered.status_code, ordered.json["count"], ordered.json["next"]) == (202, 0, "")
    assert again.json == ordered.json
    [shown] = service.call("GET", "/v1/endpoints").json["endpoints"]
    assert [each["id"] for each in shown["replay"]] == [ordered.json["id"]]
    other = service.call("POST", f"/v1/endpoints/{endpoint}/replay", json=body)
    assert (other.status_code, "sent again" in other.json["detail"]) == (409, True)


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({}, 400, "'from'"),
        ({"from": "yesterday"}, 400, "'from'"),
        ({"from": "2026-11-24T12:00:00"}, 400, "'from'"),
        ({"from": "2026-02-31T12:00:00Z"}, 409, "'from'"),
        ({"from": "2026-11-24T12:00:00Z", "to": "2026-11-24T25:00:00Z"}, 409, "'to'"),
        ({"from": "2026-11-24T12:00:00Z", "to": "2026-11-24T12:00:00Z"}, 409, "'from'"),
        ({"from": "0001-01-01T00:00:00+14:00"}, 409, "'from'"),
        ({"from": "2026-11-24T12:00:00Z", "events": ["test"]}, 400, "'events'"),
        ({"from": "2026-11-24T12:00:00Z", "after": "msg_1"}, 400, "'after'"),
    ],
)
def test_a_range_that_is_none_is_refused_by_its_field(
    service: Service, body: dict[str, Any], status: int, field: str
) -> None:
    endpoint = _add(service).json["id"]
    refused = service.call("POST", f"/v1/endpoints/{endpoint}/replay", json=body)
    assert (refused.status_code, field in refused.json["detail"]) == (status, True), refused.json


def test_a_services_address_is_in_no_answer_and_has_no_secret(service: Service) -> None:
    token = "t0ken-of_the_tests" * 3
    url = f"https://discord.com/api/webhooks/123456789012345678/{token}"
    refused = _add(service, url)
    assert (refused.status_code, "'url'" in refused.json["detail"], token in refused.text) == (409, True, False)
    added = _add(service, url, template="discord")
    assert (added.status_code, added.json["secret"], added.json["template"]) == (201, "", "discord")
    endpoint = added.json["id"]
    answers = [added, service.call("GET", "/v1/endpoints"), service.call("GET", "/v1/audit"), _add(service, url)]
    answers.append(service.call("POST", f"/v1/endpoints/{endpoint}/secret", json={}))
    answers.append(service.call("GET", "/v1/audit/export"))
    assert [each.status_code for each in answers] == [201, 200, 200, 409, 409, 200]
    assert not [each for each in answers if token in each.text]
    assert _add(service, "https://example.com/a", template="slack").status_code == 400
