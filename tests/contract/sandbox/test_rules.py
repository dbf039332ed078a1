"""Landlock rules hold in every version this kernel can speak, down to the first."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from shared.backends.sandbox.rooms.rules import landlock_abi

ROOT = Path(__file__).resolve().parents[3]

PROGRAM = """
import json, os, sys
from shared.backends.sandbox.rooms.rules import make_ruleset, restrict_self
abi, box, planted, foreign = int(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])
def can(action):
    try:
        action()
    except OSError:
        return False
    return True
actions = {
    "read outside": lambda: open(planted).close(),
    "write outside": lambda: open(planted, "a").close(),
    "make outside": lambda: os.mkdir(planted + ".d"),
    "remove outside": lambda: os.unlink(planted + ".2"),
    "list outside": lambda: os.listdir(os.path.dirname(planted)),
    "move outside": lambda: os.rename(box + "/own", planted + ".moved"),
    "truncate outside": lambda: os.truncate(planted, 0),
    "signal": lambda: os.kill(foreign, 0),
    "write inside": lambda: open(box + "/new", "w").close(),
    "read programs": lambda: os.listdir("/usr/bin"),
    "write programs": lambda: open("/usr/bin/abuse", "w"),
}
if abi:
    restrict_self(make_ruleset(("/usr",), (box,), abi))
found = {name: can(action) for name, action in actions.items() if abi or "programs" not in name}
os.write(1, json.dumps(found).encode())
"""
INSIDE = {"write inside", "read programs"}


def reached(tmp_path: Path, abi: int) -> set[str]:
    """Return what a process can do under the rules of a version; 0 is without rules."""
    box, planted = tmp_path / "box", tmp_path / "planted"
    box.mkdir()
    for path in (planted, tmp_path / "planted.2", box / "own"):
        path.write_text("x")
    with subprocess.Popen(["/bin/sleep", "30"]) as foreign:
        try:
            arguments = [str(abi), str(box), str(planted), str(foreign.pid)]
            command = [sys.executable, "-c", PROGRAM, *arguments]
            done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, timeout=20)
        finally:
            foreign.kill()
    return {name for name, could in json.loads(done.stdout).items() if could}


@pytest.mark.parametrize("abi", range(1, max(1, min(landlock_abi(), 6)) + 1))
def test_the_rules_hold(abi: int, tmp_path: Path) -> None:
    beyond = ({"truncate outside"} if abi < 3 else set()) | ({"signal"} if abi < 6 else set())
    assert reached(tmp_path, abi) == INSIDE | beyond  # what is beyond a version is left to the system-call filter


def test_all_of_it_bites_without_rules(tmp_path: Path) -> None:
    free = reached(tmp_path, 0)
    assert {"read outside", "write outside", "make outside", "remove outside", "move outside", "signal"} <= free
    assert {"truncate outside", "list outside", "write inside"} <= free
