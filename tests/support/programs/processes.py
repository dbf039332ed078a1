"""Processes of houses and simulators, started by one forking program and watched from the test."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
_START_S = 30.0


class Starter:
    """The forking program. Everything it started ends with `close`."""

    def __init__(self, program: str = "tests.crash.house_process", env: Mapping[str, str] | None = None) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=env,
        )
        self._lock = threading.Lock()

    def ask(self, **order: Any) -> dict[str, Any]:
        """Give one order and return the answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._lock:
            self._process.stdin.write(json.dumps(order) + "\n")
            self._process.stdin.flush()
            answer: dict[str, Any] = json.loads(self._process.stdout.readline())
            return answer

    def start(self, program: str, log: Path, env: Mapping[str, str], **order: Any) -> Running:
        """Start a program and wait until it says that it is ready."""
        log.touch()
        begin = log.stat().st_size
        pid = int(self.ask(start=program, log=str(log), env=dict(env), **order)["pid"])
        return Running(self, pid, log, begin)

    def close(self) -> None:
        """End the program and all it started."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()


class Running:
    """One started process."""

    def __init__(self, starter: Starter, pid: int, log: Path, begin: int) -> None:
        self._starter = starter
        self.pid = pid
        self._log = log
        self._begin = begin

    def ended(self) -> int | None:
        """Return the exit code (a signal's number, negated), or None while it runs."""
        code: int | None = self._starter.ask(ended=self.pid)["ended"]
        return code

    def said(self) -> str:
        """Return what it has written since it was started."""
        return self._log.read_bytes()[self._begin :].decode(errors="replace")

    def ready(self) -> dict[str, Any] | None:
        """Wait for its first line of JSON and return it; None when it was killed before it was ready."""
        ends = time.monotonic() + _START_S
        while time.monotonic() < ends:
            for line in self.said().splitlines(keepends=True):
                if line.startswith("{") and line.endswith("}\n") and '"severity"' not in line:
                    found: dict[str, Any] = json.loads(line)
                    return found
            if (code := self.ended()) is not None:
                if code == -signal.SIGKILL:
                    return None
                raise AssertionError(f"it ended with {code} before it was ready:\n{self.said()[-3000:]}")
            time.sleep(0.005)
        raise AssertionError(f"it was not ready after {_START_S:.0f} s:\n{self.said()[-3000:]}")

    def send(self, number: int) -> None:
        """Send a signal."""
        self._starter.ask(signal=number, pid=self.pid)

    def wait(self, timeout: float = 30.0) -> int:
        """Wait for its end and return the exit code."""
        ends = time.monotonic() + timeout
        while (code := self.ended()) is None:
            if time.monotonic() > ends:
                self.send(signal.SIGKILL)
                raise AssertionError(f"it did not end within {timeout:.0f} s:\n{self.said()[-3000:]}")
            time.sleep(0.005)
        return code

    def stop(self) -> int:
        """Ask it to stop and wait for that."""
        self.send(signal.SIGTERM)
        return self.wait()

    def kill(self) -> None:
        """Kill it as a power cut would."""
        self.send(signal.SIGKILL)
        self.wait()
