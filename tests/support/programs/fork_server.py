"""Starts programs as processes of their own, quickly: who serves has imported everything once, and forks.

It is spoken to in lines of JSON. `{"start": NAME, "log": FILE, "env": {…}, …}` is answered with `{"pid": …}`,
`{"signal": …, "pid": …}` sends one of them a signal, `{"ended": PID}` tells its exit code or null. What it started ends
with it; it ends with its standard input.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import signal
import sys
from collections.abc import Callable, Mapping
from typing import Any

_PR_SET_PDEATHSIG = 1

Order = Mapping[str, Any]
Programs = Mapping[str, Callable[[Order], int]]


def _start(programs: Programs, order: Order) -> int:
    """Fork one of the programs; return its process id."""
    parent = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
        if order.get("group"):
            os.setpgid(0, 0)
        log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.environ.update(order.get("env") or {})
        code = programs[order["start"]](order)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def serve_programs(programs: Programs) -> None:
    """Take orders until there are no more, then end what is left."""
    gc.collect()
    gc.set_threshold(20_000, 20, 20)  # as in tests/conftest.py
    gc.freeze()  # or the first search for garbage in each process would write to, and so copy, all that is shared
    running: dict[int, int | None] = {}
    try:
        for line in sys.stdin:
            order = json.loads(line)
            answer: dict[str, Any] = {}
            if "start" in order:
                answer["pid"] = _start(programs, order)
                running[answer["pid"]] = None
            elif "signal" in order:
                if _ended(running, order["pid"]) is None:
                    os.kill(order["pid"], order["signal"])
            else:
                answer["ended"] = _ended(running, order["ended"])
            print(json.dumps(answer), flush=True)  # noqa: T201
    finally:
        for pid in running:
            if _ended(running, pid) is None:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)


def _ended(running: dict[int, int | None], pid: int) -> int | None:
    if running[pid] is None:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            running[pid] = os.waitstatus_to_exitcode(status)
    return running[pid]
