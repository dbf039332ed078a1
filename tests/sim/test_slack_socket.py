"""The simulated Slack's socket mode, judged by Slack's own client, which has a WebSocket of its own making."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from shared.local.simulators._server import serve
from shared.local.simulators.slack.simulator import SlackSimulator

BOT, APP = "-".join(["xoxb", "test"]), "-".join(["xapp", "test"])
BUTTON = {"type": "button", "text": {"type": "plain_text", "text": "Approve"}, "action_id": "approve", "value": "v"}
BLOCKS = [{"type": "actions", "elements": [BUTTON]}]


@contextmanager
def served() -> Iterator[SlackSimulator]:
    simulator = SlackSimulator()
    server = serve(simulator)
    seed = {
        "token": BOT,
        "app_token": APP,
        "channels": ["C1"],
        "users": [{"id": "U1", "email": "a@b.c", "name": "Ada"}],
    }
    requests.post(f"{simulator.base_url}/_seed", json=seed, timeout=10)
    simulator.sockets.acknowledge_s = 0.3
    yield simulator
    simulator.stop()
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def sim() -> Iterator[SlackSimulator]:
    """Yield a Slack to which nobody is connected but who says so."""
    with served() as simulator:
        yield simulator


def web(sim: SlackSimulator, token: str = BOT) -> WebClient:
    return WebClient(token, base_url=f"{sim.base_url}/api/")


def eventually(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.01)


def click(sim: SlackSimulator) -> dict[str, Any]:
    ts = web(sim).chat_postMessage(channel="C1", text="Ready?", blocks=BLOCKS)["ts"]
    order = {"channel": "C1", "ts": ts, "action_id": "approve", "user": "U1"}
    answer: dict[str, Any] = requests.post(f"{sim.base_url}/_click", json=order, timeout=20).json()
    return answer


class Vendor:
    """Slack's own client: what it was handed, and whether it acknowledges."""

    def __init__(self, sim: SlackSimulator, acknowledges: bool = True) -> None:
        self.taken: list[SocketModeRequest] = []
        self.acknowledges = acknowledges
        self.client = SocketModeClient(APP, web_client=web(sim), ping_interval=0.2)
        self.client.socket_mode_request_listeners.append(self._take)  # type: ignore[arg-type]

    def _take(self, client: SocketModeClient, request: SocketModeRequest) -> None:
        self.taken.append(request)
        if self.acknowledges:
            client.send_socket_mode_response(SocketModeResponse(request.envelope_id))


@pytest.fixture(scope="module")
def connected() -> Iterator[tuple[SlackSimulator, Vendor]]:
    with served() as simulator:
        made = Vendor(simulator)
        made.client.connect()
        eventually(lambda: simulator.sockets.count == 1)
        yield simulator, made
        made.client.close()


@pytest.fixture
def both(connected: tuple[SlackSimulator, Vendor]) -> tuple[SlackSimulator, Vendor]:
    """Give a Slack with its vendor's own client connected, which is of good will and has taken nothing yet."""
    connected[1].taken.clear()
    connected[1].acknowledges = True
    return connected


def test_the_vendors_client_takes_a_click_and_acknowledges_it(both: tuple[SlackSimulator, Vendor]) -> None:
    sim, vendor = both
    answer = click(sim)
    assert (answer["status"], answer["deliveries"]) == (200, 1)
    (taken,) = vendor.taken
    assert (taken.type, taken.accepts_response_payload) == ("interactive", False)
    assert taken.payload["type"] == "block_actions"
    assert taken.payload["actions"][0]["value"] == "v"
    assert taken.payload["user"]["id"] == "U1"


def test_what_is_not_acknowledged_in_time_comes_again_under_its_id(both: tuple[SlackSimulator, Vendor]) -> None:
    sim, vendor = both
    vendor.acknowledges = False
    answer = click(sim)
    assert answer["status"] == 0
    eventually(lambda: len(vendor.taken) == 3)
    assert {request.envelope_id for request in vendor.taken} == {answer["envelope"]}


@pytest.mark.parametrize("order", [{"disconnect": "refresh_requested"}, {"drop": True}])
def test_the_vendors_client_comes_back(both: tuple[SlackSimulator, Vendor], order: dict[str, Any]) -> None:
    sim, vendor = both
    before = vendor.client.wss_uri
    requests.post(f"{sim.base_url}/_socket", json=order, timeout=10)
    eventually(lambda: vendor.client.wss_uri != before and sim.sockets.count == 1)
    assert click(sim)["status"] == 200


def test_an_address_is_good_once_and_for_half_a_minute(sim: SlackSimulator) -> None:
    address = web(sim).apps_connections_open(app_token=APP)["url"]
    connect(address, legacy=True).close()
    with pytest.raises(InvalidStatus):
        connect(address, legacy=True)
    late = web(sim).apps_connections_open(app_token=APP)["url"]
    requests.post(f"{sim.base_url}/_clock", json={"offset_s": 31}, timeout=10)
    with pytest.raises(InvalidStatus):
        connect(late, legacy=True)
    requests.post(f"{sim.base_url}/_clock", json={"offset_s": 0}, timeout=10)


def test_an_eleventh_connection_is_told_that_there_are_too_many(sim: SlackSimulator) -> None:
    eventually(lambda: sim.sockets.count == 0)
    made = [connect(web(sim).apps_connections_open(app_token=APP)["url"], legacy=True) for _ in range(10)]
    eventually(lambda: sim.sockets.count == 10)  # they are counted a moment after they stand
    made.append(connect(web(sim).apps_connections_open(app_token=APP)["url"], legacy=True))
    assert '"too_many_websockets"' in str(made[-1].recv(5))
    with pytest.raises(ConnectionClosed):
        made[-1].recv(5)
    for connection in made:
        connection.close()
    eventually(lambda: sim.sockets.count == 0)


@pytest.mark.parametrize(
    ("token", "error"), [(BOT, "not_allowed_token_type"), ("-".join(["xapp", "other"]), "invalid_auth")]
)
def test_only_the_apps_own_token_opens_a_socket(sim: SlackSimulator, token: str, error: str) -> None:
    with pytest.raises(SlackApiError) as refused:
        web(sim).apps_connections_open(app_token=token)
    assert refused.value.response["error"] == error


def test_the_apps_token_posts_nothing(sim: SlackSimulator) -> None:
    with pytest.raises(SlackApiError) as refused:
        web(sim, APP).chat_postMessage(channel="C1", text="Hi")
    assert refused.value.response["error"] == "not_allowed_token_type"


def test_nobody_connected_means_that_the_click_failed(sim: SlackSimulator) -> None:
    assert click(sim)["status"] == 0
