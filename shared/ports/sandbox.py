"""Where code that nobody trusts runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol


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
    """Files (relative path → bytes), one command, limits. `origin` names the model that wrote the code.

    `packages` ("npm" or "pip") has what the lock file among the files names installed first, in a room of its own: no
    code of a package runs there, and only package registries can be reached. The command, which has no network, finds
    them read-only from any folder: in `/node_modules`, or importable by `python3`. `shared/core/code/lock_files.py`
    says which lock files are taken.
    """

    files: Mapping[str, bytes]
    command: tuple[str, ...]
    origin: str
    collect: tuple[str, ...] = ()  # relative paths (or folders ending in "/") to bring back
    env: Mapping[str, str] = field(default_factory=dict)
    limits: SandboxLimits = SandboxLimits()
    packages: Literal["", "npm", "pip"] = ""


@dataclass(frozen=True, slots=True)
class SandboxResult:
    """What became of it. `killed_by` is "" or the limit that ended it: wall, memory, output, cpu, signal.

    It is "install" where the packages could not be installed: then the command never ran, and exit code and output are
    the installer's, with a line for every address it was refused.
    """

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
        """Run it and return when everything it started is dead.

        Raises ValueError, naming the part, for a request that is wrong (LockProblem for a lock file),
        SandboxUnavailable with the way out for one that this sandbox cannot or must not run, and Unavailable where a
        service did not answer or was ended from outside; RateLimited where it has no turn for it now.
        """
