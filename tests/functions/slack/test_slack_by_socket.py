"""Approving by button on a machine that nobody can reach: from the message to the run that goes on."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from shared.app.approval.approvals import approval_token
from shared.app.notify.channels import Channels
from shared.app.notify.messages import Message
from shared.core.run.run import RunStatus
from shared.integrations.slack.socket import SlackSocket
from shared.local.clicks import APP_TOKEN, listen_to_clicks, take_click
from shared.local.simulators._server import serve
from shared.local.simulators.slack.simulator import SlackSimulator
from shared.oauth import GrantTokens
from shared.ports import Put, Secret
from shared.wiring.accounts import wire_accounts
from tests.functions.conftest import MINE, Service

BOT, APP = "-".join(["xoxb", "test"]), "-".join(["xapp", "test"])
PEOPLE = [{"id": "ada", "name": "Ada", "slack_user": "U0ADA", "slack": "C1", "role": "owner", "channels": ["slack"]}]


@pytest.fixture
def slack(monkeypatch: pytest.MonkeyPatch) -> Iterator[SlackSimulator]:
    simulator = SlackSimulator()
    simulator.sockets.acknowledge_s = 20.0  # how soon an app has to answer is another test's subject
    server = serve(simulator)
    monkeypatch.setenv("WORKWRIGHT_SLACK_URL", f"{simulator.base_url}/api")
    seed = {"token": BOT, "app_token": APP, "channels": ["C1"], "users": [{"id": "U0ADA", "email": "", "name": "Ada"}]}
    requests.post(f"{simulator.base_url}/_seed", json=seed, timeout=10)
    yield simulator
    simulator.stop()
    server.shutdown()
    server.server_close()


def _ask(service: Service, token: str) -> None:
    """Ask as a notification does."""
    message = Message("Shall this be built?", ("A plan of two steps.",), (), token=token)
    connect = wire_accounts().connect_for(MINE)
    assert Channels(service.deps, connect, "ask-1", message, {"tenant": MINE}, label="notify").tell(PEOPLE[0])


def test_a_button_approves_without_a_public_address(slack: SlackSimulator, service: Service) -> None:
    service.deps.secrets.set(APP_TOKEN, Secret(APP))
    service.deps.store.put(MINE, Put("settings", "tenant", {"people": PEOPLE}))
    wire_accounts().keep(MINE, "slack", GrantTokens(Secret(BOT), None, {}), {})
    run = service.waiting()
    _ask(service, approval_token(service.deps, run))
    socket = listen_to_clicks(service.deps)
    assert isinstance(socket, SlackSocket)
    socket.start()
    assert socket.wait_until_connected(10)
    (message,) = slack.state["channels"]["C1"]
    order = {"channel": "C1", "ts": message["ts"], "action_id": "approve", "user": "U0ADA"}
    clicked = requests.post(f"{slack.base_url}/_click", json=order, timeout=20).json()
    socket.stop()  # it finishes what was begun, so the outcome is shown by now
    assert (clicked["status"], clicked["deliveries"]) == (200, 1)
    loaded = service.deps.store.load_run(MINE, run.id)
    assert loaded is not None
    gate = loaded.run.step("approve")
    assert gate is not None
    assert (loaded.run.status, gate.output["by"], gate.output["via"]) == (RunStatus.EXECUTING, "Ada", "slack")


def test_without_an_app_token_nobody_listens(service: Service) -> None:
    assert listen_to_clicks(service.deps) is None


def test_what_is_no_click_is_acknowledged_and_decides_nothing(service: Service) -> None:
    run = service.waiting()
    for payload in ({}, {"type": "view_submission"}, {"actions": []}, {"actions": [{}], "user": {"id": 1}}):
        take_click(service.deps, payload)()
    loaded = service.deps.store.load_run(MINE, run.id)
    assert loaded is not None
    assert loaded.run == run


def test_the_public_door_still_wants_a_signature(service: Service) -> None:
    """What the socket is trusted for, a request is not."""
    body: dict[str, Any] = {
        "payload": '{"type":"block_actions","user":{"id":"U0ADA"},"actions":[{"action_id":"approve"}]}'
    }
    headers = {"X-Slack-Request-Timestamp": str(int(time.time()))}
    answer = service.call("POST", "/v1/slack/interactions", key="", data=body, headers=headers)
    assert answer.status_code == 401
