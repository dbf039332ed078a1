"""The proof, on this very machine, that a room is closed: a probe runs inside and reports what it could reach."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator

from shared.ports.sandbox import SandboxLimits, SandboxRequest, SandboxResult
from shared.programs import read_program


def prove(launch: Callable[[SandboxRequest], SandboxResult]) -> list[str]:
    """Return what the probe could reach that it must not, or why it could not be run; empty means closed."""
    with (
        contextlib.ExitStack() as stack,
        tempfile.NamedTemporaryFile("w", prefix="planted-", suffix=".txt") as planted,
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.socket(socket.AF_UNIX) as local,
    ):
        os.chmod(planted.name, 0o644)
        abstract = f"workwright-{os.getpid()}-{server.getsockname()[1]}"
        local.bind("\0" + abstract)
        local.listen()
        foreign = stack.enter_context(_foreign_process(abstract))
        arguments = (planted.name, str(server.getsockname()[1]), str(foreign), abstract)
        request = SandboxRequest(
            files={"probe.py": read_program("sandbox", "probe.py").encode()},
            command=("python3", "-I", "probe.py", *arguments),
            origin="offline",
            limits=SandboxLimits(wall_s=20, processes=16),
        )
        result = launch(request)
    if not _memory_is_watched(launch):
        return ["the memory watch did not end a program that took too much"]
    try:
        found = json.loads(result.stdout)
    except ValueError:
        return [f"the probe did not report (exit {result.exit_code}): {result.stderr.strip()[-300:]}"]
    return [str(name) for name in found]


def _memory_is_watched(launch: Callable[[SandboxRequest], SandboxResult]) -> bool:
    limits = SandboxLimits(wall_s=20, memory_bytes=40 * 1024 * 1024)
    program = "import time; held = bytearray(60 << 20); time.sleep(1)"  # below what one process is allowed at once
    command = ("python3", "-I", "-c", program)
    return launch(SandboxRequest({}, command, "offline", limits=limits)).killed_by == "memory"


@contextlib.contextmanager
def _foreign_process(mark: str) -> Iterator[int]:
    """Keep a process alive that has nothing to do with the sandbox and carries a mark in its environment."""
    with subprocess.Popen(["/bin/sleep", "60"], env={"MARK": mark}) as process:
        try:
            yield process.pid
        finally:
            process.kill()
