"""The service `code-runner` as a platform runs it: a process of its own that is started again whenever it has ended."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from shared.backends.local.keys.identity import LocalCallers
from shared.backends.remote.sandbox import RemoteSandbox

ROOT = Path(__file__).resolve().parents[3]
PATIENCE_S = 30.0


@dataclass
class Platform:
    """Where the service answers, the exit status of every process that has ended, and the one at work."""

    url: str
    data: Path
    log: Path
    ended: list[int] = field(default_factory=list)
    process: subprocess.Popen[bytes] | None = None
    stopping: threading.Event = field(default_factory=threading.Event)

    def sandbox(self) -> RemoteSandbox:
        """Return a client of the service, which asks again at once rather than in a second."""
        authorization = LocalCallers(self.data).authorization
        return RemoteSandbox(self.url, lambda: authorization(self.url), sleep=lambda s: time.sleep(min(s, 0.25)))

    def keep_up(self, command: list[str], env: Mapping[str, str], inherit: tuple[int, ...]) -> None:
        """Start the service again whenever it has ended."""
        with self.log.open("ab") as log:
            while not self.stopping.is_set():
                self.process = subprocess.Popen(
                    command, cwd=ROOT, env=dict(env), stdout=log, stderr=subprocess.STDOUT, pass_fds=inherit
                )
                self.ended.append(self.process.wait())


@contextmanager
def code_runner(folder: Path, answers: int = 0, inherit: tuple[int, ...] = (), **env: str) -> Iterator[Platform]:
    """Run the service while it is entered; yield when it answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    platform = Platform(f"http://127.0.0.1:{port}", folder / "data", folder / "log")
    LocalCallers(platform.data)  # makes the key that both sides read
    command = [str(Path(sys.executable).parent / "functions-framework"), "--source", "functions/code-runner/main.py"]
    command += ["--target", "code_runner", "--host", "127.0.0.1", "--port", str(port)]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WORKWRIGHT_")}
    ours = {"WORKWRIGHT_DATA": str(platform.data), "WORKWRIGHT_CODE_RUNNER_URL": platform.url}
    ours |= {"WORKWRIGHT_RUNNER_ANSWERS": str(answers)}
    keeper = threading.Thread(target=platform.keep_up, args=(command, {**kept, **ours, **env}, inherit), daemon=True)
    keeper.start()
    try:
        _wait_for(port, platform)
        yield platform
    finally:
        platform.stopping.set()
        while keeper.is_alive():  # it may be between two processes
            if platform.process is not None:
                platform.process.terminate()  # it ends its workers with it
            keeper.join(0.1)


def _wait_for(port: int, platform: Platform) -> None:
    ends = time.monotonic() + PATIENCE_S
    while True:
        assert time.monotonic() < ends, platform.log.read_text()
        assert len(platform.ended) < 3, platform.log.read_text()
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.02)
