"""A team whose people choose what they are told; its mail and Slack keep what arrived, and its queue is in hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from shared.app.engine.deps import Deps
from shared.app.engine.engine import open_run, record
from shared.app.notify.notify import notify
from shared.app.notify.own_choices import change_choices
from shared.app.notify.recipients import find_recipient
from shared.core.notify.telling import Telling
from shared.core.run import events as ev
from shared.core.run.commands import NOTIFY, Command
from shared.core.run.run import Trigger
from shared.integrations.mail import Mail
from shared.integrations.slack.client import Message, Slack
from shared.ports import Secret
from tests.support.builders.runs import gate, opened, spec
from tests.support.ports.local_ports import Clients, Ports, tools_with

TENANT = "t-1"
ADA = {"id": "ada", "name": "Ada", "email": "ada@example.test", "slack": "C1", "role": "owner", "channels": ["slack"]}
BEN = {"id": "ben", "name": "Ben", "email": "ben@example.test", "role": "member", "channels": ["email"]}


@dataclass
class Arrived:
    """What came out at the other end, and what is wrong with a channel."""

    mails: list[tuple[str, str, str, Mapping[str, str]]] = field(default_factory=list)  # to, subject, text, headers
    posts: list[tuple[str, str]] = field(default_factory=list)  # key, text
    trouble: dict[str, Exception] = field(default_factory=dict)

    def send(self, to: str, subject: str, text: str, html: str, tags: Any, headers: Any = None) -> str:
        if "email" in self.trouble:
            raise self.trouble["email"]
        self.mails.append((to, subject, text, dict(headers or {})))
        return f"m{len(self.mails)}"

    def post(self, channel: str, text: str, blocks: list[Any], metadata: tuple[str, str]) -> Message:
        if "slack" in self.trouble:
            raise self.trouble["slack"]
        self.posts.append((metadata[1], text))
        return Message(channel, str(len(self.posts)))

    def find(self, channel: str, event_type: str, key: str) -> Message | None:
        return Message(channel, "1") if key in [each for each, _ in self.posts] else None

    send_note, find_note = Slack.send_note, Slack.find_note


class ChoosingTeam:
    """People, what they choose, and runs that they are told of. The clock begins at 09:00 UTC."""

    def __init__(self, ports: Ports, *people: Mapping[str, Any]) -> None:
        ports.deps.secrets.set("approval-link-key", Secret("key-of-these-tests"))
        self.ports = ports.with_deps(public_url="https://workwright.example.com")
        self.people, self.arrived = people, Arrived()
        self.tools = tools_with(
            accounts=Clients({Mail: self.arrived, Slack: self.arrived}), settings={"people": people}
        )

    @property
    def deps(self) -> Deps:
        return self.ports.deps

    def choose(self, who: str, **asked: Any) -> Telling:
        recipient = find_recipient(self.deps, TENANT, self.people, who)
        return change_choices(self.deps, TENANT, recipient, asked)

    def ends(self, run: str = "run-1", *, failed: bool = False) -> Command:
        """Have a run end; return the command by which people are told."""
        now = self.ports.clock.now()
        begun = opened(spec("a"), run=run, trigger=Trigger("api", "", f"Bakery {run}", "Mira"))
        open_run(self.deps, replace(begun, at=now))
        event = ev.StepFailed(now, "a", 1, "broken") if failed else ev.StepSucceeded(now, "a", 1)
        status = record(self.deps, TENANT, run, event).status.value
        return Command(f"tell-{run}", NOTIFY, "notify", TENANT, run, topic=f"run_{status}", ref="end")

    def asks(self) -> Command:
        """Have a run ask for an approval; return the command by which people are asked."""
        open_run(self.deps, replace(opened(gate("approve"), spec("a", "approve")), at=self.ports.clock.now()))
        return Command("ask-1", NOTIFY, "notify", TENANT, "run-1", topic="approval_asked", ref="approve", wake=1)

    def tell(self, command: Command, crash_point: Callable[[str], None] | None = None) -> str:
        deps = replace(self.deps, crash_point=crash_point) if crash_point else self.deps
        notify(command, deps, self.tools)
        return self.ports.run(run=command.run).notices.get(f"{command.topic}/{command.ref}", "") if command.run else ""

    def later(self, crash_point: Callable[[str], None] | None = None, **span: float) -> list[Command]:
        """Let time pass and deliver the messages that are due; return them. The run's own of `ends` are left out."""
        self.ports.clock.move(seconds=timedelta(**span).total_seconds())
        done = []

        def deliver(command: Command) -> int:
            if command.name == NOTIFY and not command.id.startswith("run-"):
                done.append(command)
                self.tell(command, crash_point)
            return 200

        self.ports.deliver_due(deliver)
        return done
