"""A disk without room is said in words: before anything is begun on it, and of what is kept meanwhile."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path

from shared.core.errors import ConfigError

FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_MIN = 4 << 20  # bytes: the database's log grows to as much before it is written over


def say_full(folder: Path) -> str:
    """Return what people read of a folder whose disk has no room, "" where it has some."""
    place = folder.absolute()
    while not place.exists():
        place = place.parent
    left = shutil.disk_usage(place).free
    return full_words(folder) if left < _MIN else ""


def full_words(folder: Path) -> str:
    """Return that a disk is full, and what to do."""
    return (
        f"the disk of the data folder {folder} is full, so that nothing new is kept; what was kept is safe. Make room"
        " on it, at least 4 MB, and work goes on"
    )


def refuse_full(folder: Path) -> None:
    """Raise ConfigError for a folder whose disk has no room."""
    if words := say_full(folder):
        raise ConfigError(words)
