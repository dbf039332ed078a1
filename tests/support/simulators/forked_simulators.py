"""The simulators of a house in this process: a process of their own, forked from one that has imported it all."""

from __future__ import annotations

import atexit
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from shared.local.configuration.choices import read_choices
from shared.local.simulated_mail import mail_as_told
from tests.support.programs.processes import Starter


@cache
def _starter() -> Starter:
    found = Starter("tests.support.simulators.sim_process")
    atexit.register(found.close)
    return found


@contextmanager
def forked_simulators(data: Path) -> Iterator[Mapping[str, str]]:
    """Run those that the house of the folder above would, and yield where each answers."""
    data.mkdir(parents=True, exist_ok=True)
    only = mail_as_told(read_choices(data.parent).simulators, os.environ)
    arguments = ["--data", str(data), "--parent-pid", str(os.getpid()), "--only", ",".join(only)]
    running = _starter().start("simulators", data.with_name(f"{data.name}.log"), {}, arguments=arguments)
    try:
        ready = running.ready()
        assert ready is not None, running.said()
        yield ready["simulators"]
    finally:
        running.stop()
