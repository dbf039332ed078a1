"""The step before a command: an installer fetches what a lock file pins, in a room of its own, and runs no code of it.

The room holds the lock file and nothing else, so that nothing else can be told. What was installed lies in a folder of
this process's own memory file system, which the command later sees read-only. It never leaves this machine as data.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from shared.backends.sandbox.rooms.room import PATH, Job, Room
from shared.backends.sandbox.rooms.supervise import Outcome, supervise
from shared.programs import read_program

if TYPE_CHECKING:
    from shared.ports.sandbox import SandboxLimits

_SIZE, _INODES = 1 << 30, 200_000
_LIMITS = {
    "wall_s": 300.0,
    "memory_bytes": 1536 << 20,
    "processes": 256,
    "file_bytes": 256 << 20,
    "output_bytes": 64 * 1024,
}
_NPM = ("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=warn")


class _How(NamedTuple):
    """How a system installs: its command, what that leaves, where the next one sees it, and with which variables."""

    command: tuple[str, ...]
    leaves: str
    place: str
    env: Mapping[str, str]


# `python3 -I` finds what is installed in a virtual environment, and leaves PYTHONPATH out.
_INTO_VENV = ("python3", "-I", "-c", read_program("sandbox", "install_pip.py"))
_SYSTEMS = {
    "npm": _How(_NPM, "node_modules", "/node_modules", {}),
    "pip": _How(_INTO_VENV, "venv", "/venv", {"PATH": f"/venv/bin:{PATH}"}),
}


class Installed(NamedTuple):
    """What an installation left for the next command; `outcome` is there when it failed."""

    packages: tuple[tuple[str, str], ...]
    env: Mapping[str, str]
    outcome: Outcome | None = None


def install(room: Room, wanted: Mapping[str, Any], blobs: Sequence[bytes]) -> Installed:
    """Install what the request's lock file names, and return it."""
    how = _SYSTEMS[wanted["system"]]
    folder = room.side_folder("install", _SIZE, _INODES)
    room.write(folder, dict(zip(wanted["names"], blobs, strict=True)))
    limits = cast("SandboxLimits", SimpleNamespace(**_LIMITS))
    outcome = supervise(room.start(Job(how.command, folder, wanted["env"], limits, wanted["proxy"])), limits, room.kill)
    room.confirm(outcome)
    if outcome.returncode != 0 or outcome.killed_by or not outcome.all_dead:
        return Installed((), {}, outcome)
    left = os.path.join(folder, how.leaves)
    try:
        if not stat.S_ISDIR(os.lstat(left).st_mode):  # a link would show the command whatever it names
            raise RuntimeError("the installer left something other than a folder")
    except FileNotFoundError:
        return Installed((), how.env)
    return Installed(((left, how.place),), how.env)
