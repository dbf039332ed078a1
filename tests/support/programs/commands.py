"""Types `workwright` commands, each in a process of its own that has not to import everything anew."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from tests.support.kept import keep
from tests.support.programs.processes import ROOT, Starter

GROUP = "commands"  # of tests that type many: they come to one process, which imports everything once


def type_command(
    *words: str, env: Mapping[str, str], said: str = "", folder: Path = ROOT, timeout: float = 60.0
) -> subprocess.CompletedProcess[str]:
    """Run `workwright` with these words and no other environment, as `python -m shared` would; return its end."""
    with tempfile.TemporaryDirectory() as made:
        ends = {name: Path(made) / name for name in ("input", "out", "error")}
        for name, path in ends.items():
            path.write_text(said if name == "input" else "", encoding="utf-8")
        order = {name: str(path) for name, path in ends.items()} | {"folder": str(folder), "log": os.devnull}
        starter = _start_server()
        pid = starter.ask(start="workwright", words=words, environment=dict(env), **order)["pid"]
        code = _wait_for(starter, pid, timeout)
        out, error = (ends[name].read_text(encoding="utf-8") for name in ("out", "error"))
    if code is None:
        raise subprocess.TimeoutExpired(["workwright", *words], timeout, out, error)
    return subprocess.CompletedProcess(["workwright", *words], code, out, error)


@cache
def _start_server() -> Starter:
    return keep(_serving())


@contextmanager
def _serving() -> Iterator[Starter]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("WORKWRIGHT_")}
    starter = Starter("tests.support.programs.warm_command", clean)
    try:
        yield starter
    finally:
        starter.close()


def _wait_for(starter: Starter, pid: int, timeout: float) -> int | None:
    """Return its exit code once it has ended; None where it had to be killed."""
    watched = os.pidfd_open(pid)
    try:
        ended, _, _ = select.select([watched], [], [], timeout)
        if not ended:
            starter.ask(signal=signal.SIGKILL, pid=pid)
            select.select([watched], [], [])
    finally:
        os.close(watched)
    code: int = starter.ask(ended=pid)["ended"]
    return code if ended else None
