"""Where the folders of tests lie: in memory, where the machine has room there.

A store that is asked thousands of times to survive a power cut waits for the disk each time, and what a test kills is a
process. What a process had written is there after its end, in memory as on a disk.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

_MEMORY = Path("/dev/shm")
_ROOM = 3 << 30  # bytes; a whole run takes some hundred MB, most of it packages of bundles
_NAME, _LOCK = "ww-tests-", ".lock"  # short: paths of sockets lie below it
_held: list[int] = []  # descriptors of our locks: the system lets go of them when the process ends, however it ends


def new_memory_folder(memory: Path = _MEMORY, least: int = _ROOM) -> Path | None:
    """Return a new folder name that is ours until we end; None where `memory` has no `least` bytes of room.

    What processes that are gone have left there is removed. A lock tells who is gone, not a number: a process in a
    namespace of its own sees the same memory and not the same processes.
    """
    if not os.access(memory, os.W_OK):
        return None
    for left in memory.glob(f"{_NAME}*{_LOCK}"):
        with suppress(OSError):  # another's, or gone by now
            mine = _locked(left)
            shutil.rmtree(left.with_suffix(""), ignore_errors=True)
            left.unlink()
            os.close(mine)
    room = os.statvfs(memory)
    if room.f_bavail * room.f_frsize < least:
        return None
    folder = memory / f"{_NAME}{uuid4().hex[:8]}"
    try:
        _held.append(_locked(folder.with_suffix(_LOCK)))
    except OSError:  # another process took it for left behind, in the moment before it was locked
        return None
    return folder


def _locked(path: Path) -> int:
    """Return the descriptor that holds the lock; raises OSError while another process does."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor
