"""The ways to a person beside Notion: mail and Slack. Each message goes out once per person and channel."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from shared.app.engine.deps import Deps
from shared.app.engine.effects import Effects
from shared.app.notify.messages import Message
from shared.core.errors import ErrorClass, IntegrationError, NeedsHuman
from shared.core.notify.attention import UNCONFIRMED
from shared.core.notify.unsent import unneeded
from shared.core.run.run import derived_id
from shared.integrations.mail import Mail
from shared.integrations.slack.client import Message as SlackMessage
from shared.integrations.slack.client import Slack
from shared.steps._kind import Connect, Repeat

Person = Mapping[str, Any]
Sent = Mapping[str, Any]
_SECTION, _MOST_SECTIONS = 2_900, 12  # letters of a block, blocks of a message


class Channels:
    """One message on its way to several people over several channels."""

    def __init__(
        self,
        deps: Deps,
        connect: Connect,
        scope: str,  # what is told once; the caller holds its lease
        message: Message,
        about: Mapping[str, str],  # "tenant" and, where there is one, "run": tags of the mail
        *,
        label: str,
    ) -> None:
        self._deps = deps
        self._connect = connect
        self._message = message
        self._scope = scope
        self._about = about
        self._effects = Effects(deps, about["tenant"], scope, label)
        self.later: IntegrationError | None = None  # what kept a message from going out this time

    def tell(self, person: Person) -> list[str]:
        """Send over each channel the person has chosen; return what became of each."""
        channels: dict[str, Callable[[Person], str]] = {"email": self._mail, "slack": self._slack}
        return [f"{channel}:{channels[channel](person)}" for channel in channels_of(person)]

    def tell_all(self, people: Iterable[Person]) -> None:
        """Send to all of them a message that belongs to no run, and have the audit say what became of it.

        Raises what a later attempt may not meet, after the rest.
        """
        became = ", ".join(each for person in people for each in self.tell(person))
        if self.later is not None:
            raise self.later
        if became:
            entry = {"run": "", "what": "PeopleTold", "by": "workwright", "about": self._message.subject}
            self._effects("noted", lambda: self._note({**entry, "outcome": became}), repeat=Repeat.SAME_END)

    def _note(self, entry: Mapping[str, Any]) -> Sent:
        at = self._deps.clock.now().isoformat()
        self._deps.store.note(self._about["tenant"], {"at": at, **entry})
        return {"at": at}

    def was_told(self, person: Person, why: str) -> list[str]:
        """Send no more, for the reason given; return what became of each message: one that was begun is looked for."""
        return [f"{each}:{self._guarded(partial(self._found, each, person), why)}" for each in channels_of(person)]

    def _found(self, channel: str, person: Person) -> Sent | None:
        name = f"{channel}-{person['id']}"
        if channel == "slack":
            return self._effects.found(name, repeat=Repeat.LOOK, look=self._look_in_slack(person))
        return self._effects.found(name, repeat=Repeat.ONCE)

    def _look_in_slack(self, person: Person) -> Callable[[], Sent | None]:
        connect, channel, key = self._connect, str(person["slack"]), f"{self._scope}.{person['id']}"
        return lambda: _ts(connect(Slack).find(channel, "workwright", key))

    def _mail(self, person: Person) -> str:
        return self._guarded(lambda: self._send_mail(person))

    def _send_mail(self, person: Person) -> Sent:
        """Send it once. Whoever sends is there before the intent is written: a death in between leaves no doubt.

        Its tag names it, so that an operator finds it among what the service tells of what was sent.
        """
        message, to, name = self._message, str(person["email"]), f"email-{person['id']}"
        tags = {**self._about, "message": derived_id("mail-", self._scope, str(person["id"]))}
        mail = self._connect(Mail)  # type: ignore[type-abstract]  # whichever sender the operator has
        return self._effects(
            name,
            lambda: {"id": mail.send(to=to, subject=message.subject, text=message.text, html=message.html, tags=tags)},
            repeat=Repeat.ONCE,
        )

    def _slack(self, person: Person) -> str:
        connect, message, channel = self._connect, self._message, str(person["slack"])
        key = f"{self._scope}.{person['id']}"
        return self._guarded(
            lambda: self._effects(
                f"slack-{person['id']}",
                lambda: {
                    "ts": connect(Slack)
                    .post(channel, _slack_text(message), _slack_blocks(message), ("workwright", key))
                    .ts
                },
                repeat=Repeat.LOOK,
                look=self._look_in_slack(person),
            )
        )

    def _guarded(self, send: Callable[[], Sent | None], why: str = "") -> str:
        """Turn what can never be delivered into a recorded outcome; remember what may work later.

        `why` is the reason for which nothing was sent, where `send` only looks.
        """
        try:
            if send() is None:
                return unneeded(why)
        except NeedsHuman:
            return UNCONFIRMED
        except IntegrationError as error:
            if error.error_class == ErrorClass.TRANSIENT:
                self.later = self.later or error
                return "later"
            return f"failed ({error})"
        return "sent"


def channels_of(person: Person) -> list[str]:
    """Return over which channels this person is told, in the order they were chosen."""
    return [each for each in person.get("channels", ("email",)) if each in ("email", "slack") and person.get(each)]


def _ts(found: SlackMessage | None) -> dict[str, Any] | None:
    return {"ts": found.ts} if found else None


def _slack_text(message: Message) -> str:
    """Return what a phone notifies with, which shows the beginning of it and none of the blocks."""
    return _plain(f"{message.subject}\n{message.text}")


def _slack_blocks(message: Message) -> list[dict[str, Any]]:
    sections = _sections([f"*{_plain(message.subject)}*", *(_plain(line) for line in message.lines)])
    blocks: list[dict[str, Any]] = [
        {"type": "section", "text": {"type": "mrkdwn", "text": text}} for text in sections[:_MOST_SECTIONS]
    ]
    buttons = [{**_button(link.label, f"open{n}"), "url": link.url} for n, link in enumerate(message.links[:3])]
    if message.token and len(sections) <= _MOST_SECTIONS:  # nobody agrees by button to what is not shown whole
        decide = {"value": message.token}
        buttons = [
            {**_button("Approve", "approve"), **decide, "style": "primary"},
            {**_button("Deny", "deny"), **decide, "style": "danger"},
            *buttons,
        ]
    return [*blocks, {"type": "actions", "elements": buttons}] if buttons else blocks


def _sections(lines: Sequence[str]) -> list[str]:
    """Return the lines as texts that each fit into one block of Slack, 3,000 letters."""
    pieces = [line[at : at + _SECTION] for line in lines for at in range(0, max(1, len(line)), _SECTION)]
    found = [pieces[0]]
    for piece in pieces[1:]:
        if len(found[-1]) + 1 + len(piece) <= _SECTION:
            found[-1] += f"\n{piece}"
        else:
            found.append(piece)
    return found


def _plain(text: str) -> str:
    """Return text that Slack shows as it is: a page's title must call no channel and be no link of its own."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _button(label: str, action: str) -> dict[str, Any]:
    return {"type": "button", "text": {"type": "plain_text", "text": label[:70]}, "action_id": action}
