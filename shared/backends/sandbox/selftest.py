"""The proof, on this very machine, that a room is closed: a probe runs inside and reports what it could reach."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator

from shared.ports import SandboxLimits, SandboxRequest, SandboxResult

_PROBE = """
import ctypes, json, os, socket, sys
planted, port, pid, abstract = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
mark = abstract.encode()
found = []
own = (1, os.getpid(), os.getppid())

def attempt(name, action):
    try:
        if action() is not False:
            found.append(name)
    except OSError:
        pass

def call(*numbers):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.syscall(*map(ctypes.c_long, numbers)) < 0:
        raise OSError(ctypes.get_errno())

def connect(family, address):
    with socket.socket(family, socket.SOCK_STREAM) as end:
        end.settimeout(1)
        end.connect(address)

def environ(name):
    try:
        return open(f"/proc/{name}/environ", "rb").read()
    except OSError:
        return b""

machine = os.uname().machine == "x86_64"
attempt("a file of the host can be read", lambda: open(planted).read())
attempt("the host's loopback answers", lambda: connect(socket.AF_INET, ("127.0.0.1", port)))
attempt("a host's abstract socket answers", lambda: connect(socket.AF_UNIX, "\\0" + abstract))
attempt("a foreign process can be looked at", lambda: any(mark in environ(name) for name in os.listdir("/proc")))
attempt("ptrace is not refused", lambda: call(101 if machine else 117, 0, 0, 0, 0))
attempt("memfd_create is not refused", lambda: os.memfd_create("x"))
attempt("a new user namespace is not refused", lambda: call(272 if machine else 97, 0x10000000))
attempt("a packet socket is not refused", lambda: socket.socket(17, socket.SOCK_RAW))
attempt("the file system can be written to", lambda: open("/usr/workwright-probe", "w"))
attempt("/dev can be written to", lambda: open("/dev/workwright-probe", "w"))
attempt("it still is root", lambda: os.getuid() == 0)
attempt("a signal reaches a foreign process", lambda: os.kill(pid, 0) if pid not in own else False)
print(json.dumps(found))
"""


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
            files={"probe.py": _PROBE.encode()},
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
