"""Backups in a folder, one after the other under names that say when, of which so many are kept."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from itertools import chain, count
from pathlib import Path

from shared.core.errors import ConfigError

_OURS = re.compile(r"workwright-(\d{8}T\d{6}Z)(?:-([1-9]\d*))?\.zip")


def name_backup(folder: Path, at: datetime) -> Path:
    """Return the file for a backup of this moment; the folder is made, for its owner alone, where it is missing.

    Of several in one second the later ones have a number at the end.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise ConfigError(f"{folder}: is not a folder that backups can be put into ({error.strerror})") from error
    name = f"workwright-{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    later = (folder / f"{name}-{number}.zip" for number in count(2))
    return next(path for path in chain((folder / f"{name}.zip",), later) if not path.exists())


def drop_older(folder: Path, keep: int) -> list[Path]:
    """Remove all backups but the newest; return those removed. Files of other names are somebody else's."""
    made = {path: ours for path in folder.iterdir() if (ours := _OURS.fullmatch(path.name))}
    older = sorted(made, key=lambda path: (made[path][1], int(made[path][2] or 1)))[:-keep]
    for path in older:
        path.unlink(missing_ok=True)
    return older
