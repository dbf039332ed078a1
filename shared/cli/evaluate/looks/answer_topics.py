"""`look = "said"`: what a question or a refusal has to speak of, so that its reader learns what it is about."""

from __future__ import annotations

from dataclasses import dataclass

from shared.cli.evaluate.fields import Fields
from shared.cli.evaluate.looks.page_outcome import Check, Finding, Made, build_finding
from shared.cli.evaluate.looks.words import missing


@dataclass(frozen=True, slots=True)
class Said:
    """Words in what was asked or told."""

    name: str
    shows: tuple[tuple[str, ...], ...]

    def look(self, made: Made) -> Finding:
        """Read what was said in the end."""
        if not made.message:
            return Finding(self.name, False, "nothing was asked or told")
        problems = [f"it does not speak of {word!r}" for word in missing(self.shows, made.message)]
        return build_finding(self.name, problems, made.message[:200])


def read(name: str, fields: Fields) -> Check:
    return Said(name, fields.choices("shows", required=True))
