"""The simulated Slack's installation, commands and direct messages, judged by Slack's own client."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import pytest
import requests
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.oauth import AuthorizeUrlGenerator
from slack_sdk.oauth.installation_store import Bot
from slack_sdk.oauth.token_rotation import TokenRotator
from slack_sdk.signature import SignatureVerifier
from slack_sdk.webhook import WebhookClient

from shared.local.simulators._server import serve
from shared.local.simulators.slack.simulator import SlackSimulator
from tests.support.servers.http_loopback import Handler, HttpServer

BACK = "http://127.0.0.1:9/back"
WORD = "-".join(["word", "of", "the", "app"])
SIGNING = "signing" * 3
SCOPES = ["chat:write", "im:write", "commands"]


@pytest.fixture
def sim() -> Iterator[SlackSimulator]:
    simulator = SlackSimulator()
    server = serve(simulator)
    app = {"client_id": "c-1", "client_secret": WORD, "redirect_uris": [BACK], "rotates": True}
    _seed(simulator, app=app, signing_secret=SIGNING, users=[{"id": "U0ADA", "name": "ada", "email": ""}])
    yield simulator
    server.shutdown()
    server.server_close()


def _seed(sim: SlackSimulator, **order: Any) -> None:
    assert requests.post(f"{sim.base_url}/_seed", json=order, timeout=10).ok


def _client(sim: SlackSimulator, token: str = "") -> WebClient:
    return WebClient(token=token or None, base_url=f"{sim.base_url}/api/")


def _agree(sim: SlackSimulator, scopes: list[str] = SCOPES, back: str = BACK) -> requests.Response:
    made = AuthorizeUrlGenerator(client_id="c-1", scopes=scopes, redirect_uri=back).generate("state-1")
    return requests.get(f"{sim.base_url}{made.removeprefix('https://slack.com')}", allow_redirects=False, timeout=10)


def _code(sim: SlackSimulator, scopes: list[str] = SCOPES) -> str:
    query = parse_qs(urlsplit(_agree(sim, scopes).headers["Location"]).query)
    assert query["state"] == ["state-1"]
    return query["code"][0]


def _error(call: Any, **given: Any) -> str:
    with pytest.raises(SlackApiError) as caught:
        call(**given)
    return str(caught.value.response["error"])


def _access(sim: SlackSimulator, code: str) -> Any:
    return _client(sim).oauth_v2_access(client_id="c-1", client_secret=WORD, code=code, redirect_uri=BACK)


def test_a_code_becomes_a_token_once(sim: SlackSimulator) -> None:
    code = _code(sim)
    made = _access(sim, code)
    assert (made["token_type"], made["scope"], made["team"]["id"]) == ("bot", "chat:write,im:write,commands", "T0SIM")
    assert (made["expires_in"], made["is_enterprise_install"]) == (43_200, False)
    assert _client(sim, made["access_token"]).auth_test()["team_id"] == "T0SIM"
    given = {"client_id": "c-1", "client_secret": WORD, "redirect_uri": BACK}
    call = _client(sim).oauth_v2_access
    assert _error(call, **given, code=code) == "code_already_used"
    assert _error(call, **given, code="none") == "invalid_code"
    assert _error(call, **{**given, "client_secret": "other"}, code=_code(sim)) == "bad_client_secret"
    assert _error(call, **{**given, "client_id": "c-2"}, code=_code(sim)) == "invalid_client_id"
    assert _error(call, **{**given, "redirect_uri": f"{BACK}/x"}, code=_code(sim)) == "bad_redirect_uri"


def test_nobody_is_sent_to_another_address(sim: SlackSimulator) -> None:
    assert _agree(sim, back="https://evil.example/back").status_code == 400


def test_slacks_rotator_renews_and_a_refresh_token_counts_once(sim: SlackSimulator) -> None:
    made = _access(sim, _code(sim))
    bot = Bot(
        app_id="A0SIM", bot_id="B0BOT0", bot_user_id="U0BOT0", bot_token=made["access_token"],
        bot_refresh_token=made["refresh_token"], bot_token_expires_in=0, team_id="T0SIM", installed_at=1.0,
    )  # fmt: skip
    rotator = TokenRotator(client_id="c-1", client_secret=WORD, client=_client(sim))
    newer = rotator.perform_bot_token_rotation(bot=bot, minutes_before_expiration=60)
    assert newer is not None
    assert newer.bot_token not in (None, made["access_token"])
    assert _client(sim, newer.bot_token).auth_test()["ok"]
    assert _client(sim, made["access_token"]).auth_test()["ok"]  # until it is over
    given = {"client_id": "c-1", "client_secret": WORD, "grant_type": "refresh_token"}
    assert _error(_client(sim).oauth_v2_access, **given, refresh_token=made["refresh_token"]) == "invalid_refresh_token"


def test_what_was_not_agreed_to_is_a_missing_scope(sim: SlackSimulator) -> None:
    slack = _client(sim, _access(sim, _code(sim, ["chat:write"]))["access_token"])
    with pytest.raises(SlackApiError) as caught:
        slack.conversations_open(users="U0ADA")
    answer = caught.value.response
    assert (answer["error"], answer["needed"], answer["provided"]) == ("missing_scope", "im:write", "chat:write")


def test_direct_messages_open_once(sim: SlackSimulator) -> None:
    slack = _client(sim, _access(sim, _code(sim))["access_token"])
    first, again = (slack.conversations_open(users="U0ADA") for _ in range(2))
    assert first["channel"]["id"] == again["channel"]["id"]
    assert "already_open" not in first
    assert again["already_open"] is True
    assert _error(slack.conversations_open, users="U404") == "user_not_found"
    assert slack.chat_postMessage(channel=first["channel"]["id"], text="hello")["ok"]


def test_a_command_is_signed_and_answered_five_times(sim: SlackSimulator) -> None:
    heard: list[tuple[bytes, dict[str, str]]] = []

    class App(Handler):
        def do_POST(self) -> None:
            heard.append((self.body(), dict(self.headers.items())))
            self.reply(200, b'{"text": "hi"}', {})

    with HttpServer(App) as server:
        _seed(sim, command_url=server.url, event_url=server.url)
        order = {"user": "U0ADA", "text": "plan a fair & more"}
        told = requests.post(f"{sim.base_url}/_command", json=order, timeout=10).json()
        requests.post(f"{sim.base_url}/_event", json={"event": {"type": "app_uninstalled"}}, timeout=10)
    assert told["status"] == 200
    for body, headers in heard:
        assert SignatureVerifier(SIGNING).is_valid_request(body, headers)
        assert not SignatureVerifier("other").is_valid_request(body, headers)
    fields = dict(parse_qsl(heard[0][0].decode()))
    assert (fields["command"], fields["text"], fields["user_id"]) == ("/workwright", "plan a fair & more", "U0ADA")
    assert urlencode(fields)
    answers = WebhookClient(fields["response_url"])
    assert [answers.send(text=str(n)).status_code for n in range(6)] == [200] * 5 + [404]
