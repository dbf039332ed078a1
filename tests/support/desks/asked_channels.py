"""A question that goes out over channels in whose network a test does harm."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from shared.app.engine.engine import open_run, record
from shared.app.notify.notify import notify
from shared.core.run import acts
from shared.core.run import events as ev
from shared.core.run.commands import NOTIFY, Command
from shared.core.run.run import Run, Trigger
from shared.integrations.mail import Mail
from shared.integrations.notion.client.client import Notion
from shared.integrations.slack.client import Message, Slack
from shared.ports import Secret
from tests.support.builders.runs import gate, opened, spec
from tests.support.ports.local_ports import Clients, Ports, tools_with

ADA = {"id": "ada", "email": "ada@example.test", "slack": "C1", "channels": ["email", "slack"]}
PAGE = Trigger("page", "page-1", "Bakery", "Mira")
ASKED = "approval_asked"


@dataclass
class ChannelsOutside:
    """Mail, Slack and a page: what arrived there, what goes wrong next, and whether the request arrived before."""

    mails: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    posts: list[str] = field(default_factory=list)
    written: list[Mapping[str, Any]] = field(default_factory=list)
    trouble: dict[str, tuple[str, Exception]] = field(default_factory=dict)

    def _meet(self, channel: str, arrive: Callable[[], None]) -> None:
        when, error = self.trouble.pop(channel, ("", None))
        if when != "before":
            arrive()
        if error is not None:
            raise error

    def send(self, to: str, subject: str, text: str, html: str, tags: Mapping[str, str], headers: Any = None) -> str:
        self._meet("email", lambda: self.mails.append(subject))
        self.texts.append(text)
        return "m"

    def post(self, channel: str, text: str, blocks: list[Any], metadata: tuple[str, str]) -> Message:
        self._meet("slack", lambda: self.posts.append(metadata[1]))
        return Message(channel, str(len(self.posts)))

    def find(self, channel: str, event_type: str, key: str) -> Message | None:
        return Message(channel, "1") if key in self.posts else None

    send_note, find_note = Slack.send_note, Slack.find_note

    def comment(self, page: str, spans: list[Any]) -> dict[str, str]:
        shown = [{"href": span.href, "text": span.text} for span in spans]
        self._meet("notion", lambda: self.written.append({"id": "c", "rich_text": shown}))
        return {"id": "c"}

    def comments(self, page: str) -> list[Mapping[str, Any]]:
        return self.written


class Asking:
    """A run that asks, its people, and what it asks by hand."""

    def __init__(self, ports: Ports, *specs: Any) -> None:
        ports.deps.secrets.set("approval-link-key", Secret("key-of-these-tests"))
        self.ports, self.outside = ports, ChannelsOutside()
        clients = Clients({Mail: self.outside, Slack: self.outside, Notion: self.outside})
        self.tools = tools_with(accounts=clients, settings={"people": [ADA]})
        begun = opened(*(specs or (gate("approve"), spec("a", "approve"))), trigger=PAGE)
        self.run = open_run(ports.deps, replace(begun, at=ports.clock.now()))

    def happens(self, event: Callable[[Any], ev.Event]) -> Run:
        return record(self.ports.deps, "t-1", "run-1", event(self.ports.clock.now()))

    def approved(self, at: str = "approve") -> Run:
        what = self.ports.run().asked
        return self.happens(lambda now: acts.ApprovalGranted(now, at, what, "Mira"))

    def asks(self) -> list[Command]:
        """Deliver the messages that are due now; return those that ask for something."""
        return [each for each in self.come() if each.topic in (ASKED, "question_asked", "reconnect")]

    def come(self) -> list[Command]:
        def deliver(command: Command) -> int:
            if command.name == NOTIFY:
                notify(command, self.ports.deps, self.tools)
            return 200

        return [each for each in self.ports.deliver_due(deliver) if each.name == NOTIFY]

    def noted(self, key: str = f"{ASKED}/approve") -> str:
        return self.ports.run().notices.get(key, "")

    @property
    def sent(self) -> tuple[int, int, int]:
        """How many comments, mails and posts arrived."""
        return len(self.outside.written), len(self.outside.mails), len(self.outside.posts)
