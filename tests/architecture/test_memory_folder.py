"""The memory that tests lie in is given back, and never taken from a run that goes on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.memory_folder import new_memory_folder

_HOLDS = """
import sys, time
from tests.support.memory_folder import new_memory_folder
folder = new_memory_folder()
print(folder or "", flush=True)
if folder:
    (folder / "kept").mkdir(parents=True)
    print("made", flush=True)
    sys.stdin.read()
"""


def test_a_folder_is_kept_while_its_process_lives_and_removed_once_it_was_killed() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _HOLDS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        folder = Path(holder.stdout.readline().strip())
        if not folder.name:
            pytest.skip("no room in /dev/shm here")
        assert holder.stdout.readline() == "made\n"
        new_memory_folder()
        kept = (folder / "kept").is_dir()
        holder.kill()
    assert kept
    new_memory_folder()
    assert not folder.exists()
