"""The simulated Slack, judged by Slack's own client and its signature check."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs

import pytest
import requests
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.signature import SignatureVerifier
from slack_sdk.webhook import WebhookClient

from shared.local.simulators._server import serve
from shared.local.simulators.slack.simulator import SlackSimulator

Json = dict[str, Any]
TOKEN = "-".join(["xoxb", "test"])
SECRET = "signing" * 3


class App:
    """The application on the other side: takes the click and calls back before it answers."""

    def __init__(self, slack: WebClient) -> None:
        self.clicks: list[tuple[dict[str, str], bytes]] = []
        app = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                app.clicks.append((dict(self.headers.items()), body))
                payload = json.loads(parse_qs(body.decode())["payload"][0])
                slack.chat_update(channel=payload["channel"]["id"], ts=payload["message"]["ts"], text="working")
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"thanks")

            def log_message(self, *arguments: Any) -> None:
                """Stay silent."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/slack"
        Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def sim(tmp_path: Path) -> SlackSimulator:
    sim = SlackSimulator(tmp_path / "slack")
    serve(sim)
    users = [{"id": "U1", "email": "ada@example.com", "name": "Ada"}]
    seed(sim, token=TOKEN, signing_secret=SECRET, channels=["C1"], users=users)
    return sim


def seed(sim: SlackSimulator, **order: Any) -> None:
    assert requests.post(f"{sim.base_url}/_seed", json=order, timeout=10).status_code == 200


@pytest.fixture
def slack(sim: SlackSimulator) -> WebClient:
    return WebClient(token=TOKEN, base_url=f"{sim.base_url}/api/", retry_handlers=[])


@pytest.fixture
def app(sim: SlackSimulator, slack: WebClient) -> Iterator[App]:
    app = App(slack)
    seed(sim, interactivity_url=app.url)
    yield app
    app.close()


def button(**more: Any) -> Json:
    return {"type": "button", "text": {"type": "plain_text", "text": "Approve"}, "action_id": "approve", **more}


def asking(**more: Any) -> list[Json]:
    text = {"type": "mrkdwn", "text": "Deploy <b>?</b>"}
    return [{"type": "section", "text": text}, {"type": "actions", "block_id": "q", "elements": [button(**more)]}]


def error_of(call: Any) -> str:
    with pytest.raises(SlackApiError) as refused:
        call()
    return str(refused.value.response["error"])


def effects(sim: SlackSimulator, kind: str) -> list[Json]:
    return [e for entry in sim.journal for e in entry["effects"] if e["kind"] == kind]


def test_a_message_is_posted_changed_and_found_by_its_metadata(sim: SlackSimulator, slack: WebClient) -> None:
    metadata = {"event_type": "run", "event_payload": {"id": "r1"}}
    posted = slack.chat_postMessage(channel="C1", text="hello", blocks=asking(value="v"), metadata=metadata)
    slack.chat_update(channel="C1", ts=str(posted["ts"]), text="done")
    plain = slack.conversations_history(channel="C1")["messages"]
    assert [(m["text"], m["ts"], "blocks" in m, "metadata" in m) for m in plain] == [
        ("done", posted["ts"], False, False)
    ]
    full = slack.conversations_history(channel="C1", include_all_metadata=True)["messages"]
    assert full[0]["metadata"] == metadata
    assert (len(effects(sim, "message.post")), len(effects(sim, "message.update"))) == (1, 1)


def test_history_is_newest_first_in_pages_and_names_are_never_twice_the_same(slack: WebClient) -> None:
    names = [slack.chat_postMessage(channel="C1", text=str(number))["ts"] for number in range(5)]
    assert len(set(names)) == 5
    first = slack.conversations_history(channel="C1", limit=3)
    rest = slack.conversations_history(channel="C1", limit=3, cursor=first["response_metadata"]["next_cursor"])
    assert [m["text"] for m in [*first["messages"], *rest["messages"]]] == ["4", "3", "2", "1", "0"]
    since = slack.conversations_history(channel="C1", oldest=names[2])
    assert [m["text"] for m in since["messages"]] == ["4", "3"]


def test_the_token_is_known(slack: WebClient) -> None:
    assert slack.auth_test()["team_id"] == "T0SIM"


def test_a_click_is_signed_as_slack_signs_and_the_app_may_call_back_meanwhile(
    sim: SlackSimulator, slack: WebClient, app: App
) -> None:
    posted = slack.chat_postMessage(channel="C1", text="?", blocks=asking(value="token-1"))
    click = {"channel": "C1", "ts": posted["ts"], "action_id": "approve", "user": "U1"}
    answer = requests.post(f"{sim.base_url}/_click", json=click, timeout=10).json()
    assert (answer["status"], answer["body"]) == (200, "thanks")
    headers, body = app.clicks[0]
    assert SignatureVerifier(SECRET).is_valid_request(body, headers)
    assert not SignatureVerifier("other").is_valid_request(body, headers)
    payload = json.loads(parse_qs(body.decode())["payload"][0])
    assert payload["type"] == "block_actions"
    assert payload["user"]["id"] == "U1"
    assert [(a["action_id"], a["block_id"], a["value"]) for a in payload["actions"]] == [("approve", "q", "token-1")]
    assert slack.conversations_history(channel="C1")["messages"][0]["text"] == "working"


def test_a_response_url_works_five_times_within_half_an_hour(sim: SlackSimulator, slack: WebClient, app: App) -> None:
    posted = slack.chat_postMessage(channel="C1", text="?", blocks=asking(value="1"))
    click = {"channel": "C1", "ts": posted["ts"], "action_id": "approve", "user": "U1"}
    requests.post(f"{sim.base_url}/_click", json=click, timeout=10)
    url = json.loads(parse_qs(app.clicks[0][1].decode())["payload"][0])["response_url"]
    for number in range(5):
        assert WebhookClient(url).send(text=f"answer {number}", replace_original=True).status_code == 200
    assert requests.post(url, json={"text": "late", "replace_original": True}, timeout=10).json()["ok"] is False
    assert slack.conversations_history(channel="C1")["messages"][0]["text"] == "answer 4"
    assert requests.post(f"{sim.base_url}/_click", json={**click, "action_id": "none"}, timeout=10).status_code == 404


@pytest.mark.parametrize(
    ("message", "error"),
    [
        pytest.param({"channel": "C9", "text": "x"}, "channel_not_found", id="unknown channel"),
        pytest.param({"channel": "C1"}, "no_text", id="nothing to say"),
        pytest.param({"channel": "C1", "text": "x" * 40_001}, "msg_too_long", id="long text"),
        pytest.param(
            {"channel": "C1", "text": "x", "blocks": [{"type": "divider"}] * 51}, "invalid_blocks", id="blocks"
        ),
        pytest.param(
            {
                "channel": "C1",
                "text": "x",
                "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}}],
            },
            "invalid_blocks",
            id="long section",
        ),
        pytest.param({"channel": "C1", "text": "x", "blocks": asking(value="x" * 2001)}, "invalid_blocks", id="value"),
        pytest.param({"channel": "C1", "text": "x", "blocks": asking(style="green")}, "invalid_blocks", id="style"),
        pytest.param(
            {"channel": "C1", "text": "x", "blocks": asking(colour="red")}, "invalid_blocks", id="unknown field"
        ),
        pytest.param(
            {"channel": "C1", "text": "x", "metadata": {"event_type": "a"}}, "invalid_metadata_format", id="meta"
        ),
    ],
)
def test_what_slack_refuses_is_refused_with_200_and_a_name(sim: SlackSimulator, message: Json, error: str) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    answer = requests.post(f"{sim.base_url}/api/chat.postMessage", json=message, headers=headers, timeout=10)
    assert (answer.status_code, answer.json()["ok"], answer.json()["error"]) == (200, False, error)
    assert effects(sim, "message.post") == []


def test_the_largest_allowed_message_passes(slack: WebClient) -> None:
    blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3000}}, *asking(value="x" * 2000)]
    assert slack.chat_postMessage(channel="C1", text="x" * 40_000, blocks=blocks)["ok"] is True


def test_a_wrong_token_and_no_token_are_named(sim: SlackSimulator) -> None:
    base = f"{sim.base_url}/api/"
    assert error_of(WebClient(token="xoxb-other", base_url=base).auth_test) == "invalid_auth"
    assert requests.post(f"{base}auth.test", timeout=10).json()["error"] == "not_authed"
    assert requests.post(f"{base}no.method", timeout=10).json()["error"] == "unknown_method"


def test_a_limit_says_when_to_come_back(sim: SlackSimulator, slack: WebClient) -> None:
    order = {"status": 429, "path": "/api/chat.*", "headers": {"Retry-After": "3"}}
    requests.post(f"{sim.base_url}/_faults", json=order, timeout=10)
    with pytest.raises(SlackApiError) as limited:
        slack.chat_postMessage(channel="C1", text="x")
    assert (limited.value.response.status_code, limited.value.response.headers["retry-after"]) == (429, "3")
    slack.chat_postMessage(channel="C1", text="x")
    assert len(effects(sim, "message.post")) == 1


def test_messages_are_there_after_a_restart_and_the_page_escapes_them(
    sim: SlackSimulator, slack: WebClient, tmp_path: Path
) -> None:
    posted = slack.chat_postMessage(channel="C1", text="x", blocks=asking())
    again = SlackSimulator(tmp_path / "slack")
    serve(again)
    other = WebClient(token=TOKEN, base_url=f"{again.base_url}/api/")
    assert [m["ts"] for m in other.conversations_history(channel="C1")["messages"]] == [posted["ts"]]
    assert other.chat_postMessage(channel="C1", text="later")["ts"] > posted["ts"]
    text = requests.get(again.base_url, timeout=10).text
    assert "Deploy &lt;b&gt;?&lt;/b&gt;" in text
    assert "Approve" in text
