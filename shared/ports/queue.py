"""Commands on their way to functions, and those the queue gave up on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.core.run.commands import Command


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A command the queue has given up on."""

    command: Command
    reason: str
    at: datetime
    deliveries: int


class Queue(Protocol):
    """Delivers commands to functions at least once, in any order."""

    def enqueue(self, commands: Sequence[Command]) -> None:
        """Hand over commands; one whose id was taken in the last hour changes nothing. Honours `not_before`.

        A queue may leave out what is due in more than 29 days: `sweep` finds its run when the time has come.
        """

    def bury(self, command: Command, reason: str, deliveries: int) -> None:
        """Put a command aside for people to look at; buried again, it is one letter with the last reason.

        A function that buries what it was delivered answers 2xx, else it may get it once more.
        """

    def dead_letters(self, tenant: str) -> list[DeadLetter]:
        """Return what was put aside and not replayed since, oldest first."""

    def replay(self, tenant: str, command_id: str) -> None:
        """Deliver a dead letter again, which is a letter no longer; raises KeyError."""


class CallerCheck(Protocol):
    """Says whether a request comes from our own queue; raises Unauthenticated or Forbidden."""

    def __call__(self, authorization: str, audience: str) -> None:
        """Check the `Authorization` header for this audience."""
