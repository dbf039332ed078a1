"""`workwright up` that is told to end before it is ready ends what it began, and says that nothing went wrong."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("when", "told"),
    [("simulators/lock", signal.SIGTERM), ("house.json", signal.SIGTERM), ("house.json", signal.SIGINT)],
    ids=["while-simulators-start", "while-it-settles-in", "by-ctrl-c"],
)
def test_it_ends_well_and_leaves_no_process_behind(tmp_path: Path, when: str, told: signal.Signals) -> None:
    data = tmp_path / "data"
    env = {name: value for name, value in os.environ.items() if not name.startswith("WORKWRIGHT_")}
    with (tmp_path / "said").open("w+") as said:
        command = [sys.executable, "-m", "shared", "up", "--data", str(data)]
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=said, stderr=said)
        try:
            _wait_for(data / when, process)
            children = _children(process.pid)
            process.send_signal(told)
            code = process.wait(30)
        finally:
            process.kill()
            process.wait()
        said.seek(0)
        assert (code, said.read()) == (0, "")
    assert children
    until = time.monotonic() + 20  # what was killed last is buried by whoever inherits it, in its own time
    while left := [pid for pid in children if Path(f"/proc/{pid}").exists()]:
        assert time.monotonic() < until, left
        time.sleep(0.02)


def _wait_for(file: Path, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 60
    while not file.exists():
        assert process.poll() is None
        assert time.monotonic() < until
        time.sleep(0.01)


def _children(pid: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()]
