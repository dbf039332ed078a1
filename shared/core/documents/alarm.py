"""One command that the clock has to hand over at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from shared.core.documents.codec import unknown
from shared.core.run.commands import Command
from shared.core.run.run import derive_id

KIND = "due"


@dataclass(frozen=True, slots=True)
class Alarm:
    """What is handed over, for whom, and when: to the second."""

    name: str
    tenant: str
    ref: str
    at: datetime
    more: Mapping[str, Any] = unknown()

    @property
    def id(self) -> str:
        """Return the name of its document: ascending with the time."""
        when = self.at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
        return f"{when}.{derive_id('', self.name, self.tenant, self.ref)}"

    @property
    def topic(self) -> str:
        """Return the time as the command carries it."""
        return self.at.astimezone(UTC).isoformat(timespec="seconds")

    @property
    def command(self) -> Command:
        """Return what is handed over; the same alarm always gives the same command."""
        name = derive_id("due-", self.name, self.tenant, self.ref, self.topic)
        return Command(name, self.name, "plan", self.tenant, topic=self.topic, ref=self.ref)


def whole_second(at: datetime) -> datetime:
    """Return the time an alarm can be set to: alarms are kept to the second."""
    return at.astimezone(UTC).replace(microsecond=0)
