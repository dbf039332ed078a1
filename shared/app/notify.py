"""Tell people, once per event, person and channel, however often the task comes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from shared.app.approvals import approval_token, approval_url
from shared.app.come_again import patient
from shared.app.deps import Deps
from shared.app.effects import Effects
from shared.app.engine import record, relay
from shared.app.execute_step import Tools, lease, run_url
from shared.app.messages import HIGH, Message, message_for
from shared.app.quiet import quiet_until
from shared.core import events as ev
from shared.core import marks
from shared.core.commands import Command
from shared.core.errors import ErrorClass, IntegrationError, NeedsHuman
from shared.core.page import Span
from shared.core.run import Run, derived_id
from shared.integrations.notion.client import Notion
from shared.integrations.ses import Ses
from shared.integrations.slack import Message as SlackMessage
from shared.integrations.slack import Slack
from shared.steps._kind import Connect, Repeat

Person = Mapping[str, Any]


@patient
def notify(command: Command, deps: Deps, tools: Tools) -> None:
    """Deliver one topic to everybody it concerns; record what became of each.

    What cannot be sent now (rate limit, outage) comes again later; what was sent is not sent again.
    """
    with lease(deps, command.tenant, f"{command.run}.notify.{command.topic}.{command.ref}"):
        loaded = deps.store.load_run(command.tenant, command.run)
        if loaded is None:
            return
        outcome = _tell_everybody(command, deps, tools, loaded.run)
    if outcome:
        told = ev.PeopleNotified(deps.clock.now(), command.topic, command.ref, outcome)
        record(deps, command.tenant, command.run, told, label="notify", handled=command.id)
    relay(deps, command.tenant, command.run, "notify")


def _tell_everybody(command: Command, deps: Deps, tools: Tools, run: Run) -> str:
    """Return what became of each message; raises the first error that a later attempt may not meet, after the rest."""
    if _answered_already(command, run):
        return ""
    settings = tools.settings(run.tenant)
    planned = next((s.output for s in reversed(run.steps) if s.spec.kind == "plan.propose" and s.output), {})
    message = message_for(
        command.topic,
        run,
        run_url=run_url(deps, run),
        token=approval_token(deps, run) if command.topic == "approval_asked" else "",
        approval_url=approval_url(deps, run) if command.topic == "approval_asked" else "",
        page_url=str(planned.get("page_url") or ""),
    )
    sender = _Sender(deps, tools.accounts.connect_for(run.tenant), run, command, message, settings)
    outcomes, waiting = [], []
    if run.trigger.page and command.topic != "question_asked":
        outcomes.append(f"notion:{sender.comment()}")
    for person in settings.get("people", ()):
        until = quiet_until(person, deps.clock.now()) if message.priority != HIGH else None
        if until is not None:
            waiting.append(until)
            continue
        outcomes += sender.tell(person)
    if waiting:
        _come_again(deps, command, min(waiting))
        outcomes.append(f"{len(waiting)} wait for the end of quiet hours")
    if sender.later is not None:
        raise sender.later
    return ", ".join(outcomes)


def _answered_already(command: Command, run: Run) -> bool:
    """Say whether the message asks for something that nobody waits for any more."""
    gate = run.step(command.ref)
    return command.topic in ("approval_asked", "question_asked") and (gate is None or gate.wait is None)


def _come_again(deps: Deps, command: Command, until: datetime) -> None:
    again = replace(command, id=derived_id("tell-", command.id, until.isoformat()), not_before=until)
    deps.crash_point("relay.before/quiet")
    deps.queue.enqueue([again])
    deps.crash_point("relay.after/quiet")


class _Sender:
    """One message on its way to several people over several channels."""

    def __init__(
        self,
        deps: Deps,
        connect: Connect,
        run: Run,
        command: Command,
        message: Message,
        settings: Mapping[str, Any],
    ) -> None:
        self._connect = connect
        self._run = run
        self._message = message
        self._settings = settings
        self._scope = f"{run.id}.notify.{command.topic}.{command.ref}"
        self._url = run_url(deps, run)
        self._effects = Effects(deps, run.tenant, self._scope, f"notify.{command.topic}")
        self.later: IntegrationError | None = None  # what kept a message from going out this time

    def tell(self, person: Person) -> list[str]:
        """Send over each channel the person has chosen; return what became of each."""
        channels: dict[str, Callable[[Person], str]] = {"email": self._mail, "slack": self._slack}
        chosen = [c for c in person.get("channels", ("email",)) if c in channels and person.get(c)]
        return [f"{channel}:{channels[channel](person)}" for channel in chosen]

    def comment(self) -> str:
        """Write a comment on the page; it can be found again by its link."""
        connect, page = self._connect, self._run.trigger.page
        target = marks.mark(self._url, self._scope)
        spans = (Span(self._message.subject, href=target), Span("\n" + "\n".join(self._message.lines)[:1800]))
        return self._guarded(
            lambda: self._effects(
                "notion",
                lambda: {"id": connect(Notion).comment(page, spans)["id"]},
                repeat=Repeat.LOOK,
                look=lambda: _comment_with(connect(Notion), page, target),
            )
        )

    def _mail(self, person: Person) -> str:
        message, to = self._message, str(person["email"])
        return self._guarded(
            lambda: self._effects(
                f"email-{person['id']}",
                lambda: {
                    "id": self._connect(Ses).send(
                        to=to, subject=message.subject, text=message.text, html=message.html,
                        tags={"tenant": self._run.tenant, "run": self._run.id},
                    )
                },
                repeat=Repeat.ONCE,
            )
        )  # fmt: skip

    def _slack(self, person: Person) -> str:
        connect, message, channel = self._connect, self._message, str(person["slack"])
        key = f"{self._scope}.{person['id']}"
        return self._guarded(
            lambda: self._effects(
                f"slack-{person['id']}",
                lambda: {
                    "ts": connect(Slack)
                    .post(channel, _plain(message.text), _slack_blocks(message), ("workwright", key))
                    .ts
                },
                repeat=Repeat.LOOK,
                look=lambda: _ts(connect(Slack).find(channel, "workwright", key)),
            )
        )

    def _guarded(self, send: Callable[[], Mapping[str, Any]]) -> str:
        """Turn what can never be delivered into a recorded outcome; remember what may work later."""
        try:
            send()
        except NeedsHuman:
            return "unconfirmed"
        except IntegrationError as error:
            if error.error_class == ErrorClass.TRANSIENT:
                self.later = self.later or error
                return "later"
            return f"failed ({error})"
        return "sent"


def _comment_with(notion: Notion, page: str, target: str) -> dict[str, Any] | None:
    for comment in notion.comments(page):
        if any((text.get("href") or "") == target for text in comment.get("rich_text", ())):
            return {"id": str(comment["id"])}
    return None


def _ts(found: SlackMessage | None) -> dict[str, Any] | None:
    return {"ts": found.ts} if found else None


def _slack_blocks(message: Message) -> list[dict[str, Any]]:
    lines = "\n".join(message.lines)
    text = f"*{_plain(message.subject)}*\n{_plain(lines)}"[:2900]
    blocks: list[dict[str, Any]] = [{"type": "section", "text": {"type": "mrkdwn", "text": text}}]
    buttons = [{**_button(link.label, f"open{n}"), "url": link.url} for n, link in enumerate(message.links[:3])]
    if message.token:
        decide = {"value": message.token}
        buttons = [
            {**_button("Approve", "approve"), **decide, "style": "primary"},
            {**_button("Deny", "deny"), **decide, "style": "danger"},
            *buttons,
        ]
    return [*blocks, {"type": "actions", "elements": buttons}] if buttons else blocks


def _plain(text: str) -> str:
    """Return text that Slack shows as it is: a page's title must call no channel and be no link of its own."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _button(label: str, action: str) -> dict[str, Any]:
    return {"type": "button", "text": {"type": "plain_text", "text": label[:70]}, "action_id": action}
