"""Runs one request in a process of its own: gives up root, prepares the room, starts, watches, collects, answers.

Started by path with `python -I`, one thread, nothing inherited but three pipes. Everything it needs is imported
before root is given up, since the interpreter's files may be closed to an ordinary user.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
from collections.abc import Mapping
from types import MappingProxyType, SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

if __name__ == "__main__":
    sys.path.append(os.path.abspath(os.path.join(os.path.dirname(__file__), *[os.pardir] * 3)))

from shared.backends.sandbox.channel import pack, unpack
from shared.backends.sandbox.packages.install import install
from shared.backends.sandbox.rooms import kernel
from shared.backends.sandbox.rooms.collect import Collector
from shared.backends.sandbox.rooms.room import Job, Room
from shared.backends.sandbox.rooms.room_bubblewrap import BubblewrapRoom
from shared.backends.sandbox.rooms.room_landlock import LandlockRoom
from shared.backends.sandbox.rooms.supervise import Outcome, must_see_children, supervise

if TYPE_CHECKING:
    from shared.ports.sandbox import SandboxLimits

Answer = tuple[dict[str, Any], list[bytes]]
ROOMS: dict[str, type[Room]] = {"bubblewrap": BubblewrapRoom, "landlock": LandlockRoom}


def main() -> None:
    """Read a request from stdin, write the answer to stdout."""
    spec, blobs = unpack(sys.stdin.buffer.read())
    try:
        head, results = run(spec, blobs)
    except (OSError, RuntimeError) as error:
        head, results = {"error": str(error)}, []
    sys.stdout.buffer.write(pack(head, results))
    sys.stdout.buffer.flush()


def run(spec: dict[str, Any], blobs: list[bytes]) -> Answer:
    """Run the request of this spec; return what became of it."""
    parent = os.getppid()
    limits = cast("SandboxLimits", SimpleNamespace(**spec["limits"]))  # the ports take longer to import than all else
    must_see_children()
    kernel.leave_root()
    kernel.prctl(kernel.PR_SET_CHILD_SUBREAPER, 1)
    room = ROOMS[spec["driver"]](spec, limits)
    kernel.prctl(kernel.PR_SET_DUMPABLE, 0)
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)  # last: a change of ids or namespaces forgets it
    if os.getppid() != parent:
        raise RuntimeError("the caller is gone")
    try:
        try:
            room.write(room.work, dict(zip(spec["names"], blobs, strict=False)))
            job = Job(tuple(spec["command"]), room.work, spec["env"], limits)
            if spec["install"]:
                installed = install(room, spec["install"], blobs[len(spec["names"]) :])
                if installed.outcome is not None:
                    return _answer(installed.outcome, "install")
                job = job._replace(packages=installed.packages, env={**installed.env, **job.env})
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.ENAMETOOLONG, errno.EDQUOT):
                return {"wrong": f"the files of the request do not fit: {error.strerror}"}, []
            raise
        outcome = supervise(room.start(job), limits, room.kill)
        room.confirm(outcome)
        collector = Collector(limits.result_files, limits.result_bytes)
        collector.collect(room.work, spec["collect"])
    finally:
        room.close()
    return _answer(outcome, "", collector.files)


def _answer(outcome: Outcome, phase: str, files: Mapping[str, bytes] = MappingProxyType({})) -> Answer:
    if not outcome.all_dead:
        raise RuntimeError("something the command started could not be killed")
    exit_code, killed_by = _ending(outcome)
    head = {"exit_code": exit_code, "killed_by": phase or killed_by, "duration_s": outcome.duration_s}
    return head | {"names": list(files)}, [outcome.stdout, outcome.stderr, *files.values()]


def _ending(outcome: Outcome) -> tuple[int, str]:
    """Return exit code and cause; 128 + number where a signal ended it, as a shell says."""
    code = outcome.returncode if outcome.returncode >= 0 else 128 - outcome.returncode
    if outcome.killed_by:
        return code, outcome.killed_by
    if code == 128 + signal.SIGXCPU:
        return code, "cpu"
    return code, "signal" if 128 < code < 128 + signal.NSIG else ""


if __name__ == "__main__":
    main()
