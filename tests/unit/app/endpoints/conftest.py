"""A team with an endpoint on this machine, and what answers there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.ports import Secret
from tests.support.ports.local_ports import Ports, local_ports
from tests.support.rigs.told_team import Receiver, Team
from tests.support.servers.http_loopback import Handler, HttpServer


@pytest.fixture
def ports(tmp_path: Path) -> Iterator[Ports]:
    with local_ports(tmp_path / "data") as found:
        yield found


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    found = Receiver()

    class Answering(Handler):
        def do_POST(self) -> None:
            body = self.body()
            found.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.reply(found.status, b"", {"Location": "http://127.0.0.1:1/"} if 300 <= found.status < 400 else {})

    with HttpServer(Answering) as server:
        found.url = f"{server.url}/hooks"
        yield found


@pytest.fixture
def team(ports: Ports) -> Team:
    ports.deps.secrets.set("approval-link-key", Secret("key-of-these-tests"))
    return Team(ports.with_deps(loopback_endpoints=True))
