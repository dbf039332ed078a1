"""One message per event, person and channel, however often the task comes and whatever the channels answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from shared.app.engine.engine import open_run, record
from shared.app.notify.notify import notify
from shared.core.errors import NeedsHuman, OutcomeUnknown, RateLimited, Rejected, Unavailable
from shared.core.run import acts
from shared.core.run import events as ev
from shared.core.run.commands import NOTIFY, Command
from shared.core.run.run import Run, RunStatus, Trigger
from shared.integrations.mail import Mail
from shared.integrations.slack.client import Message, Slack
from shared.ports import Secret
from tests.support.builders.runs import gate, opened, spec
from tests.support.ports.local_ports import Clients, Ports, tools_with

ADA = {"id": "ada", "email": "ada@example.test", "slack": "C1", "channels": ["email", "slack"]}
BEN = {"id": "ben", "email": "ben@example.test", "channels": ["email"]}


@dataclass
class Post:
    """Mail and Slack in one: what arrived, and how the next sends go."""

    mails: list[str] = field(default_factory=list)
    subjects: list[str] = field(default_factory=list)
    posts: list[tuple[str, str]] = field(default_factory=list)  # channel, key
    texts: list[str] = field(default_factory=list)
    mail_trouble: list[Exception] = field(default_factory=list)
    slack_trouble: list[tuple[str, Exception]] = field(default_factory=list)

    def send(self, to: str, subject: str, text: str, html: str, tags: Mapping[str, str], headers: Any = None) -> str:
        if self.mail_trouble:
            raise self.mail_trouble.pop(0)
        self.mails.append(to)
        self.subjects.append(subject)
        return f"m{len(self.mails)}"

    def post(self, channel: str, text: str, blocks: list[Any], metadata: tuple[str, str]) -> Message:
        when, error = self.slack_trouble.pop(0) if self.slack_trouble else ("", None)
        if error is not None and when == "before":
            raise error
        self.posts.append((channel, metadata[1]))
        self.texts.append(text + str(blocks))
        if error is not None:
            raise error
        return Message(channel, str(len(self.posts)))

    def find(self, channel: str, event_type: str, key: str) -> Message | None:
        return Message(channel, "1") if (channel, key) in self.posts else None

    send_note, find_note = Slack.send_note, Slack.find_note


class Told:
    """A run that has ended, and its notification."""

    def __init__(self, ports: Ports, *people: Mapping[str, Any]) -> None:
        ports.deps.secrets.set("approval-link-key", Secret("key-of-these-tests"))
        self.ports, self.post = ports, Post()
        self.tools = tools_with(accounts=Clients({Mail: self.post, Slack: self.post}), settings={"people": people})

    def ends(self, event: Callable[[Any], ev.Event], title: str = "Bakery") -> Command:
        deps, now = self.ports.deps, self.ports.clock.now()
        begun = opened(spec("a"), trigger=Trigger("api", "", title, "Mira"))
        open_run(deps, replace(begun, at=now))
        run = record(deps, "t-1", "run-1", event(now))
        assert run.status.final
        return self.about(run, f"run_{run.status.value}", "end")

    def succeeds(self, **given: Any) -> Command:
        return self.ends(lambda now: ev.StepSucceeded(now, "a", 1), **given)

    def about(self, run: Run, topic: str, ref: str) -> Command:
        return Command("tell-1", NOTIFY, "notify", run.tenant, run.id, topic=topic, ref=ref)

    def tell(self, command: Command) -> str:
        notify(command, self.ports.deps, self.tools)
        return self.ports.run().notices.get(f"{command.topic}/{command.ref}", "")

    def later(self, span: timedelta) -> list[Command]:
        """Let time pass and deliver the notifications that are due."""
        self.ports.clock.move(seconds=span.total_seconds())

        def deliver(command: Command) -> int:
            if command.name == NOTIFY:
                notify(command, self.ports.deps, self.tools)
            return 200

        return [c for c in self.ports.deliver_due(deliver) if c.name == NOTIFY]


def test_everybody_is_told_once_however_often_the_task_comes(ports: Ports) -> None:
    told = Told(ports, ADA, BEN)
    command = told.succeeds()
    for _ in range(5):
        assert told.tell(command) == "email:sent, slack:sent, email:sent"
    told.later(timedelta(days=1))
    assert told.post.mails == ["ada@example.test", "ben@example.test"]
    assert [channel for channel, _ in told.post.posts] == ["C1"]


@pytest.mark.parametrize(
    "person",
    [
        pytest.param({"id": "x"}, id="no address at all"),
        pytest.param({"id": "x", "email": "", "slack": ""}, id="empty addresses"),
        pytest.param({"id": "x", "email": "x@example.test", "channels": []}, id="no channel chosen"),
        pytest.param({"id": "x", "email": "x@example.test", "channels": ["pigeon"]}, id="a channel we do not have"),
        pytest.param({"id": "x", "email": "x@example.test", "channels": ["slack"]}, id="chosen without an address"),
    ],
)
def test_a_person_without_a_channel_holds_nobody_up(ports: Ports, person: Mapping[str, Any]) -> None:
    told = Told(ports, person, BEN)
    assert told.tell(told.succeeds()) == "email:sent"
    assert told.post.mails == ["ben@example.test"]


def test_a_mail_with_an_unclear_answer_is_named_so_and_never_sent_again(ports: Ports) -> None:
    told = Told(ports, ADA)
    told.post.mail_trouble = [NeedsHuman("ses", "no complete answer")]
    command = told.succeeds()
    for _ in range(4):
        assert told.tell(command) == "email:not known, slack:sent"
        ports.clock.move(hours=5)
    assert told.post.mails == []
    assert len(told.post.posts) == 1


def test_a_refused_mail_is_named_with_its_reason(ports: Ports) -> None:
    told = Told(ports, ADA)
    told.post.mail_trouble = [Rejected("ses", "400 address unknown")]
    assert told.tell(told.succeeds()) == "email:failed (ses: 400 address unknown), slack:sent"


@pytest.mark.parametrize(
    "error", [RateLimited("slack", "429", retry_after=timedelta(seconds=30)), Unavailable("slack", "503")]
)
def test_a_channel_that_cannot_now_is_asked_again_and_the_others_are_not(ports: Ports, error: Exception) -> None:
    told = Told(ports, ADA, BEN)
    told.post.slack_trouble = [("before", error)]
    command = told.succeeds()
    told.tell(command)
    assert told.post.mails == ["ada@example.test", "ben@example.test"]
    assert told.post.posts == []
    told.later(timedelta(minutes=2))
    assert [channel for channel, _ in told.post.posts] == ["C1"]
    assert told.post.mails == ["ada@example.test", "ben@example.test"]
    assert ports.run().notices["run_succeeded/end"] == "email:sent, slack:sent, email:sent"


def test_a_post_with_an_unclear_answer_is_looked_for_before_it_is_repeated(ports: Ports) -> None:
    told = Told(ports, ADA)
    told.post.slack_trouble = [("after", OutcomeUnknown("slack", "timeout"))]
    told.tell(told.succeeds())
    told.later(timedelta(minutes=2))
    assert len(told.post.posts) == 1
    assert ports.run().notices["run_succeeded/end"] == "email:sent, slack:sent"


NOW_QUIET = {"from": "08:00", "to": "10:00", "zone": "UTC"}  # the clock of these tests begins at 09:00 UTC


def test_what_can_wait_waits_for_the_end_of_quiet_hours(ports: Ports) -> None:
    told = Told(ports, {**ADA, "quiet": NOW_QUIET}, BEN)
    assert told.tell(told.succeeds()) == "email:sent, 1 wait for the end of quiet hours"
    assert told.post.mails == ["ben@example.test"]
    told.later(timedelta(minutes=59))
    assert told.post.mails == ["ben@example.test"]
    told.later(timedelta(minutes=1))
    assert told.post.mails == ["ben@example.test", "ada@example.test"]
    assert len(told.post.posts) == 1
    told.later(timedelta(days=2))
    assert len(told.post.mails) == 2
    assert ports.run().notices["run_succeeded/end"] == "email:sent, slack:sent, email:sent"


def test_what_must_not_wait_does_not(ports: Ports) -> None:
    told = Told(ports, {**ADA, "quiet": NOW_QUIET})
    command = told.ends(lambda now: ev.StepFailed(now, "a", 1, "broken"))
    assert told.tell(command) == "email:sent, slack:sent"
    assert told.post.mails == ["ada@example.test"]


def test_one_persons_unreadable_quiet_hours_hold_nobody_up(ports: Ports) -> None:
    told = Told(ports, {**ADA, "quiet": {"from": "late", "to": "early", "zone": "Moon"}}, BEN)
    assert told.tell(told.succeeds()) == "email:sent, slack:sent, email:sent"


def test_a_title_calls_no_channel_and_is_no_link_in_slack(ports: Ports) -> None:
    told = Told(ports, ADA)
    told.tell(told.succeeds(title="<!channel> & <https://evil.example|free bread>"))
    assert "<" not in told.post.texts[0]
    assert "&lt;!channel&gt; &amp; &lt;evil[.]example|free bread&gt;" in told.post.texts[0]


def test_a_phone_shows_what_a_slack_message_is_about(ports: Ports) -> None:
    """Slack's own apps for phones notify with the text alone, never with the blocks, and show its beginning."""
    told = Told(ports, ADA)
    run = open_run(ports.deps, replace(opened(gate("approve"), spec("a", "approve")), at=ports.clock.now()))
    told.tell(told.about(run, "approval_asked", "approve"))
    (subject,), (text,) = told.post.subjects, told.post.texts
    assert run.trigger.title in subject
    assert text.splitlines()[0] == subject


def test_a_question_for_approval_carries_its_token_to_slack_and_only_while_it_is_open(ports: Ports) -> None:
    told = Told(ports, ADA)
    run = open_run(ports.deps, replace(opened(gate("approve"), spec("a", "approve")), at=ports.clock.now()))
    command = told.about(run, "approval_asked", "approve")
    assert told.tell(command) == "email:sent, slack:sent"
    assert "'action_id': 'approve'" in told.post.texts[0]
    again = record(
        ports.deps, "t-1", "run-1", acts.ApprovalGranted(ports.clock.now(), "approve", run.plan_hash, "Mira")
    )
    assert again.status == RunStatus.EXECUTING
    told.tell(replace(command, id="tell-2"))
    assert len(told.post.mails) == len(told.post.posts) == 1
