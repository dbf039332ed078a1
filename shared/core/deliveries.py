"""When a queue gives a command up: what the command did itself is counted apart from the deaths of who worked on it.

A delivery that was answered with a failure, or crashed, is the command's own. One that nobody answered (the process
was killed, the machine went away) says little about the command: everything under way died with it. Only a command
that takes its worker down each time, by using up the memory for instance, is found by these too, and much later.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from shared.core.backoff import backoff
from shared.core.retries import DELIVERY, UNANSWERED

MAX_FAILED = DELIVERY.tries  # deliveries that were answered, none of them with success
MAX_UNANSWERED = UNANSWERED.tries
AT_ONCE = 8  # unanswered deliveries that are followed by the next one without a wait
SAID_AFTER = 4  # deliveries in vain, of either sort, after which whoever looks at the run is told


@dataclass(frozen=True, slots=True)
class Tries:
    """How often a command was delivered in vain."""

    failed: int = 0  # answered with a failure
    unanswered: int = 0

    @property
    def all(self) -> int:
        return self.failed + self.unanswered

    def given_up(self, max_failed: int = MAX_FAILED, max_unanswered: int = MAX_UNANSWERED) -> bool:
        """Say whether the command is put aside now."""
        return self.failed >= max_failed or self.unanswered >= max_unanswered

    def explain(self, last: str) -> str:
        """Return why it is put aside; `last` is what the last answer said."""
        if not self.unanswered:
            return last
        died = f"{self.unanswered} of {self.all} deliveries were never answered: their worker died"
        return f"{died}; {last}" if self.failed and last else died

    def wait(self) -> timedelta:
        """Return how long a command waits after its last unanswered delivery: not at all at first, then ever longer.

        So a command that kills its worker each time leaves the others the time in between: after eight deaths it
        comes back after 1, 2, 4 … seconds and at last every ten minutes, and is put aside after about four hours.
        """
        beyond = self.unanswered - AT_ONCE
        if beyond <= 0:
            return timedelta()
        return backoff(beyond, UNANSWERED.waits)


NEVER = Tries()
