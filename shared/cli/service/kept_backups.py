"""Backups in a folder, one after the other under names that say when, of which so many are kept."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

from shared.core.errors import ConfigError

_OURS = re.compile(r"workwright-\d{8}T\d{6}Z\.zip")  # names that sort as the times do


def name_backup(folder: Path, at: datetime) -> Path:
    """Return the file for a backup of this moment; the folder is made, for its owner alone, where it is missing."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise ConfigError(f"{folder}: is not a folder that backups can be put into ({error.strerror})") from error
    return folder / f"workwright-{at.astimezone(UTC):%Y%m%dT%H%M%SZ}.zip"


def drop_older(folder: Path, keep: int) -> list[Path]:
    """Remove all backups but the newest; return those removed. Files of other names are somebody else's."""
    found = sorted(path for path in folder.iterdir() if _OURS.fullmatch(path.name))
    older = found[:-keep]
    for path in older:
        path.unlink(missing_ok=True)
    return older
