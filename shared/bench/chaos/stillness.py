"""For how long nothing changes in the world: what tells a house that waits for something from one that is done."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Stillness:
    """Counts anew from every change, and from every death: who is dead, or only just starts, changes nothing."""

    since: float
    longest: float = 0.0
    _count: int = -1

    def saw(self, count: int, now: float) -> float:
        """Take note of how many changes there are by now; return for how long there was none."""
        if count != self._count:
            if self._count >= 0:
                self.longest = max(self.longest, now - self.since)
            self._count, self.since = count, now
        return now - self.since

    def take_note_of_death(self, now: float) -> None:
        """Take note of a death."""
        self.longest = max(self.longest, now - self.since)
        self.since = now
