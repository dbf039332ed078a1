"""Which deliveries have begun and not ended: a file that survives the process, so that a killing command is found.

It is written without waiting for the disk: it has to outlive a kill, not a power cut.
"""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

_REWRITE_BYTES = 1024 * 1024


class InFlight:
    """The journal of deliveries. Its owner has a lock."""

    def __init__(self, path: Path) -> None:
        self.interrupted = _read_unfinished(path)
        self._open: set[tuple[str, str]] = set()
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._size = 0
        self._behind = False  # a line could not be written

    def forget_interrupted(self) -> None:
        """Begin a new journal, once the interrupted deliveries are counted elsewhere."""
        os.ftruncate(self._file, 0)

    def begin(self, tenant: str, id: str) -> None:
        """Note that a delivery begins."""
        self._open.add((tenant, id))
        self._write(f"+{tenant} {id}\n")

    def end(self, tenant: str, id: str) -> None:
        """Note that it ended, whatever came of it."""
        self._open.discard((tenant, id))
        self._write(f"-{tenant} {id}\n")

    def close(self) -> None:
        os.close(self._file)

    def _write(self, line: str) -> None:
        """Write a line, or all that is open anew. On a full disk deliveries go on, and the next line makes up for it.

        A death meanwhile may count for nobody, which is less than no deliveries at all.
        """
        try:
            if self._behind or self._size > _REWRITE_BYTES:
                os.ftruncate(self._file, 0)
                self._size = 0
                line = "".join(f"+{key[0]} {key[1]}\n" for key in sorted(self._open))
            written = os.write(self._file, line.encode())
            self._size += written
            self._behind = written < len(line.encode())
        except OSError:
            self._behind = True


def _read_unfinished(path: Path) -> list[tuple[str, str]]:
    try:
        lines = path.read_text(errors="replace").splitlines()
    except FileNotFoundError:
        return []
    count: Counter[str] = Counter()
    for line in lines:
        count[line[1:]] += 1 if line.startswith("+") else -1
    keys = [tuple(name.split(" ", 1)) for name, open_ in count.items() if open_ > 0]
    return [(key[0], key[1]) for key in keys if len(key) == 2]
