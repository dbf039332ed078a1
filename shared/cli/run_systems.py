"""Which of the systems that a run works in are real, and which are only simulated here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from shared.integrations.systems import SYSTEMS, name_system
from shared.local.configuration.choices import FACTS, NONE, Choices, read_choices


def systems_of_run(steps: Sequence[Mapping[str, Any]], data: Path) -> list[str]:
    """Return a line that names them, nothing where nobody has chosen: then all of them are simulated."""
    choices = read_choices(data)
    used = {str(step["kind"]).partition(".")[0] for step in steps} | {"notion"}
    systems = [each for each in FACTS if each in used and choices.mode(each) != NONE]
    if not choices.systems:
        return []
    return [f"systems: {', '.join(f'{describe_system(choices, each)} {choices.mode(each)}' for each in systems)}"]


def describe_system(choices: Choices, system: str) -> str:
    """Return a system by its name, with what tells it from others of its kind."""
    facts = choices.read(system).facts
    known = next((facts[name] for name in ("workspace", "owner", "folder", "bucket", "sender") if facts.get(name)), "")
    name = (SYSTEMS[system].called if system in SYSTEMS else "") or name_system(system)
    return f"{name} ({known})" if known else name
