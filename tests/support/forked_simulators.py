"""The simulators of a house in this process: a process of their own, forked from one that has imported it all."""

from __future__ import annotations

import atexit
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from tests.support.processes import Starter


@cache
def _starter() -> Starter:
    found = Starter("tests.support.sim_process")
    atexit.register(found.close)
    return found


@contextmanager
def forked_simulators(data: Path) -> Iterator[Mapping[str, str]]:
    """Run them on a folder and yield where each answers; they end with the house, or with this process."""
    data.mkdir(parents=True, exist_ok=True)
    arguments = ["--data", str(data), "--parent-pid", str(os.getpid())]
    running = _starter().start("simulators", data.with_name(f"{data.name}.log"), {}, arguments=arguments)
    try:
        ready = running.ready()
        assert ready is not None, running.said()
        yield ready["simulators"]
    finally:
        running.stop()
