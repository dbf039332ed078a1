"""Where code that nobody trusts runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class SandboxLimits:
    """What untrusted code may use."""

    wall_s: float = 120.0
    memory_bytes: int = 512 * 1024 * 1024
    processes: int = 64
    file_bytes: int = 64 * 1024 * 1024
    disk_bytes: int = 256 * 1024 * 1024
    inodes: int = 20_000
    output_bytes: int = 64 * 1024
    result_files: int = 50
    result_bytes: int = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class SandboxRequest:
    """Files (relative path → bytes), one command, limits. `origin` names the model that wrote the code."""

    files: Mapping[str, bytes]
    command: tuple[str, ...]
    origin: str
    collect: tuple[str, ...] = ()  # relative paths (or folders ending in "/") to bring back
    env: Mapping[str, str] = field(default_factory=dict)
    limits: SandboxLimits = SandboxLimits()


@dataclass(frozen=True, slots=True)
class SandboxResult:
    """What became of it. `killed_by` is "" or the limit that ended it: wall, memory, output, cpu, signal."""

    exit_code: int
    killed_by: str
    stdout: str
    stderr: str
    files: Mapping[str, bytes]
    duration_s: float
    driver: str


class Sandbox(Protocol):
    """Runs code nobody trusts, or refuses with SandboxUnavailable."""

    name: str

    def check(self) -> None:
        """Prove on this machine that the sandbox holds; raises SandboxUnavailable with the way out."""

    def run(self, request: SandboxRequest) -> SandboxResult:
        """Run it and return when everything it started is dead."""
