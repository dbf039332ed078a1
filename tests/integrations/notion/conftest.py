"""What the tests of this folder share."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from shared.http_client import HttpClient
from shared.integrations.notion.client.client import Notion
from shared.local.simulators.notion.simulator import NotionSimulator
from shared.ports import Secret
from tests.integrations.conftest import Served
from tests.support.builders.notion_pages import Json
from tests.support.servers.http_loopback import Handler, HttpServer
from tests.support.simulators.repeated_answers import Repeater


@pytest.fixture
def sim(served: Callable[[Any], Served]) -> Served:
    return served(NotionSimulator())


@pytest.fixture
def seeded(sim: Served) -> Json:
    sim.control("/_config", {"rate_limit": 0})
    answer: Json = sim.control("/_seed", {"internal": True})
    return answer


@pytest.fixture
def notion(sim: Served, seeded: Json) -> Notion:
    return Notion(sim.http("notion", seeded["token"]))


@pytest.fixture(scope="module")
def repeater() -> Iterator[tuple[Repeater, Notion]]:
    told = Repeater()

    class Repeating(Handler):
        def answer(self) -> None:
            self.body()
            told.asked.append((self.command, self.path))
            status, body, headers = told.answers[min(len(told.asked), len(told.answers)) - 1]
            raw = body.encode() if isinstance(body, str) else json.dumps(body).encode()
            self.reply(status, raw, headers)

        def do_GET(self) -> None:
            self.answer()

        def do_POST(self) -> None:
            self.answer()

        def do_PATCH(self) -> None:
            self.answer()

        def do_DELETE(self) -> None:
            self.answer()

    with HttpServer(Repeating) as server:
        yield told, Notion(HttpClient("notion", server.url, Secret("t" + "1"), timeouts=(2, 10)))
