"""The ways to a person beside Notion: mail and messengers. Each message goes out once over each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from shared.app.engine.deps import Deps
from shared.app.engine.effects import Effects
from shared.app.notify.mail_choices import list_headers, unsubscribe_url
from shared.app.notify.messages import Message
from shared.core.errors import ErrorClass, IntegrationError, NeedsHuman
from shared.core.notify.attention import UNCONFIRMED
from shared.core.notify.unsent import mark_unneeded
from shared.core.people.actor import THE_SYSTEM
from shared.core.run.run import derive_id
from shared.core.tenants.audit_entries import build_entry
from shared.integrations.mail import Mail
from shared.integrations.messengers import load_messenger
from shared.integrations.systems import CHANNELS, EMAIL
from shared.steps._kind import Connect, Repeat

Person = Mapping[str, Any]
Sent = Mapping[str, Any]


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
        kind: str = "",  # of message; mails of a kind can be ended by whom they go to
    ) -> None:
        self._deps = deps
        self._connect = connect
        self._message = message
        self.scope = scope
        self._about = about
        self.tenant = about["tenant"]
        self._kind = kind
        self._effects = Effects(deps, about["tenant"], scope, label)
        self.later: IntegrationError | None = None  # what kept a message from going out this time

    def tell(self, person: Person) -> list[str]:
        """Send over each channel the person has chosen; return what became of each."""
        return [
            f"{channel}:{self._guard_send(partial(self._send, channel, person))}" for channel in channels_of(person)
        ]

    def tell_all(self, people: Iterable[Person]) -> list[str]:
        """Send to all of them a message that belongs to no run, as `conclude` does."""
        return self.conclude([each for person in people for each in self.tell(person)])

    def conclude(self, became: list[str]) -> list[str]:
        """Have the audit say what became of a message that belongs to no run; return it.

        Raises what a later attempt may not meet, after the rest.
        """
        if self.later is not None:
            raise self.later
        if became:
            self._effects("noted", lambda: self._note(", ".join(became)), repeat=Repeat.SAME_END)
        return became

    def _note(self, outcome: str) -> Sent:
        at = self._deps.clock.now()
        entry = build_entry(at, "PeopleTold", THE_SYSTEM, self._message.subject, outcome=outcome)
        self._deps.store.note(self._about["tenant"], entry)
        return {"at": at.isoformat()}

    def was_begun(self, person: Person) -> bool:
        """Say whether this message was begun to be sent to somebody, over whichever channel they have now."""
        return any(self._effects.is_intended(f"{channel}-{person['id']}") for channel in channels_of(person))

    def was_told(self, person: Person, why: str) -> list[str]:
        """Send no more, for the reason given; return what became of each message: one that was begun is looked for."""
        return [
            f"{each}:{self._guard_send(partial(self._find_sent, each, person), why)}" for each in channels_of(person)
        ]

    def _find_sent(self, channel: str, person: Person) -> Sent | None:
        name = f"{channel}-{person['id']}"
        if channel == EMAIL:
            return self._effects.find_done(name, repeat=Repeat.ONCE)
        return self._effects.find_done(name, repeat=Repeat.LOOK, look=self._look(channel, person))

    def _look(self, channel: str, person: Person) -> Callable[[], Sent | None]:
        connect, place, key = self._connect, str(person[channel]), f"{self.scope}.{person['id']}"
        return lambda: connect(load_messenger(channel)).find_note(place, key)

    def _send(self, channel: str, person: Person) -> Sent:
        return self._send_mail(person) if channel == EMAIL else self._send_note(channel, person)

    def _send_mail(self, person: Person) -> Sent:
        """Send it once. Whoever sends is there before the intent is written: a death in between leaves no doubt.

        Its tag names it, so that an operator finds it among what the service tells of what was sent.
        """
        message, to, name = self._address(person), str(person["email"]), f"email-{person['id']}"
        tags = {**self._about, "message": derive_id("mail-", self.scope, str(person["id"]))}
        mail = self._connect(Mail)  # type: ignore[type-abstract]  # whichever sender the operator has
        end = unsubscribe_url(self._deps, self.tenant, str(person.get("telling") or person["id"]), self._kind)
        message = message.add_end(end)
        send = partial(mail.send, to, message.subject, message.text, message.html, tags)
        return self._effects(name, lambda: {"id": send(list_headers(end)) if end else send()}, repeat=Repeat.ONCE)

    def _address(self, person: Person) -> Message:
        """Return the message as one person gets it: its links may be theirs alone."""
        return self._message

    def _send_note(self, channel: str, person: Person) -> Sent:
        connect, message, place = self._connect, self._message, str(person[channel])
        key = f"{self.scope}.{person['id']}"
        return self._effects(
            f"{channel}-{person['id']}",
            lambda: connect(load_messenger(channel)).send_note(place, message, key),
            repeat=Repeat.LOOK,
            look=self._look(channel, person),
        )

    def _guard_send(self, send: Callable[[], Sent | None], why: str = "") -> str:
        """Turn what can never be delivered into a recorded outcome; remember what may work later.

        `why` is the reason for which nothing was sent, where `send` only looks.
        """
        try:
            if send() is None:
                return mark_unneeded(why)
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
    return [each for each in person.get("channels", (EMAIL,)) if each in CHANNELS and person.get(each)]
