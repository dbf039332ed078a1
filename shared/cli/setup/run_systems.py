"""Which of the systems that a run works in are real, and which are only simulated here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from shared.cli.setup.choices import FACTS, NONE, read_choices
from shared.cli.setup.greeting import called


def systems_of_run(steps: Sequence[Mapping[str, Any]], data: Path) -> list[str]:
    """Return a line that names them, nothing where nobody has chosen: then all of them are simulated."""
    choices = read_choices(data)
    used = {str(step["kind"]).partition(".")[0] for step in steps} | {"notion"}
    told = [each for each in FACTS if each in used and choices.mode(each) != NONE]
    if not choices.systems:
        return []
    return [f"systems: {', '.join(f'{called(choices, each)} {choices.mode(each)}' for each in told)}"]
