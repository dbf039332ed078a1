"""Two processes with groups of their own: the world, which lives throughout, and the house, which is killed."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import requests

from shared.core.errors import ConfigError
from shared.settings import process_environment

START_S = 90.0
# As on one machine, but that what waits for people or for the outside waits no longer than it must.
ENV = {
    "WORKWRIGHT_SETTLE_S": "6",  # longer than an answer may take, and than the world lets a request wait
    "WORKWRIGHT_BACKOFF_S": "0.2",
    "WORKWRIGHT_HTTP_READ_S": "5",
    "WORKWRIGHT_WATCH_S": "0",
}


class World:
    """The simulated systems, and what their journals say."""

    def __init__(self, folder: Path) -> None:
        self._session = requests.Session()
        self._session.trust_env = False
        command = [
            sys.executable,
            "-m",
            "shared.local.simulators",
            "--data",
            str(folder),
            "--parent-pid",
            str(os.getpid()),
        ]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        try:
            self.urls: Mapping[str, str] = json.loads(line)["simulators"]
        except (ValueError, KeyError):
            self.stop()
            raise ConfigError(f"the simulators did not start: {line.strip() or 'no answer'}") from None

    def order(self, system: str, path: str, body: Any) -> Any:
        """Call a control endpoint of one of them."""
        answer = self._session.post(self.urls[system] + path, json=body, timeout=30)
        if not answer.ok:
            raise ConfigError(f"the simulated {system} refused {path}: {answer.status_code} {answer.text[:300]}")
        return answer.json()

    def look(self, system: str, path: str) -> Any:
        """Read what one of them shows beside its API."""
        answer = self._session.get(self.urls[system] + path, timeout=60)
        answer.raise_for_status()
        return answer.json()

    def faults_left(self) -> int:
        """Return how many ordered faults no request has met yet."""
        return sum(len(self.order(system, "/_faults", [])["faults"]) for system in self.urls)

    def effects(self) -> list[dict[str, Any]]:
        """Return everything that was changed in any of them, each with its `system`."""
        found: list[dict[str, Any]] = []
        for system in self.urls:
            for entry in self.look(system, "/_journal?effects=1"):
                found += [{"system": system, "at": entry["at"], **effect} for effect in entry["effects"]]
        return found

    def stop(self) -> None:
        """End the process."""
        self._session.close()
        _kill_group(self._process)


class Victim:
    """A house that is started and killed."""

    def __init__(self, folder: Path, simulators: Mapping[str, str], env: Mapping[str, str]) -> None:
        self._order = {"data": str(folder / "house"), "port": _free_port(), "simulators": dict(simulators)}
        self._env = {**process_environment(), **ENV, **env}
        self._log = (folder / "house.log").open("ab")
        self._said = folder / "ready"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; it is ready some time later, unless it is killed first."""
        command = [sys.executable, "-m", "shared.bench.chaos.house", json.dumps(self._order)]
        with self._said.open("wb") as output:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=self._log,
                env=self._env,
                start_new_session=True,
            )

    def ready(self) -> dict[str, Any] | None:
        """Return what it says once it works, None before; raises ConfigError when it has ended by itself."""
        assert self._process is not None
        if (code := self._process.poll()) is not None:
            raise ConfigError(f"Workwright ended by itself with {code}; {self._log.name} has its last words")
        text = self._said.read_text(encoding="utf-8")
        return dict(json.loads(text)) if text.endswith("\n") else None

    def wait_until_ready(self) -> dict[str, Any]:
        """Wait for `ready`."""
        ends = time.monotonic() + START_S
        while (ready := self.ready()) is None:
            if time.monotonic() > ends:
                raise ConfigError(f"Workwright was not ready within {START_S:.0f} s; look into {self._log.name}")
            time.sleep(0.05)
        return ready

    def kill(self) -> None:
        """Kill its whole process group, at once."""
        if self._process is not None:
            _kill_group(self._process)

    def stop(self, timeout: float = 60.0) -> None:
        """Let it end in good order."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(timeout)
            except subprocess.TimeoutExpired:
                self.kill()
        self._log.close()


def _kill_group(process: subprocess.Popen[Any]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdout is not None:
        process.stdout.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
