"""The data folder: one process owns it, and its database is looked over before anything is written to it.

It is not on a network, whose locks and writes are none that a database can stand on.
"""

from __future__ import annotations

import fcntl
import os
import re
import shlex
import sqlite3
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from shared.backends.local.folder.disk_room import FULL, full_words, refuse_full
from shared.backends.local.keys.keyfile import KEY_FILE
from shared.backends.local.state.commit_group import is_damaged
from shared.backends.local.state.database_schema import APPLICATION_ID, MIGRATIONS
from shared.core.errors import ConfigError, StoreCorrupt

_MOUNTS = Path("/proc/self/mountinfo")
_REFUSED = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "9p", "ceph", "glusterfs", "lustre", "gfs2", "ocfs2", "davfs"}
)
_LOCAL_FUSE = frozenset({"fuse.fuse-overlayfs", "fuse.ntfs-3g", "fuse.exfat"})  # disks of this machine behind FUSE
_OCTAL = re.compile(r"\\([0-7]{3})")


def refuse_network(folder: Path, mounts: str | None = None) -> None:
    """Raise ConfigError for a folder on a network file system; where nothing is told of mounts, nothing is refused."""
    if mounts is None:
        try:
            mounts = _MOUNTS.read_text(encoding="utf-8", errors="surrogateescape")
        except OSError:
            return
    kind = _kind_of(folder.absolute().resolve(), mounts)
    if kind in _REFUSED or (kind.startswith("fuse.") and kind not in _LOCAL_FUSE):
        raise ConfigError(
            f"the data folder {folder} is on a network file system ({kind}), where a database does not keep what was"
            " written; name a folder on a disk of this machine with --data"
        )


def _kind_of(folder: Path, mounts: str) -> str:
    """Return the type of the file system that a folder is on: of the innermost mount, the latest of several."""
    found, depth = "", -1
    for line in mounts.splitlines():
        before, _, after = line.partition(" - ")
        fields = before.split(" ")
        if len(fields) < 5 or not after:
            continue
        point = Path(_OCTAL.sub(lambda code: chr(int(code[1], 8)), fields[4]))
        if folder.is_relative_to(point) and len(point.parts) >= depth and point != Path("/"):
            found, depth = after.split(" ")[0], len(point.parts)
    return found


DATABASE = "workwright.db"
BACKUP = "workwright.db.bak"
LOCK = "lock"
RESTORED = "restored.json"  # where the folder comes of a backup: that one's manifest

_BEFORE_UPGRADE = re.compile(r"before-upgrade-(\d+)-to-\d+-(\d{8}T\d{6}Z)\.zip")  # see upgrade.py
_CHECK_SECONDS = 2.0  # a look-over that takes longer ends without a verdict: starting must not wait for it
_LEFT_BEHIND_SECONDS = 5.0
_BACKUP_BYTES = 64 * 1024 * 1024  # a larger database is not copied at every start; see LocalStore.backup


class DataFolder:
    """A folder held by this process alone, until `close`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.database = path / DATABASE
        self._lock = _lock(path)

    def open(self, before_upgrade: Callable[[Path, int], object]) -> sqlite3.Connection:
        """Return the writing connection of a database that is sound and current; a copy of it is kept beside it.

        `before_upgrade` is called with the folder and its version before one of an older version is changed.
        """
        try:
            if self.database.exists() and self.database.stat().st_size:
                version = self._look_over()
                if 0 < version < len(MIGRATIONS):
                    before_upgrade(self.path, version)
                if self.database.stat().st_size <= _BACKUP_BYTES:
                    self.backup(self.path / BACKUP)
            return _connect(self.database)
        except sqlite3.Error as error:
            if is_damaged(error):
                raise self._describe_damage(str(error)) from error
            if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
                raise ConfigError(full_words(self.path)) from error
            raise ConfigError(f"{self.database} cannot be opened ({error})") from error

    def reader(self) -> sqlite3.Connection:
        """Return one more connection, for reading."""
        connection = sqlite3.connect(self.database, isolation_level=None, check_same_thread=False, timeout=10)
        connection.execute("PRAGMA query_only = ON")
        connection.execute("PRAGMA cache_size = -4000")
        return connection

    def backup(self, target: Path) -> None:
        """Copy the database as it is now, also while it is in use."""
        copy_database(self.database, target)

    def renew_copy(self) -> None:
        """Make the copy of the last start anew, where there is one."""
        if (self.path / BACKUP).exists():
            self.backup(self.path / BACKUP)

    def close(self) -> None:
        """Let another process have the folder."""
        os.close(self._lock)

    def _look_over(self) -> int:
        """Return the version of a database that is ours, sound, and not of a newer Workwright."""
        # read-only: a damaged file must stay as it was found, for whoever rescues it
        connection = sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)
        try:
            version = int(connection.execute("PRAGMA user_version").fetchone()[0])
            if version > len(MIGRATIONS):
                raise StoreCorrupt(
                    f"{self.database} was written by a newer Workwright (the file has version {version}, this code"
                    f" knows {len(MIGRATIONS)}). Nothing was changed. Start the newer Workwright, or name another data"
                    f" folder{_way_back(self.path)}."
                )
            owner = connection.execute("PRAGMA application_id").fetchone()[0]
            if owner != APPLICATION_ID and connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                raise StoreCorrupt(f"{self.database} is another program's database. Name another data folder.")
            if (verdict := _quick_check(connection)) != "ok":
                raise self._describe_damage(verdict)
            return version
        finally:
            connection.close()

    def _describe_damage(self, reason: str) -> StoreCorrupt:
        copy = self.path / BACKUP
        restore = (
            f"then `cp {copy} {self.database}` (the state at the last start that found it sound), and start again."
            if copy.exists()
            else "then start again with an empty database, because there is no copy yet."
        )
        return StoreCorrupt(
            f"{self.database}: the database is damaged ({reason}). It was not changed. To restore: move {DATABASE},"
            f" {DATABASE}-wal and {DATABASE}-shm to another folder, {restore}"
        )


def _way_back(path: Path) -> str:
    """Return how the latest state that this code can read is had back, "" where no backup of one is here."""
    found = [match for each in path.iterdir() if (match := _BEFORE_UPGRADE.fullmatch(each.name))]
    known = [match for match in found if int(match[1]) <= len(MIGRATIONS)]
    if not known:
        return ""
    file = path / max(known, key=lambda match: match[2])[0]
    command = shlex.join(["workwright", "restore", str(file), "--key-file", str(path / KEY_FILE)])
    return f", or go back to how it was before the upgrade, without what came after it: `{command} --data NEW`"


def copy_database(source: Path, target: Path) -> None:
    """Copy a database as it is at one moment, also while another process is writing to it (SQLite's online backup)."""
    part = target.with_name(target.name + ".part")
    part.unlink(missing_ok=True)
    part.touch(mode=0o600)  # the copy holds what the database holds
    reading, copy = sqlite3.connect(source, timeout=10), sqlite3.connect(part)
    try:
        reading.backup(copy)  # all pages in one step: nobody's write comes between two of them
    finally:
        copy.close()
        reading.close()
    part.replace(target)


def refuse_if_held(path: Path) -> None:
    """Raise ConfigError when another process has the folder, or when it cannot be written, for want of room too."""
    os.close(_lock(path))
    refuse_full(path)


def _lock(path: Path) -> int:
    refuse_network(path)
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(path / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        if error.errno in FULL:
            raise ConfigError(full_words(path)) from error
        raise ConfigError(
            f"the data folder {path} cannot be written to ({error.strerror}); name another one"
        ) from error
    try:
        _take(handle, path)
    except ConfigError:
        os.close(handle)
        raise
    try:
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
    except OSError as error:
        os.close(handle)
        if error.errno in FULL:
            raise ConfigError(full_words(path)) from error
        raise
    return handle


def _take(handle: int, path: Path) -> None:
    """Take the lock. What a killed owner was about to start holds it until it is another program, a moment later."""
    ends = time.monotonic() + _LEFT_BEHIND_SECONDS
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            owner = os.pread(handle, 32, 0).decode(errors="replace").strip() or "unknown"
            if not _has_died(owner) or time.monotonic() > ends:
                words = f"the data folder {path} is in use by process {owner}"
                raise ConfigError(f"{words}; stop that process, or name another data folder") from error
        else:
            return
        time.sleep(0.02)


def _has_died(owner: str) -> bool:
    try:
        os.kill(int(owner), 0)
    except ProcessLookupError:
        return True
    except (ValueError, OverflowError, PermissionError):
        return False
    return False


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)
    with ExitStack() as undo:
        undo.callback(connection.close)
        _prepare(connection)
        _migrate(connection)
        undo.pop_all()
    path.chmod(0o600)
    return connection


def _prepare(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")  # an acknowledged commit survives a power cut
    connection.execute("PRAGMA cache_size = -16000")
    connection.execute("PRAGMA temp_store = MEMORY")
    # The log is written over from its beginning after every checkpoint. A larger one has fewer checkpoints, but each
    # byte it grows costs the file system a journal entry of its own, which is twice the price of the write.
    connection.execute("PRAGMA wal_autocheckpoint = 1000")


def _migrate(connection: sqlite3.Connection) -> None:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version == len(MIGRATIONS):
        return
    connection.execute("BEGIN IMMEDIATE")
    for statements in MIGRATIONS[version:]:
        for statement in statements:
            connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
    connection.execute("COMMIT")


def _quick_check(connection: sqlite3.Connection) -> str:
    ends = time.monotonic() + _CHECK_SECONDS
    connection.set_progress_handler(lambda: time.monotonic() > ends, 10_000)
    try:
        return str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.OperationalError as error:
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT:
            return "ok"
        raise
    finally:
        connection.set_progress_handler(None, 0)
