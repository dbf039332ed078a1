"""Changes of a folder that last: each is on the disk, whole, before the next one begins.

What there is of a file system's promises is used and no more: a rename replaces a name at once, and a change of a
folder is on the disk when the folder was synced. Whoever is killed in between leaves the old thing or the new one.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from shared.core.errors import NotAllowed, Rejected, Unavailable
from shared.integrations.local_sites.layout import LIVE, PREVIEW, STATE, SYSTEM, VERSIONS

_OURS, _SERVED = 0o700, 0o755  # folders; what is served may be read by a web server that is another user
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_FORBIDDEN = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
_GONE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ESTALE})
_CLASHES = frozenset({errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG, errno.EILSEQ})
_SOON = timedelta(minutes=1)

Passed = Callable[[str], None]
"""Hears what was just made to last; the crash tests end the process there."""


def _unheard(what: str) -> None:
    """Hear nothing."""


class Disk:
    """The folder for sites, as the one who writes it sees it."""

    def __init__(self, root: Path, passed: Passed = _unheard) -> None:
        self.root = root
        self._passed = passed

    def prepare(self) -> None:
        """Make the folder and its parts where they are not there yet."""
        with _explain_failures():
            self.root.mkdir(parents=True, exist_ok=True)
            for name, mode in ((LIVE, _SERVED), (PREVIEW, _SERVED), (VERSIONS, _SERVED), (STATE, _OURS)):
                self._folder(self.root / name, mode)
                if not os.access(self.root / name, os.W_OK):
                    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    @contextmanager
    def ensure_there(self) -> Iterator[None]:
        """Work with the folder, and say in our own words what goes wrong; first of all that it is gone."""
        with _explain_failures():
            if not (self.root / STATE).is_dir():
                raise FileNotFoundError(errno.ENOENT, "gone")
            yield

    @contextmanager
    def alone(self, lock: Path) -> Iterator[None]:
        """Hold a lock, which ends with its holder."""
        with self.ensure_there():
            self._folders(lock.parent, _OURS)
            descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                yield
            finally:
                os.close(descriptor)

    def write_files(self, folder: Path, files: Mapping[str, bytes]) -> None:
        """Write files into a new folder, for everybody to read and nobody to change."""
        self._folders(folder, _SERVED)
        made = {folder}
        for path, content in sorted(files.items()):
            place = folder / path
            try:
                self._folders(place.parent, _SERVED)
                _write(place, content, os.O_EXCL, 0o444, _time_of(content))
            except OSError as error:
                if error.errno in _CLASHES:
                    raise Rejected(
                        SYSTEM, f"the file {path[:80]!r} cannot be beside the others: {error.strerror}"
                    ) from error
                raise
            made.update(each for each in place.parents if folder in each.parents)
        for each in sorted(made, key=lambda path_made: -len(path_made.parts)):
            _sync(each)
        _sync(folder.parent)
        self._passed("files")

    def write_record(self, place: Path, record: Mapping[str, Any]) -> None:
        """Put a record of ours in place of the one that is there."""
        fresh = place.with_name(f".{place.name}.new")
        _write(fresh, json.dumps(record, ensure_ascii=False, sort_keys=True).encode(), os.O_TRUNC, 0o600)
        os.replace(fresh, place)
        _sync(place.parent)
        self._passed(f"record {place.name if place.name == 'site.json' else 'deployment'}")

    def point(self, link: Path, target: str) -> None:
        """Let a link lead elsewhere from one moment to the next."""
        fresh = link.with_name(f".{link.name}.new")
        fresh.unlink(missing_ok=True)
        os.symlink(target, fresh)
        os.replace(fresh, link)
        _sync(link.parent)
        self._passed(f"link {link.parent.name}")

    def remove(self, place: Path) -> None:
        """Remove a file or a link; one that is gone counts as removed."""
        what = f"link {place.parent.name}" if place.is_symlink() else "record"
        try:
            place.unlink()
        except FileNotFoundError:
            return
        _sync(place.parent)
        self._passed(f"removed {what}")

    def remove_tree(self, folder: Path) -> None:
        """Remove a folder with all that is in it."""
        if folder.is_dir():
            shutil.rmtree(folder)
            _sync(folder.parent)
            self._passed("removed tree")

    def _folders(self, folder: Path, mode: int) -> None:
        """Make a folder below ours, and those above it."""
        missing = [each for each in (folder, *folder.parents) if self.root in each.parents and not each.is_dir()]
        for each in reversed(missing):
            self._folder(each, mode)

    def _folder(self, folder: Path, mode: int) -> None:
        with suppress(FileExistsError):
            folder.mkdir()
            folder.chmod(mode)  # whatever the process's mask is
            _sync(folder.parent)


def read_record(place: Path) -> dict[str, Any] | None:
    """Return a record of ours; None where there is none."""
    try:
        found = json.loads(place.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return None
    except ValueError as error:
        raise Rejected(SYSTEM, f"the record {place.name} in the folder for sites is damaged: restore it") from error
    return dict(found)


@contextmanager
def _explain_failures() -> Iterator[None]:
    """Say in our own words what the system refuses, with the way out; never a path: it is no business of a reader."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            why = "the disk that the folder for sites is on is full: make room there; then it goes on by itself"
            raise Unavailable(SYSTEM, why, retry_after=_SOON) from error
        if error.errno in _FORBIDDEN:
            way_out = "Let the user who runs Workwright write there, or name another folder in WORKWRIGHT_SITES_FOLDER."
            raise NotAllowed(
                SYSTEM, f"the folder for sites cannot be written ({error.strerror})", way_out=way_out
            ) from error
        if error.errno in _GONE:
            why = (
                "the folder for sites, or a part of it, is gone: bring it back (is a disk not mounted?), or start"
                " Workwright again to begin with an empty one"
            )
            raise Unavailable(SYSTEM, why, retry_after=_SOON) from error
        raise Unavailable(
            SYSTEM, f"the folder for sites cannot be used: {error.strerror}", retry_after=_SOON
        ) from error


def _time_of(content: bytes) -> int:
    """Return nanoseconds that stand for a content, in the first years of this century.

    Web servers tell visitors' copies apart by a file's size and time, in seconds, and two versions may well be written
    in the same one. Made of the content, the time is another exactly where the content is, also after going back.
    """
    digest = hashlib.sha256(content).digest()
    seconds, rest = int.from_bytes(digest[:4]) % 500_000_000, int.from_bytes(digest[4:8]) % 1_000_000_000
    return (1_000_000_000 + seconds) * 1_000_000_000 + rest


def _write(place: Path, content: bytes, how: int, mode: int, time: int | None = None) -> None:
    descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | how, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fchmod(descriptor, mode)
        if time is not None:
            os.utime(descriptor, ns=(time, time))
        os.fsync(descriptor)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
