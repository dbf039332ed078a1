"""What the parts of a set-up share: the folder, what is chosen so far, who answers, and a try that may be repeated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from shared.cli.setup.answer_source import Asking
from shared.integrations.trial_result import Tried
from shared.local.configuration.choices import Choices, write_choices


@dataclass(slots=True)
class Guide:
    """One set-up under way."""

    data: Path
    choices: Choices
    ask: Asking

    def keep(self, choices: Choices) -> None:
        """Write the choices down at once: who stops here goes on here."""
        write_choices(self.data, choices)
        self.choices = choices

    def try_until_it_works(self, attempt: Callable[[], Tried]) -> Tried | None:
        """Ask and try until the system says yes; None when a person leaves it for later."""
        while True:
            found = attempt()
            if found.ok:
                self.ask.tell(f"✓ {found.says}")
                if found.way_out:
                    self.ask.tell(f"  → {found.way_out}")
                return found
            if not self.ask.ask_again(found.says, found.way_out):
                return None
