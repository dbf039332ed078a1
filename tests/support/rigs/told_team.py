"""A team that is told at endpoints: what it runs there, and its queue in hand."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field, replace
from typing import Any

from shared.app.endpoints.deliver import deliver
from shared.app.endpoints.endpoint_events import publish_progress
from shared.app.endpoints.replay_range import replay_range
from shared.app.endpoints.team_endpoints import (
    list_deliveries,
)
from shared.app.engine.deps import Deps
from shared.app.engine.engine import open_run, record
from shared.app.notify.notify import notify
from shared.core.notify.endpoint import Delivery
from shared.core.run import events as ev
from shared.core.run.commands import DELIVER, NOTIFY, PUBLISH, REPLAY, Command
from shared.core.run.run import Trigger
from shared.integrations.mail import Mail
from tests.support.builders.runs import opened, spec
from tests.support.ports.local_ports import Clients, Ports, tools_with

TEAM, OTHER = "t-1", "t-2"
ADA = {"id": "ada", "email": "ada@example.test", "channels": ["email"], "role": "owner"}


@dataclass
class Receiver:
    """What a team runs: it answers as it is told, and checks signatures by the specification alone."""

    url: str = ""
    status: int = 204
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    def told(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.got]

    def is_signed(self, number: int, secret: str) -> bool:
        headers, body = self.got[number]
        key = base64.b64decode(secret.removeprefix("whsec_"))
        content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        wanted = "v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
        return wanted in headers["webhook-signature"].split(" ")


class Mails:
    def __init__(self) -> None:
        self.subjects: list[str] = []

    def send(self, to: str, subject: str, text: str, html: str, tags: Any, headers: Any = None) -> str:
        self.subjects.append(subject)
        return f"m{len(self.subjects)}"


@dataclass
class Team:
    """A team that is told by mail, and at endpoints on this machine."""

    ports: Ports
    mails: Mails = field(default_factory=Mails)

    @property
    def deps(self) -> Deps:
        return self.ports.deps

    def carry_out(self, command: Command, deps: Deps | None = None) -> int:
        tools = tools_with(accounts=Clients({Mail: self.mails}), settings={"people": [ADA]})
        {NOTIFY: notify, DELIVER: deliver, PUBLISH: publish_progress, REPLAY: replay_range}[command.name](
            command, deps or self.deps, tools
        )
        return 204

    def work(self) -> list[Command]:
        """Carry out what is due of messages and deliveries."""
        return self.ports.deliver_due(lambda command: self.carry_out(command) if command.function == "notify" else 204)

    def ends(self, tenant: str = TEAM) -> Command:
        """Have a run succeed; return the command by which people are told."""
        event = replace(opened(spec("a"), trigger=Trigger("api", "", "Bakery", "Mira")), tenant=tenant)
        open_run(self.deps, event)
        run = record(self.deps, tenant, "run-1", ev.StepSucceeded(self.ports.clock.now(), "a", 1))
        return Command("tell-1", NOTIFY, "notify", tenant, run.id, topic="run_succeeded", ref="end")

    def deliveries(self, endpoint: str, tenant: str = TEAM) -> list[Delivery]:
        return list_deliveries(self.deps, tenant, endpoint, "", 100)
