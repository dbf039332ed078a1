"""Runs one abuse on one sandbox, or without any, and says what came of it. Needs no test library: it also runs alone,
as an ordinary user, where the interpreter of the test run may be out of reach.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from shared.backends.sandbox.bubblewrap import BubblewrapSandbox
from shared.backends.sandbox.landlock import LandlockSandbox
from shared.ports.sandbox import Sandbox, SandboxLimits, SandboxRequest
from tests.contract.sandbox.abuses import ABUSES, Abuse

DRIVERS: dict[str, type[BubblewrapSandbox] | type[LandlockSandbox]] = {
    "bubblewrap": BubblewrapSandbox,
    "landlock": LandlockSandbox,
}


@contextlib.contextmanager
def host() -> Iterator[dict[str, Any]]:
    """Plant what an abuse could reach: a file, a folder, sockets, a process, a variable, a descriptor."""
    mark = "mark-" + uuid.uuid4().hex
    with contextlib.ExitStack() as stack:
        outside = stack.enter_context(tempfile.TemporaryDirectory(prefix="outside-"))
        os.chmod(outside, 0o777)
        planted = Path(outside, "planted.txt")
        planted.write_text(mark)
        planted.chmod(0o644)
        server = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=64))
        for address in (outside + "/socket", "\0" + mark):
            local = stack.enter_context(socket.socket(socket.AF_UNIX))
            local.bind(address)
            local.listen(64)
        os.chmod(outside + "/socket", 0o777)
        foreign = stack.enter_context(subprocess.Popen(["/bin/sleep", "120"], env={"SECRET": mark}))
        stack.callback(foreign.kill)
        descriptor = os.open(planted, os.O_RDONLY)
        stack.callback(os.close, descriptor)
        os.set_inheritable(descriptor, True)
        os.environ["HOST_TOKEN"] = mark
        stack.callback(os.environ.pop, "HOST_TOKEN")
        yield {
            "mark": mark,
            "outside": outside,
            "planted": str(planted),
            "port": server.getsockname()[1],
            "socket": outside + "/socket",
            "pid": foreign.pid,
            "descriptor": descriptor,
        }


def applying(driver: str) -> list[Abuse]:
    """Return the abuses that a driver is held to."""
    return [abuse for abuse in ABUSES if driver in abuse.drivers]


def hold_all(abuses: list[Abuse], sandbox: Sandbox, around: dict[str, Any]) -> dict[str, str]:
    """Return what `hold` says of each; those that disturb no other share one run, each in a process of its own."""
    together = [abuse for abuse in abuses if not abuse.alone]
    found = {abuse.name: hold(abuse, sandbox, around) for abuse in abuses if abuse.alone}
    files = {f"{number}/abuse.py": abuse.program for number, abuse in enumerate(together)}
    request = SandboxRequest(
        {**files, "main.py": ONE_AFTER_THE_OTHER.encode()},
        ("python3", "main.py", json.dumps(around), str(len(together))),
        origin="offline",
        limits=SandboxLimits(wall_s=60, output_bytes=1 << 20),
    )
    result = sandbox.run(request)
    try:
        said = json.loads(result.stdout)
    except ValueError:
        return {**found, "all the others": f"{result.exit_code} {result.killed_by!r} {result.stderr[-500:]!r}"}
    for abuse, (out, words) in zip(together, said, strict=True):
        broke = "" if "HELD" in out else f"the program broke: {words[-300:]!r}"
        found[abuse.name] = f"it bites: {out[-200:]!r}" if "BITES" in out else broke
    return found


ONE_AFTER_THE_OTHER = """
import json, subprocess, sys
said = []
for number in range(int(sys.argv[2])):
    command = [sys.executable, "abuse.py", sys.argv[1], "case"]
    # whatever was handed down to us is handed on
    done = subprocess.run(command, cwd=str(number), capture_output=True, text=True, close_fds=False, timeout=20)
    said.append([done.stdout[-1000:], done.stderr[-1000:]])
print(json.dumps(said))
"""


def hold(abuse: Abuse, sandbox: Sandbox, around: dict[str, Any]) -> str:
    """Run the abuse in the sandbox; return "" when it held, else what went wrong."""
    case = "case-" + uuid.uuid4().hex
    limits = SandboxLimits(**{"wall_s": 20, **abuse.limits})  # type: ignore[arg-type]
    result = sandbox.run(
        SandboxRequest(
            files={"abuse.py": abuse.program},
            command=("python3", "abuse.py", json.dumps(around), case),
            origin="offline",
            env={"CASE": case},
            limits=limits,
        )
    )
    said = f"{result.exit_code} {result.killed_by!r} {result.stdout[-200:]!r} {result.stderr[-300:]!r}"
    left = strays(case)
    if left:
        return f"left behind: {left}"
    if "BITES" in result.stdout:
        return f"it bites: {said}"
    expected = abuse.killed_by or ("",)
    if result.killed_by not in expected:
        return f"ended by {result.killed_by!r} instead of {expected}: {said}"
    if not result.killed_by and "HELD" not in result.stdout:
        return f"the program broke: {said}"
    kept = max(len(result.stdout), len(result.stderr))
    return f"{kept} characters of output kept" if kept > limits.output_bytes + 100 else ""


def bites_outside(abuse: Abuse, around: dict[str, Any]) -> str:
    """Run the abuse with nothing but a timeout around it; return "" when it bites, else what it said."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "abuse.py").write_bytes(abuse.program)
        environment = {**os.environ, "SCRATCH": folder}
        try:
            done = subprocess.run(
                [system_python(), "abuse.py", json.dumps(around)],
                cwd=folder,
                env=environment,
                capture_output=True,
                timeout=abuse.limits.get("wall_s", 20),
                pass_fds=(around["descriptor"],),
                check=False,
            )
        except subprocess.TimeoutExpired:
            return "" if "wall" in abuse.killed_by else "timeout"
    return "" if b"BITES" in done.stdout else f"{done.stdout[-200:]!r} {done.stderr[-500:]!r}"


def strays(case: str) -> list[int]:
    """Return the living processes that carry the mark of a case in their arguments or environment."""
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit() and int(name) != os.getpid():
            for what in ("cmdline", "environ"):
                with contextlib.suppress(OSError):
                    if case.encode() in Path("/proc", name, what).read_bytes():
                        found.append(int(name))
                        break
    return found


def system_python() -> str:
    """Return an interpreter every user can start."""
    return "/usr/bin/python3" if os.access("/usr/bin/python3", os.X_OK) else sys.executable


def kill(pids: list[int]) -> None:
    """End processes a control has left."""
    for pid in pids:
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)


def main() -> None:
    """Hold the abuses that it matters to who one is, on every driver side by side; print what went wrong, as JSON."""

    def all_of(name: str) -> dict[str, str]:
        found = hold_all([abuse for abuse in applying(name) if abuse.whose], DRIVERS[name](), around)
        return {f"{name}: {abuse}": problem for abuse, problem in found.items()}

    with host() as around, ThreadPoolExecutor() as pool:
        held = {case: problem for part in pool.map(all_of, DRIVERS) for case, problem in part.items()}
    wrong = {case: problem for case, problem in held.items() if problem}
    sys.stdout.write(json.dumps({"uid": os.getuid(), "count": len(held), "wrong": wrong}))


if __name__ == "__main__":
    main()
