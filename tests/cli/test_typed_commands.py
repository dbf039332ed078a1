"""A command that is typed into a warm process does what a fresh interpreter does, and sees nothing of others before."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.programs.commands import GROUP, type_command
from tests.support.programs.processes import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group(GROUP)]
CLEAN = {name: value for name, value in os.environ.items() if not name.startswith("WORKWRIGHT_")}


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(["runs", "--data", "nowhere"], id="an error of ours"),
        pytest.param(["runs", "--limit", "many"], id="a wrong option"),
        pytest.param(["demo", "--help"], id="help"),
    ],
)
def test_it_says_and_ends_as_a_fresh_one(words: list[str]) -> None:
    typed = type_command(*words, env=CLEAN)
    command = [sys.executable, "-m", "shared", *words]
    fresh = subprocess.run(command, cwd=ROOT, env=CLEAN, capture_output=True, text=True, timeout=60, check=False)
    assert (typed.returncode, typed.stdout, typed.stderr) == (fresh.returncode, fresh.stdout, fresh.stderr)


def test_it_has_the_environment_it_is_given_and_no_other(tmp_path: Path) -> None:
    words = ("doctor", "--json", "--data", str(tmp_path / "data"))
    wrong = type_command(*words, env=CLEAN | {"WORKWRIGHT_MODEL": "oracle"})
    right = type_command(*words, env=CLEAN)
    assert "oracle" in wrong.stdout
    assert "oracle" not in right.stdout


def test_what_takes_too_long_is_killed_and_said(tmp_path: Path) -> None:
    with pytest.raises(subprocess.TimeoutExpired):
        type_command("up", "--data", str(tmp_path / "data"), env=CLEAN, timeout=0.05)
