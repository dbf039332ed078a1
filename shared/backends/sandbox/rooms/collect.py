"""Brings results out of a folder that an attacker has written: by directory descriptors, never by following."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
_MAX_DEPTH = 32
_MAX_ENTRIES = 20_000


class Collector:
    """Takes regular files with one link until one of the caps is reached; leaves everything else."""

    def __init__(self, max_files: int, max_bytes: int) -> None:
        self.files: dict[str, bytes] = {}
        self.left_out: list[str] = []
        self._files_left = max_files
        self._bytes_left = max_bytes
        self._entries_left = _MAX_ENTRIES

    def collect(self, root: str, wanted: Sequence[str]) -> None:
        """Take the wanted relative paths; one that ends in "/" means all below that folder."""
        top = os.open(root, _FOLDER)
        try:
            for name in wanted:
                self._walk_to(top, name.removesuffix("/").split("/"), name.endswith("/"))
        finally:
            os.close(top)

    def _walk_to(self, top: int, parts: list[str], whole: bool) -> None:
        here = os.dup(top)
        try:
            for part in parts if whole else parts[:-1]:
                below = os.open(part, _FOLDER, dir_fd=here)
                os.close(here)
                here = below
            if whole:
                self._folder(here, "/".join(parts), 0)
            else:
                self._file(here, parts[-1], "/".join(parts))
        except OSError:  # not there, a link on the way, or closed to us: the caller sees that it is missing
            return
        finally:
            os.close(here)

    def _folder(self, folder: int, path: str, depth: int) -> None:
        with os.scandir(folder) as entries:
            names = []
            for entry in entries:
                self._entries_left -= 1
                if self._entries_left < 0 or depth > _MAX_DEPTH:
                    self.left_out.append(path + "/")
                    break
                names.append((entry.name, entry.is_dir(follow_symlinks=False)))
        for name, is_folder in sorted(names):
            if not name.isprintable() or "\ufffd" in name or any(0xD800 <= ord(char) < 0xE000 for char in name):
                self.left_out.append(path + "/")  # a name that is not text is not repeated
            elif is_folder:
                self._collect_below(folder, name, f"{path}/{name}", depth)
            else:
                self._file(folder, name, f"{path}/{name}")

    def _collect_below(self, folder: int, name: str, path: str, depth: int) -> None:
        try:
            below = os.open(name, _FOLDER, dir_fd=folder)
        except OSError:
            self.left_out.append(path)
            return
        try:
            self._folder(below, path, depth + 1)
        finally:
            os.close(below)

    def _file(self, folder: int, name: str, path: str) -> None:
        if path in self.files:
            return
        try:
            opened = os.open(name, _FILE, dir_fd=folder)
        except OSError:
            self.left_out.append(path)
            return
        try:
            facts = os.fstat(opened)
            plain = stat.S_ISREG(facts.st_mode) and facts.st_nlink == 1
            if not plain or self._files_left <= 0 or facts.st_size > self._bytes_left:
                self.left_out.append(path)
                return
            data = _read(opened, facts.st_size)
            self.files[path] = data
            self._files_left -= 1
            self._bytes_left -= len(data)
        finally:
            os.close(opened)


def _read(opened: int, size: int) -> bytes:
    data = b""
    while len(data) < size and (more := os.read(opened, size - len(data))):
        data += more
    return data
