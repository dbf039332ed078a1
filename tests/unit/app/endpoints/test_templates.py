"""Endpoints at services with a shape of their own: taken as published, pinned to their hosts, and never shown whole."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from markdown_it import MarkdownIt

from shared.app.endpoints.team_endpoints import add_endpoint, list_endpoints, replace_secret, send_message, send_test
from shared.core.errors import Conflicting
from shared.core.notify.endpoint import DELIVERED, EVENTS, WAITING
from shared.core.notify.message_words import Words, describe_message
from shared.integrations.templates import TEMPLATES
from shared.local.simulators import discord, microsoft_teams
from shared.local.simulators._server import Simulator, serve
from tests.support.ports.local_ports import Ports
from tests.support.rigs.told_team import TEAM, Receiver, Team

HOSTILE = (
    "**x** [look](https://evil.example) <https://evil.example> @everyone <@123> `a` ||b|| # c\n# d\n- e _f_ ~~g~~ \\"
)
DISCORD_PATH = f"{discord.PATH}{discord.TOKEN}"
TEAMS_PATH = (
    f"{microsoft_teams.PATH}?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sig={microsoft_teams.SIGNATURE}"
)
PATHS = {"discord": DISCORD_PATH, "teams": TEAMS_PATH}
KINDS = {"discord": discord.DiscordSimulator, "teams": microsoft_teams.MicrosoftTeamsSimulator}
FAULTS = {"discord": discord.find_fault, "teams": microsoft_teams.find_fault}
DATA = {"run": "run-1", "kind": "page", "page": "p", "url": "https://api.test/v1/runs/run-1", "status": "failed"}
DATA |= {"step": "build", "gate": "ok", "via": "link", "percent": 80, "limit_usd": 5.0, "scope": "day"}


@dataclass
class Chat:
    """A channel there, and the address at which it is told."""

    simulator: Simulator
    url: str

    @property
    def taken(self) -> list[dict[str, Any]]:
        return list(self.simulator.state["taken"])


@pytest.fixture(params=[*TEMPLATES])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def chat(kind: str) -> Iterator[Chat]:
    simulator = KINDS[kind]()
    server = serve(simulator)
    yield Chat(simulator, f"{simulator.base_url}{PATHS[kind]}")
    server.shutdown()
    server.server_close()


def _add(team: Team, kind: str, url: str) -> str:
    return add_endpoint(team.deps, TEAM, url, (), "Ada", kind)[0].id


def test_every_kind_is_taken_as_it_is_published(team: Team, kind: str, chat: Chat) -> None:
    endpoint = _add(team, kind, chat.url)
    for event in EVENTS:
        send_message(
            team.deps, TEAM, endpoint, f"msg_{event.encode().hex()[:24]:0>24}", (event, DATA), team.ports.clock.now()
        )
    send_test(team.deps, TEAM, endpoint)
    team.work()
    assert chat.simulator.state["refused"] == []
    assert len(chat.taken) == len(EVENTS) + 1
    assert {each.state for each in team.deliveries(endpoint)} == {DELIVERED}
    assert "80 percent" in json.dumps(chat.taken)


def test_a_run_that_ends_is_told_in_words_without_what_people_wrote(team: Team, kind: str, chat: Chat) -> None:
    _add(team, kind, chat.url)
    team.carry_out(team.ends())
    team.work()
    told = json.dumps(chat.taken)
    assert "A run has succeeded" in told
    assert "Bakery" not in told
    assert "Mira" not in told


def _texts(body: Any) -> Iterator[str]:
    if isinstance(body, dict):
        yield from (each for name, value in body.items() if name not in ("url", "$schema") for each in _texts(value))
    elif isinstance(body, list):
        yield from (each for value in body for each in _texts(value))
    elif isinstance(body, str):
        yield body


def test_a_hostile_text_is_shown_as_it_is(kind: str) -> None:
    """Judged by CommonMark: no text of it becomes a link or a style, and what is an address stays one."""
    data = {**DATA, "site": HOSTILE, "pull_request": "https://forge.test/a_b/c_d", "run": HOSTILE}
    words = describe_message({"type": "site.live", "timestamp": "2026-11-24T12:00:00+00:00", "data": data})
    body = TEMPLATES[kind].writes(words)
    assert FAULTS[kind](body) == ""
    assert words.url == "https://forge.test/a_b/c_d"
    markdown = MarkdownIt("commonmark", {"html": True})
    hostile = [each for each in _texts(body) if "look" in each]
    assert len(hostile) == 2
    for each in hostile:
        rendered = markdown.renderInline(each)
        assert not set(_tags(rendered)) - {"br"}, rendered
        assert "@everyone" not in rendered or kind == "teams"  # there a mention is an entity, and we send none
    if kind == "discord":
        assert body["allowed_mentions"] == {"parse": []}
        assert "<https://forge.test/a_b/c_d>" in list(_texts(body))


def _tags(rendered: str) -> list[str]:
    return [each.partition(">")[0].strip("/ ") for each in rendered.split("<")[1:]]


def test_the_longest_message_is_within_the_limits(kind: str) -> None:
    body = TEMPLATES[kind].writes(Words("*" * 1000, tuple(("_" * 300, "[" * 500) for _ in range(60)), "", ""))
    assert FAULTS[kind](body) == ""
    assert len(json.dumps(body).encode()) <= microsoft_teams.MAX_BYTES


def test_too_many_requests_are_waited_for_as_long_as_was_asked(team: Team, kind: str, chat: Chat) -> None:
    endpoint = _add(team, kind, chat.url)
    chat.simulator.state["busy"] = 1
    send_test(team.deps, TEAM, endpoint)
    team.work()
    [kept] = team.deliveries(endpoint)
    assert kept.next_at is not None
    assert (kept.state, (kept.next_at - team.ports.clock.now()).total_seconds()) == (WAITING, 7200)
    team.ports.clock.move(seconds=3600)
    team.work()
    assert chat.taken == []
    team.ports.clock.move(seconds=3601)
    team.work()
    assert len(chat.taken) == 1


def test_its_address_lies_sealed_and_is_shown_nowhere(
    team: Team, kind: str, chat: Chat, capsys: pytest.CaptureFixture[str]
) -> None:
    endpoint = _add(team, kind, chat.url)
    send_test(team.deps, TEAM, endpoint)
    team.work()
    assert len(chat.taken) == 1
    store = team.deps.store
    kinds = list(store.kinds(TEAM))
    kept = str([doc.body for each in kinds for doc in store.list_docs(TEAM, each)])
    shown = capsys.readouterr()
    seen = (kept, shown.out, shown.err, str(store.audit(TEAM)), str(list_endpoints(team.deps, TEAM)))
    secret = discord.TOKEN if kind == "discord" else microsoft_teams.SIGNATURE
    assert secret in chat.url
    assert not [each for each in seen if secret in each]
    assert list_endpoints(team.deps, TEAM)[0].url == f"{chat.url.partition('/api')[0].partition('/workflows')[0]}/…"
    with pytest.raises(Conflicting, match="already"):
        _add(team, kind, chat.url)
    with pytest.raises(Conflicting, match="not signed"):
        replace_secret(team.deps, TEAM, endpoint, "Ada")


GOOD = {
    "discord": [f"https://{host}{DISCORD_PATH}" for host in ("discord.com", "ptb.discord.com", "discordapp.com")],
    "teams": [
        f"https://prod-12.westeurope.logic.azure.com:443{TEAMS_PATH}",
        "https://default0123.45.environment.api.powerplatform.com:443/powerautomate/automations/direct"
        + TEAMS_PATH.replace("/paths/invoke?", "/paths/invoke/?"),
    ],
}
BAD = {
    "discord": (
        f"https://evil.example{DISCORD_PATH}", f"https://discord.com.evil.example{DISCORD_PATH}",
        f"https://evildiscord.com{DISCORD_PATH}", "https://discord.com/api/webhooks/1/x", "https://discord.com/",
        f"https://discord.com{DISCORD_PATH}/github",
    ),
    "teams": (
        f"https://evil.example{TEAMS_PATH}", f"https://logic.azure.com.evil.example{TEAMS_PATH}",
        f"https://evillogic.azure.com{TEAMS_PATH}", "https://prod-1.westeurope.logic.azure.com/",
        "https://acme.webhook.office.com/webhookb2/1@2/IncomingWebhook/3/4",  # a connector, which is retired
    ),
}  # fmt: skip


def test_only_the_services_own_addresses_are_taken(ports: Ports, kind: str) -> None:
    for url in GOOD[kind]:
        assert add_endpoint(ports.deps, TEAM, url, (), "Ada", kind)[1] == ""
        with pytest.raises(Conflicting, match=f"address of {TEMPLATES[kind].title}"):
            add_endpoint(ports.deps, TEAM, url, (), "Ada")
    other = next(each for each in TEMPLATES if each != kind)
    for url in (*BAD[kind], *GOOD[other]):
        with pytest.raises(Conflicting, match="not a webhook of"):
            add_endpoint(ports.deps, TEAM, url, (), "Ada", kind)


def test_who_asks_to_wait_without_a_number_is_tried_as_usual(team: Team, receiver: Receiver) -> None:
    endpoint = add_endpoint(team.deps, TEAM, receiver.url, (), "Ada")[0].id
    receiver.status = 429
    send_test(team.deps, TEAM, endpoint)
    team.work()
    [kept] = team.deliveries(endpoint)
    assert kept.next_at is not None
    assert (kept.next_at - team.ports.clock.now()).total_seconds() < 120
