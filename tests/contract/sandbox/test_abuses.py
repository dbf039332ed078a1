"""Every sandbox holds against every abuse that applies to it, and every abuse bites where no sandbox is."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.ports import Sandbox
from tests.contract.sandbox.abuses import ABUSES, Abuse
from tests.contract.sandbox.cases import DRIVERS, bites_outside, hold, host, kill, strays, system_python

ROOT = Path(__file__).resolve().parents[3]
HELD = [(driver, abuse) for driver in DRIVERS for abuse in ABUSES if driver in abuse.drivers]
CONTROLS = [abuse for abuse in ABUSES if abuse.control == "bites" or (abuse.control == "root" and os.geteuid() == 0)]


@pytest.fixture(scope="module")
def around() -> Iterator[dict[str, Any]]:
    with host() as planted:
        yield planted


@pytest.fixture(scope="module")
def sandboxes() -> dict[str, Sandbox]:
    return {name: make() for name, make in DRIVERS.items()}


@pytest.mark.parametrize(("driver", "abuse"), HELD, ids=[f"{driver}-{abuse.name}" for driver, abuse in HELD])
def test_the_sandbox_holds(driver: str, abuse: Abuse, sandboxes: dict[str, Sandbox], around: dict[str, Any]) -> None:
    assert hold(abuse, sandboxes[driver], around) == ""


@pytest.mark.parametrize("abuse", CONTROLS, ids=[abuse.name for abuse in CONTROLS])
def test_it_bites_without_a_sandbox(abuse: Abuse, around: dict[str, Any]) -> None:
    assert bites_outside(abuse, around) == ""


def test_a_daemon_survives_without_a_sandbox(tmp_path: Path) -> None:
    (daemon,) = (abuse for abuse in ABUSES if abuse.name == "left-behind daemon")
    (tmp_path / "abuse.py").write_bytes(daemon.program)
    command = [system_python(), "abuse.py", "{}", "case-control"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, timeout=10, env={})
    left = strays("case-control")
    kill(left)
    assert len(left) == 1


def test_an_ordinary_user_is_held_as_well() -> None:
    identity: dict[str, Any] = {"user": 54_321, "group": 54_321, "extra_groups": []} if os.geteuid() == 0 else {}
    with tempfile.TemporaryDirectory() as copy:
        os.chmod(copy, 0o755)
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / "shared", Path(copy, "shared"), ignore=ignored)
        shutil.copytree(ROOT / "tests/contract/sandbox", Path(copy, "tests/contract/sandbox"), ignore=ignored)
        subprocess.run(["chmod", "-R", "a+rX", copy], check=True)
        done = subprocess.run(
            [system_python(), "-B", "-m", "tests.contract.sandbox.cases"],
            cwd=copy,
            env={},
            capture_output=True,
            timeout=110,
            check=False,
            **identity,
        )
    assert done.returncode == 0, done.stderr.decode()[-1500:]
    report = json.loads(done.stdout)
    assert report["uid"] != 0
    assert report["wrong"] == {}
    assert report["count"] == len(HELD)
