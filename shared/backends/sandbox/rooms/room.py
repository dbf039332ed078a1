"""What both rooms share: the folder with the files of a request, its limits, and how a command is started in it."""

from __future__ import annotations

import math
import os
import resource
import subprocess
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from shared.backends.sandbox.rooms.supervise import Outcome

if TYPE_CHECKING:
    from shared.ports.sandbox import SandboxLimits

PATH = "/usr/local/bin:/usr/bin:/bin"
OPEN_FILES = 512
READABLE = ("/etc/ld.so.cache", "/etc/alternatives", "/etc/ssl", "/etc/localtime")  # Node wants /etc/ssl


class Job(NamedTuple):
    """One command in a room: in which folder, as this process sees it, and within what.

    `proxy` is the socket behind which the only network is, "" for none. `packages` are folders that the command finds
    read-only at another place: (folder, place).
    """

    command: tuple[str, ...]
    folder: str
    env: Mapping[str, str]
    limits: SandboxLimits
    proxy: str = ""
    packages: tuple[tuple[str, str], ...] = ()


class Room:
    """A place to run one command after another. `work` is the folder of the last, as this process sees it."""

    work: str

    def __init__(self, spec: Mapping[str, Any], limits: SandboxLimits) -> None:
        self.spec = spec
        self.limits = limits
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, job: Job) -> subprocess.Popen[bytes]:
        raise NotImplementedError

    def side_folder(self, name: str, size: int, inodes: int) -> str:
        """Return a fresh folder beside the work folder, bounded by itself; raises RuntimeError where there is none."""
        raise RuntimeError("packages can be installed only where namespaces work")

    def confirm(self, outcome: Outcome) -> None:
        """Raise RuntimeError when the room was never finished and the command therefore never ran."""

    def kill(self) -> None:
        """Kill the command and what it started."""
        if self.process is not None and self.process.returncode is None:
            self.process.kill()

    def close(self) -> None:
        """Leave nothing behind."""

    def write(self, folder: str, files: Mapping[str, bytes]) -> None:
        """Put files of the request into a folder; their names were checked at the door."""
        for name, data in files.items():
            path = os.path.join(folder, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "xb") as file:
                file.write(data)
            if data.startswith(b"#!"):
                os.chmod(path, 0o755)

    def set_limits(self, limits: SandboxLimits, processes: int) -> None:
        """Bind the calling process, and all it will start, to limits."""
        seconds = math.ceil(limits.wall_s * (os.cpu_count() or 1))
        for which, value in (
            (resource.RLIMIT_CPU, seconds),
            (resource.RLIMIT_FSIZE, limits.file_bytes),
            (resource.RLIMIT_NOFILE, OPEN_FILES),
            (resource.RLIMIT_NPROC, processes),
            # bounds what one process can take between two looks of the memory watch
            (resource.RLIMIT_DATA, limits.memory_bytes * 2),
            (resource.RLIMIT_CORE, 0),
        ):
            hard = resource.getrlimit(which)[1]
            top = value if hard == resource.RLIM_INFINITY else min(value, hard)
            spare = 1 if which == resource.RLIMIT_CPU and top == value else 0  # SIGXCPU first, SIGKILL after it
            resource.setrlimit(which, (top, top + spare if hard == resource.RLIM_INFINITY else top))


def build_shell_command(command: tuple[str, ...]) -> tuple[str, ...]:
    """Return the command as the shell starts it: one that is not there ends with 127, whatever is around it."""
    return ("/bin/sh", "-c", 'exec "$@"', "sh", *command)
