"""Before the database of an older Workwright is changed, a backup of the folder as it is."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from datetime import UTC
from pathlib import Path

from shared import log
from shared.backends.local.state.database_schema import MIGRATIONS
from shared.core.errors import ConfigError
from shared.ports import Clock


def backup_by(clock: Clock) -> Callable[[Path, int], Path]:
    """Return what is done before an upgrade, with the clock its backup is named by."""
    return lambda data, version: _back_up(data, version, clock)


def _back_up(data: Path, version: int, clock: Clock) -> Path:
    """Write the backup beside the database, and say where; whoever holds the folder's lock calls this.

    Raises ConfigError when it cannot be written: an upgrade has no way back without it.
    """
    from shared.backends.local.folder.backup import back_up  # archives: a start seldom needs them

    at = clock.now()
    name = f"before-upgrade-{version}-to-{len(MIGRATIONS)}-{at.astimezone(UTC):%Y%m%dT%H%M%SZ}.zip"
    file, part = data / name, data / f".{name}.part"
    try:
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            with os.fdopen(handle, "wb") as target:
                back_up(data, target, at, room=data)
                target.flush()
                os.fsync(target.fileno())
            part.replace(file)
        finally:
            part.unlink(missing_ok=True)
    except (OSError, sqlite3.OperationalError) as error:  # both say that a disk is full
        reason = getattr(error, "strerror", None) or error
        raise ConfigError(
            f"{data} is of an older Workwright and could not be backed up before the upgrade ({reason})."
            " Nothing was changed. Make room for a copy of the database there, and start again."
        ) from error
    log.line("WARNING", "data folder backed up before its upgrade", backup=str(file))
    return file
