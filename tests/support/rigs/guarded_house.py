"""A small house whose functions look at the switches before they take a command."""

from __future__ import annotations

from shared.app.engine.switches import hold_back
from shared.core.run.commands import Command
from tests.support.rigs.small_house import SmallHouse


class GuardedHouse(SmallHouse):
    """A house whose functions look at the switches first, as the real ones do."""

    def handle(self, command: Command) -> None:
        """Take a command, unless a switch holds it back."""
        if not hold_back(command, self.deps):
            super().handle(command)
