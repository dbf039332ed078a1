"""The room of the landlock driver: a private temporary folder, path rules, the strict filter, one process group."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from shared.backends.sandbox.rooms import kernel
from shared.backends.sandbox.rooms.room import PATH, READABLE, Job, Room, build_shell_command
from shared.backends.sandbox.rooms.rules import landlock_abi, make_ruleset, restrict_self
from shared.backends.sandbox.rooms.seccomp import seccomp_filter

if TYPE_CHECKING:
    from shared.ports.sandbox import SandboxLimits

_PROGRAMS = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
_DEVICES = ("/dev/urandom", "/dev/random")


class LandlockRoom(Room):
    """Without namespaces: the command shares the machine's processes and file systems, and may use none of them."""

    def __init__(self, spec: Mapping[str, Any], limits: SandboxLimits) -> None:
        super().__init__(spec, limits)
        self._abi = landlock_abi()
        if self._abi < 1:
            raise RuntimeError("this kernel has no Landlock")
        self._filter = seccomp_filter(landlock_abi=self._abi)
        self._processes = limits.processes + _tasks_of(os.getuid())  # the kernel counts all of this user's
        self._base = f"/tmp/box-{os.urandom(8).hex()}"
        os.mkdir(self._base, 0o700)
        self.work, self._scratch = f"{self._base}/files", f"{self._base}/tmp"
        os.mkdir(self.work, 0o700)
        os.mkdir(self._scratch, 0o700)

    def start(self, job: Job) -> subprocess.Popen[bytes]:
        """Start the command in a process group that nothing can leave."""
        if job.proxy or job.packages:
            raise RuntimeError("there is no network without namespaces")
        ruleset = make_ruleset((*_PROGRAMS, *READABLE, *_DEVICES), (self.work, self._scratch, "/dev/null"), self._abi)

        def confine() -> None:
            self.set_limits(job.limits, self._processes)
            kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
            restrict_self(ruleset)
            kernel.install_filter(self._filter)

        fixed = {"PATH": PATH, "HOME": self._scratch, "TMPDIR": self._scratch, "LANG": "C.UTF-8"}
        try:
            self.process = subprocess.Popen(
                build_shell_command(job.command),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=fixed | dict(job.env),
                cwd=job.folder,
                start_new_session=True,
                preexec_fn=confine,
            )
        finally:
            os.close(ruleset)
        return self.process

    def kill(self) -> None:
        """Kill the whole group at once: one call, which no amount of forking outruns."""
        if self.process is not None:
            with contextlib.suppress(OSError):
                os.killpg(self.process.pid, signal.SIGKILL)

    def close(self) -> None:
        """Remove the folder, however deep and however closed the command has left it."""
        for command in (("chmod", "-R", "u+rwX", self._base), ("rm", "-rf", self._base)):
            subprocess.run(command, env={"PATH": PATH}, stderr=subprocess.DEVNULL, check=False, timeout=60)
        if os.path.lexists(self._base):
            raise RuntimeError("the folder of the command could not be removed")


def _tasks_of(uid: int) -> int:
    """Return how many tasks of that user there are now."""
    count = 0
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError):
                if os.stat(f"/proc/{name}").st_uid == uid:
                    count += len(os.listdir(f"/proc/{name}/task"))
    return count
