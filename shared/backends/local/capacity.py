"""How much this machine gives us, and how much work of each sort that is enough for."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from shared.core.run.commands import BROWSER, GIT, MODEL, SANDBOX

GIB = 1024**3
_CGROUP = Path("/sys/fs/cgroup")


@dataclass(frozen=True, slots=True)
class Capacity:
    """What a process may use: cores, and bytes of memory."""

    cores: int
    memory: int

    @classmethod
    def measure_machine(cls, cgroup: Path = _CGROUP) -> Capacity:
        """Return what is there, or what a container's limits leave of it (cgroup v2)."""
        cores: float = len(os.sched_getaffinity(0))
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        quota = _words(cgroup / "cpu.max")
        if len(quota) == 2 and quota[0].isdigit():
            cores = min(cores, int(quota[0]) / int(quota[1]))
        limit = _words(cgroup / "memory.max")
        if limit and limit[0].isdigit():
            memory = min(memory, int(limit[0]))
        return cls(max(1, math.floor(cores)), memory)

    def bounds(self) -> Mapping[str, int]:
        """Return how much of each sort goes on at once.

        A browser starts a dozen processes that keep a core busy and take some 300 MiB; a sandbox's command may take a
        core, and 1.5 GiB where it is Node's; work on a repository holds its files in memory; a model is waited for.
        """
        return {
            BROWSER: _find_minimum(self.cores // 2, self.memory // GIB),
            SANDBOX: _find_minimum(self.cores, self.memory // (2 * GIB)),
            GIT: _find_minimum(2 * self.cores, 2 * self.memory // GIB),
            MODEL: 2 + 2 * self.cores,
        }


def _find_minimum(*bounds: int) -> int:
    return max(1, min(bounds))


def _words(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="ascii").split()
    except OSError:
        return []
