"""What we ask of whoever sends our mail, whichever service that is: `ses` and `smtp` do it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import ClassVar, Protocol, Self

from shared.integrations.mail_settings import MailSettings
from shared.ports import Secrets


@dataclass(frozen=True, slots=True)
class MailParts:
    """What a sender is made of; `elsewhere` is its address where that is not the vendor's."""

    settings: MailSettings
    secrets: Secrets
    now: Callable[[], datetime]
    elsewhere: str = ""


Fields = Mapping[str, str]
NO_HEADERS: Fields = MappingProxyType({})


class Mail(Protocol):
    """Sends as the operator: people get mail from us, not from an account of their own."""

    system: ClassVar[str]

    @classmethod
    def open_own(cls, parts: MailParts) -> Self:
        """Return the operator's sender; raises Rejected where what it needs is not set up."""
        ...

    def send(
        self,
        to: str,
        subject: str,
        text: str,
        html: str,
        tags: Mapping[str, str],
        headers: Mapping[str, str] = NO_HEADERS,
    ) -> str:
        """Send one mail to one person; return the id it is known by. `headers` are further fields of its head.

        The tag "message" names it: the same mail has the same name each time. No service can be asked what it has
        sent, so after an unclear answer this raises NeedsHuman, and nothing may call it again for the same mail. Every
        other error says that the mail was certainly not sent.
        """
        ...
