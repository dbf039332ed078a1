"""What we tell the model: one file per task, the first line its version."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import get_args

from shared.core.artifacts import Artifact


@cache
def prompt(name: str) -> tuple[str, str]:
    """Return version and text of a prompt."""
    first, _, text = files(__package__).joinpath(f"{name}.md").read_text(encoding="utf-8").partition("\n")
    return first.removeprefix("version:").strip(), text.strip()


def code_prompts() -> dict[str, str]:
    """Return what a model that writes code is told: by task, by kind of work, and what goes before each of them."""
    tasks = ("code", "code_tests", "code_outline", "code_write", "code_repair")
    return {name: prompt(name)[1] for name in (*tasks, *(f"code_{kind}" for kind in get_args(Artifact)))}
