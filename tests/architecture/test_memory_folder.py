"""The memory that tests lie in is given back, and never taken from a run that goes on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.support.memory_folder import new_memory_folder

_HOLDS = """
import sys
from pathlib import Path
from tests.support.memory_folder import new_memory_folder
folder = new_memory_folder(Path(sys.argv[1]), 0)
(folder / "kept").mkdir(parents=True)
print(folder, flush=True)
sys.stdin.read()
"""


def test_a_folder_is_kept_while_its_process_lives_and_removed_once_it_was_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _HOLDS, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        folder = Path(holder.stdout.readline().strip())
        new_memory_folder(tmp_path, 0)
        kept = (folder / "kept").is_dir()
        holder.kill()
    assert kept
    new_memory_folder(tmp_path, 0)
    assert not folder.exists()


def test_where_there_is_no_room_the_folder_is_another() -> None:
    assert new_memory_folder(Path("/dev/shm"), 1 << 60) is None
