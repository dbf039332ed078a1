"""Where the folders of tests lie: in memory, where the machine has room there.

A store that is asked thousands of times to survive a power cut waits for the disk each time, and what a test kills is a
process. What a process had written is there after its end, in memory as on a disk.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

_MEMORY = Path("/dev/shm")
_ROOM = 3 << 30  # bytes; a whole run takes some hundred MB, most of it packages of bundles
_NAME = "ww-tests-"  # short: paths of sockets lie below it


def new_memory_folder() -> Path | None:
    """Return a folder that does not exist yet, named for this process; None where memory has no room for it.

    What processes that are gone have left there is removed.
    """
    if not os.access(_MEMORY, os.W_OK):
        return None
    for left in _MEMORY.glob(f"{_NAME}*"):
        number = left.name.removeprefix(_NAME)
        if number.isdecimal() and not Path(f"/proc/{number}").exists() and left.stat().st_uid == os.geteuid():
            shutil.rmtree(left, ignore_errors=True)
    room = os.statvfs(_MEMORY)
    return _MEMORY / f"{_NAME}{os.getpid()}" if room.f_bavail * room.f_frsize >= _ROOM else None
