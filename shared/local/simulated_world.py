"""The simulated outside world of one house: a child process that keeps its state in the data folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from shared.core.errors import ConfigError


class Simulators:
    """The child process and the addresses of what it simulates."""

    def __init__(self, process: subprocess.Popen[str], urls: Mapping[str, str]) -> None:
        self._process = process
        self.urls = urls

    @classmethod
    def start(cls, data: Path, only: Sequence[str] = ()) -> Simulators:
        """Start these, or all, on the ports they had before or on free ones; they end with this process."""
        command = [
            sys.executable,
            "-m",
            "shared.local.simulators",
            "--data",
            str(data),
            "--parent-pid",
            str(os.getpid()),
        ]
        command += ["--only", ",".join(only)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        line = ""
        with ExitStack() as undo:  # also where we are told to end before they are there
            for act in (process.stdout.close, process.wait, process.kill):  # the last of them first
                undo.callback(act)
            line = process.stdout.readline()
            try:
                urls = json.loads(line)["simulators"]
            except (ValueError, KeyError):
                raise ConfigError(f"the simulators did not start: {line.strip() or 'no answer'}") from None
            undo.pop_all()
        return cls(process, urls)

    def stop(self) -> None:
        """End the child process."""
        self._process.terminate()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
