"""Clicks in Slack: genuine ones of known people count, and everybody else is told why theirs did not."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest

from shared.app.api.exchange import ApiReply, ApiRequest
from shared.app.api.router import Api
from shared.app.approval.approvals import approval_token
from shared.app.engine.deps import Deps
from shared.core.run.run import Run, RunStatus
from shared.ports import Put
from tests.functions.conftest import MINE, OTHER, Service
from tests.support.servers.http_loopback import Handler, HttpServer

SECRET = "slack-signing-secret of the tests"
PEOPLE = [
    {"id": "ada", "name": "Ada", "slack_user": "U0ADA", "role": "owner"},
    {"id": "bo", "name": "Bo", "slack_user": "U0BO", "role": "viewer"},
    {"id": "cy", "name": "Cy", "role": "owner"},
]


def _form(payload: dict[str, Any]) -> bytes:
    return urlencode({"payload": json.dumps(payload)}).encode()


def _signed(body: bytes, stamp: str, secret: str = SECRET) -> str:
    return "v0=" + hmac.new(secret.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()


def _click(
    service: Service, value: str, user: str = "U0ADA", action: str = "approve", age: int = 0, secret: str = SECRET
) -> Any:
    """Send a click as Slack does: a form with the JSON, signed over the time and the raw body."""
    payload = {"type": "block_actions", "user": {"id": user}, "actions": [{"action_id": action, "value": value}]}
    body, stamp = _form(payload), str(int(time.time()) - age)
    headers = {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": _signed(body, stamp, secret)}
    kind = "application/x-www-form-urlencoded"
    return service.call("POST", "/v1/slack/interactions", key="", data=body, content_type=kind, headers=headers)


@pytest.fixture
def run(service: Service) -> Run:
    """Return a waiting run of a tenant whose people are known."""
    service.deps.store.put(MINE, Put("settings", "tenant", {"people": PEOPLE}))
    return service.waiting()


def _now(service: Service, run: Run) -> Run:
    loaded = service.deps.store.load_run(MINE, run.id)
    assert loaded is not None
    return loaded.run


@pytest.mark.parametrize(("action", "status"), [("approve", RunStatus.EXECUTING), ("deny", RunStatus.CANCELLED)])
def test_a_known_person_decides(service: Service, run: Run, action: str, status: RunStatus) -> None:
    answer = _click(service, approval_token(service.deps, run), action=action)
    assert answer.status_code == 200
    after = _now(service, run)
    assert after.status == status
    gate = after.step("approve")
    assert gate is not None
    assert (gate.output["by"], gate.output["via"]) == ("Ada", "slack")


@pytest.mark.parametrize(
    ("user", "said"),
    [("U0BO", "to look at plans, but not to decide"), ("U0NOBODY", "does not know you"), ("", "does not know you")],
)
def test_who_may_not_is_told_why(service: Service, run: Run, user: str, said: str) -> None:
    answer = _click(service, approval_token(service.deps, run), user=user)
    assert answer.status_code == 200
    assert answer.json["response_type"] == "ephemeral"
    assert said in answer.json["text"]
    assert _now(service, run) == run


def test_a_person_of_another_tenant_is_nobody_here(service: Service, run: Run) -> None:
    service.deps.store.put(OTHER, Put("settings", "tenant", {"people": [{**PEOPLE[0], "slack_user": "U0DAN"}]}))
    assert "does not know you" in _click(service, approval_token(service.deps, run), user="U0DAN").json["text"]
    assert _now(service, run) == run


@pytest.mark.parametrize("change", [{"secret": "another"}, {"age": 301}, {"age": -330}])  # until it is read, it ages
def test_an_unsigned_or_old_click_is_refused(service: Service, run: Run, change: dict[str, Any]) -> None:
    answer = _click(service, approval_token(service.deps, run), **change)
    assert answer.status_code == 401
    assert _now(service, run) == run


def test_a_forged_token_does_not_count(service: Service, run: Run) -> None:
    token = approval_token(service.deps, run)
    answer = _click(service, token[:-1] + ("0" if token[-1] != "0" else "1"))
    assert answer.status_code == 200
    assert "did not count" in answer.json["text"]
    assert _now(service, run) == run


def test_the_second_click_is_told_who_was_first(service: Service, run: Run) -> None:
    token = approval_token(service.deps, run)
    _click(service, token)
    after = _now(service, run)
    answer = _click(service, token, action="deny")
    assert "already been decided by Ada" in answer.json["text"]
    assert _now(service, run) == after


def test_a_button_that_only_opens_a_link_decides_nothing(service: Service, run: Run) -> None:
    assert _click(service, approval_token(service.deps, run), action="open0").json == {}
    assert _now(service, run) == run


def test_what_is_no_click_is_refused(service: Service, run: Run) -> None:
    body, stamp = b"payload=%7B%7D", str(int(time.time()))
    headers = {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": _signed(body, stamp)}
    answer = service.call("POST", "/v1/slack/interactions", key="", data=body, headers=headers)
    assert answer.status_code == 400


@pytest.fixture
def told() -> Iterator[tuple[str, list[Any]]]:
    """Yield an address that takes answers to clicks as Slack does, and what it was sent."""
    sent: list[Any] = []

    class Taker(Handler):
        def do_POST(self) -> None:
            sent.append((self.path, json.loads(self.body())))
            self.reply(200, b"ok", {"Content-Type": "text/plain"})

    with HttpServer(Taker) as server:
        yield server.url, sent


def _on_one_machine(service: Service) -> Deps:
    return replace(service.deps, public_url="http://127.0.0.1:8700")


def _asked(deps: Deps, value: str, response_url: str) -> ApiReply:
    payload = {"user": {"id": "U0ADA"}, "actions": [{"action_id": "approve", "value": value}]}
    body, stamp = _form({**payload, "response_url": response_url}), str(int(time.time()))
    headers = {"x-slack-request-timestamp": stamp, "x-slack-signature": _signed(body, stamp)}
    return Api(deps).answer(ApiRequest("POST", "/v1/slack/interactions", headers=headers, body=body))


def test_who_clicked_is_shown_the_outcome(service: Service, run: Run, told: tuple[str, list[Any]]) -> None:
    url, sent = told
    deps = _on_one_machine(service)
    assert _asked(deps, approval_token(deps, run), f"{url}/actions/T0/1/abc").status == 200
    ((path, body),) = sent
    assert path == "/actions/T0/1/abc"
    assert (body["response_type"], body["replace_original"]) == ("ephemeral", False)
    assert body["text"].startswith("Approved")


def test_an_address_that_is_not_slacks_is_not_called(service: Service, run: Run, told: tuple[str, list[Any]]) -> None:
    url, sent = told
    port = url.rpartition(":")[2]
    for address in (f"http://localhost:{port}/x", f"http://127.0.0.1:1@127.0.0.1:{port}/x", f"ftp://127.0.0.1:{port}/"):
        assert _asked(_on_one_machine(service), "x", address).status == 200
    cloud = replace(service.deps, public_url="https://workwright.example")
    assert _asked(cloud, "x", f"{url}/x").status == 200
    assert sent == []


def test_a_decision_stands_when_the_outcome_cannot_be_shown(service: Service, run: Run) -> None:
    deps = _on_one_machine(service)
    assert _asked(deps, approval_token(deps, run), "http://127.0.0.1:9/x").status == 200
    assert _now(service, run).status == RunStatus.EXECUTING
