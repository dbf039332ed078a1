"""Our end of socket mode against the simulated Slack: nothing lost, nothing done twice, and a clean end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
import requests
from websockets.sync.server import ServerConnection
from websockets.sync.server import serve as serve_sockets

from shared.core.backoff import Waits
from shared.core.errors import Unauthorized
from shared.http_client import HttpClient
from shared.integrations.slack.client import Slack
from shared.integrations.slack.socket import SlackSocket
from shared.local.simulators._server import serve
from shared.local.simulators.slack.simulator import SlackSimulator
from shared.ports import Secret

BOT, APP = "-".join(["xoxb", "test"]), "-".join(["xapp", "test"])
QUICK = Waits(timedelta(seconds=0.05), timedelta(minutes=5))
BUTTON = {"type": "button", "text": {"type": "plain_text", "text": "Approve"}, "action_id": "approve", "value": "v"}


@pytest.fixture(scope="module")
def served() -> Iterator[SlackSimulator]:
    simulator = SlackSimulator()
    server = serve(simulator)
    seed = {"token": BOT, "app_token": APP, "channels": ["C1"]}
    requests.post(f"{simulator.base_url}/_seed", json=seed, timeout=10)
    yield simulator
    simulator.stop()
    server.shutdown()
    server.server_close()


@pytest.fixture
def sim(served: SlackSimulator) -> Iterator[SlackSimulator]:
    served.sockets.acknowledge_s = 3.0
    served.faults.clear()
    yield served
    eventually(lambda: served.sockets.count == 0)
    assert not [each.name for each in threading.enumerate() if each.name.startswith("slack-")]


def eventually(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.01)


@dataclass
class House:
    """Who takes the clicks: what came, what followed, what was told, and what happens while one is taken."""

    sim: SlackSimulator
    token: str = APP
    taken: list[Mapping[str, Any]] = field(default_factory=list)
    followed: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    asked: int = 0
    meanwhile: Callable[[int], None] = lambda number: None

    def __post_init__(self) -> None:
        self.socket = SlackSocket(self.address, self.take, self.told.append, waits=QUICK)

    def address(self) -> str:
        self.asked += 1
        return Slack(HttpClient("slack", f"{self.sim.base_url}/api", Secret(self.token))).open_socket()

    def take(self, payload: Mapping[str, Any]) -> Callable[[], None]:
        self.taken.append(payload)
        self.meanwhile(len(self.taken))
        return lambda: self.followed.append(payload["actions"][0]["value"])

    def click(self) -> dict[str, Any]:
        slack = Slack(HttpClient("slack", f"{self.sim.base_url}/api", Secret(BOT)))
        message = slack.post("C1", "Ready?", [{"type": "actions", "elements": [BUTTON]}])
        order = {"channel": "C1", "ts": message.ts, "action_id": "approve", "user": "U1"}
        answer: dict[str, Any] = requests.post(f"{self.sim.base_url}/_click", json=order, timeout=20).json()
        return answer


@pytest.fixture
def house(sim: SlackSimulator) -> Iterator[House]:
    made = House(sim)
    made.socket.start()
    assert made.socket.wait_until_connected(10)
    assert sim.sockets.count == 1
    yield made
    made.socket.stop()


def test_clicks_come_in_once_slack_says_hello_and_not_before() -> None:
    """A handshake alone is no promise: the service that answers it may not know of the connection yet."""
    shaken, known, ended = threading.Event(), threading.Event(), threading.Event()

    def greet_late(connection: ServerConnection) -> None:
        shaken.set()
        assert known.wait(10)
        connection.send('{"type":"hello","num_connections":1}')
        assert ended.wait(10)

    with serve_sockets(greet_late, "127.0.0.1", 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        port = server.socket.getsockname()[1]
        socket = SlackSocket(lambda: f"ws://127.0.0.1:{port}/", lambda payload: lambda: None, print, waits=QUICK)
        socket.start()
        assert shaken.wait(10)
        assert not socket.wait_until_connected(0.3)
        known.set()
        assert socket.wait_until_connected(10)
        ended.set()
        socket.stop()


def test_a_click_is_taken_then_acknowledged_then_answered(house: House) -> None:
    order: list[str] = []
    house.meanwhile = lambda number: order.append(f"taken with {len(house.sim.sockets.deliveries)} acknowledged")
    before = len(house.sim.sockets.deliveries)
    answer = house.click()
    assert (answer["status"], answer["deliveries"]) == (200, 1)
    eventually(lambda: house.followed == ["v"])
    assert order == [f"taken with {before} acknowledged"]
    assert house.taken[0]["type"] == "block_actions"


def test_a_click_that_could_not_be_taken_comes_again(house: House) -> None:
    house.sim.sockets.acknowledge_s = 0.3

    def fails_once(number: int) -> None:
        if number == 1:
            raise OSError("the disk is full")

    house.meanwhile = fails_once
    answer = house.click()
    assert (answer["status"], answer["deliveries"], len(house.taken)) == (200, 2, 2)
    eventually(lambda: house.followed == ["v"])
    assert house.told == ["A click in Slack was not taken: OSError"]


def test_a_click_whose_acknowledgement_was_lost_is_not_carried_out_again(house: House) -> None:
    house.sim.sockets.acknowledge_s = 1.0

    def cuts_once(number: int) -> None:
        house.sim.sockets.drop()
        eventually(lambda: house.sim.sockets.count == 0 or house.asked > 1)

    house.meanwhile = cuts_once
    answer = house.click()
    assert answer["status"] == 200
    assert answer["deliveries"] >= 2
    assert len(house.taken) == 1
    assert house.followed == ["v"]


@pytest.mark.parametrize("reason", ["warning", "refresh_requested"])
def test_before_a_connection_ends_the_next_one_stands(house: House, reason: str) -> None:
    (old,) = house.sim.sockets._open
    order = {"disconnect": reason, "after_s": 60}
    requests.post(f"{house.sim.base_url}/_socket", json=order, timeout=10)
    eventually(lambda: house.sim.sockets.count == 2)
    assert house.click()["status"] == 200  # on the old one, which still listens
    old.close()
    eventually(lambda: house.sim.sockets.count == 1)
    assert house.click()["status"] == 200
    assert (house.asked, house.told) == (2, [])


def test_a_connection_that_breaks_is_opened_again(house: House) -> None:
    house.sim.sockets.drop()
    eventually(lambda: house.asked == 2 and house.sim.sockets.count == 1)
    assert house.click()["status"] == 200


def test_what_is_no_message_is_passed_over(house: House) -> None:
    for text in ("{", "[]", '{"type":"events_api"}', '{"envelope_id":"e-1","type":"events_api","payload":{}}'):
        for connection in list(house.sim.sockets._open):
            connection.send(text)
    assert house.click()["status"] == 200
    assert len(house.taken) == 1


@pytest.mark.parametrize("reason", ["link_disabled", "too_many_websockets"])
def test_what_only_a_person_can_end_is_told_and_not_asked_for_again_and_again(house: House, reason: str) -> None:
    house.sim.sockets.disconnect(reason)
    eventually(lambda: len(house.told) == 1)
    assert ("switched off" if reason == "link_disabled" else "as many connections") in house.told[0]
    time.sleep(0.2)  # four times the wait after which another trouble would have been tried again
    assert house.asked == 1


def test_a_token_that_is_refused_is_told_and_not_tried_again_at_once(sim: SlackSimulator) -> None:
    house = House(sim, token="-".join(["xapp", "other"]))
    house.socket.start()
    eventually(lambda: len(house.told) == 1)
    assert "invalid_auth" in house.told[0]
    time.sleep(0.2)
    assert house.asked == 1
    house.socket.stop()


def test_an_outage_is_waited_for(sim: SlackSimulator) -> None:
    sim.faults += [{"status": 503, "path": "*apps.connections.open"}, {"status": 429, "path": "*apps.connections.open"}]
    sim.faults[-1]["headers"] = {"retry-after": "1"}
    house = House(sim)
    house.socket.start()
    assert house.socket.wait_until_connected(10)
    assert (house.asked, len(house.told)) == (3, 2)
    house.socket.stop()


@pytest.mark.parametrize("address", ["ws://slack.example/link", "http://127.0.0.1:9/", "wss://127.0.0.1:9/", ""])
def test_an_address_that_is_not_safe_or_not_there_is_not_used(sim: SlackSimulator, address: str) -> None:
    told: list[str] = []
    socket = SlackSocket(lambda: address, lambda payload: lambda: None, told.append, waits=QUICK)
    socket.start()
    eventually(lambda: bool(told))
    assert "not encrypted" in told[0] or "could not be opened" in told[0]
    assert "/link" not in told[0]  # an address is a secret
    socket.stop()


def test_it_ends_while_it_waits_for_an_address(sim: SlackSimulator) -> None:
    asked = threading.Event()

    def refused() -> str:
        asked.set()
        raise Unauthorized("slack", "invalid_auth")

    socket = SlackSocket(refused, lambda payload: lambda: None, lambda what: None)
    socket.start()
    assert asked.wait(10)
    began = time.monotonic()
    socket.stop()
    assert time.monotonic() - began < 5
