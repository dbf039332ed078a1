"""`workwright up` leaves a key for the owner's terminal, and keeps it over a restart."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

ROOT = Path(__file__).resolve().parents[2]


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("WORKWRIGHT_")}


@contextmanager
def _house(data: Path) -> Iterator[str]:
    """Run the house as a process of its own; yield where it answers."""
    command = [sys.executable, "-m", "shared", "up", "--data", str(data)]
    with (data.parent / "log").open("a", encoding="utf-8") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=_environment(), stdout=subprocess.PIPE, stderr=log, text=True)
    assert process.stdout is not None
    try:
        yield str(json.loads(process.stdout.readline())["console"])
    finally:
        process.terminate()
        process.wait(30)
        process.stdout.close()


def _type(data: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "shared", *words, "--data", str(data)]
    return subprocess.run(
        command, cwd=ROOT, env=_environment(), capture_output=True, text=True, timeout=60, check=False
    )


def test_the_owner_can_look_at_once_and_after_a_restart(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with _house(data) as url:
        key = (data / "owner.key").read_text(encoding="ascii").strip()
        assert stat.S_IMODE((data / "owner.key").stat().st_mode) == 0o600
        listed = _type(data, "runs", "--json")
        assert (listed.returncode, json.loads(listed.stdout)) == (0, {"runs": [], "next": None})
        headers = {"Authorization": f"Bearer {key}"}
        keys = requests.get(f"{url}/v1/keys", headers=headers, timeout=10).json()["keys"]
        assert [(k["role"], k["name"]) for k in keys] == [("owner", "the terminal")]
        assert requests.get(f"{url}/connected?tenant=t-1", timeout=10).status_code == 200
    assert "nothing answers" in _type(data, "runs").stderr
    with _house(data) as again:
        assert again == url
        assert (data / "owner.key").read_text(encoding="ascii").strip() == key
        assert len(requests.get(f"{url}/v1/keys", headers=headers, timeout=10).json()["keys"]) == 1
