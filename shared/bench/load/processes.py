"""What a process and all that it started take of the machine, read from `/proc` by somebody outside."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

_PROC = Path("/proc")
_EVERY_S = 1.0
MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Taken:
    """What a set of processes takes at one moment; memory is proportional (PSS): what several share counts once."""

    processes: Counter[str]  # sort → how many
    pss: Counter[str]  # sort → bytes

    @property
    def total(self) -> int:
        """Return the bytes of all of them."""
        return sum(self.pss.values())


def tree_of(root: int) -> list[int]:
    """Return the process and all that came from it and still have a living parent among them."""
    children: dict[int, list[int]] = {}
    for stat in _PROC.glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if fields[0] != "Z":
            children.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    found, at = [root], 0
    while at < len(found):
        found += children.get(found[at], [])
        at += 1
    return found


def measure_tree(root: int) -> Taken:
    """Return what the tree of a process takes now, by sorts: house, simulators, browser, sandbox, other."""
    processes: Counter[str] = Counter()
    pss: Counter[str] = Counter()
    for pid in tree_of(root):
        try:
            words = (_PROC / str(pid) / "cmdline").read_bytes().split(b"\0")
            size = _pss(pid)
        except OSError:  # it ended while we looked
            continue
        sort = "house" if pid == root else _sort(words)
        processes[sort] += 1
        pss[sort] += size
    return Taken(processes, pss)


def _pss(pid: int) -> int:
    for line in (_PROC / str(pid) / "smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return 0


def _sort(words: Iterable[bytes]) -> str:
    command = b" ".join(words)
    if b"shared.local.simulators" in command:
        return "simulators"
    if b"chrom" in command:
        return "browser"
    return "sandbox" if b"sandbox" in command or b"bwrap" in command or b"/box" in command else "other"


@dataclass
class Watch:
    """Looks at a process about once a second, in a thread, and keeps the highest of everything."""

    root: int
    peaks: Counter[str] = field(default_factory=Counter)  # sort → processes
    highest: Counter[str] = field(default_factory=Counter)  # sort → bytes
    total: int = 0
    processes: int = 0

    def __post_init__(self) -> None:
        """Begin."""
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, name="watch", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End it."""
        self._ended.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._ended.wait(_EVERY_S):
            now = measure_tree(self.root)
            self.peaks |= now.processes
            self.highest |= now.pss
            self.total = max(self.total, now.total)
            self.processes = max(self.processes, now.processes.total())


def wait_settled(root: int, within_s: float) -> Taken:
    """Return what the tree takes once it has stopped shrinking, or after that time."""
    ends, lowest = time.monotonic() + within_s, measure_tree(root)
    while time.monotonic() < ends:
        time.sleep(3)
        now = measure_tree(root)
        if now.total < lowest.total * 0.99:
            lowest = now
            continue
        return now
    return lowest
