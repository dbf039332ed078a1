"""`workwright up` says in one line of JSON where everything is, and ends cleanly when it is told to."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from shared.settings import FUNCTIONS

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[3]


def _children(pid: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid and fields[0] != "Z":
            found.append(int(stat.parent.name))
    return found


def test_it_says_where_it_is_and_ends_with_sigterm_leaving_nothing_behind(tmp_path: Path) -> None:
    env = {name: value for name, value in os.environ.items() if not name.startswith("WORKWRIGHT_")}
    command = [sys.executable, "-m", "shared", "up", "--data", str(tmp_path / "data")]
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=log, text=True)
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        ready = json.loads(line)
        assert ready["ready"] is True
        assert set(ready["functions"]) == set(FUNCTIONS)
        systems = {"notion", "github", "gitlab", "vercel", "slack", "ses", "cloud_storage", "google_accounts"}
        assert set(ready["simulators"]) == systems
        assert ready["data"] == str((tmp_path / "data").resolve())
        assert requests.get(f"{ready['functions']['api']}/v1/health", timeout=10).status_code == 200
        for url in ready["simulators"].values():
            assert requests.get(f"{url}/_health", timeout=10).json()["ok"] is True
        children = _children(process.pid)
        assert len(children) == 1  # the simulators
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0, (tmp_path / "log").read_text()
        assert process.stdout.read() == ""
        assert [pid for pid in children if Path(f"/proc/{pid}").exists()] == []
        assert "Traceback" not in (tmp_path / "log").read_text()
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        process.stdout.close()
