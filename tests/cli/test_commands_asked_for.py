"""A command loads what it needs: who types one waits for no other."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from shared.cli.root import MODULES, workwright

ROOT = Path(__file__).resolve().parents[2]


def made_by(command: click.Command) -> Iterator[str]:
    """Yield the modules that a command and those below it are written in."""
    if command.callback is not None:
        yield command.callback.__module__
    for below in command.commands.values() if isinstance(command, click.Group) else ():
        yield from made_by(below)


def test_each_command_is_found_in_every_module_that_has_a_part_of_it() -> None:
    workwright.load_all()
    listed = {name: {module for module, names in MODULES.items() if name in names} for name in workwright.commands}
    assert {name: set(made_by(command)) for name, command in workwright.commands.items()} == listed
    assert {name for names in MODULES.values() for name in names} == set(workwright.commands)


def test_no_module_that_adds_a_command_is_left_out() -> None:
    found = {
        path for path in (ROOT / "shared").rglob("*.py") if re.search(r"(?m)^@workwright\.", path.read_text("utf-8"))
    }
    named = {".".join(path.relative_to(ROOT).with_suffix("").parts) for path in found}
    assert len(named) > 20
    assert named <= set(MODULES)


@pytest.mark.parametrize("word", ["runs", "up"])
def test_a_command_loads_neither_the_first_setup_nor_pydantic(word: str) -> None:
    said = "import sys; from shared.__main__ import workwright; workwright.main(sys.argv[1:], standalone_mode=False)"
    said += "; assert 'shared.cli.setup.init' not in sys.modules; assert 'pydantic' not in sys.modules"
    done = subprocess.run([sys.executable, "-c", said, word, "--help"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert f"workwright {word}" in done.stdout or f" {word} [OPTIONS]" in done.stdout
