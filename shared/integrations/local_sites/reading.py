"""What a visitor's path leads to in the version behind a link: a file, the way to one, or nothing.

A path is walked name by name, and no name on it may be a link: what is not a file of that version is not there.
"""

from __future__ import annotations

import errno
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

from shared.core.ship.site_files import INDEX, NOT_FOUND
from shared.integrations.local_sites.layout import linked_version

_WELL_KNOWN = ".well-known"  # RFC 8615; no other name that begins with a dot is shown
_NO_FILE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.EACCES, errno.ENAMETOOLONG, errno.ENXIO})
_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK


@dataclass(frozen=True, slots=True)
class Page:
    """An open file of a site; whoever reads it has the whole of it, whatever becomes of the site meanwhile.

    `tag` is another one exactly where the content is: it is made of the file's time, which is (`disk.py`).
    """

    path: str
    file: BinaryIO
    size: int
    tag: str


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A folder was asked for without its slash: links on its page would lead astray."""

    path: str


def find_page(root: Path, link: Path, path: str) -> Page | Elsewhere | None:
    """Return what is at a path, decoded and beginning with "/"; None for nothing."""
    version = linked_version(link)
    if version is None:
        return None
    names = path.split("/")[1:]
    wants_folder = names[-1:] == [""]
    names = names[:-1] if wants_folder else names
    if any(not name or (name.startswith(".") and name != _WELL_KNOWN) or "\0" in name for name in names):
        return None
    found = _open(version.files(root), [*names, INDEX] if wants_folder else names)
    if found is not None:
        return _page([*names, INDEX] if wants_folder else names, found)
    index = None if wants_folder or not names else _open(version.files(root), [*names, INDEX])
    if index is None:
        return None
    os.close(index)
    return Elsewhere("/" + "/".join(quote(name, safe="") for name in names) + "/")


def find_not_found(root: Path, link: Path) -> Page | None:
    """Return the page that a site has for what is not there; None where it has none."""
    version = linked_version(link)
    found = _open(version.files(root), [NOT_FOUND]) if version else None
    return None if found is None else _page([NOT_FOUND], found)


def _page(names: list[str], descriptor: int) -> Page:
    about = os.fstat(descriptor)
    tag = f"{about.st_mtime_ns:x}-{about.st_size:x}"
    return Page("/".join(names), os.fdopen(descriptor, "rb"), about.st_size, tag)


def _open(folder: Path, names: list[str]) -> int | None:
    """Return a descriptor of the file; None where there is no such file."""
    try:
        at = os.open(folder, _FLAGS | os.O_DIRECTORY)
        for name in names:
            try:
                following = os.open(name, _FLAGS, dir_fd=at)
            finally:
                os.close(at)
            at = following
    except OSError as error:
        if error.errno in _NO_FILE:
            return None
        raise
    if stat.S_ISREG(os.fstat(at).st_mode):
        return at
    os.close(at)
    return None
