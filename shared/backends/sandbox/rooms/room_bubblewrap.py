"""The room of the bubblewrap driver: a private memory file system, and bwrap's namespaces around the command."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from shared.backends.sandbox.rooms import kernel
from shared.backends.sandbox.rooms.room import PATH, READABLE, Job, Room, build_shell_command
from shared.backends.sandbox.rooms.seccomp import seccomp_filter
from shared.backends.sandbox.rooms.supervise import Outcome
from shared.core.text.readable import show_bytes
from shared.programs import read_program

if TYPE_CHECKING:
    from shared.ports.sandbox import SandboxLimits

BASE = "/tmp"  # exists everywhere; what is mounted on it is seen by this process and its children alone
BOX = "/box"  # the work folder as the command sees it
_NOBODY = "65534"
_WAY_OUT = "/run/registry"  # where the proxy's socket is, in a room that has one
_FORWARD = read_program("sandbox", "forward.py")  # now: a room cannot read below /tmp, nor what is not public
_OWN_PROCESSES = 4  # bwrap, its init, and this one count towards the limit as well


class BubblewrapRoom(Room):
    """One bounded memory file system holds the work folder, /tmp and /dev/shm: bwrap cannot bound inodes itself."""

    work = f"{BASE}/files"

    def __init__(self, spec: Mapping[str, Any], limits: SandboxLimits) -> None:
        super().__init__(spec, limits)
        kernel.private_namespace()
        kernel.mount_tmpfs(BASE, limits.disk_bytes, limits.inodes)
        for name in ("files", "tmp", "shm"):
            os.mkdir(f"{BASE}/{name}", 0o700)
        self._status = -1

    def side_folder(self, name: str, size: int, inodes: int) -> str:
        """Return a fresh folder in a memory file system of its own."""
        folder = f"{BASE}/{name}"
        os.mkdir(folder, 0o700)
        kernel.mount_tmpfs(folder, size, inodes)
        return folder

    def start(self, job: Job) -> subprocess.Popen[bytes]:
        """Start bwrap; it dies with us, and everything inside dies with it."""
        self._status, status_end = os.pipe()
        filter_end, filter_start = os.pipe()
        os.write(filter_start, seccomp_filter())  # far below what a pipe holds
        os.close(filter_start)
        within = build_shell_command(job.command)
        if job.proxy:
            within = ("python3", "-I", "-c", _FORWARD, _WAY_OUT, *within)
        command = [*self._arguments(job, filter_end, status_end), "--", *within]
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=(filter_end, status_end),
            env={},
            cwd="/",
            preexec_fn=lambda: self.set_limits(job.limits, job.limits.processes + _OWN_PROCESSES),
        )
        os.close(filter_end)
        os.close(status_end)
        return self.process

    def confirm(self, outcome: Outcome) -> None:
        """Raise RuntimeError when bwrap never reported the end of a command."""
        os.set_blocking(self._status, False)
        lines = os.read(self._status, 65536).decode("utf-8", "replace").splitlines()
        os.close(self._status)
        if not outcome.killed_by and not any("exit-code" in json.loads(line) for line in lines):
            words = show_bytes(outcome.stderr).strip()[-400:]
            raise RuntimeError(f"bwrap ended with {outcome.returncode} before the command: {words}")

    def _arguments(self, job: Job, filter_fd: int, status_fd: int) -> list[str]:
        flags = "--unshare-all --unshare-user --disable-userns --die-with-parent --new-session --clearenv"
        arguments = [self.spec["bwrap"], *flags.split(), "--cap-drop", "ALL", "--uid", _NOBODY, "--gid", _NOBODY]
        arguments += ["--hostname", "box", "--ro-bind", "/usr", "/usr"]
        for name in ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"):
            if os.path.islink(name):
                arguments += ["--symlink", os.readlink(name), name]
            elif os.path.isdir(name):
                arguments += ["--ro-bind", name, name]
        for name in READABLE:
            arguments += ["--ro-bind-try", name, name]
        arguments += ["--proc", "/proc", "--dev", "/dev", "--bind", f"{BASE}/shm", "/dev/shm"]
        # a shared mapping of /dev/zero would be memory that belongs to no process
        arguments += ["--ro-bind", "/dev/null", "/dev/zero"]
        arguments += ["--bind", f"{BASE}/tmp", "/tmp", "--bind", job.folder, BOX, "--chdir", BOX]
        for folder, place in ((job.proxy, _WAY_OUT), *job.packages):
            arguments += ["--ro-bind", folder, place] if folder else []
        arguments += ["--remount-ro", "/dev", "--remount-ro", "/"]  # both are unbounded and writable until now
        fixed = {"PATH": PATH, "HOME": "/tmp", "TMPDIR": "/tmp", "LANG": "C.UTF-8"}
        for name, value in (fixed | dict(job.env)).items():
            arguments += ["--setenv", name, value]
        return [*arguments, "--seccomp", str(filter_fd), "--json-status-fd", str(status_fd)]
