"""What models are told for work that is no agent's: one file per task, the first line its version."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def prompt(name: str) -> tuple[str, str]:
    """Return version and text of a prompt."""
    first, _, text = files(__package__).joinpath(f"{name}.md").read_text(encoding="utf-8").partition("\n")
    return first.removeprefix("version:").strip(), text.strip()
