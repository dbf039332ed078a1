"""One file with all that a data folder's house needs to go on elsewhere; made while the house runs, or not.

A zip archive: `manifest.json` with the hash of every other member, the database as it was at one moment (SQLite's
online backup), and the small files beside it. The database is copied first and the keys after it: every key that
something in the copy was sealed with is there by then. The installation's key is left out unless it is asked for, so
that nobody who finds the file can open what is sealed in it; pages and answers in the database are plain text, so the
file is to be kept like them. What can be made anew (the index of the workspaces, locks) is not in it.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import stat
import tempfile
import zipfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from shared.backends.local.folder.data_folder import DATABASE, RESTORED, copy_database
from shared.backends.local.keys.keyfile import KEY_FILE, write_private
from shared.backends.local.keys.local_secrets import name_of_key
from shared.backends.local.state.database_schema import APPLICATION_ID, MIGRATIONS
from shared.core.errors import ConfigError, StoreCorrupt

FORMAT = 1  # of the archive
MANIFEST = "manifest.json"
SMALL = (
    "secrets.json",
    "keys.json",
    "owner.key",
    "house.json",
    "sites.json",
    "setup.json",
    "moved.json",
)  # beside the database, where they are there
_COUNTED = ("runs", "events", "docs", "texts", "audit", "tasks")
_BLOCK = 1 << 20


def back_up(
    data: Path, target: IO[bytes], at: datetime, *, with_key: bool = False, room: Path | None = None
) -> Mapping[str, Any]:
    """Write the archive; return its manifest. `target` need not be seekable.

    The database is copied to a folder in `room` first, by default where temporary files go.

    Raises ConfigError where there is no database, and StoreCorrupt where it is damaged: then nothing was written.
    """
    if not (data / DATABASE).is_file():
        raise ConfigError(f"{data} holds no {DATABASE}; name the data folder of an installation with --data")
    with tempfile.TemporaryDirectory(prefix="workwright-backup-", dir=room) as place:
        copy = Path(place) / DATABASE
        copy_database(data / DATABASE, copy)
        version, counts = _look_over(copy)
        members = {DATABASE: copy}
        for name in (*SMALL, *((KEY_FILE,) if with_key else ())):
            if (data / name).is_file():
                members[name] = Path(place) / name
                shutil.copyfile(data / name, members[name])
        manifest: dict[str, Any] = {
            "format": FORMAT,
            "at": at.isoformat(),
            "database": version,  # the copy's own: an older Workwright takes back what it wrote
            "key": key_name(data / KEY_FILE),
            "with_key": KEY_FILE in members,
            "counts": counts,
            "files": {name: {"bytes": path.stat().st_size, "sha256": _hash(path)} for name, path in members.items()},
        }
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(MANIFEST, json.dumps(manifest, indent=1, sort_keys=True))
            for name, path in members.items():
                archive.write(path, name)
    return manifest


def restore(source: IO[bytes], data: Path, key: Path | None = None) -> Mapping[str, Any]:
    """Make a data folder of an archive; return its manifest. `key` is the installation's, kept apart.

    Everything is checked before the folder comes into being, and it comes whole. Raises ConfigError where there is
    something already, where the key is missing or another one, and where the archive is none of ours, of a newer
    Workwright, cut off or changed.
    """
    if data.exists() and (not data.is_dir() or any(data.iterdir())):
        raise ConfigError(f"{data} is not empty, and nothing is overwritten; name a new folder")
    manifest, archive = _open(source)
    data.parent.mkdir(parents=True, exist_ok=True)
    room = Path(tempfile.mkdtemp(prefix=f".{data.name}.", dir=data.parent))
    try:
        for name, about in manifest["files"].items():
            _unpack(archive, name, about, room / name)
        _put_key(room / KEY_FILE, key, manifest)
        _look_over(room / DATABASE)
        write_private(room / RESTORED, json.dumps(manifest, indent=1, sort_keys=True) + "\n", replace=False)
        if data.exists():
            data.rmdir()
        room.rename(data)
    finally:
        shutil.rmtree(room, ignore_errors=True)
    handle = os.open(data.parent, os.O_RDONLY)
    try:
        os.fsync(handle)  # the folder's name must survive a power cut too
    finally:
        os.close(handle)
    return manifest


def key_name(key: Path) -> str:
    """Return what tells one installation's key from another and nothing else about it; "" where there is none."""
    return name_of_key(key.parent) if key.is_file() else ""


def _open(source: IO[bytes]) -> tuple[dict[str, Any], zipfile.ZipFile]:
    try:
        archive = zipfile.ZipFile(source)
        manifest = json.loads(archive.read(MANIFEST))
        files = manifest["files"]
        shape = isinstance(manifest["format"], int) and DATABASE in files
    except (zipfile.BadZipFile, KeyError, TypeError, ValueError) as error:
        raise ConfigError(
            f"this is not a backup of Workwright, or only a part of one ({type(error).__name__})"
        ) from error
    if manifest["format"] > FORMAT or manifest["database"] > len(MIGRATIONS):
        raise ConfigError("this backup was made by a newer Workwright; restore it with that one")
    known = {DATABASE, KEY_FILE, *SMALL}
    if not shape or set(files) - known or set(archive.namelist()) != {MANIFEST, *files}:
        raise ConfigError("this is not a backup of Workwright: the files in it are not the ones it lists")
    return manifest, archive


def _unpack(archive: zipfile.ZipFile, name: str, about: Mapping[str, Any], target: Path) -> None:
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    found = hashlib.sha256()
    try:
        with os.fdopen(handle, "wb") as file, archive.open(name) as packed:
            while block := packed.read(_BLOCK):
                found.update(block)
                file.write(block)
            file.flush()
            os.fsync(file.fileno())
    except (zipfile.BadZipFile, EOFError, OSError) as error:
        raise ConfigError(f"the backup is damaged at {name} ({type(error).__name__}); nothing was restored") from error
    if found.hexdigest() != about["sha256"]:
        raise ConfigError(f"the backup is damaged: the checksum of {name} is wrong; nothing was restored")


def _put_key(place: Path, key: Path | None, manifest: Mapping[str, Any]) -> None:
    """Put the key kept apart in place; raises ConfigError unless the key that is there then is the right one."""
    if key is not None:
        try:
            text = key.read_text(encoding="ascii")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{key} cannot be read ({type(error).__name__})") from error
        write_private(place, text, replace=True)
    if not place.is_file():
        if manifest["key"]:
            raise ConfigError(
                "this backup does not contain the key, without which what is encrypted cannot be opened; "
                "give it with --key-file FILE"
            )
        return
    place.chmod(stat.S_IRUSR | stat.S_IWUSR)
    if key_name(place) != manifest["key"]:
        raise ConfigError("this is another installation's key: it would not open what is encrypted in the backup")


def _look_over(database: Path) -> tuple[int, dict[str, int]]:
    """Return its version, and how much of what there is; raises StoreCorrupt unless it is a sound database of ours."""
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        owner = connection.execute("PRAGMA application_id").fetchone()[0]
        verdict = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
        if owner != APPLICATION_ID or verdict != "ok":
            raise StoreCorrupt(f"the database is damaged, or not one of Workwright's ({verdict}); nothing was written")
        version = int(connection.execute("PRAGMA user_version").fetchone()[0])
        return version, {name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in _COUNTED}
    except sqlite3.Error as error:
        raise StoreCorrupt(f"the database cannot be read ({error}); nothing was written") from error
    finally:
        connection.close()


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
