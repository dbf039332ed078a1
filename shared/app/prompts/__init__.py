"""What we tell the model: one file per task, the first line its version."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

# By name, letter by letter: what a function is shipped with is found by these words.
_CODE_TASKS = ("code", "code_tests", "code_outline", "code_write", "code_repair")
_CODE_KINDS = ("code_static_site", "code_python_service", "code_node_project", "code_change")


@cache
def prompt(name: str) -> tuple[str, str]:
    """Return version and text of a prompt."""
    first, _, text = files(__package__).joinpath(f"{name}.md").read_text(encoding="utf-8").partition("\n")
    return first.removeprefix("version:").strip(), text.strip()


def code_prompts() -> dict[str, str]:
    """Return what a model that writes code is told: by task, by kind of work, and what goes before each of them."""
    return {name: prompt(name)[1] for name in (*_CODE_TASKS, *_CODE_KINDS)}
