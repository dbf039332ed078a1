"""The house of the chaos bench, forked from a process that has imported everything: it is ready sooner."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from shared.bench.chaos.processes import ENV
from shared.bench.chaos.story import Mortal
from tests.support.programs.processes import Running, Starter
from tests.support.rigs.settled_house import free_ports


class ForkedVictim:
    """Started and killed like the real one, with a process group of its own."""

    def __init__(self, starter: Starter, folder: Path, simulators: Mapping[str, str], env: Mapping[str, str]) -> None:
        self._starter = starter
        self._folder = folder
        self._env = {**ENV, **env}
        self._order = {"data": str(folder / "house"), "port": free_ports(1)[0], "simulators": dict(simulators)}
        self._running: Running | None = None

    def start(self) -> None:
        """Start it; it is ready some time later, unless it is killed first."""
        log = self._folder / "house.log"
        self._running = self._starter.start("house", log, self._env, **self._order, delivers=True, group=True)

    def ready(self) -> Mapping[str, Any] | None:
        """Return what it says once it works, None before."""
        assert self._running is not None
        assert self._running.ended() is None, self._running.said()[-3000:]
        lines = [line for line in self._running.said().splitlines(keepends=True) if line.startswith('{"url"')]
        return dict(json.loads(lines[0])) if lines and lines[0].endswith("\n") else None

    def wait_until_ready(self) -> Mapping[str, Any]:
        """Wait for `ready`."""
        ends = time.monotonic() + 60
        while (said := self.ready()) is None:
            assert time.monotonic() < ends, "the house is not ready"
            time.sleep(0.02)
        return said

    def kill(self) -> None:
        """Kill its whole process group, at once."""
        if self._running is not None and self._running.ended() is None:
            os.killpg(self._running.pid, signal.SIGKILL)
            self._running.wait()

    def stop(self) -> None:
        """Let it end in good order."""
        if self._running is not None and self._running.ended() is None:
            assert self._running.stop() == 0


def forked(starter: Starter) -> Callable[[Path, Mapping[str, str], Mapping[str, str]], Mortal]:
    """Return what makes such houses."""
    return lambda folder, simulators, env: ForkedVictim(starter, folder, simulators, env)
