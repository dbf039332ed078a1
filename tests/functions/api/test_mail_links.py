"""Links in mails confirm one address once, or end mails of one kind; forged, moved or opened they do nothing."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.app.notify.mail_choices import GOOD_FOR, confirm_url, unsubscribe_url
from shared.core.documents.codec import to_body
from shared.core.documents.tenant_settings import PLACE
from shared.core.notify.telling import TELLINGS, Telling
from shared.ports import Put, get_as
from tests.functions.conftest import MINE, OTHER, Service

BEN = {"id": "ben", "name": "Ben", "email": "ben@example.test", "role": "member", "channels": ["email"]}
FORM = "application/x-www-form-urlencoded"
WHOLE = b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n'


@pytest.fixture
def told(service: Service) -> Service:
    for tenant in (MINE, OTHER):
        service.deps.store.put(tenant, Put(*PLACE, {"people": [BEN]}))
    return service


def _path(url: str) -> str:
    return url.removeprefix("http://localhost")


def _chosen(service: Service, tenant: str = MINE) -> Telling:
    found = get_as(Telling, service.deps.store, (tenant, TELLINGS, "ben"))
    return replace(found, id="") if found is not None else Telling()


def _end(service: Service, **given: Any) -> Any:
    path = _path(unsubscribe_url(service.deps, MINE, "ben", "budget"))
    return service.call("POST", path, key="", **given)


@pytest.mark.parametrize(
    ("body", "sort"),
    [
        pytest.param(b"List-Unsubscribe=One-Click", FORM, id="one click, as a form"),
        pytest.param(WHOLE, "multipart/form-data; boundary=x", id="one click, as RFC 8058 would rather have it"),
        pytest.param(b"", FORM, id="the button of the page"),
    ],
)
def test_mails_of_one_kind_end_without_a_cookie_and_again_is_once(told: Service, body: bytes, sort: str) -> None:
    for _ in range(3):
        answer = _end(told, data=body, content_type=sort, headers={"Origin": "https://mail.example.org"})
        assert answer.status_code == 200
        assert "Set-Cookie" not in answer.headers
        assert _chosen(told) == Telling(no_mail=("budget",))
    assert _chosen(told, OTHER) == Telling()


def test_opening_a_link_changes_nothing(told: Service) -> None:
    for method in ("GET", "HEAD"):
        assert told.call(method, _path(unsubscribe_url(told.deps, MINE, "ben", "budget")), key="").status_code == 200
    _ask(told)
    assert told.call("GET", _path(_link(told)), key="").status_code == 200
    assert _chosen(told).no_mail == ()
    assert _chosen(told).email == ""


def _forge(url: str, **fields: Any) -> str:
    """Return the link with other contents under the same signature."""
    head, _, signature = url.rpartition(".")
    front, _, payload = head.rpartition("/")
    known = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    for place, value in fields.items():
        known[int(place.removeprefix("at"))] = value
    return f"{front}/{base64.urlsafe_b64encode(json.dumps(known).encode()).rstrip(b'=').decode()}.{signature}"


@pytest.mark.parametrize(
    "change", [{"at0": OTHER}, {"at1": "ada"}, {"at2": "approval"}, {"at2": "no such kind"}], ids=str
)
def test_a_link_is_good_for_the_person_and_the_kind_it_was_signed_for(told: Service, change: dict[str, str]) -> None:
    url = unsubscribe_url(told.deps, MINE, "ben", "budget")
    assert _forge(url) == url
    assert told.call("POST", _path(_forge(url, **change)), key="").status_code == 401
    assert _chosen(told) == _chosen(told, OTHER) == Telling()


def test_a_link_for_one_thing_does_no_other(told: Service) -> None:
    _ask(told)
    end = _path(unsubscribe_url(told.deps, MINE, "ben", "budget"))
    press = {"data": {"decision": "confirm"}}
    assert told.call("POST", end.replace("/unsubscribe/", "/confirm-mail/"), key="", **press).status_code == 401
    confirm = _path(_link(told))
    assert told.call("POST", confirm.replace("/confirm-mail/", "/unsubscribe/"), key="").status_code == 401
    assert told.call("GET", end.replace("/unsubscribe/", "/approvals/"), key="").status_code == 401


def _ask(service: Service, email: str = "ben@home.example") -> None:
    asked = service.call("POST", "/v1/notifications/ben", json={"email": email})
    assert asked.status_code == 200
    assert asked.json["email_waits"] == email
    assert asked.json["email"] == BEN["email"]  # the new one does not count yet


def _link(service: Service) -> str:
    chosen = _chosen(service)
    assert chosen.asked_at is not None
    return confirm_url(service.deps, MINE, "ben", chosen.asked_mark, chosen.asked_at)


def test_an_address_counts_once_its_button_was_pressed_and_the_link_is_then_used(told: Service) -> None:
    _ask(told)
    link = _path(_link(told))
    assert "ben@home.example" in told.call("GET", link, key="").text
    foreign = {"data": {"decision": "confirm"}, "headers": {"Origin": "https://evil.example"}}
    assert told.call("POST", link, key="", **foreign).status_code == 403
    assert _chosen(told).email == ""
    assert told.call("POST", link, key="", data={"decision": "confirm"}).status_code == 200
    assert _chosen(told).email == "ben@home.example"
    assert told.call("POST", link, key="", data={"decision": "confirm"}).status_code == 409
    assert told.call("GET", "/v1/notifications").json["people"][0]["email"] == "ben@home.example"


def test_an_older_link_confirms_no_newer_address(told: Service) -> None:
    _ask(told)
    link = _path(_link(told))
    refused = told.call("POST", "/v1/notifications/ben", json={"email": "other@home.example"})
    assert refused.status_code == 409
    assert "'email'" in refused.json["detail"]
    chosen = _chosen(told)
    assert chosen.asked_at is not None
    earlier = replace(chosen, asked_at=chosen.asked_at - timedelta(minutes=2))
    told.deps.store.put(MINE, Put(TELLINGS, "ben", to_body(earlier)))
    _ask(told, "other@home.example")
    assert told.call("POST", link, key="", data={"decision": "confirm"}).status_code == 409
    assert _chosen(told).email == ""


def test_a_link_that_confirms_ends_after_a_day(told: Service) -> None:
    _ask(told)
    chosen = _chosen(told)
    assert chosen.asked_at is not None
    old = confirm_url(told.deps, MINE, "ben", chosen.asked_mark, chosen.asked_at - GOOD_FOR)
    assert told.call("POST", _path(old), key="", data={"decision": "confirm"}).status_code == 409
    assert _chosen(told).email == ""


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({"off": ["weather"]}, "off"),
        ({"quiet_from": "25:00"}, "quiet_from"),
        ({"zone": "Mars/Olympus"}, "zone"),
        ({"email": "two@a.example, three@b.example"}, "email"),
        ({"channels": ["pigeon"]}, "channels"),
        ({"mood": "good"}, "mood"),
    ],
)
def test_what_is_wrong_is_named(told: Service, asked: dict[str, Any], names: str) -> None:
    answer = told.call("POST", "/v1/notifications/ben", json=asked)
    assert answer.status_code == 400
    assert f"'{names}" in answer.json["detail"]
    assert _chosen(told) == Telling()


def test_only_for_oneself_unless_one_is_an_admin(told: Service) -> None:
    for role in ("member", "viewer"):
        assert told.call("POST", "/v1/notifications/ben", key=role, json={"off": []}).status_code == 403
        assert told.call("GET", "/v1/notifications", key=role).json == {"people": []}
    assert told.call("POST", "/v1/notifications/me", key="owner", json={}).status_code == 409  # a program's key
