"""`look = "said"`: what a question or a refusal has to speak of, so that its reader learns what it is about."""

from __future__ import annotations

from dataclasses import dataclass

from shared.cli.evaluate.fields import Fields
from shared.cli.evaluate.looks.seen import Check, Finding, Made, failed_first
from shared.cli.evaluate.looks.words import missing


@dataclass(frozen=True, slots=True)
class Said:
    """Words in what was asked or told."""

    name: str
    shows: tuple[tuple[str, ...], ...]

    def look(self, made: Made) -> Finding:
        """Read what was said in the end."""
        if not made.said:
            return Finding(self.name, False, "nothing was asked or told")
        problems = [f"it does not speak of {word!r}" for word in missing(self.shows, made.said)]
        return failed_first(self.name, problems, made.said[:200])


def read(name: str, fields: Fields) -> Check:
    """Return the check of these fields."""
    return Said(name, fields.choices("shows", required=True))
