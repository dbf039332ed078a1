"""In which line a command of the house waits: its function's, or that of what the machine has only so much of."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from shared.backends.local.capacity import Capacity
from shared.core.run.commands import ATTEMPT, BROWSER, MODEL, Command
from shared.settings import Settings


def line_of() -> Callable[[Command], str]:
    """Return what names the line of a command. Loads all kinds of steps: here, before threads ask for them."""
    from shared.steps import KINDS

    lines = {name: kind.waits_in for name, kind in KINDS.items() if kind.waits_in}

    def line(command: Command) -> str:
        if command.name != ATTEMPT:
            return command.function
        if command.function == "plan":
            return MODEL
        return lines.get(command.topic, command.function)

    return line


def bounds_of(settings: Settings, capacity: Capacity) -> Mapping[str, int]:
    """Return how many commands of each line go on at once: as the settings say, else as the machine allows."""
    bounds = {**capacity.bounds(), **settings.bounds}
    if settings.browser == "off":  # then nothing of it is started
        del bounds[BROWSER]
    return bounds
