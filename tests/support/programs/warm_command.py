"""Runs `workwright` in forks of a process that has imported everything: what is typed is real, the start is quick.

How a fresh interpreter starts, and what it loads, is shown elsewhere: in tests of `up` and of its signals, of the
service and the container, and in architecture/test_weight.
"""

from __future__ import annotations

import atexit
import importlib
import os
import pkgutil
import signal
import sys
import tempfile
import threading
import time

import shared.app
import shared.backends.local
import shared.backends.offline
import shared.cli
import shared.local
import shared.mind
import shared.steps
import shared.wiring
from shared.__main__ import main
from shared.mind.agents.registry import agents
from shared.mind.structured import schema_of
from shared.steps import KINDS
from tests.support.programs.fork_server import Order, serve_programs

_ENDS = (("input", os.O_RDONLY), ("out", os.O_WRONLY), ("error", os.O_WRONLY))


def run_workwright(order: Order) -> int:
    """Run the command as a shell would: with its words, its folder, its environment and its three ends alone."""
    os.chdir(order["folder"])
    os.environ.clear()
    os.environ.update(order["environment"])
    time.tzset()
    tempfile.tempdir = None  # as found in the environment of before
    for number, (name, flags) in enumerate(_ENDS):
        os.dup2(os.open(order[name], flags), number)
    sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w", buffering=1)  # noqa: SIM115 - until it ends
    sys.argv = ["workwright", *order["words"]]
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return _run_to_the_end()
    finally:
        threading._shutdown()  # type: ignore[attr-defined]  # what an interpreter does before it ends
        atexit._run_exitfuncs()


def _run_to_the_end() -> int:
    try:
        main()
    except SystemExit as ended:
        if ended.code is None or isinstance(ended.code, int):
            return ended.code or 0
        sys.stderr.write(f"{ended.code}\n")
        return 1
    return 0


def warm_up() -> None:
    """Import what a command may come to need; nothing that depends on an environment is done."""
    for package in (
        *(shared.app, shared.backends.local, shared.backends.offline, shared.cli),
        *(shared.local, shared.mind, shared.steps, shared.wiring),
    ):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    agents()
    for kind in KINDS.values():
        schema_of(kind.input)


if __name__ == "__main__":
    warm_up()
    serve_programs({"workwright": run_workwright})
