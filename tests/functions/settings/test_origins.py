"""A frontend elsewhere calls with a key: a team's list lets it in, nobody else's does."""

from __future__ import annotations

from typing import Any

import pytest

from tests.functions.conftest import Service

APP = "https://app.example.com"
BEFORE = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "authorization"}


def _allow(service: Service, *origins: str, key: str = "owner") -> Any:
    return service.call("POST", "/v1/settings/origins", key=key, json={"allow": list(origins)})


def _ask(service: Service, origin: str, key: str = "owner", method: str = "GET", path: str = "/v1/runs") -> Any:
    return service.call(method, path, key=key, headers={"Origin": origin})


def test_a_page_of_an_allowed_origin_calls_and_reads_the_answer(service: Service) -> None:
    assert _allow(service, APP).json == {"origins": [APP]}
    answer = _ask(service, APP, key="viewer")
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == APP
    assert answer.headers["Vary"] == "Origin"
    assert "Access-Control-Allow-Credentials" not in answer.headers


def test_what_no_list_names_is_refused_before_anything_is_done_and_can_read_why(service: Service) -> None:
    answer = service.call("POST", "/v1/planning", json={"planning_time": "07:30"}, headers={"Origin": APP})
    assert answer.status_code == 403
    assert APP in answer.json["detail"]
    assert "/v1/settings/origins" in answer.json["way_out"]
    assert answer.headers["Access-Control-Allow-Origin"] == APP
    assert service.call("GET", "/v1/planning").json["planning_time"] == ""


def test_another_teams_list_lets_nobody_in(service: Service) -> None:
    assert _allow(service, APP, key="foreign owner").status_code == 200
    assert _ask(service, APP, key="foreign owner").status_code == 200
    assert _ask(service, APP).status_code == 403
    assert service.call("GET", "/v1/settings/origins").json == {"origins": []}


def test_who_forgets_it_shuts_it_out_at_once(service: Service) -> None:
    _allow(service, APP, "http://localhost:3000")
    forgotten = service.call("POST", "/v1/settings/origins", json={"forget": [APP]})
    assert forgotten.json == {"origins": ["http://localhost:3000"]}
    assert _ask(service, APP).status_code == 403
    assert _ask(service, "http://localhost:3000").status_code == 200


@pytest.mark.parametrize("role", ["admin", "member", "viewer"])
def test_only_an_owner_allows(service: Service, role: str) -> None:
    assert _allow(service, APP, key=role).status_code == 403
    assert service.call("GET", "/v1/settings/origins", key=role).json == {"origins": []}


@pytest.mark.parametrize(
    "origin",
    [
        "https://app.example.com.evil.example",  # begins with it
        "https://evil-app.example.com",
        "https://evilapp.example.com",  # ends in it
        "https://sub.app.example.com",
        "https://app.example.com:8443",
        "http://app.example.com",
        "https://app.example.co",
        "https://APP.example.com",  # no browser writes it so
        "https://app.example.com/",
        "null",
        "chrome-extension://abcdefghijklmnop",
        "https://app.example.com, https://evil.example",
    ],
)
def test_what_only_looks_like_it_is_refused(service: Service, origin: str) -> None:
    _allow(service, APP)
    assert _ask(service, origin).status_code == 403


def test_a_program_sends_no_origin_and_our_own_pages_need_no_leave(service: Service) -> None:
    assert service.call("GET", "/v1/runs").status_code == 200
    assert _ask(service, "http://localhost").status_code == 200  # where the service of these tests says it is


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://App.Example.com/", APP),
        ("https://app.example.com:443", APP),
        ("http://localhost:80", "http://localhost"),
        ("http://[::1]:5173", "http://[::1]:5173"),
        ("https://xn--bcher-kva.example:8443", "https://xn--bcher-kva.example:8443"),
    ],
)
def test_an_origin_is_kept_as_browsers_write_it(service: Service, given: str, kept: str) -> None:
    assert _allow(service, given).json == {"origins": [kept]}
    assert _allow(service, kept).json == {"origins": [kept]}


@pytest.mark.parametrize(
    "wrong",
    [
        "*",
        "null",
        "app.example.com",
        "https://*.example.com",
        "http://app.example.com",
        "https://app.example.com/path",
        "https://ada@app.example.com",
        "https://app.example.com:0",
        "https://app.example.com:65536",
        "https://app_example.com",
        "https://-app.example.com",
        "https://bücher.example",
        "https://app.example.com\nhttps://evil.example",
        "javascript://app.example.com",
        "",
    ],
)
def test_what_no_browser_sends_is_refused_by_its_field(service: Service, wrong: str) -> None:
    answer = _allow(service, wrong)
    assert answer.status_code == 400
    assert "'allow'" in answer.json["detail"]
    assert "https://app.example.com" in answer.json["way_out"]
    assert service.call("GET", "/v1/settings/origins").json == {"origins": []}


def test_there_are_twenty_at_most(service: Service) -> None:
    assert _allow(service, *(f"https://a{n}.example" for n in range(20))).status_code == 200
    refused = _allow(service, APP)
    assert (refused.status_code, "forget" in refused.json["way_out"]) == (409, True)
    swapped = service.call("POST", "/v1/settings/origins", json={"allow": [APP], "forget": ["https://a0.example"]})
    assert len(swapped.json["origins"]) == 20


def test_a_browser_asks_first_without_a_key_and_learns_nothing_of_any_team(service: Service) -> None:
    _allow(service, APP)
    asked = [
        service.call("OPTIONS", "/v1/planning", key="", headers={"Origin": origin, **BEFORE})
        for origin in (APP, "https://unknown.example")
    ]
    for answer, origin in zip(asked, (APP, "https://unknown.example"), strict=True):
        assert (answer.status_code, answer.text) == (204, "")
        assert answer.headers["Access-Control-Allow-Origin"] == origin
        assert answer.headers["Access-Control-Allow-Methods"] == "GET, POST"
        assert "Authorization" in answer.headers["Access-Control-Allow-Headers"]
        assert "Access-Control-Allow-Credentials" not in answer.headers
    seen = [str(each.headers).replace(each.headers["Access-Control-Allow-Origin"], "") for each in asked]
    assert seen[0] == seen[1]


@pytest.mark.parametrize(
    "path", ["/approvals/a-token", "/rollbacks/a-token", "/v1/slack/interactions", "/", "/v1/none"]
)
def test_pages_and_clicks_are_for_no_frontend(service: Service, path: str) -> None:
    asked = service.call("OPTIONS", path, key="", headers={"Origin": APP, **BEFORE})
    assert asked.status_code in (404, 405)
    opened = service.call("GET", path, key="", headers={"Origin": APP})
    assert "Access-Control-Allow-Origin" not in {**asked.headers, **opened.headers}


def test_what_needs_no_key_can_be_read_from_anywhere(service: Service) -> None:
    for path in ("/v1/health", "/openapi.json"):
        assert _ask(service, APP, key="", path=path).headers["Access-Control-Allow-Origin"] == APP


def test_a_wrong_key_is_told_to_the_page_that_sent_it(service: Service) -> None:
    answer = _ask(service, APP, key="")
    assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (401, APP)
