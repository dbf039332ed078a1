"""What Slack sends: signed forms, from accounts that may be linked with members of a team; and who takes answers."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests

from shared.accounts.accounts import Accounts
from shared.app.api.exchange import ApiReply, ApiRequest
from shared.app.api.router import Api
from shared.app.connections.connect_account import Started, finish_connection, start_connection
from shared.app.engine.deps import Deps
from shared.app.people.linking import confirm_code, make_code, type_code
from shared.app.people.membership import give_role, members_of, welcome
from shared.integrations.slack.client import Slack
from shared.local.simulators._server import serve
from shared.local.simulators.slack.simulator import SlackSimulator
from shared.oauth import GrantTokens
from shared.ports import Secret
from shared.wiring.accounts import wire_accounts
from tests.functions.conftest import MINE, Service
from tests.support.servers.http_loopback import Handler, HttpServer

SECRET = "slack-signing-secret of the tests"
TEAM = "T0MINE"


@dataclass
class Sender:
    """Sends what Slack sends, and knows what was posted to its address for answers."""

    service: Service
    answers: list[Any] = field(default_factory=list)
    address: str = "http://127.0.0.1:9"
    count: int = 0

    @property
    def deps(self) -> Deps:
        """Return the ports, as on one machine: there a simulated Slack may be anywhere on it."""
        return replace(self.service.deps, public_url="http://127.0.0.1:8700")

    def send(self, path: str, body: bytes, *, age: int = 0, secret: str = SECRET, stamp: str = "") -> ApiReply:
        stamp = stamp or str(int(time.time()) - age)
        mac = hmac.new(secret.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
        headers = {"x-slack-request-timestamp": stamp, "x-slack-signature": f"v0={mac}"}
        return Api(self.deps).answer(ApiRequest("POST", path, headers=headers, body=body))

    def type(self, text: str, *, user: str = "U0ADA", team: str = TEAM, trigger: str = "", **how: Any) -> ApiReply:
        """Type `/workwright text`."""
        self.count += 1
        fields = {
            "token": "x", "team_id": team, "team_domain": "mine", "channel_id": "C1", "user_id": user,
            "user_name": "ada", "command": "/workwright", "text": text, "api_app_id": "A1",
            "response_url": f"{self.address}/commands/T0/1/abc", "trigger_id": trigger or f"1.2.{self.count}",
        }  # fmt: skip
        return self.send("/v1/slack/commands", urlencode(fields).encode(), **how)

    def press(self, action: str, value: str, *, user: str = "U0ADA", team: str = TEAM, **how: Any) -> ApiReply:
        """Press a button."""
        payload = {
            "type": "block_actions", "user": {"id": user, "team_id": team}, "team": {"id": team},
            "actions": [{"action_id": action, "value": value}],
        }  # fmt: skip
        return self.send("/v1/slack/interactions", urlencode({"payload": json.dumps(payload)}).encode(), **how)

    def tell(self, body: dict[str, Any], **how: Any) -> ApiReply:
        """Tell of an event."""
        return self.send("/v1/slack/events", json.dumps(body).encode(), **how)

    def join(self, name: str, role: str, tenant: str = MINE) -> str:
        """Let somebody into the team; return their id."""
        identity = f"notion:{name}"
        welcome(self.deps, tenant, identity, name, founds=role == "owner")
        person = find_person(self.deps, tenant, identity)
        give_role(self.deps, tenant, person, role, "the test")
        return person

    def link(self, person: str, user: str, team: str = TEAM, tenant: str = MINE) -> None:
        """Link an account, as the two steps in Slack do."""
        account, code = f"slack.{team}.{user}", make_code(self.deps, tenant, person)
        type_code(self.deps, account, code)
        confirm_code(self.deps, account, code)


def find_person(deps: Deps, tenant: str, identity: str) -> str:
    """Return the person of a team who has shown an identity."""
    people = members_of(deps, tenant).people
    return next(person for person, member in people.items() if member.identity == identity)


def said(reply: ApiReply) -> str:
    """Return what Slack shows to who asked."""
    assert reply.status == 200, reply.text
    assert reply.body is not None
    assert reply.body["response_type"] == "ephemeral"
    return str(reply.body["text"])


def keep_grant(tenant: str, **public: Any) -> None:
    """Connect Slack for a team, as one machine does it with a bot's token."""
    wire_accounts().keep(tenant, "slack", GrantTokens(Secret("-".join(["xoxb", "test"])), None, {}), public)


@pytest.fixture
def sender(service: Service) -> Iterator[Sender]:
    """Yield what sends as Slack, for a team that has connected it and has an owner who is linked."""
    found = Sender(service)

    class Taker(Handler):
        def do_POST(self) -> None:
            found.answers.append(json.loads(self.body()))
            self.reply(200, b"ok", {"Content-Type": "text/plain"})

    with HttpServer(Taker) as server:
        found.address = server.url
        keep_grant(MINE)
        found.link(found.join("Ada", "owner"), "U0ADA")
        yield found


BACK = "http://127.0.0.1:9/oauth-callback"
WORD = "-".join(["word", "of", "the", "app"])
PLACE = "slack.T0SIM"


class Office:
    """The team's side, the simulated Slack's, and the browser between."""

    def __init__(self, service: Service, slack: SlackSimulator) -> None:
        self.deps, self.slack = service.deps, slack
        self.accounts: Accounts = wire_accounts()

    def seed(self, **app: Any) -> None:
        made = {"client_id": "c-1", "client_secret": WORD, "redirect_uris": [BACK], **app}
        user = {"id": "U0ADA", "name": "ada", "email": "ada@example.test"}
        order = {"app": made, "channels": ["C1"], "users": [user]}
        assert requests.post(f"{self.slack.base_url}/_seed", json=order, timeout=10).ok

    def consent(self, tenant: str = MINE) -> tuple[Started, dict[str, str]]:
        """Begin and agree; return the beginning, and what Slack sends back."""
        started = start_connection(self.deps, self.accounts, "slack", BACK, tenant)
        there = requests.get(started.url, allow_redirects=False, timeout=10)
        assert there.status_code == 302, there.text
        query = parse_qs(urlsplit(there.headers["Location"]).query)
        return started, {name: values[0] for name, values in query.items()}

    def finish(self, query: dict[str, str], cookie: str) -> Any:
        return finish_connection(self.deps, self.accounts, "slack", query, cookie, BACK, {})

    def install(self, tenant: str = MINE) -> None:
        started, query = self.consent(tenant)
        self.finish(query, started.cookie)

    def grant(self, tenant: str = MINE) -> dict[str, Any]:
        doc = self.deps.store.get(tenant, "grants", "slack")
        return dict(doc.body) if doc is not None else {}

    def post(self, tenant: str = MINE) -> str:
        return self.accounts.connect_for(tenant)(Slack).post("C1", "hello").ts

    def expire(self) -> None:
        for known in self.slack.state["tokens"].values():
            known["expires_at"] = 1

    def revoke(self, why: str = "token_revoked") -> None:
        for known in self.slack.state["tokens"].values():
            known["ended"] = why


@pytest.fixture
def slack(monkeypatch: pytest.MonkeyPatch) -> Iterator[SlackSimulator]:
    simulator = SlackSimulator()
    server = serve(simulator)
    monkeypatch.setenv("WORKWRIGHT_SLACK_URL", f"{simulator.base_url}/api")
    yield simulator
    simulator.stop()
    server.shutdown()
    server.server_close()


@pytest.fixture
def office(slack: SlackSimulator, service: Service) -> Office:
    for name, value in (("slack-client-id", "c-1"), ("slack-client-secret", WORD), ("oauth-state-key", "k" * 30)):
        service.deps.secrets.set(name, Secret(value))
    made = Office(service, slack)
    made.seed()
    return made
